"""CutMix on a batch: Yun et al., arXiv 1905.04899 (alpha = 1, so the kept share is uniform on [0, 1])."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from torch import Tensor


class Box(NamedTuple):
    """A pasted rectangle in pixels; rows [top, bottom), columns [left, right)."""

    top: int
    bottom: int
    left: int
    right: int


def sample_box(height: int, width: int, rng: np.random.Generator) -> Box:
    """Draw the paper's box: centre uniform, sides sqrt(1 - lambda) of the image, cut off at the borders."""
    side = math.sqrt(1 - rng.uniform())
    row, column = int(rng.integers(height)), int(rng.integers(width))
    half_height, half_width = int(height * side) // 2, int(width * side) // 2
    return Box(
        top=max(row - half_height, 0),
        bottom=min(row + half_height, height),
        left=max(column - half_width, 0),
        right=min(column + half_width, width),
    )


def cutmix(images: Tensor, targets: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Paste one box of each image's partner into it and mix the targets by the area that was really pasted.

    Args:
        images: [B, C, H, W], any dtype; changed in place.
        targets: float [B, K], rows sum to 1.
        rng: Draws the partners and the box.

    Returns:
        The images and their mixed targets, float [B, K].
    """
    height, width = images.shape[-2:]
    partner = rng.permutation(len(images))
    box = sample_box(height, width, rng)
    # The right-hand side is copied by indexing with a permutation, so no image is read after it was written.
    images[..., box.top : box.bottom, box.left : box.right] = images[
        partner, :, box.top : box.bottom, box.left : box.right
    ]
    pasted = (box.bottom - box.top) * (box.right - box.left) / (height * width)
    return images, targets * (1 - pasted) + targets[partner] * pasted
