"""Best values at the edge of their range: perhaps better ones lie beyond it."""

import math
from dataclasses import dataclass

from optuna.distributions import FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial
from trainer.config.train_config import TrainConfig

_NEAR = 0.02
"""Share of a range, in its logarithm where it is searched so, that counts as its end."""


@dataclass(frozen=True)
class Edge:
    """A value at an end of the range that it was searched in."""

    name: str
    value: float
    end: str
    low: float
    high: float

    def __str__(self) -> str:
        return (
            f"{self.name} = {self.value:.4g} is at the {self.end} end of its range "
            f"[{self.low:.6g}, {self.high:.6g}]: widen it"
        )


def edges(trial: FrozenTrial) -> tuple[Edge, ...]:
    """The parameters of a trial whose values sit at an end of their range.

    Choices have no ends, and an end that is the knob's own limit (a share cannot be below 0) cannot be widened.
    """
    found = []
    for name, distribution in trial.distributions.items():
        if not isinstance(distribution, FloatDistribution | IntDistribution):
            continue
        value, low, high = trial.params[name], distribution.low, distribution.high
        scale = math.log if distribution.log else float
        near = _NEAR * (scale(high) - scale(low))
        if low == high:
            continue
        if scale(value) - scale(low) <= near and not _is_limit(name, "ge", low):
            found.append(Edge(name, value, "low", low, high))
        elif scale(high) - scale(value) <= near and not _is_limit(name, "le", high):
            found.append(Edge(name, value, "high", low, high))
    return tuple(found)


def _is_limit(name: str, rule: str, end: float) -> bool:
    field = TrainConfig.model_fields.get(name)
    return field is not None and any(getattr(each, rule, None) == end for each in field.metadata)
