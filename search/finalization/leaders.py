"""The leaders of a search: the configurations of the best outlook, near copies left out."""

from __future__ import annotations

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
_MOST: Final = 1000
"""Best scores that have a say in the outlook; more would take minutes."""


@dataclass(frozen=True)
class NearDuplicate:
    """A trial that is left out, since a better one is nearly the same."""

    trial: int
    of: int
    distance: float

    def __str__(self) -> str:
        return f"trial {self.trial} is a near copy of trial {self.of} (distance {self.distance:.3f}, below {NEAR:g})"


def pick(trials: Sequence[FrozenTrial], space: Space, count: int) -> tuple[list[Leader], list[NearDuplicate]]:
    """The complete trials of the best outlook that differ from each other, and what was left out on the way.

    Args:
        trials: Complete ones.
        space: What was searched.
        count: How many leaders, at most.
    """
    known = {trial.number: trial for trial in trials}
    outlook = outlooks(trials, space)
    leaders: list[Leader] = []
    copies: list[NearDuplicate] = []
    for number in sorted(outlook, key=lambda number: -outlook[number]):
        trial = known[number]
        if len(leaders) == count:
            break
        near = [(distance(space, trial.params, leader.params), leader.trial) for leader in leaders]
        if near and min(near)[0] < NEAR:
            copies.append(NearDuplicate(trial.number, min(near)[1], min(near)[0]))
        else:
            leaders.append(leader_of(trial, outlook[number]))
    return leaders, copies


def outlooks(trials: Sequence[FrozenTrial], space: Space) -> dict[int, float]:
    """What all complete trials together let expect of each, by number, the best score first."""
    best = sorted(trials, key=lambda trial: (-value_of(trial), trial.number))[:_MOST]
    points = surrogate.coordinates(space, [trial.params for trial in best])
    found = surrogate.outlook(points, np.array([value_of(trial) for trial in best]))
    return {trial.number: float(outlook) for trial, outlook in zip(best, found, strict=True)}


def leader_of(trial: FrozenTrial, outlook: float | None = None) -> Leader:
    """A trial as a leader; without an outlook its own score is taken at its word."""
    claimed = value_of(trial)
    return Leader(
        trial=trial.number,
        params=dict(trial.params),
        claimed=claimed,
        outlook=claimed if outlook is None else outlook,
    )


def distance(space: Space, one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """How far two configurations are apart, in [0, 1]: Gower's distance, the mean over the searched knobs.

    A number counts by its share of the range, on the range's own scale; another choice, or a knob that only one of the
    two has, counts 1.

    Gower, "A general coefficient of similarity and some of its properties", Biometrics 27 (1971).
    """
    apart = [_apart(space[name], one.get(name), other.get(name)) for name in space if name in one or name in other]
    return sum(apart) / len(apart) if apart else 0.0


def _apart(parameter: Parameter, one: Any, other: Any) -> float:  # noqa: ANN401 - values of any knob
    if one is None or other is None:
        return 1.0
    if isinstance(parameter, Choices):
        return float(one != other)
    return abs(parameter.share(one) - parameter.share(other))
