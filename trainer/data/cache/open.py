"""Decode once per host: all images, upright and resized, kept in a way that fits the disk.

A cache (:mod:`trainer.data.cache.folder`) is called by a key that stands for the data folder, the relative paths, file
sizes and times, the image size, what is kept of each image, and the versions of this format and of the libraries that
decode; another image or box makes another cache. Where there is no room for one, images are decoded whenever they are
asked for.
"""

import errno
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from filelock import FileLock

from trainer.data.cache.build import Progress, Source, available_bytes, build, packed_bytes, read_index
from trainer.data.cache.folder import (
    BadImage,
    Contents,
    DamagedCacheError,
    Index,
    Kind,
    lock_of,
    read_cache,
    remove_leftovers,
    stamp,
    touch,
    verify,
)
from trainer.data.cache.packed import PackedPixels
from trainer.data.pixels import OnDemandPixels, Pixels
from trainer.errors import DataError
from trainer.imaging.crop import NO_CROPS, Crops, ImageSize, height_width

PixelsChoice = Literal["auto", "exact", "packed"]
"""Which pixels a study has: as decoded, or after they were packed as JPEG; auto: settled by the room there is."""
PixelsKind = Literal["exact", "packed"]

_KINDS: dict[PixelsKind, Kind] = {"exact": "pixels", "packed": "packed"}


@dataclass(frozen=True, eq=False)
class ImageCache:
    """The decoded images of a data folder, unreadable ones left out.

    Attributes:
        images: the N images, uint8 [N, H, W, 3], RGB.
        pixels: whether they are as decoded or were packed.
        paths: of the N images, relative to the data folder, in the order that was asked for.
        digests: BLAKE2b of each file's bytes, 32 hexadecimal digits.
        sizes: int64 [N, 2], upright width and height of the originals, in pixels.
        bad: the files that could not be read.
        notes: what somebody should know, a sentence each.
        boxes: a short hash of the boxes that decided what was kept of them; none: there were none.
    """

    images: Pixels
    pixels: PixelsKind
    paths: tuple[str, ...]
    digests: tuple[str, ...]
    sizes: np.ndarray
    bad: tuple[BadImage, ...]
    notes: tuple[str, ...] = ()
    boxes: str | None = None


def open_cache(  # noqa: PLR0913 - what the images shall be, and what the machine has for them
    root: Path,
    paths: Sequence[str],
    *,
    image_size: ImageSize,
    cache_dir: Path,
    crops: Crops = NO_CROPS,
    pixels: PixelsChoice = "exact",
    limit: int | None = None,
    progress: Progress | None = None,
) -> ImageCache:
    """Open the cache of these images, and build it first if it is not there or not whole.

    Processes that start together build it once; the others wait. A build that is killed leaves nothing that
    could be taken for a cache. Where the cache does not fit or cannot be written, the images come from their files
    whenever they are asked for, with the same pixels.

    Args:
        root: data folder.
        paths: relative to `root`, "/" between parts.
        image_size: side of a square, or height and width, in pixels.
        cache_dir: folder for caches, made if needed; best on a local disk.
        crops: the part that is kept of each image before it is resized.
        pixels: which pixels; "auto": exact if they fit, else packed if those fit, else exact.
        limit: bytes that all caches in `cache_dir` may take; none: half of the disk that they do not leave to others.
        progress: called with (done, total) while images are decoded.

    Raises:
        DataError: none of the images can be read; or some have not the part that is to be kept.
    """
    opener = _Opener(Source(root, tuple(paths), image_size, crops), cache_dir, limit, progress)
    kind = opener.choose_pixels() if pixels == "auto" else pixels
    cache = opener.open(kind)
    if not cache.paths:
        reason = f"{cache.bad[0].path}: {cache.bad[0].reason}" if cache.bad else "none are listed"
        raise DataError(f"not one of {len(paths)} images in {root} can be read ({reason}): check the files")
    return cache


