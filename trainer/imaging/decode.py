"""From a file to pixels: one way for training and for prediction.

What a picture viewer shows is what the model sees: EXIF orientation is applied, transparency lies on white,
the first frame stands for an animation, and the file's content decides its format, not its name. ICC profiles
are not applied. PNG checksums are checked. JPEG has none, so a JPEG whose bits are flipped inside is read as a
viewer reads it; one that is cut short is refused.
"""

import io
import math
import threading
import warnings
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from trainer.imaging.crop import WHOLE, Crop, CropError, ImageFileError, ImageSize, Region, Size, height_width
from trainer.support.text import describe_error

# Named one by one: Pillow also opens formats that start a program (EPS) or match almost any bytes (TGA).
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "JPEG2000", "AVIF", "PPM", "ICO", "QOI")
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = (5, 6, 7, 8)


class ImageError(ImageFileError):
    """A file that should be an image cannot be read as one, for a reason such as "truncated"."""

    def __str__(self) -> str:
        return f"{self.path} cannot be read as an image ({self.reason}): replace or remove the file"


@dataclass(frozen=True, eq=False)
class LoadedImage:
    """An image of the size that was asked for, and what is told about its file.

    Attributes:
        pixels: uint8 [H, W, 3], RGB.
        width: of the upright original, in pixels.
        height: of the upright original, in pixels.
        digest: BLAKE2b of the file's bytes, 32 hexadecimal digits.
    """

    pixels: np.ndarray
    width: int
    height: int
    digest: str


def read_image(path: Path) -> np.ndarray:
    """Read an image file at its full size: uint8 [H, W, 3], RGB, upright.

    Transparent parts are composited on white; 16-bit grey is scaled from 0..65535 to 0..255; of an animation the first
    frame is taken.

    Raises:
        ImageError: the file is missing, empty, truncated, broken or no image.
    """
    decoded = _decode(path, _read_bytes(path), None)
    return np.asarray(_turn(decoded.image, decoded.orientation))


def resize(image: np.ndarray, size: ImageSize) -> np.ndarray:
    """Squash a whole image, uint8 [H, W, 3], to a size, antialiased (bicubic)."""
    return np.asarray(_squash(Image.fromarray(image), height_width(size)))


def load_resized(path: Path, size: ImageSize, crop: Crop = WHOLE) -> np.ndarray:
    """Read an image file as the model sees it, in training and in prediction: uint8 [H, W, 3], RGB, upright.

    A large JPEG is decoded at a half, a quarter or an eighth of its size, though what is kept of it never at less than
    twice `size`. From 384 x 512 to 96 pixels that is twice as fast as ``resize(read_image(path), size)`` and differs
    from it by a quarter of a grey level on average.

    Raises:
        ImageError: as in :func:`read_image`.
        CropError: the image has no such part.
    """
    return load(path, size, crop).pixels


def load(path: Path, size: ImageSize, crop: Crop = WHOLE) -> LoadedImage:
    """Read an image file like :func:`load_resized`, together with its original size and digest.

    Raises:
        ImageError: as in :func:`read_image`.
        CropError: the image has no such part.
    """
    data, target = _read_bytes(path), height_width(size)
    decoded = _decode(path, data, (target, crop))
    return _loaded(_fitted(decoded, target), decoded, data)


def resize_opened(image: Image.Image, name: str, size: ImageSize, crop: Crop = WHOLE) -> np.ndarray:
    """Make of an opened image of any mode what :func:`load_resized` makes of its file; ``name`` is for messages.

    It is turned as its EXIF data say, if it still has any.

    Raises:
        ImageError: its file is broken, as Pillow finds only now.
        CropError: the image has no such part.
    """
    path, target = Path(name), height_width(size)
    try:
        with _warnings_off:
            orientation, rgb = _orientation(image), _to_rgb(image)
    except MemoryError:
        raise
    except Exception as e:  # as in _decode
        raise ImageError(path, _reason(e)) from e
    width, height = rgb.size[::-1] if orientation in _SIDEWAYS else rgb.size
    region = crop.region(path, width, height, target)
    part = None if region is None else _as_stored(region, orientation, width, height)
    return _fitted(_Decoded(rgb, orientation, width, height, part), target)


