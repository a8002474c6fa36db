"""Which of the leaders is finalized: what is trained next for it, who is chosen, and what the choice makes of its mean.

Pure arithmetic over a table of scores, [L, K]: F1 of leader l in fold k; not a number where it was not trained yet,
minus infinity where it could not be. Leaders stand in the order of the search, best first.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.float64]

FIRST = 2
"""Folds that every leader is trained in."""
FINALISTS = 2
"""Leaders that are trained in all folds."""
TIE = 0.0005
"""Means that differ by less are equal, and the cheaper model is taken."""


def due(scores: Table) -> list[tuple[int, int]]:
    """What is to be trained now, as (leader, fold), from 0: two folds of each leader, then the rest of the best two.

    Empty where all is done, or what was begun has to end first.
    """
    folds = scores.shape[1]
    first = min(FIRST, folds)
    missing = [
        (leader, fold) for fold in range(first) for leader in range(len(scores)) if np.isnan(scores[leader, fold])
    ]
    if missing:
        return missing
    best = finalists(scores)
    return [(leader, fold) for fold in range(first, folds) for leader in best if np.isnan(scores[leader, fold])]


def trainings(leaders: int, folds: int) -> int:
    """How many trainings it takes, if none fails."""
    scores = np.full((leaders, folds), np.nan)
    count = 0
    while asked := due(scores):
        count += len(asked)
        for leader, fold in asked:
            scores[leader, fold] = 0.0
    return count


def finalists(scores: Table) -> list[int]:
    """The leaders that go on after the first folds."""
    means = scores[:, :FIRST].mean(axis=1)
    order = sorted(range(len(scores)), key=lambda leader: (-means[leader], leader))
    return [leader for leader in order[:FINALISTS] if np.isfinite(means[leader])]


def chosen(scores: Table, seconds: Sequence[float]) -> int:
    """The leader that is finalized: of those that were trained in all folds the one of the best mean.

    Args:
        scores: The table, with nothing due any more.
        seconds: What an epoch of each leader takes, which decides between equals.

    Raises:
        ValueError: No leader could be trained in all folds.
    """
    means = scores.mean(axis=1)
    whole = [leader for leader in range(len(scores)) if np.isfinite(means[leader])]
    if not whole:
        raise ValueError("no leader could be trained in all folds")
    best = max(means[leader] for leader in whole)
    return min((leader for leader in whole if best - means[leader] < TIE), key=lambda leader: seconds[leader])


def expected(scores: Table, leader: int) -> float:
    """What the chosen leader's mean is worth once it is taken into account that it was chosen by it."""
    return float(scores[leader].mean())
