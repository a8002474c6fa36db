"""What training asks for images, and the way that needs no room: decoding them whenever they are asked for."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from trainer.data.cache.build import Source
from trainer.data.cache.folder import forget_index
from trainer.data.cache.packed import recode
from trainer.errors import ImagesChangedError
from trainer.imaging.crop import CropError, height_width
from trainer.imaging.decode import ImageError


class Pixels(Protocol):
    """The images of a study: mapped, packed, or decoded when they are asked for. A mapped array is one."""

    def __len__(self) -> int:
        """How many there are."""

    def __getitem__(self, rows: NDArray[np.int64], /) -> NDArray[np.uint8]:
        """The images of some rows, int64 [B], as a new array, uint8 [B, H, W, 3], RGB."""


class ConcatPixels:
    """Some images of several sets that have the same size."""

    def __init__(self, parts: Sequence[Pixels], rows: NDArray[np.int64]) -> None:
        """Take the sets, and the numbers of the images that are wanted, int64 [N], counted through all the sets."""
        self._parts = tuple(parts)
        self._rows = rows
        self._shape = parts[0][rows[:0]].shape[1:]
        lengths = [len(part) for part in parts]
        self._ends = np.cumsum(lengths)
        self._starts = self._ends - lengths

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, rows: NDArray[np.int64], /) -> NDArray[np.uint8]:
        """Images of any of the sets, uint8 [B, S, S, 3]."""
        wanted = self._rows[rows]
        part_of = np.searchsorted(self._ends, wanted, side="right")
        images = np.empty((len(rows), *self._shape), dtype=np.uint8)
        for number in np.unique(part_of).tolist():
            places = np.flatnonzero(part_of == number)
            images[places] = self._parts[number][wanted[places] - self._starts[number]]
        return images


class OnDemandPixels:
    """Images that are decoded from their files whenever they are asked for: slow, and the same pixels.

    It keeps nothing open and starts no threads, so processes that are forked from this one may use it.
    """

    def __init__(self, source: Source, digests: tuple[str, ...], packed: bool, index: Path) -> None:
        """Take what was found out about the files.

        Args:
            source: the files, all of them readable.
            digests: of their bytes, as :func:`trainer.imaging.decode.load` tells them.
            packed: give the pixels that a packed file would give.
            index: the cache that holds paths and digests; forgotten when they turn out not to be true any more.
        """
        self._source = source
        self._digests = digests
        self._packed = packed
        self._index = index

    def __len__(self) -> int:
        return len(self._digests)

    def __getitem__(self, rows: NDArray[np.int64], /) -> NDArray[np.uint8]:
        """Decode some images, uint8 [B, H, W, 3].

        Raises:
            ImagesChangedError: A file is not the one that the study knows.
        """
        images = np.empty((len(rows), *height_width(self._source.image_size), 3), dtype=np.uint8)
        for place, row in enumerate(rows):
            images[place] = self._load(int(row))
        return images

    def _load(self, row: int) -> NDArray[np.uint8]:
        path = self._source.paths[row]
        try:
            image = self._source.load(path)
        except (ImageError, CropError) as error:
            raise self._changed(path, error.reason) from error
        if image.digest != self._digests[row]:
            raise self._changed(path, "another content")
        return recode(image.pixels) if self._packed else image.pixels

    def _changed(self, path: str, reason: str) -> ImagesChangedError:
        # The new content may have the old one's size and time: whoever starts next shall look at all files again.
        forget_index(self._index)
        return ImagesChangedError(
            f"{self._source.root / path} is not the image any more that the study was made with ({reason}): restore "
            "the file, or start a study of a new name"
        )
