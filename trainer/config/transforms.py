"""What a training image may go through: the transforms, their options, and the presets made of them.

Lengths are shares of the image's sides, so a list means the same at any image size; ``blur`` alone counts in pixels.
:mod:`trainer.batches.augment` does what is declared here. This file imports no image library: prediction reads it too.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final, Literal, TypeGuard, cast, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from trainer.config.knob import Share
from trainer.support.text import did_you_mean
from trainer.support.validation import brief, explain


def _rises(ends: tuple[float, float]) -> tuple[float, float]:
    if ends[0] > ends[1]:
        raise ValueError(f"{ends[0]:g} is above {ends[1]:g}; swap them")
    return ends


def _at_least(share: float) -> str:
    return f"{math.ceil(1000 * share) / 1000:g}"


_AreaShare = Annotated[float, Field(ge=0.01, le=1)]
_GreyLevel = Annotated[int, Field(ge=0, le=255)]
_Rising = AfterValidator(_rises)


def must_be_numbers(value: object) -> object:
    """Refuse what would only be taken for a number: a text, or true and false.

    Raises:
        ValueError: It is such a value, or a list with one.
    """
    for each in value if isinstance(value, list | tuple) else (value,):
        if isinstance(each, bool | str):
            raise ValueError(f"a number belongs here, not {each!r}")
    return value


class _Transform(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    p: Share = 0.5
    """Share of the images that go through it."""

    @field_validator("*", mode="before")
    @classmethod
    def _are_numbers(cls, value: object, info: ValidationInfo) -> object:
        return value if info.field_name == "name" else must_be_numbers(value)

    def too_small(self, side: int) -> str | None:
        """What it would do to images whose shorter side is ``side`` pixels, if that is nothing sensible."""
        return None


class Flip(_Transform):
    """Left to right. It happens to whole batches on the device, behind all others, wherever it stands."""

    name: Literal["flip"] = "flip"


class Rotate(_Transform):
    """About the middle, by an angle drawn from both directions; borders are mirrored, so there are no black corners."""

    name: Literal["rotate"] = "rotate"
    degrees: Annotated[float, Field(gt=0, le=180)] = 10


class CenterCrop(_Transform):
    """The middle, enlarged to the image's size."""

    name: Literal["center_crop"] = "center_crop"
    side: Annotated[float, Field(ge=0.1, le=1)] = 0.8
    """Share of each side that is kept."""


class RandomResizedCrop(_Transform):
    """A part anywhere in the image, enlarged to its size (the crop of Inception, arXiv 1409.4842)."""

    name: Literal["random_resized_crop"] = "random_resized_crop"
    scale: Annotated[tuple[_AreaShare, _AreaShare], _Rising] = (0.5, 1.0)
    """Share of the area that is kept."""
    ratio: Annotated[tuple[Annotated[float, Field(ge=0.1)], Annotated[float, Field(le=10)]], _Rising] = (0.75, 4 / 3)
    """Width to height of the part, where the image's own is 1."""


class ColorJitter(_Transform):
    """Brightness, contrast, saturation and hue, in random order."""

    name: Literal["color_jitter"] = "color_jitter"
    brightness: Share = 0.2
    """Factors from 1 - this to 1 + this; contrast and saturation likewise."""
    contrast: Share = 0.2
    saturation: Share = 0.2
    hue: Annotated[float, Field(ge=0, le=0.5)] = 0.02
    """Share of the colour circle, in both directions."""


class Clahe(_Transform):
    """Contrast evened out tile by tile, within limits (CLAHE: Zuiderveld, Graphics Gems IV, 1994)."""

    name: Literal["clahe"] = "clahe"
    clip_limit: Annotated[float, Field(ge=1, le=100)] = 4.0
    """The limit is drawn between 1 and this; it shows in tiles of more than 256 pixels over it."""
    tiles: Annotated[int, Field(ge=1, le=64)] = 4
    """Along each side. The usual 8 are for large images: at 96 pixels their limit is hardly more than 1."""

    def too_small(self, side: int) -> str | None:
        """Tiles of less than two pixels have no contrast."""
        return f"{self.tiles} tiles are too many; at most {side // 2}" if side < 2 * self.tiles else None


class Grey(_Transform):
    """Without colour."""

    name: Literal["grey"] = "grey"


class Blur(_Transform):
    """Gaussian blur."""

    name: Literal["blur"] = "blur"
    sigma: Annotated[tuple[Annotated[float, Field(ge=0.1)], Annotated[float, Field(le=20)]], _Rising] = (0.5, 2.0)
    """Pixels."""


class CoarseDropout(_Transform):
    """Rectangles filled with one grey (Cutout, arXiv 1708.04552; here they lie within the image)."""

    name: Literal["coarse_dropout"] = "coarse_dropout"
    holes: Annotated[tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(le=64)]], _Rising] = (1, 1)
    size: Annotated[tuple[Annotated[float, Field(gt=0)], Annotated[float, Field(lt=1)]], _Rising] = (0.2, 0.4)
    """Share of the image's height, and drawn anew of its width."""
    fill: _GreyLevel = 128

    def too_small(self, side: int) -> str | None:
        """A hole has at least one pixel."""
        if self.size[0] * side < 1:
            return f"a hole of {self.size[0]:g} of a side is less than a pixel; at least {_at_least(1 / side)}"
        return None


class GridDropout(_Transform):
    """A hole in each cell of a grid, somewhere in the cell (after GridMask, arXiv 2001.04086)."""

    name: Literal["grid_dropout"] = "grid_dropout"
    unit: Annotated[tuple[Annotated[float, Field(gt=0)], Annotated[float, Field(le=0.5)]], _Rising] = (0.15, 0.3)
    """Side of a cell, as a share of the image's shorter side."""
    ratio: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """Side of a hole, as a share of its cell's."""
    fill: _GreyLevel = 128

    def too_small(self, side: int) -> str | None:
        """A cell has at least a pixel of hole and one that is left."""
        if self.unit[0] * side < 2:
            return f"a cell of {self.unit[0]:g} of a side is less than 2 pixels; at least {_at_least(2 / side)}"
        return None


