"""What all trials of a search together say of each: a Gaussian process through their scores.

A score is the worth of a configuration and the luck of one training. Luck does not come again in the neighbours, worth
mostly does, so what a smooth surface through all scores says of a configuration is less of an optimist than its own
score (Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006, chapters 2 and 5).
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from search.config.search_space import Choices, Space

Array = NDArray[np.float64]

_LENGTHS: Final = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Of the kernel; a knob's whole range is 1."""
_NOISES: Final = (0.03, 0.1, 0.3, 1.0, 3.0)
"""Variance of the luck, as a share of that of the surface."""


def expected_scores(points: Array, scores: Array) -> Array:
    """What to expect of each configuration: half its own score, half what the surface through all scores says of it.

    Half, since a surface that is smooth misses what is special in a configuration; how much that is, no score tells.
    Scores below the median count as the median: how badly the worst have failed says nothing about the best, and a
    surface that bends down to them is rough everywhere.

    Args:
        points: [N, P], see :func:`coordinates`.
        scores: [N], in the unit of what is returned.

    Returns:
        [N].
    """
    if not len(scores):
        return scores
    upper = np.maximum(scores, np.median(scores))
    level, spread = float(upper.mean()), float(upper.std())
    if not spread:
        return scores
    surface = level + spread * _surface(points, (upper - level) / spread)
    found: Array = (scores + surface) / 2
    return found


def _surface(points: Array, values: Array) -> Array:
    """Posterior mean at the points themselves: over kernels and noises, by their marginal likelihood."""
    squares = (points**2).sum(axis=1)
    distances = np.maximum(squares[:, None] + squares - 2 * points @ points.T, 0)
    logs, means = [], []
    for length in _LENGTHS:
        sizes, axes = np.linalg.eigh(np.exp(-distances / (2 * length**2)))
        sizes, parts = np.maximum(sizes, 0), axes.T @ values
        for noise in _NOISES:
            # The surface's own variance is the one of the greatest likelihood.
            variance = (parts**2 / (sizes + noise)).mean()
            logs.append(-(len(values) * np.log(variance) + np.log(sizes + noise).sum()) / 2)
            means.append(axes @ (sizes / (sizes + noise) * parts))
    weights = np.exp(np.array(logs) - max(logs))
    mixed: Array = weights / weights.sum() @ np.array(means)
    return mixed


def coordinates(space: Space, configurations: Sequence[Mapping[str, Any]]) -> Array:
    """Configurations as points, [N, P], whose distance says how much they differ.

    Two ends of a range, two choices of a knob, and a knob that only one of two has are all about 1 apart.
    """
    columns: list[list[float]] = []
    for name, parameter in space.items():
        values = [each.get(name) for each in configurations]
        if isinstance(parameter, Choices):
            # In the corners of a simplex every two choices are as far apart.
            columns += [[math.sqrt(0.5) * (value == choice) for value in values] for choice in parameter.choices]
        else:
            columns.append([0.5 if value is None else parameter.share(value) for value in values])
            columns.append([float(value is None) for value in values])
    return np.array(columns, dtype=np.float64).reshape(len(columns), len(configurations)).T
