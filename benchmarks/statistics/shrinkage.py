"""Other ways to say what the best of a few means is worth: rivals of ``search.plans.racing.expected``.

Each takes tables without holes, [R, L, K], of R searches, and says what the leader of the best mean is worth, [R].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from search.plans import racing as choice

Array = NDArray[np.float64]


def mean(folds: Array) -> Array:
    """Nothing is taken off."""
    return folds.mean(axis=2).max(axis=1)


def james_stein(folds: Array) -> Array:
    """Drawn towards the leaders' mean, never past it; Efron and Morris, JASA 68 (1973)."""
    leaders = folds.shape[1]
    return _drawn_back(folds, (leaders - 3) / (leaders - 1))


def plug_in(folds: Array) -> Array:
    """Drawn towards the leaders' mean by the estimated share of the noise, as if it were known."""
    return _drawn_back(folds, 1.0)


def leave_one_fold_out(folds: Array) -> Array:
    """Chosen by all folds but one, read in that one; the mean of all such readings."""
    total = folds.sum(axis=2)
    readings = [_read(total - folds[:, :, fold], folds[:, :, fold]) for fold in range(folds.shape[2])]
    return np.mean(readings, axis=0)


def half_left_out(folds: Array) -> Array:
    """Between the mean and leaving one fold out."""
    return (mean(folds) + leave_one_fold_out(folds)) / 2


def posterior(folds: Array) -> Array:
    """What the project does."""
    best = folds.mean(axis=2).argmax(axis=1)
    return np.array([choice.expected(scores, leader) for scores, leader in zip(folds, best, strict=True)])


RIVALS: dict[str, Callable[[Array], Array]] = {
    "the mean": mean,
    "James-Stein, positive part": james_stein,
    "empirical Bayes, variances plugged in": plug_in,
    "leave one fold out": leave_one_fold_out,
    "half way to leave one fold out": half_left_out,
    "posterior mean (choice.py)": posterior,
}


def fitted(folds: Mapping[str, Array], truth: Mapping[str, Array]) -> dict[str, Array]:
    """By table: drawn towards the leaders' mean by what is best for the other tables; ``truth``: of the chosen, [R]."""
    result = {}
    for table in folds:
        others = [name for name in folds if name != table]
        luck = np.mean([(mean(folds[name]) - truth[name]).mean() for name in others])
        lead = np.mean([(mean(folds[name]) - folds[name].mean(axis=(1, 2))).mean() for name in others])
        best = mean(folds[table])
        result[table] = best - luck / lead * (best - folds[table].mean(axis=(1, 2)))
    return result


def _drawn_back(folds: Array, factor: float) -> Array:
    """``factor``: of the share of the noise in the variance of the leaders' means."""
    leaders, count = folds.shape[1:]
    means = folds.mean(axis=2)
    residuals = folds - means[:, :, None] - folds.mean(axis=1, keepdims=True) + folds.mean(axis=(1, 2), keepdims=True)
    noise = (residuals**2).sum(axis=(1, 2)) / ((leaders - 1) * (count - 1)) / count
    spread = means.var(axis=1, ddof=1)
    share = np.clip(factor * noise / np.maximum(spread, np.finfo(float).tiny), 0, 1)
    return means.max(axis=1) - share * (means.max(axis=1) - means.mean(axis=1))


def _read(standing: Array, scores: Array) -> Array:
    """Scores of those that stand best: both [R, L]."""
    return np.take_along_axis(scores, standing.argmax(axis=1)[:, None], axis=1)[:, 0]
