"""Focal loss against the paper's formula, torch's cross-entropy and its own mathematics."""

import math

import pytest
import torch
from torch.nn import functional

from trainer.losses import FocalLoss, soft_targets


def focal_loss(logits, targets, gamma):
    """The mean over a batch, which the published formulas give."""
    criterion = FocalLoss(gamma)
    return criterion.total(logits, targets) / criterion.weight(targets)


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(3)
    return torch.randn(40, 18, generator=generator) * 3, torch.randint(0, 18, (40,), generator=generator)


def published(logits, label, gamma):
    """Formula 4 of arXiv 1708.02002 for one sample, written out with plain floats."""
    exponentials = [math.exp(value) for value in logits]
    p = exponentials[label] / sum(exponentials)
    return -((1 - p) ** gamma) * math.log(p)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0, 5.0])
def test_focal_is_the_published_formula(batch, gamma):
    logits, labels = batch
    expected = sum(published(row.tolist(), int(label), gamma) for row, label in zip(logits, labels, strict=True)) / 40
    assert float(focal_loss(logits, soft_targets(labels, 18), gamma)) == pytest.approx(expected, rel=1e-5)


def test_gamma_zero_is_cross_entropy_exactly(batch):
    logits, labels = batch
    assert torch.equal(
        FocalLoss(0.0).total(logits, soft_targets(labels, 18)),
        functional.cross_entropy(logits, soft_targets(labels, 18), reduction="sum"),
    )
    assert float(focal_loss(logits, soft_targets(labels, 18), 0.0)) == pytest.approx(
        float(functional.cross_entropy(logits, labels)), rel=1e-6
    )


def test_smoothing_is_torchs(batch):
    logits, labels = batch
    ours = focal_loss(logits, soft_targets(labels, 18, 0.1), 0.0)
    assert float(ours) == pytest.approx(float(functional.cross_entropy(logits, labels, label_smoothing=0.1)), rel=1e-6)


def test_a_tiny_gamma_approaches_cross_entropy(batch):
    logits, labels = batch
    targets = soft_targets(labels, 18, 0.05)
    assert float(focal_loss(logits, targets, 1e-6)) == pytest.approx(float(focal_loss(logits, targets, 0.0)), rel=1e-4)


def test_two_labels_weigh_as_their_shares(batch):
    logits, labels = batch
    first, second = soft_targets(labels, 18), soft_targets(labels.roll(1), 18)
    mixed = focal_loss(logits, 0.3 * first + 0.7 * second, 2.0)
    apart = 0.3 * focal_loss(logits, first, 2.0) + 0.7 * focal_loss(logits, second, 2.0)
    assert float(mixed) == pytest.approx(float(apart), rel=1e-6)


@pytest.mark.parametrize("gamma", [0.3, 1.0, 2.5])
def test_gradient_is_finite_where_the_network_is_certain(gamma):
    logits = torch.tensor([[200.0, -200.0, 0.0], [-200.0, 200.0, 0.0]], requires_grad=True)
    focal_loss(logits, soft_targets(torch.tensor([0, 0]), 3), gamma).backward()
    assert torch.isfinite(logits.grad).all()
    assert logits.grad[1].abs().sum() > 0  # the wrong one is still pulled back


@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_gradient_against_finite_differences(gamma):
    logits = torch.randn(4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True)
    targets = soft_targets(torch.tensor([0, 1, 2, 3]), 5, 0.1)
    loss = focal_loss(logits, targets, gamma)
    loss.backward()
    step = 1e-2
    for index in [(0, 0), (1, 4), (3, 2)]:
        moved = [logits.detach().clone(), logits.detach().clone()]
        moved[0][index] += step
        moved[1][index] -= step
        slope = (focal_loss(moved[0], targets, gamma) - focal_loss(moved[1], targets, gamma)) / (2 * step)
        assert float(logits.grad[index]) == pytest.approx(float(slope), abs=2e-4)


def test_focusing_lowers_the_weight_of_easy_samples(batch):
    logits, labels = batch
    targets = soft_targets(labels, 18)
    losses = [float(focal_loss(logits, targets, gamma)) for gamma in (0.0, 1.0, 2.0, 5.0)]
    assert losses == sorted(losses, reverse=True)


@pytest.mark.parametrize("gamma", [0.0, 2.0])
def test_the_totals_of_parts_add_up(batch, gamma):
    logits, labels = batch
    criterion, targets = FocalLoss(gamma), soft_targets(labels, 18, 0.1)
    parts = [criterion.total(logits[rows], targets[rows]) for rows in (slice(0, 7), slice(7, 8), slice(8, 40))]
    assert criterion.splittable
    assert float(sum(parts)) == pytest.approx(float(criterion.total(logits, targets)), rel=1e-6)
