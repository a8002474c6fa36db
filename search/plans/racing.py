"""Which of the leaders is finalized: what is trained next for it, who is chosen, and what the choice makes of its mean.

Pure arithmetic over a table of scores, [L, K]: F1 of leader l in fold k; not a number where it was not trained yet,
minus infinity where it could not be. Beside it stand the leaders' expected scores, [L]: what the search lets expect of
them. They count as one fold more, in the order of the leaders, never in what is claimed.

benchmarks/statistics/winners_curse.py measures these functions.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.float64]
Vector = NDArray[np.float64]

FINALISTS = 2
"""Leaders that are trained in all folds, at least."""
TIE = 0.0005
"""Means that differ by less are equal, and the cheaper model is taken."""
_SHARES = ((np.arange(200) + 0.5) / 200) ** 2


def due(scores: Table, expected_scores: Vector) -> list[tuple[int, int]]:
    """What is to be trained now, as (leader, fold), from 0; more may be due once all of it has ended.

    The first fold is for every leader, the second for the better half, the third for the best third, and so on, but
    two stay to the end: the j-th best gets a share of the folds in 1/j, as in successive rejects (Audibert, Bubeck and
    Munos, "Best arm identification in multi-armed bandits", COLT 2010). Who could not be trained in a fold is out, and
    others move up.
    """
    missing: list[tuple[int, int]] = []
    able = [leader for leader in range(len(scores)) if not np.isneginf(scores[leader]).any()]
    racing = able
    for fold in range(scores.shape[1]):
        remaining = max(FINALISTS, math.ceil(len(able) / (fold + 1)))
        if remaining < len(racing):
            if missing:
                break
            worth = means(scores[:, :fold], expected_scores)
            # Of equals first the one that the search has put first.
            racing = sorted(racing, key=lambda leader: (-worth[leader], leader))[:remaining]
        missing += [(leader, fold) for leader in racing if np.isnan(scores[leader, fold])]
    return missing


def chosen(scores: Table, expected_scores: Vector, seconds: Sequence[float]) -> int:
    """The leader that is finalized: of those that were trained in all folds the one of the best mean.

    Nothing in the table is due any more; ``seconds``, what an epoch of each leader takes, decide between equals.

    Raises:
        ValueError: No leader could be trained in all folds.
    """
    whole = [leader for leader in range(len(scores)) if np.isfinite(scores[leader]).all()]
    if not whole:
        raise ValueError("no leader could be trained in all folds")
    worth = means(scores, expected_scores)
    best = worth[whole].max()
    return min((leader for leader in whole if best - worth[leader] < TIE), key=lambda leader: seconds[leader])


def means(scores: Table, expected_scores: Vector) -> Vector:
    """What leaders are ordered by: the mean of expected score and folds, [L]; not a number where one is missing."""
    every: Vector = np.column_stack([expected_scores, scores]).mean(axis=1)
    return every


def expected(scores: Table, leader: int) -> float:
    """What the chosen leader's mean over the folds is worth once it is taken into account that it was chosen by it.

    Leaders differ by chance as well as in truth, and the best mean has had luck: it is drawn back to the others', the
    further the less leaders differ beyond what their folds' noise explains. ``scores[l, k] = fold_k + leader_l +
    noise``, with leaders and noise normal; what is returned is the posterior mean of ``leader_l`` plus the mean fold.
    Nothing is fitted: for the noise's share in the standard deviation of a mean over all folds any value is as likely
    beforehand (Strawderman, "Proper Bayes minimax estimators of the multivariate normal mean", Annals of Mathematical
    Statistics 42 (1971), with a = 1/2). That leaders went on by their scores changes no posterior (Dawid, "Selection
    paradoxes of Bayesian inference", IMS Lecture Notes 24 (1994)).

    Args:
        scores: The table, with nothing due any more; leaders that were left behind take part with what they have.
        leader: One that was trained in all folds.

    Returns:
        F1, never above the leader's mean.
    """
    known = np.isfinite(scores)
    folds = scores.shape[1]
    cells = np.where(known, scores, 0.0)
    counts = known.sum(axis=0)
    rows, columns = np.nonzero(known)
    values = (cells - cells.sum(axis=0) / counts)[known]  # [N], without the folds
    members = np.eye(len(scores))[rows] - (known / counts).T[columns]  # [N, L], without the folds
    left, sizes, right = np.linalg.svd(members, full_matrices=False)
    parts = left.T @ values

    # REML of the ratio between the leaders' variance and the noise's, on a grid: [G] and [G, L].
    ratios = ((1 / _SHARES - 1) / folds)[:, None]
    scales = 1 + ratios * sizes**2
    noise = values @ values - parts @ parts + (parts**2 / scales).sum(axis=1)
    degrees = len(values) - folds
    likelihood = -(np.log(scales).sum(axis=1) + degrees * np.log(np.maximum(noise, np.finfo(float).tiny))) / 2
    weights = np.exp(likelihood - likelihood.max())
    effects = (weights / weights.sum() @ (ratios * sizes / scales) * parts) @ right  # [L]

    level = ((cells - effects[:, None]) * known).sum(axis=0) / counts
    return float(min(level.mean() + effects[leader], scores[leader].mean()))
