"""An ablation: one configuration, changes that are each made to it alone, and how often every one is repeated.

The base is ``[fixed]`` of the study, nothing is searched, and the runs are known before the first one: the base and
each change, seed by seed (:mod:`search.plans.ablation`). A seed is that of training and of the split, so two runs of
one seed differ in the change alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import NoneType
from typing import Annotated, Any, Final, cast, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator
from trainer.config.train_config import TrainConfig, is_searchable
from trainer.errors import ConfigError
from trainer.support.validation import explain

from search.config.search_space import Value, unknown_knob

Change = Value | None
"""A value that a knob is changed to; none where the knob knows it, such as the optimizer's own weight decay."""


class AblationSection(BaseModel):
    """``[ablation]``: what is changed in the base, one knob at a time.

    Attributes:
        study: Where the base comes from, for people.
        trial: Its trial there; none: what its study file fixes and starts with.
        changes: The values of each knob, in the order in which they are shown. One that the base has anyway is no run.
        seeds: Repetitions of the base and of each change.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    study: str = ""
    trial: int | None = None
    changes: Annotated[dict[str, tuple[Change, ...]], Field(min_length=1)]
    seeds: Annotated[int, Field(ge=1, le=100)]

    @field_validator("changes")
    @classmethod
    def _values_are_the_knobs_own(cls, changes: dict[str, tuple[Change, ...]]) -> dict[str, tuple[Change, ...]]:
        # As the trainer will see them: 1 and 1.0 are one value, and must not be two runs.
        return {knob: tuple(dict.fromkeys(parse(knob, each) for each in values)) for knob, values in changes.items()}

    @property
    def base(self) -> str:
        """Where the base comes from, in words."""
        if self.trial is not None:
            return f"trial {self.trial} of {self.study}"
        return f"the file of study {self.study}" if self.study else "its file's [fixed]"

    def and_also(self, changes: Mapping[str, Sequence[Change]], seeds: int) -> AblationSection:
        """The same with more changes and, where they are more, with more seeds; nothing is taken away."""
        merged = {knob: (*self.changes.get(knob, ()), *changes.get(knob, ())) for knob in {**self.changes, **changes}}
        return AblationSection(study=self.study, trial=self.trial, changes=merged, seeds=max(self.seeds, seeds))


def may_change(knob: str) -> bool:
    """Whether an ablation may change a knob: what a search may vary, and the number of epochs."""
    return is_searchable(knob) or knob == "epochs"  # no search may vary these, since they decide what a trial costs


def parse(knob: str, value: object) -> Change:
    """A value to change a knob to, as a study file, JSON or a command line has it; ``none`` for no value.

    Raises:
        ValueError: There is no such knob, an ablation may not change it, or the value breaks its rule.
    """
    if knob in TrainConfig.model_fields and not may_change(knob):
        why = "each repetition has a seed of its own" if knob == "seed" else "make a study of each value"
        raise ValueError(f"{knob}: this knob cannot be changed in an ablation; {why}")
    return read_value(knob, value)


def read_value(knob: str, value: object) -> Change:
    """A value of any knob, as the trainer will see it.

    Raises:
        ValueError: There is no such knob, or the value breaks its rule.
    """
    if knob not in TrainConfig.model_fields:
        raise ValueError(f"{knob}: {unknown_knob(knob)}")
    field = TrainConfig.model_fields[knob]
    rule: Any = Annotated[field.annotation, field]
    is_none = value == "none" and NoneType in get_args(field.annotation)
    try:
        return cast(Change, TypeAdapter(rule).validate_python(None if is_none else value))
    except ValidationError as error:
        raise ValueError(str(explain(error, where="", prefix=knob))) from error


def parse_changes(options: Sequence[str]) -> dict[str, tuple[Change, ...]]:
    """Changes as a command line names them: ``focal_gamma=0,1,2``, each knob once or more often."""
    changes: dict[str, tuple[Change, ...]] = {}
    for option in options:
        knob, values = _pair(option, "--knob", "focal_gamma=0,1,2")
        try:
            changes[knob] = (*changes.get(knob, ()), *(parse(knob, value.strip()) for value in values.split(",")))
        except ValueError as error:
            raise ConfigError(f"--knob {error}") from error
    return changes


def parse_settings(options: Sequence[str]) -> dict[str, Change]:
    """Values of the base as a command line names them: ``step_size=3``."""
    settings: dict[str, Change] = {}
    for option in options:
        knob, value = _pair(option, "--set", "step_size=3")
        if knob in _ELSEWHERE:
            raise ConfigError(f"--set {knob}: it is not set here; {_ELSEWHERE[knob]}")
        try:
            settings[knob] = read_value(knob, value)
        except ValueError as error:
            raise ConfigError(f"--set {error}") from error
    return settings


_ELSEWHERE: Final = {"seed": "each repetition has a seed of its own", "weights": "--weights names them"}


def _pair(option: str, name: str, example: str) -> tuple[str, str]:
    knob, separator, value = (part.strip() for part in option.partition("="))
    if not (knob and separator and value):
        raise ConfigError(f"{name} {option!r} is no change; write it like {name} {example}")
    return knob, value