Transform = (
    Flip | Rotate | CenterCrop | RandomResizedCrop | ColorJitter | Clahe | Grey | Blur | CoarseDropout | GridDropout
)
TRANSFORMS: Final[dict[str, type[Transform]]] = {
    kind.model_fields["name"].default: kind for kind in get_args(Transform)
}
"""All of them, by their names in a study file."""

Preset = Literal["none", "light", "medium", "heavy"]
PRESETS: Final[dict[str, tuple[Transform, ...]]] = {
    "none": (),
    "light": (Flip(), Rotate(degrees=10), ColorJitter()),
    "medium": (
        Flip(),
        RandomResizedCrop(scale=(0.7, 1.0), ratio=(0.9, 1.1)),
        Rotate(degrees=15),
        ColorJitter(brightness=0.3, contrast=0.3, saturation=0.3, hue=0.02),
        CoarseDropout(size=(0.1, 0.3), p=0.3),
    ),
    "heavy": (
        Flip(),
        RandomResizedCrop(scale=(0.5, 1.0), ratio=(0.8, 1.25), p=0.8),
        Rotate(degrees=20),
        ColorJitter(brightness=0.4, contrast=0.4, saturation=0.4, hue=0.03, p=0.8),
        Clahe(p=0.1),
        Grey(p=0.1),
        Blur(p=0.2),
        CoarseDropout(holes=(1, 3), size=(0.1, 0.3)),
    ),
}
"""What each preset stands for. A list that is written out gives the same pixels as its preset."""


def read_augment(value: object) -> object:
    """A preset's name, or a list of transforms from a list of tables.

    Raises:
        ValueError: It is neither; one line says which transform, which option and which rule.
    """
    if isinstance(value, str):
        if value not in PRESETS:
            raise ValueError(f"unknown preset {brief(value)}{_hint(value, PRESETS)}")
        return value
    if not isinstance(value, list | tuple):
        raise ValueError(f"{brief(value)} is neither a preset ({', '.join(PRESETS)}) nor a list of transforms")
    if not value:
        raise ValueError("an empty list changes nothing; write 'none'")
    transforms = tuple(_read_one(place, each) for place, each in enumerate(value, start=1))
    flips = [place for place, each in enumerate(transforms, start=1) if isinstance(each, Flip)]
    if len(flips) > 1:
        raise ValueError(f"transforms {flips[0]} and {flips[1]} are both flip; remove one")
    return transforms


Augment = Annotated[Preset | tuple[Transform, ...], BeforeValidator(read_augment)]
"""A preset, or an ordered list of transforms."""


def _read_one(place: int, value: object) -> Transform:
    if isinstance(value, _Transform):
        return cast(Transform, value)
    if not isinstance(value, Mapping):
        raise ValueError(f'transform {place} is {brief(value)}, not a table; write {{ name = "...", p = 0.5 }}')
    if "name" not in value:
        raise ValueError(f"transform {place} has no name; there are {', '.join(TRANSFORMS)}")
    name = value["name"]
    if not isinstance(name, str) or name not in TRANSFORMS:
        raise ValueError(f"transform {place} is unknown: {brief(name)}{_hint(str(name), TRANSFORMS)}")
    kind = TRANSFORMS[name]
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        line = explain(error, where=f"transform {place} ({name})", known=kind.model_fields)
        raise ValueError(str(line)) from error


def _hint(word: str, known: Iterable[str]) -> str:
    hint = did_you_mean(word, known)
    return f" ({hint})" if hint else f"; there are {', '.join(known)}"


def transforms_of(augment: Augment) -> tuple[Transform, ...]:
    """The transforms that a preset or a list stands for, in their order."""
    return PRESETS[augment] if isinstance(augment, str) else augment


def flip_share(augment: Augment) -> float:
    """Share of the images that are turned left to right; 0 without a flip."""
    return next((each.p for each in transforms_of(augment) if isinstance(each, Flip)), 0.0)


def size_problem(augment: Augment, height: int, width: int) -> str | None:
    """Why these transforms make no sense for images of ``height`` x ``width`` pixels; none where they do."""
    for place, each in enumerate(transforms_of(augment), start=1):
        if reason := each.too_small(min(height, width)):
            return f"transform {place} ({each.name}): images of {height} x {width} pixels: {reason}"
    return None


def is_transforms(value: object) -> TypeGuard[Sequence[Mapping[str, Any]]]:
    """Whether a value is a list of transforms as tables, as study files and dumped configurations have it."""
    return isinstance(value, list | tuple) and all(isinstance(each, Mapping) and "name" in each for each in value)


def format_transforms(tables: Iterable[Mapping[str, Any]]) -> str:
    """A list of transforms as people read it, from its tables: ``rotate degrees 10 p 0.5, grey p 0.1``."""

    def word(value: Any) -> str:  # noqa: ANN401 - a number, or two
        ends = dict.fromkeys(value) if isinstance(value, list | tuple) else (value,)  # of [1, 1] only one
        return " to ".join(f"{each:.4g}" if isinstance(each, int | float) else str(each) for each in ends)

    def words(table: Mapping[str, Any]) -> str:
        options = sorted(table.keys() - {"name"}, key=lambda key: (key == "p", list(table).index(key)))
        return " ".join([str(table["name"]), *(f"{key} {word(table[key])}" for key in options)])

    return ", ".join(map(words, tables))
