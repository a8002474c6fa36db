"""Images at the reduced size, packed as JPEG one after another into one memory-mapped file.

For data whose decoded pixels do not fit: at 96 pixels a fifth to a sixth of their bytes, at 224 a ninth. The colours
are not subsampled: that would save a fifth and triple the largest error. OpenCV unpacks 1.5 to 2 times as fast as
Pillow, to the same bits.
"""

from __future__ import annotations

import errno
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from trainer.data.cache.folder import unstamp
from trainer.imaging.crop import Size

QUALITY = 95
"""Mean error about one grey level of 255 (0.8 at 224 pixels, 1.1 at 96), and 99 % of the errors at most 6."""

_OPTIONS = (cv2.IMWRITE_JPEG_QUALITY, QUALITY, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444)


def encode(pixels: NDArray[np.uint8]) -> bytes:
    """Pack an image, uint8 [H, W, 3], RGB."""
    # Turned by numpy: OpenCV would start threads, which processes forked later could not use.
    packed, data = cv2.imencode(".jpg", np.ascontiguousarray(pixels[:, :, ::-1]), _OPTIONS)
    if not packed:
        raise RuntimeError(f"OpenCV cannot write an image of {pixels.shape} as JPEG")
    return bytes(data)


def decode(data: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Unpack the bytes of a JPEG, uint8 [n], to uint8 [H, W, 3], RGB.

    Raises:
        ValueError: They are none.
    """
    try:
        pixels = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB)
    except cv2.error as error:
        raise ValueError("no image") from error
    if pixels is None:
        raise ValueError("no image")
    return np.asarray(pixels, dtype=np.uint8)


def recode(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What an image, uint8 [H, W, 3], is after it was packed and unpacked."""
    return decode(np.frombuffer(encode(pixels), dtype=np.uint8))


class PackedPixels:
    """The images of a packed file, unpacked whenever they are asked for.

    A process that is forked from this one shares the map; one that it is sent to maps the file itself.
    """

    def __init__(self, file: Path, ends: NDArray[np.int64], size: Size) -> None:
        """Map a file of images of this size, one JPEG after another, and where each of them ends, int64 [N]."""
        self._file = file
        self._ends = ends
        self._size = size
        self._bytes = np.memmap(file, dtype=np.uint8, mode="r") if len(ends) else np.empty(0, dtype=np.uint8)

    def __reduce__(self) -> tuple[type[PackedPixels], tuple[Path, NDArray[np.int64], Size]]:
        return PackedPixels, (self._file, self._ends, self._size)

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, rows: NDArray[np.int64], /) -> NDArray[np.uint8]:
        """Unpack some images, uint8 [B, H, W, 3].

        Raises:
            OSError: The file is damaged; it will be verified by whoever opens it next.
        """
        images = np.empty((len(rows), *self._size, 3), dtype=np.uint8)
        for place, row in enumerate(rows):
            begin = self._ends[row - 1] if row else 0
            try:
                images[place] = decode(self._bytes[begin : self._ends[row]])
            except ValueError as error:
                unstamp(self._file.parent)
                raise OSError(errno.EIO, "the packed images are damaged", str(self._file)) from error
        return images
