"""Decode all images of a data folder, once and in parallel, into a cache that is there entirely or not at all."""

import errno
import functools
import hashlib
import json
import os
import shutil
import tempfile
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import cv2
import numpy as np
import PIL
from PIL import features

from trainer.data.cache.folder import (
    BLOCK,
    FORMAT,
    About,
    BadImage,
    Index,
    Kind,
    images_file,
    stamp,
    used_bytes,
    write_texts,
)
from trainer.data.cache.packed import encode
from trainer.data.cache.reuse import CachedImage, ReusableImages
from trainer.errors import DataError
from trainer.imaging.crop import NO_CROPS, CropError, Crops, ImageSize, canonical_size, height_width
from trainer.imaging.decode import ImageError, LoadedImage, check_crop, load
from trainer.support.cpu import available_cores

SPARE: Final = 64 * 1024 * 1024
"""Bytes of the disk that a cache leaves free."""

_WINDOW = 256
_TELL = 32
_SAMPLE = 64
_DECODERS: Final = ("jpg", "libjpeg_turbo", "zlib", "zlib_ng", "webp", "avif", "jpg_2000", "libtiff")

Progress = Callable[[int, int], None]
_Result = CachedImage | ImageError | CropError


@dataclass(frozen=True)
class Source:
    """What is to be decoded: paths below a data folder, "/" between parts; to which size; which part of each image."""

    root: Path
    paths: tuple[str, ...]
    image_size: ImageSize
    crops: Crops = NO_CROPS

    @property
    def raw_bytes(self) -> int:
        """What all images take as plain pixels."""
        height, width = height_width(self.image_size)
        return len(self.paths) * height * width * 3

    def key(self, kind: Kind) -> str:
        """What a cache is called: 24 hexadecimal digits that differ where the decoded images might."""
        size = canonical_size(self.image_size)
        head = (FORMAT, kind, _libraries(kind), size, str(self.root.resolve()), len(self.paths))
        digest = hashlib.sha256(json.dumps(head).encode())
        for path in self.paths:
            digest.update(json.dumps(self._facts(path)).encode())
        return digest.hexdigest()[:24]

    def mark(self, path: str, kind: Kind) -> str:
        """What decides the bytes of one image: 16 hexadecimal digits."""
        what = (FORMAT, kind, _libraries(kind), canonical_size(self.image_size), self._facts(path))
        return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:16]

    def _facts(self, path: str) -> list[str | float]:
        try:
            status = (self.root / path).stat()
        except OSError:
            return [path, -1, -1, *self.crops.of(path).cache_key]
        return [path, status.st_size, status.st_mtime_ns, *self.crops.of(path).cache_key]

    def load(self, path: str) -> LoadedImage:
        """Decode one image.

        Raises:
            ImageError: It cannot be read.
            CropError: It has not the part that is to be kept.
        """
        return load(self.root / path, self.image_size, self.crops.of(path))


@functools.cache
def _libraries(kind: Kind) -> tuple[str | None, ...]:
    """The versions of what decodes and packs."""
    libraries = (PIL.__version__, *(features.version(name) for name in _DECODERS))
    return (*libraries, str(cv2.__version__)) if kind == "packed" else libraries


def available_bytes(cache_dir: Path, limit: int | None) -> int:
    """Bytes that another cache may take in a folder of caches, which need not exist.

    All of them together may take ``limit``; where that is none, half of what the disk has free and they take already.
    """
    there = next(folder for folder in (cache_dir, *cache_dir.absolute().parents) if folder.exists())
    free, used = shutil.disk_usage(there).free, used_bytes(cache_dir)
    allowed = (free + used) // 2 if limit is None else limit
    return max(0, min(allowed - used, free - SPARE))


