"""Training images on one picture, each with the classes that it counts for."""

import io
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

_SIDE: Final = 128
_CAPTION: Final = 28  # two lines
_GAP: Final = 6
_SHARE: Final = 0.05  # what label smoothing spreads over all classes is no second class
_BACKGROUND, _INK = (255, 255, 255), (40, 40, 40)

Row = tuple[NDArray[np.uint8], NDArray[np.float32]]
"""Images uint8 [B, H, W, 3] and their targets float32 [B, K]."""


def contact_sheet(rows: Sequence[Row], classes: tuple[str, ...]) -> Image.Image:
    """Draw a row of images for each batch, and below each image its one or two heaviest classes with their shares.

    Small images are shown with larger pixels, large ones with a longer side of 128 px. There is at least one image.
    """
    columns = max(len(images) for images, _ in rows)
    tile = _enlarged(*rows[0][0].shape[1:3])
    width, height = max(tile[0], _SIDE) + _GAP, tile[1] + _CAPTION + _GAP
    sheet = Image.new("RGB", (columns * width + _GAP, len(rows) * height + _GAP), _BACKGROUND)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(11)
    for row, (images, targets) in enumerate(rows):
        for column, (pixels, shares) in enumerate(zip(images, targets, strict=True)):
            left, top = _GAP + column * width, _GAP + row * height
            how = Image.Resampling.LANCZOS if tile[1] < len(pixels) else Image.Resampling.NEAREST
            sheet.paste(Image.fromarray(pixels).resize(tile, how), (left, top))
            for line, text in enumerate(_captions(shares, classes)):
                draw.text((left, top + tile[1] + 13 * line), _fitting(text, font, width - _GAP), _INK, font)
    return sheet


def as_jpeg(image: Image.Image) -> bytes:
    """The picture as a JPEG; a PNG of noisy photographs would be ten times as large."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=88)
    return file.getvalue()


def _enlarged(height: int, width: int) -> tuple[int, int]:
    """Width and height on the sheet."""
    longer = max(height, width)
    shown = min(_SIDE, longer * max(1, _SIDE // longer))
    return max(1, width * shown // longer), max(1, height * shown // longer)


def _captions(shares: NDArray[np.float32], classes: tuple[str, ...]) -> list[str]:
    heaviest = [number for number in np.argsort(-shares, kind="stable")[:2] if shares[number] >= _SHARE]
    if len(heaviest) == 1:
        return [classes[heaviest[0]]]
    return [f"{shares[number]:.0%} {classes[number]}" for number in heaviest]


def _fitting(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: float) -> str:
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"{text}…") > width:
        text = text[:-1]
    return f"{text}…"
