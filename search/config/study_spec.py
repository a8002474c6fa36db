"""A study file, read and validated once; what of it may change while a study lives."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, Field, ValidationError, model_validator
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
from trainer.data.spec import DataSpec, ExtraSpec, FoldAssignment
from trainer.errors import ConfigError
from trainer.imaging.crop import Crop, ImageSize
from trainer.support.validation import brief, explain, first_error

from search.config.ablation import AblationSection, check
from search.config.identity import content_of, flat, numbered
from search.config.retraining import SUFFIXES, RetrainingSpec
from search.config.search_space import (
    LARGEST,
    Choices,
    Parameter,
    Range,
    Value,
    a_sample,
    in_order,
    is_asked,
    unknown_knob,
)
from search.config.sections import FinalizeSection, PrunerSection, SamplerSection, Section, StudySection

STUDIES = Path("studies")
DEBUG_PEOPLE, DEBUG_EPOCHS = 0.05, 2

# Set by the study itself, so neither searched nor fixed by hand.
_OWN = {"seed"}


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

    @model_validator(mode="after")
    def _space_fits_the_trainer(self) -> Self:
        for name in self.space:
            if name not in TrainConfig.model_fields:
                raise ValueError(f"space.{name}: {unknown_knob(name)}")
            if not is_searchable(name) or name in _OWN:
                raise ValueError(f"space.{name}: this knob cannot be searched; give it one value in [fixed]")
            if name in self.fixed:
                raise ValueError(f"{name} stands in [space] and in [fixed]; remove one")
        self._check_fixed()
        if "backbone" not in self.space and "backbone" not in self.fixed:
            raise ValueError("no backbone: name one in [fixed] or several in [space]")
        if bool(self.space) is (self.ablation is not None):
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
            if name in _OWN:
                raise ValueError(f"fixed.{name}: set {name} in [study]")
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
        if self.ablation is not None:  # [fixed] may hold what only a change gives a meaning
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
        """Values of a knob that trials may have: all choices, or the ends of a range."""
        if self.ablation is not None:
            return (self.fixed.get(knob, TrainConfig.model_fields[knob].default), *self.ablation.changes.get(knob, ()))
        if knob in self.space:
            return self.space[knob].samples()
        return (self.fixed.get(knob, TrainConfig.model_fields[knob].default),)

    def _check_configs(self) -> None:
        """Try every end and every choice of the space, so that no trial meets a value that the trainer refuses."""
        if self.ablation is not None:
            check(self)
            return
        for backbone in self.backbones:
            self._try({"backbone": backbone} if "backbone" in self.space else {}, "fixed")
        for name, parameter in self.space.items():
            for value in parameter.samples():
                self._try({name: value}, f"space.{name}")

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
    def steps(self) -> int:
        """Epochs of a full trial, those of all its folds together."""
        return self.epochs * (1 if self.retraining else self.data.folds or 1)

    @property
    def is_closed(self) -> bool:
        """Whether all its trials carry orders, and nobody adds another."""
        return self.ablation is not None or self.retraining is not None

    @property
    def fold_assignment(self) -> FoldAssignment | None:
        """The folds into which people are dealt to confirm, in the place of the study's own split."""
        return self.retraining.fold_assignment(self.study.seed) if self.retraining else None

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
        parameter = self.space.get("backbone")
        if self.ablation is not None:
            named = (self.fixed["backbone"], *self.ablation.changes.get("backbone", ()))
            return tuple(dict.fromkeys(map(str, named)))
        if parameter is None:
            return (str(self.fixed["backbone"]),)
        return tuple(str(name) for name in parameter.samples())

    @property
    def trained_backbones(self) -> tuple[str, ...]:
        """Those of them that are trained from here on: where leaders are trained again theirs alone."""
        if self.retraining is None:
            return self.backbones
        found = (leader.params.get("backbone", self.fixed.get("backbone")) for leader in self.retraining.leaders)
        return tuple(dict.fromkeys(map(str, found)))

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
    def people(self) -> float:
        """Share of the people that the study uses."""
        return DEBUG_PEOPLE if self.study.debug else 1.0

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
        drops = ("dropout", "drop_path")
        if self.ablation is not None:
            changes = self.ablation.changes
            most = {name: max(float(value or 0) for value in changes[name]) for name in drops if name in changes}
            return self.config({"backbone": backbone, **most})
        sample = a_sample(self.space, self.fixed, {"backbone": backbone} if "backbone" in self.space else {})
        for name in sample.keys() & set(drops):
            sample[name] = self.space[name].samples()[-1]
        return self.config(sample)

    def configs_of(self, name: str) -> list[TrainConfig]:
        """A configuration of the study with each end or choice of a knob; one where it has one value."""
        if self.ablation is not None:
            return [self.config({}), *(self.config({name: value}) for value in self.ablation.changes.get(name, ()))]
        wanted = [{name: value} for value in self.space[name].samples()] if name in self.space else [{}]
        return [self.config(a_sample(self.space, self.fixed, each)) for each in wanted]

    def with_data(self, root: Path | None, on_bad_image: Literal["stop", "skip"] | None) -> StudySpec:
        """The same study with its images elsewhere."""
        update = {"root": root, "on_bad_image": on_bad_image}
        return self.model_copy(
            update={"data": self.data.model_copy(update={k: v for k, v in update.items() if v is not None})}
        )

    def anchored(self) -> StudySpec:
        """The same study with absolute paths, so that it can be stored and used from another folder."""

        def absolute(source: str) -> str:
            return source if source in ("imagenet", "none") else str(Path(source).absolute())

        weights = self.fixed.get("weights", "imagenet")
        weights = (
            {name: absolute(source) for name, source in weights.items()}
            if isinstance(weights, dict)
            else absolute(weights)
        )
        return self.model_copy(update={"data": self.data.anchored()}).with_fixed(weights=weights)

    def with_pixels(self, pixels: Literal["auto", "exact", "packed"]) -> StudySpec:
        """The same study with these pixels."""
        return self.model_copy(update={"data": self.data.model_copy(update={"pixels": pixels})})

    def with_fixed(self, **values: object) -> StudySpec:
        """The same study with other fixed values."""
        return self.model_copy(update={"fixed": {**self.fixed, **values}})

    def with_weights(self, options: tuple[str, ...]) -> StudySpec:
        """The same study with weights named on the command line.

        Args:
            options: ``SOURCE`` for all backbones or ``BACKBONE=SOURCE``; a source is imagenet, none or a file.
        """
        if not options:
            return self
        stored = self.fixed.get("weights", "imagenet")
        table = dict(stored) if isinstance(stored, dict) else {"default": stored}
        named = []
        for option in options:
            backbone, separator, source = option.partition("=")
            if separator and "/" not in backbone:
                table[backbone] = source
                named.append(backbone)
            else:
                table = {"default": option}
        # Of the names on the command line: an ablation's file may know weights of backbones that it does not use.
        if unknown := [name for name in named if name not in self.backbones]:
            raise ConfigError(
                f"--weights: backbone {unknown[0]!r} is not searched; this study has {', '.join(self.backbones)}"
            )
        return self._revalidated(weights=table)

    def debugged(self) -> StudySpec:
        """The rehearsal of this study: a study of its own name with few people and few epochs."""
        study = self.study.model_copy(update={"name": f"{self.study.name}-debug", "debug": True})
        pruner = self.pruner.model_copy(update={"min_epochs": min(self.pruner.min_epochs, DEBUG_EPOCHS)})
        return self.model_copy(update={"study": study, "pruner": pruner}).with_fixed(epochs=DEBUG_EPOCHS)

    def _revalidated(self, **fixed: object) -> StudySpec:
        try:
            return StudySpec.model_validate(self.with_fixed(**fixed).model_dump())
        except ValidationError as error:
            raise explain(error, where="command line") from error

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