def packed_bytes(source: Source) -> int:
    """About what all images take as JPEG, from a sample of them; rather too much than too little."""
    sizes = []
    for path in source.paths[:: max(1, len(source.paths) // _SAMPLE)]:
        with suppress(ImageError, CropError):
            sizes.append(len(encode(source.load(path).pixels)))
    return round(1.1 * len(source.paths) * float(np.mean(sizes))) if sizes else 0


def build(folder: Path, source: Source, kind: Kind, most: int, progress: Progress | None) -> None:
    """Decode all images into a new cache; a build that fails or is killed leaves nothing that looks like one.

    What another cache holds already is copied: where one file or box was changed, one image is decoded. The folder is
    not there, and its lock is held by this process.

    Raises:
        OSError: It cannot be written, or (ENOSPC) its file of images takes more than ``most`` bytes.
        DataError: Images have not the part that is to be kept.
    """
    part = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", suffix=".part", dir=folder.parent))
    try:
        images = images_file(part, kind)
        with nullcontext() if images is None else images.open("wb") as file, ReusableImages() as reusable:
            writer = None if file is None else _Writer(file, most)
            marks = {source.mark(path, kind) for path in source.paths}
            reusable.find(folder.parent, kind, source.root, canonical_size(source.image_size), marks)
            index = _decode_all(source, kind, writer, progress, reusable)
            if file is not None:
                file.flush()
                os.fsync(file.fileno())
        size = 0 if images is None else images.stat().st_size
        about = About(kind, canonical_size(source.image_size), len(index.paths), str(source.root.resolve()), size)
        write_texts(part, about, index)
        part.chmod(0o755)  # mkdtemp closes it to others, who may share the cache
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    stamp(folder, kind)  # this process wrote it just now


def read_index(source: Source, progress: Progress | None) -> Index:
    """Look at all images without keeping anything, where no cache can be written.

    Raises:
        DataError: Images have not the part that is to be kept.
    """
    return _decode_all(source, "decode", None, progress, ReusableImages())


class _Writer:
    """Writes images with a checksum of each block; written, not mapped: a full disk is an error, not a SIGBUS."""

    def __init__(self, file: BinaryIO, most: int) -> None:
        self._file = file
        self._most = most
        self.size = 0
        self.blocks: list[int] = []

    def write(self, data: memoryview) -> None:
        if self.size + len(data) > self._most:
            raise OSError(errno.ENOSPC, "it may not take more")
        self._file.write(data)
        while data:
            at = self.size % BLOCK
            if at == 0:
                self.blocks.append(0)
            piece = data[: BLOCK - at]
            self.blocks[-1] = zlib.crc32(piece, self.blocks[-1])
            self.size += len(piece)
            data = data[len(piece) :]


def _decode_all(
    source: Source, kind: Kind, writer: _Writer | None, progress: Progress | None, reusable: ReusableImages
) -> Index:
    """Write all images and return the index; unreadable images take no row."""
    paths: list[str] = []
    digests: list[str] = []
    sizes: list[tuple[int, int]] = []
    bad: list[BadImage] = []
    ends: list[int] = []
    marks: list[str] = []
    results = zip(source.paths, _decoded(source, kind, reusable), strict=True)
    for done, (path, result) in enumerate(results, start=1):
        if isinstance(result, CropError):
            raise _crop_error(source, result)
        if isinstance(result, ImageError):
            bad.append(BadImage(path, result.reason))
        else:
            if writer is not None:
                writer.write(result.data)
                if kind == "packed":
                    ends.append(writer.size)
            paths.append(path)
            digests.append(result.digest)
            sizes.append(result.size)
            marks.append(result.mark)
        if progress is not None and (done % _TELL == 0 or done == len(source.paths)):
            progress(done, len(source.paths))
    return Index(
        paths=tuple(paths),
        digests=tuple(digests),
        sizes=np.array(sizes, dtype=np.int64).reshape(-1, 2),
        bad=tuple(bad),
        ends=np.array(ends, dtype=np.int64),
        blocks=tuple(writer.blocks) if writer is not None else (),
        marks=tuple(marks),
    )


def _crop_error(source: Source, first: CropError) -> DataError:
    """What is wrong with a crop or with boxes, and with how many images; the others are only looked at."""
    boxed = first.path in {source.root / path for path in source.crops.boxes}

    def is_one(path: str) -> bool:
        try:
            check_crop(source.root / path, source.image_size, source.crops.of(path))
        except (CropError, ImageError) as error:
            return isinstance(error, CropError) and (path in source.crops.boxes) == boxed
        return False

    with ThreadPoolExecutor(max_workers=available_cores()) as threads:
        number = sum(threads.map(is_one, source.paths))
    name, crop = first.path.relative_to(source.root).as_posix(), source.crops.crop.size
    images = f"{number} of {len(source.paths)} images"
    if boxed or crop is None:
        return DataError(f"the boxes of {images} do not lie in them, first {name}: {first.reason}: correct the rows")
    return DataError(
        f"crop {list(crop)} is larger than {images}, first {name}: {first.reason}; a crop lies inside every image: "
        "make it smaller, or leave such images out"
    )


def _decoded(source: Source, kind: Kind, reusable: ReusableImages) -> Iterator[_Result]:
    """The images in order."""

    def one(path: str) -> _Result:
        mark = source.mark(path, kind)
        if (known := reusable.get(mark)) is not None:
            return known
        try:
            image = source.load(path)
        except (ImageError, CropError) as error:
            return error
        data = memoryview(encode(image.pixels) if kind == "packed" else image.pixels.tobytes())
        return CachedImage(image.digest, (image.width, image.height), data, mark)

    # Threads, because Pillow decodes and resizes without the interpreter lock. A window of them, so that decoded images
    # cannot pile up before a slow disk, and that no thread waits for the slowest of a batch.
    with ThreadPoolExecutor(max_workers=available_cores()) as threads:
        window: deque[Future[_Result]] = deque()
        try:
            for path in source.paths:
                window.append(threads.submit(one, path))
                if len(window) >= _WINDOW:
                    yield window.popleft().result()
            while window:
                yield window.popleft().result()
        finally:
            threads.shutdown(wait=True, cancel_futures=True)
