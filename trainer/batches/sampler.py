"""Which images an epoch draws, and how often: every one once, unless a knob says otherwise.

``sampler_power`` and ``class_ratio`` move the shares of the classes and leave the length of an epoch alone;
``extra_weight`` says how often an extra image is drawn while each of the study's own is drawn once.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.config.train_config import TrainConfig
from trainer.data.dataset import Dataset

_TURN = 40
"""Bit from which on a sample's number tells which time in the epoch its image is drawn; below is its row."""


@dataclass(frozen=True, eq=False)
class Quotas:
    """How many images an epoch draws of each class; the study's own and extra ones apart.

    Attributes:
        stratum: int64 [n_train], of each training image: twice its training label, plus 1 if it is an extra one.
        sizes: int64 [2 C], training images that there are in each stratum.
        counts: int64 [2 C], how many of them an epoch draws; above the size, some are drawn more than once.
    """

    stratum: NDArray[np.int64]
    sizes: NDArray[np.int64]
    counts: NDArray[np.int64]

    @property
    def images(self) -> int:
        """Images an epoch."""
        return int(self.counts.sum())

    @property
    def of_classes(self) -> NDArray[np.int64]:
        """Images that an epoch draws of each class, int64 [C]."""
        drawn: NDArray[np.int64] = self.counts.reshape(-1, 2).sum(axis=1)
        return drawn


def quotas(config: TrainConfig, data: Dataset) -> Quotas:
    """What an epoch draws.

    An epoch is as long as there are own training images, plus ``extra_weight`` times the extra ones. A class of mass n
    (own images, plus ``extra_weight`` times extra ones) gets a share in proportion to ``class_ratio`` times
    n^(1 - ``sampler_power``); a class without training images gets none. Shares are rounded to whole images by the
    largest remainder.
    """
    labels = data.training_labels(config.train_cut)[data.train]
    stratum = 2 * labels + (data.train >= data.own)
    sizes = np.bincount(stratum, minlength=2 * len(data.classes)).astype(np.int64)
    own, extra = sizes.reshape(-1, 2).T
    mass = own + config.extra_weight * extra
    total = int(own.sum()) + round(config.extra_weight * int(extra.sum()))
    ratio = np.array([config.class_ratio.get(name, 1.0) for name in data.classes])
    there = mass > 0
    wanted = np.where(there, ratio * np.where(there, mass, 1.0) ** (1 - config.sampler_power), 0.0)
    counts = _apportion(wanted, total)
    own_counts = np.floor(counts * own / np.where(there, mass, 1.0) + 0.5).astype(np.int64)
    return Quotas(stratum, sizes, np.stack([own_counts, counts - own_counts], axis=1).ravel())


def draw_epoch(
    config: TrainConfig, data: Dataset, generator: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw the images of an epoch, in the order in which they are trained on.

    Of each stratum every image is drawn equally often, up to one: all of them as often as they go into its count, and a
    random choice for the rest.

    Returns:
        Row numbers, int64 [n]; and what their augmentation draws from, int64 [n]: the row itself the first time that
        it is drawn, another number each further time.
    """
    what = quotas(config, data)
    if ((what.counts == what.sizes) | (what.counts == 0)).all():
        rows: NDArray[np.int64] = generator.permutation(data.train[(what.counts > 0)[what.stratum]])
        return rows, rows
    members = np.split(data.train[np.argsort(what.stratum, kind="stable")], np.cumsum(what.sizes)[:-1])
    samples = [
        _repeat(part, count, generator) for part, count in zip(members, what.counts.tolist(), strict=True) if count
    ]
    drawn = generator.permutation(np.concatenate(samples))
    return drawn & ((1 << _TURN) - 1), drawn


def _repeat(rows: NDArray[np.int64], count: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """So many samples of some rows, as evenly as can be."""
    whole, rest = divmod(count, len(rows))
    turns = [rows + (turn << _TURN) for turn in range(whole)]
    return np.concatenate([*turns, generator.permutation(rows)[:rest] + (whole << _TURN)])


def _apportion(wanted: NDArray[np.float64], total: int) -> NDArray[np.int64]:
    """Whole numbers, int64 [C], in proportion to shares, float64 [C], that add up to a total: by largest remainder."""
    if not total:
        return np.zeros(len(wanted), dtype=np.int64)
    # Rounded, so that the last bit of a power cannot choose another class on another machine.
    quota: NDArray[np.float64] = np.round(wanted * (total / wanted.sum()), 9)
    counts = np.floor(quota).astype(np.int64)
    largest = np.argsort(np.round(counts - quota, 9), kind="stable")
    counts[largest[: total - int(counts.sum())]] += 1
    return counts
