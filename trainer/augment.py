"""What a training image goes through before the network sees it; validation images go through none of it."""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import NDArray

# albumentations asks a package index for a newer release when it is imported; a worker may have no way out.
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")

import albumentations as A  # noqa: N812 - after the switch above; the name its documentation uses


class Augmentation:
    """A preset of per-image transforms (albumentations).

    ``light``: mirror (p 0.5), rotate by up to 10 degrees (p 0.5), colour jitter (p 0.5). ``none``: nothing.
    """

    def __init__(self, preset: str) -> None:
        self._pipeline: A.Compose | None = None
        if preset == "light":
            self._pipeline = A.Compose(
                [
                    A.HorizontalFlip(p=0.5),
                    A.Rotate(limit=10, border_mode=2, p=0.5),  # 2: the border's mirror image, no black corners
                    A.ColorJitter(brightness=0.2, contrast=0.2, saturation=0.2, hue=0.02, p=0.5),
                ]
            )

    def __call__(self, images: NDArray[np.uint8], seed: int) -> NDArray[np.uint8]:
        """Augment a batch.

        Args:
            images: uint8 [B, H, W, 3]; not changed.
            seed: Determines all draws, so that a batch comes out the same in whichever process it is made.

        Returns:
            uint8 [B, H, W, 3].
        """
        if self._pipeline is None:
            return images
        self._pipeline.set_random_seed(seed)
        return np.stack([self._pipeline(image=image)["image"] for image in images])
