"""Small data sets in memory, which a network learns in a few epochs."""

import numpy as np

from trainer.data.dataset import Dataset
from trainer.data.factors import every_combination


def make_data(per_class=8, classes=3, size=32, held_out=0.25):
    """Noise with a coloured patch whose place and colour tell the class."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(classes), per_class)
    images = rng.integers(60, 190, (len(labels), size, size, 3), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[4 + 8 * label : 12 + 8 * label, 4:28, label] = 255
    numbers = np.arange(len(labels))
    validation = numbers[numbers % per_class < per_class * held_out]
    return Dataset(
        images=images,
        labels=labels.astype(np.int64),
        groups=numbers.astype(str),
        paths=numbers.astype(str),
        train=np.setdiff1d(numbers, validation),
        validation=validation,
        classes=tuple("abc"[:classes]),
        fingerprint={},
        bad=(),
        notes=(),
    )


def make_factor_data(per_class=8, size=32, held_out=0.25):
    """Noise with a coloured patch: its place is one factor, its colour the other."""
    classes, factors = every_combination({"place": ("top", "middle", "bottom"), "colour": ("red", "green")})
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(6), per_class)
    images = rng.integers(60, 190, (len(labels), size, size, 3), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[2 + 10 * (label // 2) : 10 + 10 * (label // 2), 4:28, label % 2] = 255
    numbers = np.arange(len(labels))
    validation = numbers[numbers % per_class < per_class * held_out]
    return Dataset(
        images=images,
        labels=labels.astype(np.int64),
        groups=numbers.astype(str),
        paths=numbers.astype(str),
        train=np.setdiff1d(numbers, validation),
        validation=validation,
        classes=classes,
        fingerprint={},
        bad=(),
        notes=(),
        factors=factors,
    )
