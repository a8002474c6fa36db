"""CutMix: the weight of a label is the area that was really pasted, counted in pixels."""

import numpy as np
import pytest
import torch

from trainer.mixing import cutmix, mirror, mixup, sample_box


@pytest.mark.parametrize("seed", range(25))
def test_weights_are_the_pixels_counted(seed):
    # Image i is filled with the value i, so each pixel tells whose it is; oblong, so that swapped sides would show.
    images = torch.arange(6.0).view(6, 1, 1, 1).expand(6, 3, 20, 33).clone()
    mixed, targets = cutmix(images, torch.eye(6), np.random.default_rng(seed))
    for row, image in zip(targets, mixed, strict=True):
        owners = torch.bincount(image[0].long().flatten(), minlength=6) / (20 * 33)
        assert torch.allclose(row, owners, atol=1e-6)


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
