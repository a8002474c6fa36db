"""One cache of images on disk: written whole, checked before it is believed, listed and removed.

::

    <cache_dir>/<key>/about.json     what it is: kind, size, data folder, bytes, and checksums of this and of the index
    <cache_dir>/<key>/index.json     paths, digests, original sizes, unreadable files, checksums of the images' blocks
    <cache_dir>/<key>/images.rgb     kind "pixels": uint8 [N, H, W, 3]
    <cache_dir>/<key>/images.jpegs   kind "packed": one JPEG after another; the kind "decode" has no such file
    <cache_dir>/<key>/stamp.json     which file was verified since this machine started; its time: when it was last used
    <cache_dir>/<key>.lock           held while that cache is built, verified or removed
    <cache_dir>/<key>.<id>.part/     being built; left over if the builder was killed
"""

from __future__ import annotations

import json
import os
import re
import shutil
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from filelock import FileLock, Timeout

from trainer.imaging.crop import ImageSize
from trainer.support.atomic import write_synced
from trainer.support.cpu import available_cores

FORMAT: Final = 2
BLOCK: Final = 4 * 1024 * 1024
"""Bytes that have one checksum."""

Kind = Literal["pixels", "packed", "decode"]

_ABOUT, _INDEX, _STAMP = "about.json", "index.json", "stamp.json"
_IMAGES: Final[dict[Kind, str]] = {"pixels": "images.rgb", "packed": "images.jpegs"}
_KEY = re.compile(r"([0-9a-f]{24})")
_PART = re.compile(r"([0-9a-f]{24})\..+\.part")
_BOOT = Path("/proc/sys/kernel/random/boot_id")


class DamagedCacheError(Exception):
    """A cache is not what was written; the message is a few words, such as "images.rgb was cut short"."""


@dataclass(frozen=True)
class BadImage:
    """A file below the data folder that cannot be read as an image, for a reason such as "truncated"."""

    path: str
    reason: str


@dataclass(frozen=True, eq=False)
class Index:
    """What is known of the images of a cache, unreadable ones left out.

    Attributes:
        paths: of the N images, relative to the data folder, in the order that was asked for.
        digests: BLAKE2b of each file's bytes, 32 hexadecimal digits.
        sizes: int64 [N, 2], upright width and height of the originals, in pixels.
        bad: the files that could not be read.
        ends: int64 [N], where each packed image ends in its file; empty for other kinds.
        blocks: CRC-32 of each :data:`BLOCK` of the file of images.
        marks: what decided each image's bytes, as 16 hexadecimal digits; empty where an earlier version wrote it.
    """

    paths: tuple[str, ...]
    digests: tuple[str, ...]
    sizes: np.ndarray
    bad: tuple[BadImage, ...]
    ends: np.ndarray
    blocks: tuple[int, ...]
    marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class About:
    """What a cache is: how it holds its images, their size and number, and the data folder that they are from.

    The bytes are those of the file of images, 0 where there is none.
    """

    kind: Kind
    image_size: ImageSize
    images: int
    root: str
    bytes: int


@dataclass(frozen=True, eq=False)
class Contents:
    """A cache as it was read; its images are to be believed only if they are stamped or verified.

    Attributes:
        images: the file of images; none where the kind has none.
        stamped: whether the images were verified since this machine started, and not written to since.
    """

    folder: Path
    about: About
    index: Index
    images: Path | None
    stamped: bool


def images_file(part: Path, kind: Kind) -> Path | None:
    """The file of images in a cache's folder; none where the kind has none."""
    return part / _IMAGES[kind] if kind in _IMAGES else None


def write_texts(part: Path, about: About, index: Index) -> None:
    """Write what stands beside the images of a cache that is being built.

    Raises:
        OSError: They cannot be written.
    """
    values = vars(index) | {"bad": [asdict(bad) for bad in index.bad]}
    text = json.dumps(values, default=np.ndarray.tolist, separators=(",", ":")).encode("ascii")
    write_synced(part / _INDEX, text)
    about_values: dict[str, object] = {"format": FORMAT, **asdict(about), "index_crc": zlib.crc32(text)}
    write_synced(part / _ABOUT, json.dumps({**about_values, "crc": _crc_of(about_values)}, indent=1).encode("ascii"))


