"""Intervals of 95 % around figures of held out people: a bootstrap over people, never over images.

The images of a person resemble each other, so a person is what is drawn. Each figure is a mean of ratios, F1 being
2 * right / (true + predicted), so a draw needs no confusion matrices: only how often each person is drawn, times what
each person adds to the numerators and denominators. ``docs/finalize.md`` has the coverage of these intervals and of
those that were not taken.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from trainer.evaluation.out_of_fold import OutOfFold

Numbers = NDArray[np.float64]
Ends = tuple[Numbers, Numbers]
"""Lower and upper ends of intervals, one a figure."""

CONFIDENCE: Final = 0.95
DRAWS: Final = 2000
_TAIL: Final = (1 - CONFIDENCE) / 2
_NORMAL: Final = NormalDist()
_AT_ONCE: Final = 4_000_000
"""Drawn people that are in memory at a time, 8 bytes each."""


@dataclass(frozen=True, eq=False)
class GroupCounts:
    """What each person adds to the figures: P people, K ratios (of each class, of all images, of each factor's values).

    Attributes:
        classes: How many; their F1 are the first ratios.
        numerators: float32 [P, K], what a person adds to them.
        denominators: float32 [P, K], likewise.
        figures: float64 [K, 2 + F], which means of ratios are looked at: macro-F1, accuracy, macro-F1 of each factor.
    """

    classes: int
    numerators: NDArray[np.float32]
    denominators: NDArray[np.float32]
    figures: Numbers

    @property
    def groups(self) -> int:
        """How many people or groups."""
        return len(self.numerators)

    def ratios(self, weights: NDArray[np.float32]) -> Numbers:
        """The ratios if person p comes weights[:, p] times: float64 [B, K] of float32 [B, P]; 0 where nothing is there.

        Counts up to 2^24 are exact in float32, whatever the order of a sum, so a seed repeats bit for bit.
        """
        numerators, denominators = weights @ self.numerators, weights @ self.denominators
        ratios: Numbers = numerators.astype(np.float64) / np.maximum(denominators, 1)
        return ratios

    @property
    def values(self) -> Numbers:
        """The ratios of these people as they are, float64 [K]."""
        return self.ratios(np.ones((1, self.groups), dtype=np.float32)).ravel()

    @property
    def influence(self) -> Numbers:
        """How a little more of each person would change each ratio, float64 [P, K]: the infinitesimal jackknife."""
        denominators = np.maximum(self.denominators.sum(axis=0, dtype=np.float64), 1)
        changes: Numbers = (self.numerators - self.values * self.denominators) / denominators
        return changes


def count_by_group(found: OutOfFold) -> GroupCounts:
    """Count once by person what every draw adds up: 19,000 people and 120 classes take 20 MB."""
    names, group = np.unique(found.groups, return_inverse=True)
    truth, predicted = found.labels, found.predicted
    parts = [np.array(factor.of_class) for factor in found.factors]
    sizes = [len(found.classes), *(len(factor.values) for factor in found.factors)]
    shape = (len(names), sum(sizes) + 1)
    numerators, denominators = np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=np.float32)
    figures = np.zeros((shape[1], 2 + len(parts)))
    # Accuracy's ratio lies last, so that the classes' come first and the factors' next.
    start = 0
    for size, part, figure in zip(sizes, [np.arange(sizes[0]), *parts], [0, *range(2, 2 + len(parts))], strict=True):
        true, guessed = part[truth], part[predicted]
        np.add.at(numerators, (group, start + true), 2 * (true == guessed))
        np.add.at(denominators, (group, start + true), 1)
        np.add.at(denominators, (group, start + guessed), 1)
        figures[start : start + size, figure] = 1 / size
        start += size
    numerators[:, start] = np.bincount(group, truth == predicted)
    denominators[:, start] = np.bincount(group)
    figures[start, 1] = 1
    return GroupCounts(sizes[0], numerators, denominators, figures)


def figure_intervals(counts: GroupCounts, rng: np.random.Generator, draws: int = DRAWS) -> Ends:
    """Intervals of macro-F1, accuracy and each factor's macro-F1: float64 [2 + F] each.

    BCa: percentiles of the bootstrap, shifted for its bias and for an error that grows with the figure (Efron, Better
    Bootstrap Confidence Intervals, JASA 82 (1987), with the acceleration of the infinitesimal jackknife). The draws are
    not stratified: those who are asked next will not come in the same numbers of each kind either, and intervals that
    take them for granted are too narrow. Where no person would change a figure, as without a mistake, its ends are the
    means of its ratios' own.
    """
    drawn = np.concatenate([counts.ratios(each) @ counts.figures for each in _draws(counts, rng, draws)])
    drawn.sort(axis=0)
    values = counts.values @ counts.figures
    influence = counts.influence @ counts.figures
    low, high = (ends @ counts.figures for ends in ratio_intervals(counts))
    for figure, value in enumerate(values):
        sample, moved = drawn[:, figure], influence[:, figure]
        if np.abs(moved).max() > 1e-12:  # less is rounding
            acceleration = float((moved**3).sum() / (6 * (moved**2).sum() ** 1.5))
            low[figure], high[figure] = np.quantile(sample, _levels(_share_below(sample, value), acceleration))
    return np.minimum(low, values), np.maximum(high, values)


def new_interval(counts: GroupCounts, new: int, rng: np.random.Generator, draws: int = DRAWS) -> tuple[float, float]:
    """Where the macro-F1 of ``new`` other people will fall, 95 times of 100.

    Two things vary: who was asked until now, and who will come. So each draw is of two steps, these people drawn anew,
    and of those the new ones; the interval is of the percentiles. A class that no new person has counts 0, here as in
    :func:`trainer.training.metrics.score`, which is why small sets fall low.
    """
    picked = [counts.ratios(each) @ counts.figures[:, 0] for each in _draws(counts, rng, draws, new)]
    low, high = np.quantile(np.concatenate(picked), (_TAIL, 1 - _TAIL))
    return float(low), float(high)


def ratio_intervals(counts: GroupCounts) -> Ends:
    """Intervals of each ratio for itself: float64 [K] each; [0, 1] for one of which nobody has anything.

    F1 grows with right / (true or predicted), its Jaccard index, and that is a share of images, so it has a score
    interval (Wilson, JASA 22 (1927)) that is never empty, also where all or nothing is right. As many independent
    images are taken as would vary by what the people vary by (Korn and Graubard, Survey Methodology 24 (1998)), but
    never more than people that the ratio is about: of one person's images one is known to be independent.
    """
    value = counts.values
    about = (counts.denominators > 0).sum(axis=0).astype(np.float64)
    f1 = np.ones(len(value), dtype=bool)
    f1[-1] = False  # accuracy is a share as it is
    share = np.where(f1, value / (2 - value), value)
    slope = np.where(f1, 2 / (2 - value) ** 2, 1.0)
    variance = (counts.influence**2).sum(axis=0) * slope**2 * about / np.maximum(about - 1, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        images = np.fmin(share * (1 - share) / variance, about)  # fmin: 0 / 0 where all images are alike
    low, high = _wilson(share, np.maximum(images, 1))
    low, high = np.where(f1, 2 * low / (1 + low), low), np.where(f1, 2 * high / (1 + high), high)
    # Where all or nothing is right, the rounding of the ends must not leave it outside.
    return np.where(about > 0, np.minimum(low, value), 0.0), np.where(about > 0, np.maximum(high, value), 1.0)


def _draws(
    counts: GroupCounts, rng: np.random.Generator, draws: int, new: int | None = None
) -> Iterator[NDArray[np.float32]]:
    """How often each person comes in each of some draws, float32 [B, P] at a time; ``new``: drawn from those again."""
    groups = counts.groups
    step = max(_AT_ONCE // max(groups, new or 0), 1)
    for start in range(0, draws, step):
        size = min(step, draws - start)
        picks = rng.integers(0, groups, (size, groups))
        if new is not None:
            picks = np.take_along_axis(picks, rng.integers(0, groups, (size, new)), axis=1)
        picks += np.arange(size)[:, None] * groups
        yield np.bincount(picks.ravel(), minlength=size * groups).reshape(size, groups).astype(np.float32)


def _share_below(sample: Numbers, value: float) -> float:
    """Of a sorted sample, ties as half; never 0 or 1, whose normal quantiles are infinite."""
    ties = np.searchsorted(sample, value, "left") + np.searchsorted(sample, value, "right")
    return float(np.clip(ties / (2 * len(sample)), 1 / len(sample), 1 - 1 / len(sample)))


def _levels(below: float, acceleration: float) -> tuple[float, float]:
    """Which percentiles of the bootstrap are the ends (Efron and Tibshirani, Introduction to the Bootstrap, ch. 14)."""
    bias = _NORMAL.inv_cdf(below)
    low, high = (bias + _NORMAL.inv_cdf(tail) for tail in (_TAIL, 1 - _TAIL))
    return _NORMAL.cdf(bias + low / (1 - acceleration * low)), _NORMAL.cdf(bias + high / (1 - acceleration * high))


def _wilson(share: Numbers, images: Numbers) -> Ends:
    z = _NORMAL.inv_cdf(1 - _TAIL)
    middle = share + z**2 / (2 * images)
    half = z * np.sqrt(share * (1 - share) / images + (z / (2 * images)) ** 2)
    return (middle - half) / (1 + z**2 / images), (middle + half) / (1 + z**2 / images)
