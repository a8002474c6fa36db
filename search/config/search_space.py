"""The search space: from the study file's ``[space]`` to Optuna's suggestions."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self, cast

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import BaseTrial
from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator
from trainer.config.train_config import TrainConfig, inactive_knobs, is_integer, needs
from trainer.support.text import did_you_mean
from trainer.support.validation import brief

Value = bool | int | float | str

LARGEST = "largest"
"""As a batch size: what fits, found when the study is made."""


def _is_one_value(value: object) -> object:
    if isinstance(value, list | tuple | dict):
        raise ValueError(f"{brief(value)} is not one value; what is a list can stand in [fixed] only")
    return value


OneValue = Annotated[Value, BeforeValidator(_is_one_value)]


def _as_lists(value: object) -> object:
    if not isinstance(value, dict):
        return value
    return {name: each if isinstance(each, list | tuple) else [each] for name, each in value.items()}


When = Annotated[dict[str, tuple[OneValue, ...]], BeforeValidator(_as_lists)]
"""The knobs and their values under which a parameter is searched, all of them; empty: always."""


class Range(BaseModel):
    """Numbers from ``low`` to ``high``, both included; ``log``: uniform in the logarithm; ``step``: on a grid."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    low: int | float
    high: int | float
    log: bool = False
    step: Annotated[int | float | None, Field(gt=0)] = None
    when: When = {}

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"low {self.low} is above high {self.high}; swap them")
        if self.log and self.low <= 0:
            raise ValueError(f"a logarithmic range must start above 0, not at {self.low}")
        if self.log and self.step is not None:
            raise ValueError("a range is either logarithmic or on a grid; remove log or step")
        return self

    def samples(self) -> tuple[Value, ...]:
        """Values that show whether the whole range is allowed: its ends."""
        return (self.low, self.high)

    def holds(self, value: Value) -> bool:
        """Whether a value lies in the range."""
        return isinstance(value, int | float) and not isinstance(value, bool) and self.low <= value <= self.high

    def share(self, value: float) -> float:
        """Where a value lies, on the range's own scale: 0 at the low end, 1 at the high one."""
        scale = math.log if self.log else float
        width = scale(self.high) - scale(self.low)
        return (scale(value) - scale(self.low)) / width if width else 0.0

    def __str__(self) -> str:
        return f"{self.low} ... {self.high}"


