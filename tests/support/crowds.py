"""Made-up people of two factors, and what a network answered about their images."""

import dataclasses

import numpy as np

from trainer.data.factors import every_combination
from trainer.evaluation.out_of_fold import OutOfFold

CLASSES, FACTORS = every_combination({"mask": ("wear", "none"), "age": ("young", "old")})


def answers(labels, said, groups, classes=CLASSES, factors=FACTORS):
    labels, said = np.array(labels), np.array(said)
    names = np.char.zfill(np.array(groups).astype(str), 6)
    scores = 4 * np.eye(len(classes), dtype=np.float32)[said]
    paths = np.arange(len(labels)).astype(str)
    return OutOfFold(tuple(classes), tuple(factors), paths, names, labels, 1 + np.array(groups) % 3, scores)


def crowd(people, seed, images=6):
    """Young and, one of six, old people: each image's mask is right or wrong alone, the age of all of them at once."""
    rng = np.random.default_rng(seed)
    old = (rng.random(people) < 1 / 6).astype(int)
    seen = np.where(rng.random(people) < 0.25, 1 - old, old)
    mask = rng.integers(0, 2, (people, images))
    said = np.where(rng.random((people, images)) < 0.1, 1 - mask, mask)
    groups = np.repeat(np.arange(people), images)
    return answers((2 * mask + old[:, None]).ravel(), (2 * said + seen[:, None]).ravel(), groups)


def take(found, rows):
    arrays = {name: getattr(found, name)[rows] for name in ("paths", "groups", "labels", "folds", "scores")}
    return dataclasses.replace(found, **arrays)