class _Opener:
    """Opens or builds the cache of some images, whichever kind the machine has room for."""

    def __init__(self, source: Source, cache_dir: Path, limit: int | None, progress: Progress | None) -> None:
        self._source = source
        self._cache_dir = cache_dir
        self._limit = limit
        self._progress = progress
        self._notes: list[str] = []

    def choose_pixels(self) -> PixelsKind:
        """Which pixels a new study gets."""
        need, free = self._source.raw_bytes, available_bytes(self._cache_dir, self._limit)
        if need <= free or self._is_there("pixels"):
            return "exact"
        if self._is_there("packed") or packed_bytes(self._source) <= free:
            self._notes.append(
                f"the decoded images would take {_size(need)} and there is room for {_size(free)} in "
                f"{self._cache_dir}, so they are kept as JPEG, which changes pixels by about a grey level; "
                'pixels = "exact" in [data] keeps them as they are'
            )
            return "packed"
        return "exact"

    def open(self, pixels: PixelsKind) -> ImageCache:
        """The images with these pixels."""
        try:
            contents = self._obtain(_KINDS[pixels])
        except OSError as error:
            self._note_slow(pixels, error)
        else:
            return self._cache(pixels, contents.index, _mapped(contents))
        folder = self._folder("decode")
        try:
            index = self._obtain("decode").index
        except OSError:
            self._notes.append("what is known of the image files cannot be kept either: every start reads all of them")
            index = read_index(self._source, self._progress)
        readable = replace(self._source, paths=index.paths)
        return self._cache(pixels, index, OnDemandPixels(readable, index.digests, pixels == "packed", folder))

    def _cache(self, pixels: PixelsKind, index: Index, images: Pixels) -> ImageCache:
        crops, notes = self._source.crops, tuple(self._notes)
        boxes = crops.digest(index.paths) if crops.boxes else None
        return ImageCache(images, pixels, index.paths, index.digests, index.sizes, index.bad, notes, boxes)

    def _folder(self, kind: Kind) -> Path:
        return self._cache_dir / self._source.key(kind)

    def _is_there(self, kind: Kind) -> bool:
        try:
            return read_cache(self._folder(kind)) is not None
        except DamagedCacheError:
            return False

    def _obtain(self, kind: Kind) -> Contents:
        """A cache of one kind, whole and verified; OSError where there is none, and it cannot be built."""
        folder = self._folder(kind)
        with suppress(DamagedCacheError):  # looked at again under the lock
            contents = read_cache(folder)
            if contents is not None and contents.stamped:
                touch(folder)
                return contents
        try:
            self._cache_dir.mkdir(parents=True, exist_ok=True)
            lock = FileLock(lock_of(folder))
            lock.acquire()
        except OSError as error:
            return _open_read_only(folder, error)
        try:
            return self._verify_or_build(folder, kind)
        finally:
            lock.release()

    def _verify_or_build(self, folder: Path, kind: Kind) -> Contents:
        """What :meth:`_obtain` does while it holds the lock; another process may have built the cache meanwhile."""
        damage = ""
        try:
            contents = read_cache(folder)
            if contents is not None:
                if not contents.stamped:
                    verify(contents)
                    stamp(folder, kind)
                return contents
        except DamagedCacheError as error:
            damage = f"the image cache {folder} was damaged ({error}) and has been"
            shutil.rmtree(folder)  # processes that have mapped it keep it
        remove_leftovers(self._cache_dir, folder.name)
        most = available_bytes(self._cache_dir, self._limit)
        try:
            if (need := self._need(kind)) > most:
                raise OSError(errno.ENOSPC, f"{_size(need)} are needed and {_size(most)} left")
            build(folder, self._source, kind, most, self._progress)
        except OSError:
            if damage:
                self._notes.append(f"{damage} removed")
            raise
        if damage:
            self._notes.append(f"{damage} built anew")
        try:
            built = read_cache(folder)
        except DamagedCacheError as error:
            raise OSError(errno.EIO, f"it was written and cannot be read back: {error}") from error
        if built is None:
            raise OSError(errno.EIO, "it was written and is gone")
        return built

    def _need(self, kind: Kind) -> int:
        """About the bytes of a cache's images, so that what will not fit is not begun by every worker anew."""
        if kind == "pixels":
            return self._source.raw_bytes
        return packed_bytes(self._source) if kind == "packed" else 0

    def _note_slow(self, pixels: PixelsKind, error: OSError) -> None:
        if self._limit == 0:  # as somebody wishes
            self._notes.append("cache_limit is 0: every image is decoded whenever it is needed")
            return
        what = "decoded images" if pixels == "exact" else "packed images"
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            trouble = f"there is no room for the {what} in {self._cache_dir} ({error.strerror})"
            mend = "free space, raise cache_limit (STUDY_CACHE_LIMIT), or run `search cache clear`"
        else:
            trouble = f"the {what} cannot be kept in {self._cache_dir} ({error.strerror or error})"
            mend = "let this user write there, or set STUDY_HOME to another place"
        self._notes.append(
            f"{trouble}: every image is decoded whenever it is needed, which gives the same results and takes longer; "
            f"{mend}"
        )


def _open_read_only(folder: Path, why: OSError) -> Contents:
    """An undamaged cache where this process may not write: another user's, or on a read-only disk; else raise why."""
    with suppress(DamagedCacheError):
        if (contents := read_cache(folder)) is not None:
            verify(contents)
            return contents
    raise why


def _mapped(contents: Contents) -> Pixels:
    about = contents.about
    size = height_width(about.image_size)
    shape = (about.images, *size, 3)
    if contents.images is None or not about.images:  # an empty file cannot be mapped
        return np.empty(shape, dtype=np.uint8)
    if about.kind == "packed":
        return PackedPixels(contents.images, contents.index.ends, size)
    return np.memmap(contents.images, dtype=np.uint8, mode="r", shape=shape)


def _size(number: int) -> str:
    return f"{number / 1e9:.1f} GB" if number >= 1e9 else f"{number / 1e6:.1f} MB"
