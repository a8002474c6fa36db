"""The search space: from the study file's ``[space]`` to Optuna's suggestions."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, cast

from optuna.trial import BaseTrial
from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator
from trainer.config import TrainConfig

Value = bool | int | float | str


class Range(BaseModel):
    """Numbers from ``low`` to ``high``, both included; ``log``: uniform in the logarithm; ``step``: on a grid."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    low: int | float
    high: int | float
    log: bool = False
    step: Annotated[int | float | None, Field(gt=0)] = None

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

    def __str__(self) -> str:
        return f"{self.low} ... {self.high}"


class Choices(BaseModel):
    """One of several values."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    choices: Annotated[tuple[Value, ...], Field(min_length=1)]

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
    raise ValueError(
        f"{value!r} is no search space; write {{ choices = [...] }} or {{ low = ..., high = ... }}, or give the one "
        "value in [fixed]"
    )


Parameter = Annotated[
    Annotated[Range, Tag("range")] | Annotated[Choices, Tag("choices")],
    Discriminator(_kind),
    BeforeValidator(_is_a_table),
]


def suggest(trial: BaseTrial, space: Mapping[str, Range | Choices]) -> dict[str, Value]:
    """Ask a trial for a value of each parameter; values that it already has are kept.

    Raises:
        ValueError: It was enqueued with a value that is not in the space.
    """
    values = {}
    for name, parameter in space.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # Optuna only warns of such a value
            values[name] = _suggest_one(trial, name, parameter)
        if not parameter.holds(values[name]):
            raise ValueError(f"{name} = {values[name]!r} is outside the space ({parameter})")
    return values


def _suggest_one(trial: BaseTrial, name: str, parameter: Range | Choices) -> Value:
    if isinstance(parameter, Choices):
        return cast(Value, trial.suggest_categorical(name, parameter.choices))
    options: dict[str, Any] = {"log": parameter.log}
    if TrainConfig.model_fields[name].annotation is int:
        return trial.suggest_int(
            name, int(parameter.low), int(parameter.high), step=int(parameter.step or 1), **options
        )
    return trial.suggest_float(name, parameter.low, parameter.high, step=parameter.step, **options)
