"""The specification of a study: all that its file says, validated once, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator
from trainer.config.train_config import (
    TrainConfig,
    inactive_knobs,
    is_integer,
    is_searchable,
    needs,
    needs_in_words,
    takes_lists,
)
from trainer.data.factors import check_factors
from trainer.data.spec import DataSpec
from trainer.errors import ConfigError
from trainer.imaging.crop import Crop, ImageSize
from trainer.support.validation import brief, explain

from search.config.ablation import AblationSection, Change
from search.config.format import format_value
from search.config.identity import content_of, flat, numbered
from search.config.retraining import SUFFIXES, RetrainingSpec
from search.config.search_space import LARGEST, Parameter, Range, Value, a_sample, in_order, is_asked, unknown_knob
from search.config.sections import FinalizeSection, PrunerSection, SamplerSection, Section, StudySection


class StudySpec(Section):
    """A whole study file.

    Raises:
        pydantic.ValidationError: A value breaks its rule.
    """

    study: StudySection
    data: DataSpec
    space: dict[str, Parameter] = Field(default_factory=dict)
    fixed: dict[str, Any] = Field(default_factory=dict)
    sampler: SamplerSection = SamplerSection()
    pruner: PrunerSection = PrunerSection()
    start: tuple[dict[str, Any], ...] = ()
    finalize: FinalizeSection = FinalizeSection()
    ablation: AblationSection | None = None
    retraining: RetrainingSpec | None = None

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> StudySpec:
        """Make a specification of what a study file would say, such as ``{"study": {"name": "a"}, "data": ...}``.

        Raises:
            ConfigError: A value breaks its rule; the message names key and rule.
        """
        from search.config.load import parse_spec

        if not isinstance(values, Mapping):
            raise ConfigError(
                f"the specification: {brief(values)} is no dictionary; give one with what a file would say"
            )
        return parse_spec(dict(values), "the specification")

    @model_validator(mode="after")
    def _space_fits_the_trainer(self) -> Self:
        for name in self.space:
            if name not in TrainConfig.model_fields:
                raise ValueError(f"space.{name}: {unknown_knob(name)}")
            if not is_searchable(name):
                raise ValueError(f"space.{name}: this knob cannot be searched; give it one value in [fixed]")
            if name in self.fixed:
                raise ValueError(f"{name} stands in [space] and in [fixed]; remove one")
        self._check_fixed()
        if "backbone" not in self.space and "backbone" not in self.fixed:
            raise ValueError("no backbone: name one in [fixed] or several in [space]")
        if bool(self.space) is bool(self.changes):
            raise ValueError("space: name the knobs to search, or else what to compare in [ablation]; one of the two")
        self._check_integers()
        self._check_conditions()
        self._check_configs()
        if "factors" in self._values("heads"):
            names = self.data.factor_names if self.data.factor is None else (self.data.factor,)
            check_factors(names, self.fixed.get("factor_weights", {}))
        if self.pruner.min_epochs > self.epochs:
            raise ValueError(f"pruner.min_epochs {self.pruner.min_epochs} is above fixed.epochs {self.epochs}")
        return self

    @model_validator(mode="after")
    def _name_is_free(self) -> Self:
        if self.study.name.endswith(SUFFIXES) and self.retraining is None:
            raise ValueError(f"study.name {self.study.name!r} is one that finalize gives; choose another")
        return self

    @model_validator(mode="after")
    def _starts_lie_in_the_space(self) -> Self:
        for number, start in enumerate(self.start, start=1):
            for name, value in start.items():
                if name not in self.space:
                    raise ValueError(f"start {number}: {name} is not in [space]; remove it or search it")
                if isinstance(value, list | tuple | dict):
                    raise ValueError(f"start {number}: {name} = {brief(value)}: one value belongs here")
                if not self.space[name].holds(value) or (is_integer(name) and not isinstance(value, int)):
                    raise ValueError(f"start {number}: {name} = {value!r} is outside the space ({self.space[name]})")
                if not is_asked(name, self.space, {**self.fixed, **start}):
                    raise ValueError(f"start {number}: {name} is not searched under its other values; remove it")
        return self

    def _check_fixed(self) -> None:
        for name, value in self.fixed.items():
            if name == "seed":
                raise ValueError("fixed.seed: set seed in [study]")
            if isinstance(value, list | tuple) and name in TrainConfig.model_fields and not takes_lists(name):
                more = f", or search them: [space] {name} = {{ choices = [...] }}" if is_searchable(name) else ""
                raise ValueError(f"fixed.{name}: one value belongs here, not the list {brief(value)}; keep one{more}")
        if "box_margin" in self.fixed and self.data.boxes is None:
            raise ValueError("fixed.box_margin needs boxes in [data], the file of the boxes; name it or remove this")

    def _check_integers(self) -> None:
        for name, parameter in self.space.items():
            if isinstance(parameter, Range) and is_integer(name):
                for key in ("low", "high", "step"):
                    value = getattr(parameter, key)
                    if value is not None and value != int(value):
                        raise ValueError(f"space.{name}: {key} {value} must be a whole number, as {name} is")

    def _check_conditions(self) -> None:
        """Conditions can hold, and every knob can have a meaning."""
        self._check_when()
        in_order(self.space)
        if self.changes:  # [fixed] may hold what only a change gives a meaning
            return
        for section, names in (("space", self.space), ("fixed", self.fixed)):
            if "extra_weight" in names and not self.data.extra:
                raise ValueError(f"{section}.extra_weight needs a table [[data.extra]]; add one or remove it")
            for name in names:
                if name in TrainConfig.model_fields and not self._can_have_a_meaning(name):
                    raise ValueError(f"{section}.{name} needs {needs_in_words(name)}; remove it, or set or search that")

    def _check_when(self) -> None:
        """Whatever has a condition must be able to fulfil it."""
        for name, parameter in self.space.items():
            for knob, values in parameter.when.items():
                if knob not in self.space or knob == name:
                    raise ValueError(f"space.{name}: when.{knob}: it is not another parameter of [space]")
                if isinstance(self.space[knob], Range) and not is_integer(knob):
                    raise ValueError(f"space.{name}: when.{knob}: {knob} is a range and hits no value; give it choices")
                if outside := [value for value in values if not self.space[knob].holds(value)]:
                    raise ValueError(
                        f"space.{name}: when.{knob}: {outside[0]!r} is outside its space ({self.space[knob]})"
                    )

    def _can_have_a_meaning(self, name: str) -> bool:
        wanted = needs(name)
        when = self.space[name].when if name in self.space else {}
        return not wanted or any(
            value in meant and value in when.get(knob, (value,))
            for knob, meant in wanted.items()
            for value in self._values(knob)
        )

    def _values(self, knob: str) -> tuple[object, ...]:
        """Values of a knob that trials may have: all choices, or the ends of a range; of an ablation all changes."""
        if knob in self.space:
            return self.space[knob].samples()
        return (self.fixed.get(knob, TrainConfig.model_fields[knob].default), *self.changes.get(knob, ()))

    def _check_configs(self) -> None:
        """Try every end, choice and change, so that no trial meets a value that the trainer refuses."""
        if self.changes:
            self._check_changes()
            return
        for backbone in self.backbones:
            self._try({"backbone": backbone} if "backbone" in self.space else {}, "fixed")
        for name, parameter in self.space.items():
            for value in parameter.samples():
                self._try({name: value}, f"space.{name}")

    def _check_changes(self) -> None:
        base = self._tried({}, "fixed")
        idle = set(inactive_knobs(base.model_dump()))
        for knob, values in self.changes.items():
            if knob in idle:
                raise ValueError(
                    f"ablation.changes.{knob}: it has no meaning in the base: it needs {needs_in_words(knob)}; change "
                    "the base (--set), or leave the knob away"
                )
            for value in values:
                self._tried({knob: value}, "ablation.changes")
        if self.fixed.get("batch_size") != LARGEST and all(
            value == getattr(base, knob) for knob, values in self.changes.items() for value in values
        ):
            knob, (value, *_) = next(iter(self.changes.items()))
            raise ValueError(
                f"ablation.changes: {knob} = {format_value(value)} changes nothing: the base has it; name other values"
            )

    def _tried(self, change: dict[str, Any], prefix: str) -> TrainConfig:
        try:
            return self.config(change)
        except ValidationError as error:
            raise ValueError(str(explain(error, where="", prefix=prefix, known=TrainConfig.model_fields))) from error

    def _try(self, wanted: dict[str, Value], blame: str) -> None:
        try:
            self.config(a_sample(self.space, self.fixed, wanted))
        except ValidationError as error:
            name = str(error.errors()[0]["loc"][0]) if error.errors()[0]["loc"] else ""
            where = "space" if name in self.space else "fixed" if name in self.fixed else blame
            raise ValueError(str(explain(error, where="", prefix=where, known=TrainConfig.model_fields))) from error

    @property
    def epochs(self) -> int:
        """Epochs of a full trial."""
        return int(self.fixed.get("epochs", TrainConfig.model_fields["epochs"].default))

    @property
    def changes(self) -> Mapping[str, tuple[Change, ...]]:
        """What an ablation compares with its base, by knob; empty where the study is none."""
        return {} if self.ablation is None else self.ablation.changes

    @property
    def image_size(self) -> ImageSize:
        """The side of a square, or height and width, in pixels."""
        return self.any_config(self.backbones[0]).image_size

    @property
    def crop(self) -> Crop:
        """The part that is kept of an image without a box."""
        return self.any_config(self.backbones[0]).cropping

    @property
    def backbones(self) -> tuple[str, ...]:
        """All backbones that a trial may have."""
        return tuple(dict.fromkeys(map(str, self._values("backbone"))))

    @property
    def has_conditions(self) -> bool:
        """Whether some trials lack parameters that others have."""
        return any(parameter.when or needs(name).keys() & self.space.keys() for name, parameter in self.space.items())

    @property
    def unmeasured(self) -> tuple[str, ...]:
        """The backbones whose precision is to be found when the study is made."""
        precision = self.fixed.get("precision", "auto")
        table = precision if isinstance(precision, dict) else dict.fromkeys(self.backbones, precision)
        return tuple(name for name in self.backbones if table.get(name) == "auto")

    @property
    def fraction(self) -> float:
        """Share of the groups (people) that the study uses."""
        return 0.05 if self.study.debug else 1.0

    def config(self, params: dict[str, Any], seed: int | None = None) -> TrainConfig:
        """The configuration of a trial: its parameters over the fixed values; with the study's seed if none is named.

        Raises:
            pydantic.ValidationError: A value breaks the trainer's rules.
        """
        open_ones = {"precision": "auto", "batch_size": LARGEST}  # until the study is made
        fixed = {key: value for key, value in self.fixed.items() if open_ones.get(key) != value}
        if isinstance(table := fixed.get("precision"), dict) and table.get({**fixed, **params}["backbone"]) == "auto":
            del fixed["precision"]
        # Fixed for those trials in which it has a meaning.
        while idle := fixed.keys() & set(inactive_knobs({**fixed, **params})):
            fixed = {key: value for key, value in fixed.items() if key not in idle}
        return TrainConfig.model_validate({**fixed, **params, "seed": self.study.seed if seed is None else seed})

    def any_config(self, backbone: str) -> TrainConfig:
        """Some configuration of the study with this backbone; it drops out what any with it may."""
        sample = a_sample(self.space, self.fixed, {"backbone": backbone} if "backbone" in self.space else {})
        for name in ("dropout", "drop_path"):
            if name in sample:
                sample[name] = self.space[name].samples()[-1]
            elif name in self.changes:
                sample[name] = max(float(value or 0) for value in self.changes[name])
        return self.config({"backbone": backbone, **sample})

    def configs_of(self, name: str) -> list[TrainConfig]:
        """A configuration of the study with each end, choice or change of a knob; one where it has one value."""
        if name in self.space:
            wanted = [{name: value} for value in self.space[name].samples()]
            return [self.config(a_sample(self.space, self.fixed, each)) for each in wanted]
        sample = a_sample(self.space, self.fixed, {})
        return [self.config({**sample, **change}) for change in ({}, *({name: v} for v in self.changes.get(name, ())))]

    def with_data(self, root: Path | None, on_bad_image: Literal["stop", "skip"] | None) -> StudySpec:
        """The same study with its images elsewhere."""
        given = {k: v for k, v in {"root": root, "on_bad_image": on_bad_image}.items() if v is not None}
        return self.model_copy(update={"data": self.data.model_copy(update=given)})

    def anchored(self) -> StudySpec:
        """The same study with absolute paths, so that it can be stored and used from another folder."""

        def absolute(source: str) -> str:
            return source if source in ("imagenet", "none") else str(Path(source).absolute())

        weights = self.fixed.get("weights", "imagenet")
        if isinstance(weights, dict):
            weights = {name: absolute(source) for name, source in weights.items()}
        else:
            weights = absolute(weights)
        return self.model_copy(update={"data": self.data.anchored()}).with_fixed(weights=weights)

    def with_pixels(self, pixels: Literal["auto", "exact", "packed"]) -> StudySpec:
        """The same study with these pixels."""
        return self.model_copy(update={"data": self.data.model_copy(update={"pixels": pixels})})

    def with_fixed(self, **values: object) -> StudySpec:
        """The same study with other fixed values."""
        return self.model_copy(update={"fixed": {**self.fixed, **values}})

    def identity(self) -> dict[str, Any]:
        """What makes this study this study, flat: a worker whose values differ is refused.

        Paths, the room for cached images and what is done about unreadable ones are the machine's (the data have a
        fingerprint of their own), the budget and what an ablation compares may be extended, and a weights file counts
        by its content.
        """
        dump = self.model_dump(
            mode="json",
            exclude={
                "study": {"trials", "timeout", "max_failures"},
                "data": True,
                "finalize": True,
                "ablation": {"changes", "seeds"},
                "retraining": True,
            },
        )
        dump["data"] = self.data.identity()
        dump["fixed"] = {
            **{name: numbered(value) for name, value in dump["fixed"].items()},
            "weights": {name: content_of(self.any_config(name).weights) for name in self.backbones},
        }
        return flat(dump)
