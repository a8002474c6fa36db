"""What is done to a whole training batch, on the device: mirror, then CutMix or MixUp or neither.

CutMix: Yun et al., arXiv 1905.04899, with alpha = 1, so that the kept share is uniform on [0, 1]. MixUp: Zhang et al.,
arXiv 1710.09412, on pixels of 8 bits: the rounding is at most half a grey level.
"""

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from trainer.config.image_knobs import CutmixShape


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


def mirror(images: Tensor, rng: np.random.Generator, share: float = 0.5) -> None:
    """Turn each of the images [B, H, W, C], of any dtype and in place, left to right with probability ``share``."""
    turned = np.flatnonzero(rng.random(len(images)) < share)
    images[turned] = images[turned].flip(2)


def cutmix(
    images: Tensor, targets: Tensor, rng: np.random.Generator, shape: CutmixShape = "box"
) -> tuple[Tensor, Tensor]:
    """Paste one box of each image's partner into it and mix the targets by the area that was really pasted.

    Args:
        images: [B, C, H, W], any dtype; changed in place.
        targets: float [B, K], rows sum to 1.
        rng: Draws the partners and the box.
        shape: ``box``, the paper's; or ``halves``: the left half stays, the right half (of an odd width with the column
            in the middle) is the partner's.

    Returns:
        The images and their mixed targets, float [B, K].
    """
    height, width = images.shape[-2:]
    partner = rng.permutation(len(images))
    box = sample_box(height, width, rng) if shape == "box" else Box(0, height, width // 2, width)
    # The right-hand side is copied by indexing with a permutation, so no image is read after it was written.
    images[..., box.top : box.bottom, box.left : box.right] = images[
        partner, :, box.top : box.bottom, box.left : box.right
    ]
    pasted = (box.bottom - box.top) * (box.right - box.left) / (height * width)
    return images, targets * (1 - pasted) + targets[partner] * pasted


def mixup(images: Tensor, targets: Tensor, alpha: float, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Blend each image with its partner, all of the batch with the same weight, drawn from Beta(alpha, alpha).

    Images are uint8 [B, ...], and targets float [B, K]. The smaller alpha > 0 is, the closer most batches stay to their
    own images.
    """
    partner = rng.permutation(len(images))
    weight = float(rng.beta(alpha, alpha))
    blended = images[partner].float().lerp_(images.float(), weight).round_().to(torch.uint8)
    return blended, targets * weight + targets[partner] * (1 - weight)