class Choices(BaseModel):
    """One of several values."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    choices: Annotated[tuple[OneValue, ...], Field(min_length=1)]
    when: When = {}

    @model_validator(mode="after")
    def _are_different(self) -> Self:
        if len(set(self.choices)) != len(self.choices):
            raise ValueError(f"choices {list(self.choices)} name a value twice")
        return self

    def samples(self) -> tuple[Value, ...]:
        """Values that show whether all choices are allowed: each of them."""
        return self.choices

    def holds(self, value: Value) -> bool:
        """Whether a value is one of the choices."""
        return value in self.choices

    def __str__(self) -> str:
        return ", ".join(str(choice) for choice in self.choices)


def _kind(value: object) -> Literal["choices", "range"]:
    return "choices" if isinstance(value, Choices) or (isinstance(value, dict) and "choices" in value) else "range"


def _is_a_table(value: object) -> object:
    if isinstance(value, dict | Range | Choices):
        return value
    many = isinstance(value, list | tuple)
    if many and any(isinstance(each, list | tuple | dict) for each in cast(Sequence[object], value)):
        raise ValueError(f"{brief(value)} is no search space; a list of tables can stand in [fixed] only")
    raise ValueError(
        f"{brief(value)} is no search space; write {{ choices = [...] }} or {{ low = ..., high = ... }}, or give the "
        "one value in [fixed]"
    )


Parameter = Annotated[
    Annotated[Range, Tag("range")] | Annotated[Choices, Tag("choices")],
    Discriminator(_kind),
    BeforeValidator(_is_a_table),
]


Space = Mapping[str, Range | Choices]


def unknown_knob(name: str) -> str:
    """What to say of a name that no knob has: the nearest one, or all."""
    hint = did_you_mean(name, TrainConfig.model_fields) or f"there are {', '.join(TrainConfig.model_fields)}"
    return f"unknown knob; {hint}"


def in_order(space: Space) -> list[str]:
    """The parameters, each behind those that its condition names, otherwise as they stand in the file.

    Raises:
        ValueError: Conditions go round in a circle.
    """
    parents = {name: {*parameter.when, *needs(name)} & space.keys() for name, parameter in space.items()}
    done: list[str] = []
    while len(done) < len(space):
        ready = [name for name in space if name not in done and parents[name] <= set(done)]
        if not ready:
            circle = ", ".join(name for name in space if name not in done)
            raise ValueError(f"the conditions of {circle} go round in a circle; take one away")
        done.append(ready[0])
    return done


def is_asked(name: str, space: Space, values: Mapping[str, Any]) -> bool:
    """Whether a parameter is searched under these values of the others: it has a meaning, and ``when`` says so."""
    return name not in inactive_knobs(values) and all(
        values.get(knob, TrainConfig.model_fields[knob].default) in wanted for knob, wanted in space[name].when.items()
    )


def a_sample(space: Space, fixed: Mapping[str, Any], wanted: Mapping[str, Value]) -> dict[str, Value]:
    """Parameters of some trial: ``wanted``, what their conditions ask for, and first values of all others."""
    chosen = dict(wanted)

    def fulfil(name: str) -> None:
        for knob, values in space[name].when.items():
            if chosen.get(knob) not in values:
                chosen[knob] = values[0]
                fulfil(knob)
        if name in inactive_knobs({**fixed, **chosen}):
            for knob, meant in needs(name).items():
                if knob in space and (possible := [value for value in space[knob].samples() if value in meant]):
                    chosen[knob] = possible[0]
                    fulfil(knob)
                    return

    for name in wanted:
        fulfil(name)
    sample: dict[str, Value] = {}
    for name in in_order(space):
        if is_asked(name, space, {**fixed, **sample}):
            sample[name] = chosen.get(name, space[name].samples()[0])
    return sample


def suggest(trial: BaseTrial, space: Space, fixed: Mapping[str, Any]) -> dict[str, Value]:
    """Ask a trial for a value of each parameter that is searched under the others; values that it has are kept.

    Raises:
        ValueError: It was enqueued with a value that is not in the space.
    """
    values: dict[str, Value] = {}
    for name in in_order(space):
        parameter = space[name]
        if not is_asked(name, space, {**fixed, **values}):
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # Optuna only warns of such a value
            values[name] = _suggest_one(trial, name, parameter)
        if not parameter.holds(values[name]):
            raise ValueError(f"{name} = {values[name]!r} is outside the space ({parameter})")
    return values


def _suggest_one(trial: BaseTrial, name: str, parameter: Range | Choices) -> Value:
    if isinstance(parameter, Choices):
        return cast(Value, trial.suggest_categorical(name, parameter.choices))
    if is_integer(name):
        step = int(parameter.step or 1)
        return trial.suggest_int(name, int(parameter.low), int(parameter.high), step=step, log=parameter.log)
    return trial.suggest_float(name, parameter.low, parameter.high, step=parameter.step, log=parameter.log)


def distributions(space: Space) -> dict[str, BaseDistribution]:
    """What Optuna calls the parameters of a space."""
    return {name: _distribution(name, parameter) for name, parameter in space.items()}


def _distribution(name: str, parameter: Range | Choices) -> BaseDistribution:
    if isinstance(parameter, Choices):
        return CategoricalDistribution(parameter.choices)
    if is_integer(name):
        step = int(parameter.step or 1)
        return IntDistribution(int(parameter.low), int(parameter.high), log=parameter.log, step=step)
    return FloatDistribution(parameter.low, parameter.high, log=parameter.log, step=parameter.step)
