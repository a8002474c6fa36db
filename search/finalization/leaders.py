"""The leaders of a search: the configurations of the highest expected scores, near copies left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from optuna.trial import FrozenTrial

from search.config.retraining import Leader
from search.config.search_space import Choices, Parameter, Space
from search.finalization import surrogate
from search.study.study import value_of

NEAR: Final = 0.05
"""Configurations at a smaller distance are copies: confirming both would tell little more than confirming one."""
_MOST_TRIALS: Final = 1000
"""Best scores that have a say in the expected scores; more would take minutes."""


@dataclass(frozen=True)
class NearDuplicate:
    """A trial that is left out, since a better one is nearly the same."""

    trial: int
    of: int
    distance: float

    def __str__(self) -> str:
        return f"trial {self.trial} is a near copy of trial {self.of} (distance {self.distance:.3f}, below {NEAR:g})"


def select_leaders(trials: Sequence[FrozenTrial], space: Space, count: int) -> tuple[list[Leader], list[NearDuplicate]]:
    """The complete trials of the highest expected scores that differ from each other, and the copies left out."""
    known = {trial.number: trial for trial in trials}
    expected = expected_scores(trials, space)
    leaders: list[Leader] = []
    near_duplicates: list[NearDuplicate] = []
    for number in sorted(expected, key=lambda number: -expected[number]):
        if len(leaders) == count:
            break
        trial = known[number]
        near = [(distance(space, trial.params, leader.params), leader.trial) for leader in leaders]
        if near and min(near)[0] < NEAR:
            near_duplicates.append(NearDuplicate(trial.number, min(near)[1], min(near)[0]))
        else:
            leaders.append(leader_of(trial, expected[number]))
    return leaders, near_duplicates


def expected_scores(trials: Sequence[FrozenTrial], space: Space) -> dict[int, float]:
    """What all complete trials together let expect of each, by number, the best score first."""
    best = sorted(trials, key=lambda trial: (-value_of(trial), trial.number))[:_MOST_TRIALS]
    points = surrogate.coordinates(space, [trial.params for trial in best])
    found = surrogate.expected_scores(points, np.array([value_of(trial) for trial in best]))
    return {trial.number: float(score) for trial, score in zip(best, found, strict=True)}


def leader_of(trial: FrozenTrial, expected_score: float | None = None) -> Leader:
    """A trial as a leader; without an expected score its own score is taken at its word."""
    claimed = value_of(trial)
    return Leader(
        trial=trial.number,
        params=dict(trial.params),
        claimed=claimed,
        expected_score=claimed if expected_score is None else expected_score,
    )


def distance(space: Space, one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """How far two configurations are apart, in [0, 1]: Gower's distance, the mean over the searched knobs.

    A number counts by its share of the range, on the range's own scale; another choice, or a knob that only one of the
    two has, counts 1.

    Gower, "A general coefficient of similarity and some of its properties", Biometrics 27 (1971).
    """
    distances = [
        _knob_distance(space[name], one.get(name), other.get(name)) for name in space if name in one or name in other
    ]
    return sum(distances) / len(distances) if distances else 0.0


def _knob_distance(parameter: Parameter, one: Any, other: Any) -> float:  # noqa: ANN401 - values of any knob
    if one is None or other is None:
        return 1.0
    if isinstance(parameter, Choices):
        return float(one != other)
    return abs(parameter.share(one) - parameter.share(other))
