"""CutMix: the weight of a label is the area that was really pasted, counted in pixels."""

import numpy as np
import pytest
import torch

from tests.support.data_sets import make_data
from tests.support.runs import config
from trainer.batches.mix import cutmix, mirror, mixup, sample_box
from trainer.config.runtime import Runtime
from trainer.training.run import Run


@pytest.mark.parametrize("shape", ["box", "halves"])
@pytest.mark.parametrize("seed", range(25))
def test_weights_are_the_pixels_counted(seed, shape):
    # Image i is filled with the value i, so each pixel tells whose it is; oblong, so that swapped sides would show.
    images = torch.arange(6.0).view(6, 1, 1, 1).expand(6, 3, 20, 33).clone()
    mixed, targets = cutmix(images, torch.eye(6), np.random.default_rng(seed), shape)
    assert torch.allclose(targets.sum(dim=1), torch.ones(6))
    for row, image in zip(targets, mixed, strict=True):
        owners = torch.bincount(image[0].long().flatten(), minlength=6) / (20 * 33)
        assert torch.allclose(row, owners, atol=1e-6)


@pytest.mark.parametrize(("width", "own"), [(8, 4), (9, 4), (33, 16)])
def test_halves_are_the_own_left_and_the_partners_right(width, own):
    images = torch.arange(6 * 3 * 5 * width).view(6, 3, 5, width)
    mixed, targets = cutmix(images.clone(), torch.eye(6), np.random.default_rng(1), "halves")
    assert torch.equal(mixed[..., :own], images[..., :own])
    partner = (targets - torch.eye(6) * (own / width)).argmax(dim=1)
    assert torch.equal(mixed[..., own:], images[partner][..., own:])
    assert sorted(partner.tolist()) == list(range(6))
    assert targets[0, partner[0]] == pytest.approx((width - own) / width)


@pytest.mark.parametrize(("cut", "blend"), [(0.0, 0.0), (0.3, 0.5), (1.0, 1.0), (0.0, 1.0)])
def test_a_batch_is_cut_or_else_blended_with_their_probabilities(cut, blend):
    """Told apart by the targets: halves give 1/2, a blend anything else."""
    settings = config(cutmix_prob=cut, mixup_prob=blend, augment="none")
    if cut:
        settings = config(**{**settings.model_dump(), "cutmix_shape": "halves"})
    if blend:
        settings = config(**{**settings.model_dump(), "mixup_alpha": 1.0})
    labels, rng, kinds = torch.arange(3).repeat(8), np.random.default_rng(0), []
    with Run(settings, make_data(), Runtime()) as run:
        for _ in range(1000):
            images, targets = run._mixed(torch.zeros(24, 2, 4, 3, dtype=torch.uint8), labels, rng)
            assert images.dtype == torch.uint8
            assert torch.allclose(targets.sum(dim=1), torch.ones(24))
            quotas = set(targets.unique().tolist())
            kinds.append("none" if quotas == {0, 1} else "cut" if quotas <= {0, 0.5, 1} else "blend")
    for kind, share in (("cut", cut), ("blend", (1 - cut) * blend)):
        assert kinds.count(kind) / 1000 == pytest.approx(share, abs=0.045)


def test_rows_still_sum_to_one():
    _, targets = cutmix(torch.zeros(8, 3, 16, 16), torch.full((8, 18), 1 / 18), np.random.default_rng(0))
    assert torch.allclose(targets.sum(dim=1), torch.ones(8))


def test_boxes_have_the_published_distribution():
    rng = np.random.default_rng(1)
    boxes = [sample_box(100, 200, rng) for _ in range(4000)]
    assert all(0 <= box.top <= box.bottom <= 100 and 0 <= box.left <= box.right <= 200 for box in boxes)
    # An uncut box keeps the image's proportions, and its area 1 - lambda is uniform: half of it on average.
    uncut = [box for box in boxes if box.top > 0 and box.bottom < 100 and box.left > 0 and box.right < 200]
    assert all(abs((box.right - box.left) - 2 * (box.bottom - box.top)) <= 4 for box in uncut)
    centres = np.array([[(box.top + box.bottom) / 2, (box.left + box.right) / 2] for box in boxes])
    assert np.allclose(centres.mean(axis=0), [50, 100], atol=2)
    area = np.mean([(box.bottom - box.top) * (box.right - box.left) for box in boxes]) / 20_000
    # Cutting at the borders takes from the half: the mean of s^2 (1 - s/4)^2 over s^2 = u uniform is about 0.327.
    sides = np.sqrt(np.random.default_rng(2).uniform(size=200_000))
    assert area == pytest.approx(np.mean((sides * (1 - sides / 4)) ** 2), abs=0.015)


def test_same_draws_same_mix():
    def mix():
        images = torch.rand(5, 3, 12, 12, generator=torch.Generator().manual_seed(1))
        return cutmix(images, torch.eye(5), np.random.default_rng(9))

    assert all(torch.equal(first, second) for first, second in zip(mix(), mix(), strict=True))


def test_mirror_turns_about_half_of_the_images_and_nothing_else():
    images = torch.arange(400 * 2 * 3 * 3, dtype=torch.int32).view(400, 2, 3, 3)
    turned = images.clone()
    mirror(turned, np.random.default_rng(0))
    as_is = (turned == images).flatten(1).all(dim=1)
    flipped = (turned == images.flip(2)).flatten(1).all(dim=1)
    assert (as_is ^ flipped).all()
    assert 150 < int(flipped.sum()) < 250
    for share, least, most in ((0.0, 0, 0), (0.1, 20, 65), (1.0, 400, 400)):
        turned = images.clone()
        mirror(turned, np.random.default_rng(0), share)
        assert least <= int((turned != images).flatten(1).any(dim=1).sum()) <= most


@pytest.mark.parametrize("seed", range(10))
def test_mixup_blends_pixels_and_targets_with_the_same_weight(seed):
    levels = torch.tensor([0, 50, 100, 150, 200, 250], dtype=torch.uint8)
    images = levels.view(6, 1, 1, 1).expand(6, 4, 5, 3).clone()
    mixed, targets = mixup(images, torch.eye(6), 1.0, np.random.default_rng(seed))
    assert torch.allclose(targets.sum(dim=1), torch.ones(6))
    expected = targets @ levels.float()
    assert mixed.dtype == torch.uint8
    assert (mixed.float() - expected.view(6, 1, 1, 1)).abs().max() <= 0.5 + 1e-4


def test_a_small_alpha_leaves_most_batches_nearly_alone():
    rng = np.random.default_rng(0)

    def middling(alpha):
        images, labels = torch.zeros(8, 1, 1, 3, dtype=torch.uint8), torch.eye(8)
        # Of the image that is blended most; one whose partner is itself stays as it is.
        weights = np.array([float(mixup(images, labels, alpha, rng)[1].max(dim=1)[0].min()) for _ in range(400)])
        return float(np.mean(weights < 0.9))

    assert middling(0.1) < 0.35 < 0.7 < middling(1.0)
