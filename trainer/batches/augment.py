"""What a training image goes through before the network sees it; validation images go through none of it.

Here is what happens to each image by itself. Mirroring and mixing happen to whole batches, on the device
(:mod:`trainer.batches.mix`).
"""

import os
import random
from typing import Any

import numpy as np
from numpy.typing import NDArray

# albumentations asks a package index for a newer release when it is imported; a worker may have no way out.
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")

import albumentations as A  # noqa: N812 - after the switch above; the name its documentation uses
import cv2

from trainer.config import transforms


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


def _create(transform: transforms.Transform, height: int, width: int) -> A.BasicTransform | A.BaseCompose:
    """A transform as albumentations has it, for images of ``height`` x ``width`` pixels."""
    match transform:
        case transforms.Rotate():
            return Rotation(limit=transform.degrees, border_mode=cv2.BORDER_REFLECT, p=transform.p)  # no black corners
        case transforms.CenterCrop():
            kept = round(transform.side * height), round(transform.side * width)
            return A.Sequential([A.CenterCrop(*kept, p=1), A.Resize(height, width, p=1)], p=transform.p)
        case transforms.RandomResizedCrop():
            low, high = (ratio * width / height for ratio in transform.ratio)
            return A.RandomResizedCrop((height, width), transform.scale, (low, high), p=transform.p)
        case transforms.ColorJitter():
            strengths = transform.model_dump(include={"brightness", "contrast", "saturation", "hue"})
            return A.ColorJitter(**strengths, p=transform.p)
        case transforms.Clahe():
            return A.CLAHE((1, transform.clip_limit), (transform.tiles, transform.tiles), p=transform.p)
        case transforms.Grey():
            return A.ToGray(p=transform.p)
        case transforms.Blur():
            return A.GaussianBlur(blur_limit=0, sigma_limit=transform.sigma, p=transform.p)
        case transforms.CoarseDropout():
            return A.CoarseDropout(transform.holes, transform.size, transform.size, transform.fill, p=transform.p)
        case transforms.GridDropout():
            low, high = (round(share * min(height, width)) for share in transform.unit)
            unit = low, high + 1  # it never draws the last one
            return A.GridDropout(transform.ratio, unit_size_range=unit, fill=transform.fill, p=transform.p)
    raise ValueError(f"{transform.name} is done to whole batches, by trainer.batches.mix")


class Augmentation:
    """Per-image transforms (albumentations): a preset or a list, in its order and without its flip.

    It may be used for images of any size; a size's pipeline is made when the first of them comes.
    """

    def __init__(self, augment: transforms.Augment) -> None:
        # Two generators that are seeded anew for each image. `set_random_seed` would make new ones, which takes a
        # third of the time of the transforms themselves.
        self._numbers = np.random.Philox(key=0)
        self._python = random.Random(0)
        self._transforms = [each for each in transforms.transforms_of(augment) if not isinstance(each, transforms.Flip)]
        self._pipelines: dict[tuple[int, int], A.Compose] = {}

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
        if not self._transforms:
            return images
        pipeline = self._pipeline(*images.shape[1:3])
        augmented = np.empty_like(images)
        for place, (image, sample) in enumerate(zip(images, samples.tolist(), strict=True)):
            self._start(seed, sample)
            augmented[place] = pipeline(image=image)["image"]
        return augmented

    def _pipeline(self, height: int, width: int) -> A.Compose:
        if (height, width) not in self._pipelines:
            pipeline = A.Compose([_create(each, height, width) for each in self._transforms])
            pipeline.set_random_state(np.random.Generator(self._numbers), self._python)
            self._pipelines[height, width] = pipeline
        return self._pipelines[height, width]

    def _start(self, seed: int, sample: int) -> None:
        """Begin the draws of one image; streams of different keys are independent (Philox: Salmon et al., SC 2011)."""
        state: Any = self._numbers.state
        state["state"]["key"][:] = seed, sample
        state["state"]["counter"][:] = 0
        state["buffer_pos"] = len(state["buffer"])  # nothing left over from the image before
        state["has_uint32"] = 0
        self._numbers.state = state
        self._python.seed(seed << 64 | sample)
