"""Draw docs/augmentation.jpg: what presets, transforms and mixing make of drawn people.

.venv/bin/python -m benchmarks.training.augmentation_sheet docs/augmentation.jpg
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from benchmarks.rehearsal import parse
from benchmarks.training.augmentation import portraits
from trainer.batches.augment import Augmentation
from trainer.batches.mix import cutmix, mirror, mixup
from trainer.config.transforms import PRESETS, TRANSFORMS, Augment, flip_share

COLUMNS, SIDE, GAP, LABEL = 6, 96, 4, 150
Pixels = NDArray[np.uint8]


def main() -> None:
    """Write the picture to the path that is given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    path = parse(parser, "FOLDER/sheet.jpg").path
    images = portraits(COLUMNS, SIDE)
    rows = {name: augmented(images, name) for name in PRESETS}
    rows |= {name: augmented(images, (kind(p=1),)) for name, kind in TRANSFORMS.items()}
    rows |= {name: mixed(images, how) for name, how in MIXING.items()}
    sheet(rows).save(path, "JPEG", quality=80)
    print(f"{path}: {len(rows)} rows of {COLUMNS} images")  # noqa: T201


def augmented(images: Pixels, augment: Augment) -> Pixels:
    """The images after a preset or a list of transforms, its flip included."""
    batch = torch.from_numpy(Augmentation(augment)(images, 7, np.arange(len(images))).copy())
    mirror(batch, np.random.default_rng(4), flip_share(augment))
    return batch.numpy()


MIXING: dict[str, Callable[[torch.Tensor, torch.Tensor, np.random.Generator], object]] = {
    "CutMix, box": lambda images, targets, rng: cutmix(images.permute(0, 3, 1, 2), targets, rng),
    "CutMix, halves": lambda images, targets, rng: cutmix(images.permute(0, 3, 1, 2), targets, rng, "halves"),
    "MixUp, alpha 1": lambda images, targets, rng: images.copy_(mixup(images, targets, 1.0, rng)[0]),
}


def mixed(images: Pixels, how: Callable[[torch.Tensor, torch.Tensor, np.random.Generator], object]) -> Pixels:
    """The images as one batch that was mixed."""
    batch = torch.from_numpy(images.copy())
    how(batch, torch.eye(len(images)), np.random.default_rng(4))
    return batch.numpy()


def sheet(rows: dict[str, Pixels]) -> Image.Image:
    """A row for each name."""
    step = SIDE + GAP
    picture = Image.new("RGB", (LABEL + COLUMNS * step + GAP, len(rows) * step + GAP), (255, 255, 255))
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(13)
    for row, (name, images) in enumerate(rows.items()):
        top = GAP + row * step
        draw.text((GAP * 2, top + SIDE / 2), name, (40, 40, 40), font, anchor="lm")
        for column, pixels in enumerate(images):
            picture.paste(Image.fromarray(pixels), (LABEL + column * step, top))
    return picture


if __name__ == "__main__":
    main()
