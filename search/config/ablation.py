"""An ablation: one configuration, changes that are each made to it alone, and how often every one is repeated.

The base is ``[fixed]`` of the study, nothing is searched, and the runs are known before the first one: the base and
each change, seed by seed. A seed is that of training and of the split, so two runs of one seed differ in the change
alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, Final, cast, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator
from trainer.config.train_config import TrainConfig, is_searchable, needed, unmet
from trainer.errors import ConfigError
from trainer.support.validation import explain

from search.config.format import format_value
from search.config.search_space import LARGEST, Value, unknown_knob

if TYPE_CHECKING:
    from search.config.study_spec import StudySpec

Change = Value | None
"""A value that a knob is changed to; none where the knob knows it, such as the optimizer's own weight decay."""

_NONE: Final = "none"
_ALSO: Final = ("epochs",)
"""What no search may vary, since it decides what a trial costs, but a comparison may."""
SEEDS: Final = 2**32
"""How many seeds there are, from 0."""


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
        return {knob: _distinct([parse(knob, value) for value in values]) for knob, values in changes.items()}

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


def _distinct(values: list[Change]) -> tuple[Change, ...]:
    return tuple(dict.fromkeys(values))


@dataclass(frozen=True)
class Assignment:
    """What one run of an ablation is told to do.

    Attributes:
        knob: What it changes; none: it is the base.
        value: To what.
        seed: Of training and of the split.
    """

    knob: str | None
    value: Change
    seed: int

    @property
    def change(self) -> dict[str, Any]:
        """As parameters over the base."""
        return {} if self.knob is None else {self.knob: self.value}

    def __str__(self) -> str:
        return "base" if self.knob is None else f"{self.knob} = {format_value(self.value)}"


def plan(spec: StudySpec) -> list[Assignment]:
    """All runs of a study that is an ablation, in the order of their doing: seed by seed, the base first.

    So the table is balanced whenever somebody looks at it.
    """
    return list(_planned(spec))


def _planned(spec: StudySpec) -> Iterator[Assignment]:
    if spec.ablation is None:
        return
    base = spec.config({})
    for seed in seeds(spec):
        yield Assignment(None, None, seed)
        for knob, values in spec.ablation.changes.items():
            yield from (Assignment(knob, value, seed) for value in values if value != getattr(base, knob))


def check(spec: StudySpec) -> None:
    """Try the base and each change, so that no run meets a value that the trainer refuses.

    Raises:
        ValueError: The base or a change is none that can be trained, or changes nothing.
    """
    if spec.ablation is None:
        return
    base = _tried(spec, {}, "fixed").model_dump()
    idle = set(unmet(base))
    for knob, values in spec.ablation.changes.items():
        if knob in idle:
            raise ValueError(
                f"ablation.changes.{knob}: it has no meaning in the base: it needs {needed(knob)}; change the base "
                "(--set), or leave the knob away"
            )
        for value in values:
            _tried(spec, {knob: value}, "ablation.changes")
    if spec.fixed.get("batch_size") != LARGEST and all(run.knob is None for run in plan(spec)):
        knob, (value, *_) = next(iter(spec.ablation.changes.items()))
        raise ValueError(
            f"ablation.changes: {knob} = {format_value(value)} changes nothing: the base has it; name other values"
        )


def _tried(spec: StudySpec, change: dict[str, Any], prefix: str) -> TrainConfig:
    try:
        return spec.config(change)
    except ValidationError as error:
        raise ValueError(str(explain(error, where="", prefix=prefix, known=TrainConfig.model_fields))) from error


def seeds(spec: StudySpec) -> list[int]:
    """The seeds of an ablation's runs: those after the study's own.

    Not that one itself: a base that was the best of many trials on that split with that seed was lucky there, and any
    change to it would look worse than it is.
    """
    count = 0 if spec.ablation is None else spec.ablation.seeds
    return [(spec.study.seed + number) % SEEDS for number in range(1, count + 1)]


def may_change(knob: str) -> bool:
    """Whether an ablation may change a knob: what a search may vary, and the number of epochs."""
    return is_searchable(knob) or knob in _ALSO


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
    if value is None or (value == _NONE and NoneType in get_args(field.annotation)):
        value = None
    rule: Any = Annotated[field.annotation, field]
    try:
        return cast(Change, TypeAdapter(rule).validate_python(value))
    except ValidationError as error:
        raise ValueError(str(explain(error, where="", prefix=knob))) from error


def parse_changes(options: Sequence[str]) -> dict[str, tuple[Change, ...]]:
    """Changes as a command line names them: ``focal_gamma=0,1,2``, each knob once or more often.

    Raises:
        ConfigError: One is no such thing, or a value breaks its knob's rule.
    """
    changes: dict[str, tuple[Change, ...]] = {}
    for option in options:
        knob, values = _pair(option, "--knob", "focal_gamma=0,1,2")
        try:
            changes[knob] = (*changes.get(knob, ()), *(parse(knob, value.strip()) for value in values.split(",")))
        except ValueError as error:
            raise ConfigError(f"--knob {error}") from error
    return changes


def parse_settings(options: Sequence[str]) -> dict[str, Change]:
    """Values of the base as a command line names them: ``step_size=3``.

    Raises:
        ConfigError: One is no such thing, or a value breaks its knob's rule.
    """
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
