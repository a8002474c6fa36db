"""What a training image goes through before the network sees it; validation images go through none of it.

Here is what happens to each image by itself. Mirroring and mixing happen to whole batches, on the device
(:mod:`trainer.mixing`).
"""

from __future__ import annotations

import os
import random
from typing import Any

import numpy as np
from numpy.typing import NDArray

# albumentations asks a package index for a newer release when it is imported; a worker may have no way out.
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")

import albumentations as A  # noqa: N812 - after the switch above; the name its documentation uses
import cv2

_SEED_BITS = 64


class Rotation(A.Rotate):  # type: ignore[misc]
    """albumentations' rotation for images alone, in half the time: the same draws and the same pixels.

    Its own makes a second matrix for boxes, each of six products of matrices, and asks whether it is the identity.
    """

    def get_params_dependent_on_data(self, params: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
        """Draw the angle, in degrees."""
        return {"angle": self.py_random.uniform(*self.limit)}

    def apply(self, img: NDArray[np.uint8], angle: float, **_: object) -> NDArray[np.uint8]:
        """Rotate an image about its middle."""
        height, width = img.shape[:2]
        matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, 1.0)
        rotated = np.empty_like(img)
        cv2.warpAffine(img, matrix, (width, height), rotated, self.interpolation, self.border_mode)
        return rotated


class Augmentation:
    """A preset of per-image transforms (albumentations).

    ``light``: rotate by up to 10 degrees (p 0.5), colour jitter (p 0.5). ``none``: nothing.
    """

    def __init__(self, preset: str) -> None:
        # Two generators that are seeded anew for each image. `set_random_seed` would make new ones, which takes a
        # third of the time of the transforms themselves.
        self._numbers = np.random.Philox(key=0)
        self._python = random.Random(0)
        self._pipeline: A.Compose | None = None
        if preset == "light":
            self._pipeline = A.Compose(
                [
                    Rotation(limit=10, border_mode=cv2.BORDER_REFLECT, p=0.5),  # no black corners
                    A.ColorJitter(brightness=0.2, contrast=0.2, saturation=0.2, hue=0.02, p=0.5),
                ]
            )
            self._pipeline.set_random_state(np.random.Generator(self._numbers), self._python)

    def __call__(self, images: NDArray[np.uint8], seed: int, samples: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Augment a batch.

        Args:
            images: uint8 [B, H, W, 3]; not changed.
            seed: Of the epoch, 64 bits.
            samples: int64 [B]: which images they are, and which time in the epoch. An image's draws depend on it and
                the seed alone: not on the batch that it is in, nor on the process that makes the batch.

        Returns:
            uint8 [B, H, W, 3].
        """
        if self._pipeline is None:
            return images
        augmented = np.empty_like(images)
        for place, (image, sample) in enumerate(zip(images, samples.tolist(), strict=True)):
            self._start(seed, sample)
            augmented[place] = self._pipeline(image=image)["image"]
        return augmented

    def _start(self, seed: int, sample: int) -> None:
        """Begin the draws of one image; streams of different keys are independent (Philox: Salmon et al., SC 2011)."""
        state: Any = self._numbers.state
        state["state"]["key"][:] = seed, sample
        state["state"]["counter"][:] = 0
        state["buffer_pos"] = len(state["buffer"])  # nothing left over from the image before
        state["has_uint32"] = 0
        self._numbers.state = state
        self._python.seed(seed << _SEED_BITS | sample)
