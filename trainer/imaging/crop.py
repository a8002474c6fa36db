"""Which part of an original is kept, and the size that it is brought to."""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from trainer.errors import DataError

Size = tuple[int, int]
"""Height and width, in pixels."""
ImageSize = int | Size
"""The side of a square, or height and width, in pixels."""
Region = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels of the upright original; right and bottom are the first ones outside."""


class ImageFileError(DataError):
    """Something is wrong with an image file.

    Attributes:
        path: the file.
        reason: what is wrong, in a few words that go on a sentence that has named the file.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason


class CropError(ImageFileError):
    """A crop is larger than an image, or a box does not lie in it."""

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


def height_width(size: ImageSize) -> Size:
    """Height and width of images of a size."""
    return (size, size) if isinstance(size, int) else size


def canonical_size(size: ImageSize) -> ImageSize:
    """The shortest way to write a size: one number for a square."""
    height, width = height_width(size)
    return height if height == width else (height, width)


def format_size(size: ImageSize) -> str:
    """A size for a message: ``64 px`` for a square, else ``64x48 px``, height first."""
    height, width = height_width(size)
    return f"{height} px" if height == width else f"{height}x{width} px"


@dataclass(frozen=True)
class Box:
    """Where something lies in an upright original, in pixels; right and bottom are where it ends."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def values(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        return self.left, self.top, self.right, self.bottom


@dataclass(frozen=True)
class Crop:
    """Which part of an original is kept.

    Attributes:
        size: height and width of a part around its centre, in pixels of the original; none: the whole.
        margin: with a box, the share of its longer side that is added on each side.
        box: what is kept instead of that, with the margin.
    """

    size: Size | None = None
    margin: float = 0.0
    box: Box | None = None

    @property
    def cache_key(self) -> list[float]:
        """What makes the pixels other ones, for the name of a cache; empty: the whole image is kept."""
        if self.box is not None:
            return [*self.box.values, self.margin]
        return [] if self.size is None else [*self.size]

    def region(self, path: Path, width: int, height: int, target: Size) -> Region | None:
        """The part to be kept of one image, whose upright original is so wide and high; none: all of it.

        A box with its margin is grown about its centre to the proportions of the target, for squashing a narrow box
        and a wide one to the same square would draw the same face in two ways. What would lie beyond the border is
        moved inside. Only a part that is larger than the image is clipped, and then squashed: no pixels are made up.

        Raises:
            CropError: the crop is larger than the image, or the box does not lie in it.
        """
        if self.box is not None:
            return self._around_box(self.box, path, width, height, target)
        if self.size is None:
            return None
        rows, columns = self.size
        if rows > height or columns > width:
            raise CropError(path, f"it has {height}x{width} px (height x width), less than the crop's {rows}x{columns}")
        left, top = (width - columns) // 2, (height - rows) // 2
        return left, top, left + columns, top + rows

    def _around_box(self, box: Box, path: Path, width: int, height: int, target: Size) -> Region:
        for name, end, side, sides in (("right", box.right, width, "wide"), ("bottom", box.bottom, height, "high")):
            if end > side:
                raise CropError(path, f"{name} is {end:g} and the upright image {side} px {sides}")
        wide, high = box.right - box.left, box.bottom - box.top
        added = 2 * self.margin * max(wide, high)
        wide, high = wide + added, high + added
        rows, columns = target
        wide, high = max(wide, high * columns / rows), max(high, wide * rows / columns)
        left, right = _span((box.left + box.right) / 2, wide, width)
        top, bottom = _span((box.top + box.bottom) / 2, high, height)
        return left, top, right, bottom


def _span(centre: float, length: float, limit: int) -> tuple[int, int]:
    """Whole pixels of a side, moved inside 0 ... limit and at most as long."""
    whole = max(1, min(limit, math.floor(length + 0.5)))
    start = min(max(0, math.floor(centre - whole / 2 + 0.5)), limit - whole)
    return start, start + whole


WHOLE: Final = Crop()


@dataclass(frozen=True)
class Crops:
    """Which part is kept of each image of a data folder.

    Attributes:
        crop: of an image without a box.
        boxes: of the others, by their paths relative to the data folder.
    """

    crop: Crop = WHOLE
    boxes: Mapping[str, Box] = field(default_factory=dict)

    def of(self, path: str) -> Crop:
        """The crop of one image."""
        box = self.boxes.get(path)
        return self.crop if box is None else replace(self.crop, box=box)

    def digest(self, paths: Iterable[str]) -> str:
        """A short hash of the boxes of some images, however their numbers were written."""
        boxes = [(path, *map(float, self.boxes[path].values)) for path in paths if path in self.boxes]
        return hashlib.sha256(json.dumps(boxes).encode()).hexdigest()[:16]


NO_CROPS: Final = Crops()
