"""Focal loss against the paper's formula, torch's cross-entropy and its own mathematics."""

import math

import pytest
import torch
from torch.nn import functional

from trainer.config.train_config import TrainConfig
from trainer.training.losses import (
    FocalLoss,
    Mixture,
    SoftF1,
    SymmetricCrossEntropy,
    class_weights,
    create_criterion,
    soft_targets,
)
from trainer.training.metrics import score


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


def criterion_of(counts=(10, 20, 30), **values):
    config = TrainConfig.model_validate({"backbone": "test_resnet", "weights": "none", **values})
    return create_criterion(config, counts, torch.device("cpu"))


def mean(criterion, logits, targets):
    return float(criterion.total(logits, targets) / criterion.weight(targets))


def test_soft_f1_of_certain_predictions_is_the_metric():
    generator = torch.Generator().manual_seed(1)
    truth, guess = torch.randint(0, 5, (2, 200), generator=generator)
    truth[truth == 4] = 0  # one class is never there
    certain = soft_targets(guess, 6) * 1000  # and one is not even guessed
    ours = mean(SoftF1(), certain, soft_targets(truth, 6))
    assert 1 - ours == pytest.approx(score(truth.numpy(), guess.numpy(), 6, 0.0).f1, rel=1e-6)


def test_soft_f1_falls_when_the_prediction_gets_better(batch):
    logits, labels = batch
    targets = soft_targets(labels, 18)
    logits = logits.clone().requires_grad_()
    before = SoftF1().total(logits, targets)
    before.backward()
    after = SoftF1().total(logits.detach() - 0.1 * logits.grad, targets)
    assert float(after) < float(before.detach())
    assert not SoftF1().splittable


def test_symmetric_cross_entropy_is_the_papers(batch):
    logits, labels = batch
    p = functional.softmax(logits, dim=1)
    right = p[torch.arange(40), labels]
    # For a one-hot target the reverse part is -A (1 - p_y), with A the logarithm of 0 (section 3.2 of the paper).
    expected = (2 * -right.log() + 3 * -math.log(1e-4) * (1 - right)).mean()
    ours = mean(SymmetricCrossEntropy(2.0, 3.0), logits, soft_targets(labels, 18))
    assert ours == pytest.approx(float(expected), rel=1e-5)
    assert mean(SymmetricCrossEntropy(1.0, 0.0), logits, soft_targets(labels, 18)) == pytest.approx(
        float(functional.cross_entropy(logits, labels)), rel=1e-6
    )


def test_class_weights_are_the_published_ones():
    def weights(**values):
        config = TrainConfig.model_validate({"backbone": "test_resnet", "weights": "none", **values})
        return class_weights(config, counts)

    counts = (10, 20, 70, 0)
    inverse = weights(class_weights="inverse")
    assert inverse[0] / inverse[2] == pytest.approx(7)
    assert sum(float(w) * n for w, n in zip(inverse, counts, strict=True)) / 100 == pytest.approx(1)
    effective = weights(class_weights="effective", class_weight_beta=0.9)
    assert effective[0] / effective[1] == pytest.approx((1 - 0.9**20) / (1 - 0.9**10), rel=1e-6)
    flat = weights(class_weights="effective", class_weight_beta=0.0)
    assert flat.tolist() == pytest.approx([1.0] * 4)
    assert weights() is None


@pytest.mark.parametrize("loss", ["cross_entropy", "focal", "symmetric", "soft_f1"])
def test_weighted_criteria_take_the_mixed_labels_of_cutmix(batch, loss):
    """Two labels with shares count as the two images would, each by the weight of its class."""
    logits, labels = batch
    logits, labels = logits[:, :3], labels % 3
    criterion = criterion_of(loss=loss, class_weights="inverse")
    targets = 0.3 * soft_targets(labels, 3) + 0.7 * soft_targets(labels.roll(1), 3)
    weight = float(criterion.weight(targets))
    parts = [criterion.weight(soft_targets(each, 3)) for each in (labels, labels.roll(1))]
    assert weight == pytest.approx(0.3 * float(parts[0]) + 0.7 * float(parts[1]), rel=1e-5)
    total = criterion.total(logits.requires_grad_(), targets)
    total.backward()
    assert torch.isfinite(total)
    assert logits.grad.abs().sum() > 0
    if loss in ("cross_entropy", "focal"):
        apart = [float(criterion.total(logits.detach(), soft_targets(each, 3))) for each in (labels, labels.roll(1))]
        assert float(total.detach()) == pytest.approx(0.3 * apart[0] + 0.7 * apart[1], rel=1e-5)


def test_weighted_cross_entropy_is_torchs(batch):
    logits, labels = batch
    logits, labels = logits[:, :3], labels % 3
    criterion = criterion_of(loss="cross_entropy", class_weights="inverse")
    expected = functional.cross_entropy(logits, labels, criterion.class_weights)  # the mean by weights
    assert mean(criterion, logits, soft_targets(labels, 3)) == pytest.approx(float(expected), rel=1e-5)


def test_a_mixture_is_the_sum_of_its_shares(batch):
    logits, labels = batch
    targets = soft_targets(labels, 18)
    mixed = criterion_of((1,) * 18, focal_gamma=2.0, second_loss="soft_f1", second_loss_share=0.25)
    expected = 0.75 * mean(FocalLoss(2.0), logits, targets) + 0.25 * mean(SoftF1(), logits, targets)
    assert isinstance(mixed, Mixture)
    assert not mixed.splittable
    assert mean(mixed, logits, targets) == pytest.approx(expected, rel=1e-6)
    assert criterion_of((1,) * 18, second_loss="symmetric").splittable
