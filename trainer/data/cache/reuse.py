"""Images that another cache holds already, as they shall be: after a box or a file was changed, the rest is copied."""

import os
from collections.abc import Set
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from trainer.data.cache.folder import Contents, DamagedCacheError, Kind, list_caches, read_cache, verify
from trainer.imaging.crop import ImageSize, height_width


@dataclass(frozen=True, eq=False)
class CachedImage:
    """What a cache keeps of an image.

    Attributes:
        digest: BLAKE2b of the file's bytes, 32 hexadecimal digits.
        size: width and height of the upright original, in pixels.
        data: what the file of images gets.
        mark: what decided that, as :meth:`trainer.data.cache.build.Source.mark` tells it.
    """

    digest: str
    size: tuple[int, int]
    data: memoryview
    mark: str


class ReusableImages:
    """The images of the cache that has most of what a new one needs; a context, for it keeps a file open."""

    def __init__(self) -> None:
        self._contents: Contents | None = None
        self._rows: dict[str, int] = {}
        self._file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def find(self, cache_dir: Path, kind: Kind, root: Path, image_size: ImageSize, wanted: Set[str]) -> None:
        """Look for it among all caches, by the marks of the images that are wanted; what it holds is verified."""
        if kind == "decode":  # an index alone is made anew, since it is what looks at the files
            return
        for entry in list_caches(cache_dir):
            if (entry.kind, entry.root, entry.image_size) == (kind, str(root.resolve()), image_size):
                with suppress(DamagedCacheError, OSError):
                    contents = read_cache(cache_dir / entry.key)
                    if contents is not None and len(wanted & {*contents.index.marks}) > len(wanted & {*self._rows}):
                        self._use(contents)

    def get(self, mark: str) -> CachedImage | None:
        """The image of this mark, if it is there."""
        row = self._rows.get(mark)
        if row is None or self._contents is None:
            return None
        index, about = self._contents.index, self._contents.about
        if about.kind == "packed":
            begin, end = int(index.ends[row - 1]) if row else 0, int(index.ends[row])
        else:
            height, width = height_width(about.image_size)
            begin, end = row * height * width * 3, (row + 1) * height * width * 3
        # Read, not mapped: a file that is cut short meanwhile gives too little instead of ending the process.
        data = os.pread(self._file, end - begin, begin)
        if len(data) < end - begin:
            return None
        width, height = index.sizes[row].tolist()
        return CachedImage(index.digests[row], (width, height), memoryview(data), mark)

    def _use(self, contents: Contents) -> None:
        if not contents.stamped:
            verify(contents)
        if contents.images is not None:
            file = os.open(contents.images, os.O_RDONLY)
            self.__exit__()
            self._file, self._contents = file, contents
            self._rows = {mark: row for row, mark in enumerate(contents.index.marks)}