def load_spec(study: str) -> StudySpec:
    """Read ``studies/<study>.toml``, or the file if ``study`` ends in ``.toml``.

    Raises:
        ConfigError: There is no such file, or a value in it breaks its rule.
    """
    path = Path(study) if study.endswith(".toml") else STUDIES / f"{study}.toml"
    try:
        with path.open("rb") as file:
            values = tomllib.load(file)
    except FileNotFoundError as error:
        names = sorted(entry.stem for entry in path.parent.glob("*.toml"))
        have = f"{path.parent}/ has {', '.join(names)}" if names else f"{path.parent}/ holds no study files"
        raise ConfigError(f"study file {path} does not exist; {have}") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} cannot be read as TOML: {error}") from error
    spec = parse_spec(values, str(path))
    # Elsewhere the study is called by its name alone, so the file must be found under it.
    if not study.endswith(".toml") and spec.study.name != study:
        raise ConfigError(f"{path}: study.name is {spec.study.name!r}; call it {study!r} or rename the file")
    return spec


def parse_spec(values: dict[str, Any], where: str) -> StudySpec:
    """Validate the content of a study file.

    Raises:
        ConfigError: A value breaks its rule; the message names file, key and rule.
    """
    try:
        return StudySpec.model_validate(values)
    except ValidationError as error:
        raise explain(error, where=where, known=_known_keys(error), tag_at=_tag_at(error)) from error


def _tag_at(error: ValidationError) -> int | None:
    location = first_error(error)["loc"]
    return 2 if location[:1] == ("space",) else None


def _known_keys(error: ValidationError) -> tuple[str, ...]:
    """The keys that may stand where the first error is."""
    models: dict[str, type[BaseModel]] = {
        "study": StudySection,
        "data": DataSpec,
        "sampler": SamplerSection,
        "pruner": PrunerSection,
        "finalize": FinalizeSection,
        "ablation": AblationSection,
    }
    location = first_error(error)["loc"]
    if len(location) <= 1:
        return tuple(StudySpec.model_fields)
    if location[0] == "space":
        return (*Range.model_fields, *Choices.model_fields)
    if location[:2] == ("data", "extra"):
        return tuple(ExtraSpec.model_fields)
    return tuple(models[str(location[0])].model_fields) if location[0] in models else ()