def read_cache(folder: Path) -> Contents | None:
    """Read a cache without its images, whose size and stamp are looked at; none where there is no such folder.

    Raises:
        DamagedCacheError: It was cut short or changed.
    """
    if not folder.is_dir():
        return None
    about, index_crc = _read_about(folder)
    try:
        text = (folder / _INDEX).read_bytes()
        if zlib.crc32(text) != index_crc:
            raise DamagedCacheError(f"{_INDEX} was changed")
        values = json.loads(text)
        index = Index(
            paths=tuple(values["paths"]),
            digests=tuple(values["digests"]),
            sizes=np.array(values["sizes"], dtype=np.int64).reshape(-1, 2),
            bad=tuple(BadImage(**entry) for entry in values["bad"]),
            ends=np.array(values["ends"], dtype=np.int64),
            blocks=tuple(values["blocks"]),
            marks=tuple(values.get("marks", ())),
        )
        images = images_file(folder, about.kind)
        if images is not None and (size := images.stat().st_size) != about.bytes:
            raise DamagedCacheError(f"{images.name} {'was cut short' if size < about.bytes else 'has grown'}")
    except OSError as error:
        raise DamagedCacheError(f"{Path(error.filename or _INDEX).name}: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedCacheError(f"{_INDEX} cannot be read") from error
    return Contents(folder, about, index, images, _stamp_of(images) == _read_stamp(folder))


def verify(contents: Contents) -> None:
    """Read all images and compare their checksums, in threads.

    Raises:
        DamagedCacheError: A byte is not what was written.
    """
    if contents.images is None:
        return
    blocks = contents.index.blocks
    try:
        with contents.images.open("rb") as file, ThreadPoolExecutor(max_workers=available_cores()) as threads:
            starts = range(0, len(blocks) * BLOCK, BLOCK)
            found = tuple(threads.map(lambda start: zlib.crc32(os.pread(file.fileno(), BLOCK, start)), starts))
    except OSError as error:
        raise DamagedCacheError(f"{contents.images.name}: {error.strerror or error}") from error
    if found != blocks:
        raise DamagedCacheError(f"{contents.images.name} has changed bytes")


def stamp(folder: Path, kind: Kind) -> None:
    """Remember that the images are as they were written, to save reading them again; where it fails no harm is done."""
    with suppress(OSError):
        write_synced(folder / _STAMP, json.dumps(_stamp_of(images_file(folder, kind))).encode("ascii"))


def unstamp(folder: Path) -> None:
    """Have the images verified by whoever opens the cache next."""
    with suppress(OSError):
        (folder / _STAMP).unlink(missing_ok=True)


def forget_index(folder: Path) -> None:
    """Make a cache invalid, so that whoever opens it next builds it anew."""
    with suppress(OSError):
        (folder / _ABOUT).unlink(missing_ok=True)


def touch(folder: Path) -> None:
    """Remember that the cache is used now."""
    with suppress(OSError):
        os.utime(folder / _STAMP)


def lock_of(folder: Path) -> Path:
    """The lock of a cache that is or will be in ``folder``."""
    return folder.with_name(folder.name + ".lock")


def remove_leftovers(cache_dir: Path, mine: str) -> None:
    """Remove what killed builds left, also of ``mine``, whose lock this process holds; another one's builds stay."""
    for key, part in _folders(cache_dir, _PART):
        if key == mine:
            shutil.rmtree(part, ignore_errors=True)
        else:
            with suppress(Timeout), FileLock(lock_of(cache_dir / key), timeout=0):
                shutil.rmtree(part, ignore_errors=True)


@dataclass(frozen=True)
class Entry:
    """Something in a folder of caches.

    Attributes:
        key: its name; a leftover's is that of the cache that was being built.
        kind: how it holds its images; "leftover" of a killed build; "other": damaged, or of another version.
        image_size: side of the squares, or height and width, in pixels; none where that is not known.
        images: how many; likewise.
        bytes: on disk.
        used: Unix time at which it was last opened.
        root: the data folder; none where that is not known.
        busy: whether it is being built or verified at this moment.
    """

    key: str
    kind: Kind | Literal["leftover", "other"]
    image_size: ImageSize | None
    images: int | None
    bytes: int
    used: float
    root: str | None
    busy: bool


def list_caches(cache_dir: Path) -> list[Entry]:
    """What a folder of caches holds, the last used first; what is not ours is not listed.

    Raises:
        OSError: The folder cannot be read.
    """
    entries = [_entry(folder) for _, folder in _folders(cache_dir, _KEY)]
    entries += [
        Entry(key, "leftover", None, None, _size_of(part), _time_of(part), None, _is_locked(cache_dir / key))
        for key, part in _folders(cache_dir, _PART)
    ]
    return sorted(entries, key=lambda entry: (-entry.used, entry.key))


def remove_cache(cache_dir: Path, entry: Entry) -> bool:
    """Remove a cache or the leftover of one; false where it is being built, and stays.

    Processes that have mapped it keep what they see.

    Raises:
        OSError: It cannot be removed.
    """
    folder = cache_dir / entry.key
    try:
        with FileLock(lock_of(folder), timeout=0):
            leftovers = [part for key, part in _folders(cache_dir, _PART) if key == entry.key]
            for part in leftovers if entry.kind == "leftover" else [folder]:
                if part.exists():
                    shutil.rmtree(part)
    except Timeout:
        return False
    return True


def used_bytes(cache_dir: Path) -> int:
    """Bytes of all caches in a folder."""
    try:
        return sum(_size_of(folder) for name in (_KEY, _PART) for _, folder in _folders(cache_dir, name))
    except OSError:
        return 0


def _size_of(folder: Path) -> int:
    """Bytes of the files in a folder, as far as they can be seen."""
    total = 0
    with suppress(OSError):
        for path in folder.iterdir():
            with suppress(OSError):  # removed meanwhile
                total += path.stat().st_size
    return total


def _folders(cache_dir: Path, name: re.Pattern[str]) -> list[tuple[str, Path]]:
    """The folders of such names, each with the key of its cache."""
    if not cache_dir.is_dir():
        return []
    return [(match[1], path) for path in cache_dir.iterdir() if (match := name.fullmatch(path.name)) and path.is_dir()]


def _entry(folder: Path) -> Entry:
    busy = _is_locked(folder)
    used = max(_time_of(folder / _STAMP), _time_of(folder))
    try:
        about, _ = _read_about(folder)
    except DamagedCacheError:
        return Entry(folder.name, "other", None, None, _size_of(folder), used, None, busy)
    return Entry(folder.name, about.kind, about.image_size, about.images, _size_of(folder), used, about.root, busy)


def _time_of(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _is_locked(folder: Path) -> bool:
    if not lock_of(folder).exists():
        return False
    try:
        with FileLock(lock_of(folder), timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # not ours to lock
        return False


def _read_about(folder: Path) -> tuple[About, int]:
    """What a cache is, and the checksum of its index."""
    try:
        values: dict[str, Any] = json.loads((folder / _ABOUT).read_bytes())
        crc = values.pop("crc")
        if crc != _crc_of(values) or values.pop("format") != FORMAT:
            raise DamagedCacheError(f"{_ABOUT} was changed, or is of another version")
        index_crc = int(values.pop("index_crc"))
        if isinstance(values["image_size"], list):
            values["image_size"] = tuple(values["image_size"])
        return About(**values), index_crc
    except OSError as error:
        raise DamagedCacheError(f"{_ABOUT}: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedCacheError(f"{_ABOUT} cannot be read") from error


def _crc_of(values: dict[str, Any]) -> int:
    return zlib.crc32(json.dumps(values, sort_keys=True).encode("ascii"))


def _stamp_of(images: Path | None) -> dict[str, object]:
    """What says that a file is still the one that was verified; after a restart it may have come back otherwise."""
    boot: dict[str, object] = {"boot": _BOOT.read_text().strip() if _BOOT.exists() else ""}
    if images is None:
        return boot
    now = images.stat()
    return boot | {"inode": now.st_ino, "size": now.st_size, "mtime_ns": now.st_mtime_ns, "ctime_ns": now.st_ctime_ns}


def _read_stamp(folder: Path) -> object:
    try:
        return json.loads((folder / _STAMP).read_bytes())
    except (OSError, ValueError):
        return None
