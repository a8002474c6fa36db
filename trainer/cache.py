"""Decode once per host: all images, upright and resized, in one memory-mapped array.

::

    <cache_dir>/<key>/images.npy    uint8 [N, S, S, 3], readable images only
    <cache_dir>/<key>/index.json    paths, digests, original sizes, unreadable files
    <cache_dir>/<key>.lock          held while that cache is built
    <cache_dir>/<key>.<id>.part/    being built; left over if the builder was killed

The key stands for the folder, the relative paths, file sizes and times, the image size, and the versions of
this format and of Pillow; a changed image makes another cache.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import PIL
from filelock import FileLock, Timeout

from trainer.errors import DataError, SaveError
from trainer.images import ImageError, LoadedImage, load

_FORMAT = 1
_IMAGES, _INDEX = "images.npy", "index.json"
_BATCH = 256
_SPARE_BYTES = 64 * 1024 * 1024

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class BadImage:
    """A file that cannot be read as an image.

    Attributes:
        path: relative to the data folder.
        reason: a few words, such as "truncated".
    """

    path: str
    reason: str


@dataclass(frozen=True, eq=False)
class ImageCache:
    """The decoded images of a data folder, unreadable ones left out.

    Attributes:
        images: uint8 [N, S, S, 3], RGB, mapped from disk and read-only.
        paths: of the N images, relative to the data folder, in the order that was asked for.
        digests: BLAKE2b of each file's bytes, 32 hexadecimal digits.
        sizes: int64 [N, 2], upright width and height of the originals, in pixels.
        bad: the files that could not be read.
    """

    images: np.ndarray
    paths: tuple[str, ...]
    digests: tuple[str, ...]
    sizes: np.ndarray
    bad: tuple[BadImage, ...]


def open_cache(
    root: Path, paths: Sequence[str], *, image_size: int, cache_dir: Path, progress: Progress | None = None
) -> ImageCache:
    """Open the cache of these images, and build it first if it is not there or not whole.

    Processes that start together build it once; the others wait. A build that is killed leaves nothing that
    could be taken for a cache.

    Args:
        root: data folder.
        paths: relative to `root`, "/" between parts.
        image_size: side of the squares, in pixels.
        cache_dir: folder for caches, made if needed; best on a local disk.
        progress: called with (done, total) while images are decoded.

    Raises:
        DataError: none of the images can be read.
        SaveError: the cache cannot be written.
    """
    key = _key(root, paths, image_size)
    folder = cache_dir / key
    cache = _open(folder, image_size)
    if cache is None:
        try:
            cache_dir.mkdir(parents=True, exist_ok=True)
            with FileLock(_lock_of(folder)):
                cache = _open(folder, image_size)  # another process may have built it meanwhile
                if cache is None:
                    _sweep(cache_dir, key)
                    _build(folder, root, paths, image_size, progress)
                    cache = _open(folder, image_size)
        except OSError as e:
            raise SaveError(
                f"the image cache in {cache_dir} cannot be written ({e.strerror or e}): free space "
                "or set STUDY_HOME to another place"
            ) from e
    if cache is None:
        raise SaveError(f"the image cache {folder} was written and cannot be read back: check the disk")
    if not cache.paths:
        reason = f"{cache.bad[0].path}: {cache.bad[0].reason}" if cache.bad else "none are listed"
        raise DataError(f"not one of {len(paths)} images in {root} can be read ({reason}): check the files")
    return cache


def _key(root: Path, paths: Sequence[str], image_size: int) -> str:
    digest = hashlib.sha256()
    head = (_FORMAT, PIL.__version__, image_size, str(root.resolve()), len(paths))
    digest.update(json.dumps(head).encode())
    for path in paths:
        try:
            status = (root / path).stat()
            facts = (path, status.st_size, status.st_mtime_ns)
        except OSError:
            facts = (path, -1, -1)
        digest.update(json.dumps(facts).encode())
    return digest.hexdigest()[:24]


def _lock_of(folder: Path) -> Path:
    return folder.with_name(folder.name + ".lock")


def _open(folder: Path, image_size: int) -> ImageCache | None:
    """The cache in a folder, or None if it is not there or was cut short."""
    try:
        index = json.loads((folder / _INDEX).read_text(encoding="ascii"))
        paths = tuple(index["paths"])
        bad = tuple(BadImage(**entry) for entry in index["bad"])
        digests = tuple(index["digests"])
        sizes = np.array(index["sizes"], dtype=np.int64).reshape(len(paths), 2)
        if paths:
            # Mapping a file that is shorter than its header promises fails here with ValueError.
            images = np.load(folder / _IMAGES, mmap_mode="r", allow_pickle=False)
        else:
            images = np.empty((0, image_size, image_size, 3), dtype=np.uint8)
    except (OSError, EOFError, ValueError, KeyError, TypeError):
        return None
    if images.shape != (len(paths), image_size, image_size, 3) or images.dtype != np.uint8:
        return None
    if len(digests) != len(paths):
        return None
    return ImageCache(images, paths, digests, sizes, bad)


def _build(folder: Path, root: Path, paths: Sequence[str], image_size: int, progress: Progress | None) -> None:
    need = len(paths) * image_size * image_size * 3 + _SPARE_BYTES
    free = shutil.disk_usage(folder.parent).free
    if free < need:
        raise SaveError(
            f"the image cache needs {need / 1e6:,.0f} MB and {folder.parent} has {free / 1e6:,.0f} MB free: "
            "free space there or set STUDY_HOME to another place"
        )
    part = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", suffix=".part", dir=folder.parent))
    try:
        with (part / _IMAGES).open("wb") as file:
            index = _write_images(file, root, paths, image_size, progress)
            _sync(file)
        with (part / _INDEX).open("wb") as file:
            file.write(json.dumps(index, separators=(",", ":")).encode("ascii"))
            _sync(file)
        part.chmod(0o755)  # mkdtemp closes it to others, who may share the cache
        if folder.exists():
            shutil.rmtree(folder)  # one that was cut short
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _write_images(
    file: BinaryIO, root: Path, paths: Sequence[str], image_size: int, progress: Progress | None
) -> dict[str, list[Any]]:
    """Write the array and return the index; unreadable images take no row."""

    def decode(path: str) -> LoadedImage | ImageError:
        try:
            return load(root / path, image_size)
        except ImageError as e:
            return e

    index: dict[str, list[Any]] = {"paths": [], "digests": [], "sizes": [], "bad": []}
    _write_header(file, len(paths), image_size)
    # Threads, because Pillow decodes and resizes without the interpreter lock. In batches, so that decoded
    # images cannot pile up before a slow disk. Written, not mapped: a full disk is an error, not a SIGBUS.
    with ThreadPoolExecutor(max_workers=_cores()) as threads:
        for start in range(0, len(paths), _BATCH):
            batch = paths[start : start + _BATCH]
            for path, result in zip(batch, threads.map(decode, batch), strict=True):
                if isinstance(result, ImageError):
                    index["bad"].append(asdict(BadImage(path, result.reason)))
                else:
                    file.write(result.pixels.tobytes())
                    index["paths"].append(path)
                    index["digests"].append(result.digest)
                    index["sizes"].append((result.width, result.height))
            if progress is not None:
                progress(start + len(batch), len(paths))
    # The header leaves room for a longer first number, so its length does not change.
    _write_header(file, len(index["paths"]), image_size)
    return index


def _write_header(file: BinaryIO, rows: int, image_size: int) -> None:
    file.seek(0)
    shape = (rows, image_size, image_size, 3)
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _sweep(cache_dir: Path, mine: str) -> None:
    """Remove what killed builds left; what another process is building is locked and stays."""
    for part in cache_dir.glob("*.part"):
        key = part.name.split(".")[0]
        if key == mine:
            shutil.rmtree(part, ignore_errors=True)
            continue
        try:
            with FileLock(_lock_of(cache_dir / key), timeout=0):
                shutil.rmtree(part, ignore_errors=True)
        except Timeout:
            continue