def load_within(path: Path, side: int) -> LoadedImage:
    """Read an image file with its proportions: its longer side as long as that, or as it is where that is shorter.

    Raises:
        ImageError: as in :func:`read_image`.
    """
    data = _read_bytes(path)
    decoded = _decode(path, data, ((side // 2, side // 2), WHOLE))
    upright = _turn(decoded.image, decoded.orientation)
    upright.thumbnail((side, side), Image.Resampling.BICUBIC)
    return _loaded(np.asarray(upright), decoded, data)


def check_crop(path: Path, size: ImageSize, crop: Crop) -> None:
    """Look, by the header of an image file alone, whether it has the part that is to be kept.

    Raises:
        ImageError: as in :func:`read_image`, as far as the header tells.
        CropError: the image has no such part.
    """
    _decode(path, _read_bytes(path), (height_width(size), crop), header_only=True)


@dataclass(frozen=True, eq=False)
class _Decoded:
    """An image as it is stored, with what it takes to make the upright part of it.

    Attributes:
        image: RGB, not yet turned, perhaps smaller than it is stored.
        orientation: EXIF's.
        width, height: of the upright original, in pixels.
        part: what is kept of `image`: left, top, right, bottom in its pixels; none: all.
    """

    image: Image.Image
    orientation: int
    width: int
    height: int
    part: tuple[float, float, float, float] | None


def _loaded(pixels: np.ndarray, decoded: _Decoded, data: bytes) -> LoadedImage:
    return LoadedImage(pixels, decoded.width, decoded.height, blake2b(data, digest_size=16).hexdigest())


def _read_bytes(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise ImageError(path, "no such file") from None
    except OSError as e:
        raise ImageError(path, e.strerror or "unreadable") from e
    except ValueError:  # a character that no file name has
        raise ImageError(path, "no file name") from None
    if not data:
        raise ImageError(path, "empty file")
    return data


def _decode(path: Path, data: bytes, wanted: tuple[Size, Crop] | None, *, header_only: bool = False) -> _Decoded:
    """Decode to RGB.

    With a wanted size of a crop, a JPEG may come out smaller than it is, though both sides of the crop are at least
    twice that long. With `header_only` nothing is decoded.
    """
    try:
        with _warnings_off, Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            if image.format == "PNG" and not header_only:
                # Only this checks the checksums of the pixel data; it wants a file of its own.
                Image.open(io.BytesIO(data), formats=("PNG",)).verify()
            orientation = _orientation(image)
            stored = image.size
            width, height = stored[::-1] if orientation in _SIDEWAYS else stored
            region, reduced = None, 1
            if wanted is not None:
                target, crop = wanted
                region = crop.region(path, width, height, target)
                reduced = _reduction(region or (0, 0, width, height), target)
                image.draft(None, (stored[0] // reduced, stored[1] // reduced))
            rgb = image if header_only else _to_rgb(image)
            part = None
            if region is not None:
                factor = 1 if rgb.size == stored else reduced  # only a JPEG comes out reduced
                left, top, right, bottom = (side / factor for side in _as_stored(region, orientation, width, height))
                part = left, top, right, bottom
            return _Decoded(rgb, orientation, width, height, part)
    except UnidentifiedImageError:
        raise ImageError(path, _guess_content(data)) from None
    except Image.DecompressionBombError:
        limit = 2 * (Image.MAX_IMAGE_PIXELS or 0) // 1_000_000
        raise ImageError(path, f"more than {limit} million pixels") from None
    except (MemoryError, CropError):
        raise
    except Exception as e:
        # Decoders answer broken bytes with almost any exception: OSError, SyntaxError, IndexError and more.
        raise ImageError(path, _reason(e)) from e


def _reason(error: Exception) -> str:
    text = describe_error(error)
    return "truncated" if "truncated" in text.lower() else f"broken: {text}"


def _fitted(decoded: _Decoded, target: Size) -> np.ndarray:
    stored_target = target[::-1] if decoded.orientation in _SIDEWAYS else target
    # Turning the small image gives what turning the large original would, and costs nothing.
    return np.asarray(_turn(_squash(decoded.image, stored_target, decoded.part), decoded.orientation))


def _orientation(image: Image.Image) -> int:
    if image.format == "TIFF":
        return 1  # Pillow turns TIFF files itself
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001  # broken EXIF data: viewers show such a file, unturned
        return 1


def _turn(image: Image.Image, orientation: int) -> Image.Image:
    return image.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else image


def _to_rgb(image: Image.Image) -> Image.Image:
    image.load()
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return Image.fromarray(_to_8_bits(np.asarray(image))).convert("RGB")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    return image.convert("RGB")


def _to_8_bits(grey: np.ndarray) -> np.ndarray:
    """Scale deep grey to uint8 [H, W]: 0..65535 (integers) or 0..1 (floats); outside that, its own range."""
    values: NDArray[np.float64] = grey.astype(np.float64)
    low, high = float(values.min()), float(values.max())
    top = 65535.0 if np.issubdtype(grey.dtype, np.integer) else 1.0
    if low >= 0 and high <= top:
        low, high = 0.0, top
    if not np.isfinite([low, high]).all():
        raise ValueError("its pixels are not all finite numbers")
    return np.rint((values - low) * (255 / (high - low or 1))).astype(np.uint8)


def _reduction(region: Region, target: Size) -> int:
    """By how much a JPEG may be reduced while it is decoded: 1, 2, 4 or 8."""
    wide, high = region[2] - region[0], region[3] - region[1]
    return next((by for by in (8, 4, 2) if wide >= 2 * target[1] * by and high >= 2 * target[0] * by), 1)


def _as_stored(region: Region, orientation: int, width: int, height: int) -> Region:
    """Where a part of the upright image lies in the stored one; width and height are the upright image's."""
    left, top, right, bottom = region
    if orientation in (2, 3, 7, 6):
        left, right = width - right, width - left
    if orientation in (4, 3, 7, 8):
        top, bottom = height - bottom, height - top
    return (top, left, bottom, right) if orientation in _SIDEWAYS else (left, top, right, bottom)


def _squash(image: Image.Image, size: Size, part: tuple[float, float, float, float] | None = None) -> Image.Image:
    """Resize an image, or a part of it, to height and width."""
    inner = None
    if part is not None:
        # What is not kept must not shine in: cut at whole pixels first; a reduced JPEG's part may begin between two.
        left, top = math.floor(part[0]), math.floor(part[1])
        image = image.crop((left, top, min(math.ceil(part[2]), image.width), min(math.ceil(part[3]), image.height)))
        inner = (part[0] - left, part[1] - top, part[2] - left, part[3] - top)
    # By Pillow's documentation a gap of 3 cannot be told from a plain resize; it is faster on large images.
    return image.resize((size[1], size[0]), Image.Resampling.BICUBIC, box=inner, reducing_gap=3.0)


def _guess_content(data: bytes) -> str:
    head = data[:64].lstrip().lower()
    if head.startswith(b"<"):
        return "a web page or XML text, not an image"
    if data[4:8] == b"ftyp":
        return "HEIC or a video, which Pillow does not read"
    return "not an image"


class _WarningsOff:
    """Switches warnings off while at least one thread decodes.

    Pillow warns about odd EXIF data, palettes and large files that it reads all the same. The filters belong
    to the whole process, so two threads that each saved and restored them would leave them changed.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._threads = 0
        self._saved: warnings.catch_warnings[None] | None = None

    def __enter__(self) -> None:
        with self._lock:
            self._threads += 1
            if self._saved is None:
                self._saved = warnings.catch_warnings()
                self._saved.__enter__()
                warnings.simplefilter("ignore")

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._threads -= 1
            if self._threads == 0 and self._saved is not None:
                self._saved.__exit__(None, None, None)
                self._saved = None


_warnings_off = _WarningsOff()
