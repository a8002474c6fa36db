"""The data of a study file: where the images are, how they are labelled, split and kept."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ByteSize, Field, TypeAdapter, ValidationInfo, field_validator, model_validator

from trainer.data.competition import FACTORS
from trainer.data.factors import unknown

TABLES = {"competition": "train.csv", "folders": "labels.csv", "table": "table.csv"}
_OWN_KEYS = {
    "competition": {"table"},
    "folders": {"table", "group_column", "group_regex", "columns", "factors", "label_separator"},
    "table": {"table", "columns"},
}


class Columns(BaseModel, frozen=True, extra="forbid"):
    """What the columns of a CSV file are called.

    Attributes:
        path: of the image below the root; "path" in the layout "table", "file" in "folders".
        label: name of the class; several columns are factors, and a class is their combination.
        group: whoever must not stand on both sides of the split. Naming the path column here makes each image
            a group of its own.
        split: "train" or "validation" for each row, which decides the split. A column that is named here must
            be there; if none is named, a column "split" counts where it exists.
    """

    path: str | None = None
    label: str | tuple[str, ...] = "label"
    group: str = "group"
    split: str | None = None

    @field_validator("label", mode="before")
    @classmethod
    def _names_columns(cls, value: object) -> object:
        names = [value] if isinstance(value, str) else value
        if not (isinstance(names, list | tuple) and names and all(isinstance(name, str) and name for name in names)):
            raise ValueError(f"{value!r} names no column: write the name of one, or a list of several")
        _are_different(names)
        return names[0] if len(names) == 1 else tuple(names)

    @property
    def labels(self) -> tuple[str, ...]:
        """The columns that make the label."""
        return (self.label,) if isinstance(self.label, str) else self.label


def _are_different(names: Sequence[str]) -> None:
    if twice := [name for name, times in Counter(names).items() if times > 1]:
        raise ValueError(f"{twice[0]!r} stands twice: remove one of them")


class ImagesSpec(BaseModel, frozen=True, extra="forbid"):
    """A folder of labelled images: where it is and how they are labelled; a table ``[[data.extra]]`` of a study file.

    Attributes:
        layout: "competition" (``train.csv`` and ``images/<path>/<kind>.<ext>``), "folders" (a folder a class)
            or "table" (a CSV file of path, label, group and perhaps split).
        root: folder of the data.
        table: CSV file below the root; by default ``train.csv``, ``labels.csv`` or ``table.csv`` by layout.
        group_column: layout "folders": the column of ``labels.csv`` that names the group of each file.
        group_regex: layout "folders": searched in each file's path below the root; its first capture
            group, or else all that it matches, is the group.
        columns: names of the columns; in "folders" only `path`.
        corrections: CSV file below the root with corrections of the labels (:mod:`trainer.data.corrections`).
        boxes: CSV file below the root with the part of each image that matters, such as a face
            (:mod:`trainer.imaging.boxes`).
        factors: layout "folders": what the parts of a class are called, two or more; a class is then a folder within
            a folder.
        label_separator: layout "folders": stands between the parts in a folder's name, in the place of "/".
        factor: the one factor of the label that the study is about; its values are the classes. The split is that of
            the whole label, so studies of several factors hold the same people out.
    """

    layout: Literal["competition", "folders", "table"]
    root: Path
    table: str | None = None
    group_column: str | None = None
    group_regex: str | None = None
    columns: Columns = Columns()
    corrections: str | None = None
    boxes: str | None = None
    factors: tuple[Annotated[str, Field(min_length=1)], ...] | None = None
    label_separator: Annotated[str, Field(min_length=1)] | None = None
    factor: str | None = None

    @field_validator("table", "corrections", "boxes")
    @classmethod
    def _below_root(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and (PurePosixPath(value).is_absolute() or ".." in PurePosixPath(value).parts):
            raise ValueError(f"{info.field_name} {value!r} leaves the data folder: give a path below root")
        return value

    @field_validator("factors")
    @classmethod
    def _factors_differ(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if value is not None and len(value) < 2:
            raise ValueError(f"{list(value)} are too few factors: name two or more, or remove the key")
        _are_different(value or ())
        return value

    @field_validator("group_regex")
    @classmethod
    def _regex_compiles(cls, value: str | None) -> str | None:
        try:
            re.compile(value or "")
        except re.error as e:
            raise ValueError(f"group_regex {value!r} is not a regular expression: {e}") from e
        return value

    @model_validator(mode="after")
    def _keys_fit_the_layout(self) -> Self:
        # Values, not the keys that were written: a stored study spells every key out.
        optional = set().union(*_OWN_KEYS.values())
        given = {key for key in optional if getattr(self, key) not in (None, Columns())}
        if foreign := sorted(given - _OWN_KEYS[self.layout]):
            home = " or ".join(f'"{layout}"' for layout, keys in _OWN_KEYS.items() if foreign[0] in keys)
            raise ValueError(f'{foreign[0]} does not belong to layout "{self.layout}" (only to {home}): remove the key')
        if self.group_column is not None and self.group_regex is not None:
            raise ValueError("group_column and group_regex both name the groups: keep one of them")
        if self.layout == "folders" and "table" in given and self.group_column is None:
            raise ValueError('table is of no use in layout "folders" without group_column: add it')
        surplus = sorted(self.columns.model_dump(exclude={"path"}, exclude_defaults=True))
        if self.layout == "folders" and surplus:
            raise ValueError(f'columns.{surplus[0]} does not belong to layout "folders": remove the key')
        if self.label_separator is not None and self.factors is None:
            raise ValueError("label_separator is of no use without factors: name them, or remove it")
        if self.factor is not None and self.factor not in self.factor_names:
            raise ValueError(f"factor {self.factor!r}: {unknown(self.factor, self.factor_names)}")
        return self

    @property
    def names_groups(self) -> bool:
        """Whether groups are named, and not each image a group of its own."""
        named = self.layout != "folders" or (self.group_column or self.group_regex) is not None
        return named and self.columns.group != (self.columns.path or "path")

    @property
    def factor_names(self) -> tuple[str, ...]:
        """The factors of the whole label; empty where it is one thing."""
        if self.layout == "competition":
            return tuple(factor.name for factor in FACTORS)
        labels = self.columns.labels if self.layout == "table" else self.factors
        return labels if labels is not None and len(labels) > 1 else ()


class ExtraSpec(ImagesSpec):
    """A table ``[[data.extra]]``: images to train on that are never validated on."""

    @model_validator(mode="after")
    def _has_no_split(self) -> Self:
        if self.columns.split is not None:
            raise ValueError("columns.split has no meaning for extra data, which are all trained on: remove the key")
        return self


class DataSpec(ImagesSpec):
    """The table ``[data]`` of a study file: where the images are, how they are labelled, split and kept.

    Attributes:
        validation: share of the groups' images that is held out, 0.05 to 0.5.
        folds: into how many folds the groups are dealt; each trial trains once a fold, holds that fold out, and its
            value is the mean over them. None: one hold-out.
        on_bad_image: "stop" names every unreadable image and ends; "skip" leaves them out and says so.
        pixels: "exact" are the images as decoded, "packed" after they were kept as JPEG at the reduced size; "auto":
            exact if the decoded images fit the limit, else packed if those fit, else exact, decoded whenever needed.
        cache_limit: bytes that the cached images of all studies may take on this machine; none: half of what the
            disk has free for them.
        extra: more images to train on.
    """

    validation: float = Field(default=0.2, ge=0.05, le=0.5)
    folds: Annotated[int, Field(strict=True, ge=2, le=20)] | None = None
    on_bad_image: Literal["stop", "skip"] = "stop"
    pixels: Literal["auto", "exact", "packed"] = "auto"
    cache_limit: Annotated[ByteSize, Field(ge=0)] | None = None
    extra: tuple[ExtraSpec, ...] = ()

    @model_validator(mode="after")
    def _one_thing_says_who_is_held_out(self) -> Self:
        if self.folds is not None and self.validation != type(self).model_fields["validation"].default:
            raise ValueError("validation and folds both say who is held out: keep one of them")
        if self.folds is not None and self.columns.split is not None:
            raise ValueError("columns.split and folds both say who is held out: keep one of them")
        return self

    @field_validator("cache_limit", mode="before")
    @classmethod
    def _is_a_size(cls, value: object) -> object:
        try:
            if isinstance(value, bool) or (value is not None and TypeAdapter(ByteSize).validate_python(value) < 0):
                raise ValueError
        except ValueError as e:
            raise ValueError(f"{value!r} is no size; write it like 20GB or 500MB") from e
        return value

    def anchored(self) -> Self:
        """The same data with absolute paths."""
        extra = tuple(each.model_copy(update={"root": each.root.absolute()}) for each in self.extra)
        return self.model_copy(update={"root": self.root.absolute(), "extra": extra})

    def identity(self) -> dict[str, Any]:
        """What a study remembers of it, fit for JSON: not what is the machine's, such as where the folders are."""
        kept: dict[str, Any] = self.model_dump(mode="json", exclude={"root", "on_bad_image", "cache_limit", "extra"})
        extra = {str(i): each.model_dump(mode="json", exclude={"root"}) for i, each in enumerate(self.extra)}
        return {**kept, **({"extra": extra} if extra else {})}

    def knows_groups(self, images: int, groups: int) -> bool:
        """Whether a split by group keeps people apart; where each of so many images is its own group, it does not.

        Groups that share a file are one, so there may be fewer than images anyway.
        """
        return self.names_groups and groups < images


@dataclass(frozen=True)
class FoldAssignment:
    """Folds that are dealt whatever decides the split of a study otherwise; each group is held out once.

    Attributes:
        folds: how many.
        seed: of the shuffling.
    """

    folds: int
    seed: int
