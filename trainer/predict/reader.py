"""Images of any source as batches of one size, read in threads ahead of the network."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from trainer.errors import DataError
from trainer.imaging.crop import CropError, Crops, ImageSize, height_width
from trainer.imaging.decode import ImageError, load_resized, resize_opened
from trainer.imaging.views import COUNTS, Tta, views
from trainer.support.cpu import available_cores
from trainer.support.validation import brief

BATCH: Final = 64
"""Images, or views of images, that a network sees at once."""
Source = Path | Image.Image
"""Where an image comes from."""


def as_source(image: object, name: str) -> Source:
    """What somebody hands over as an image.

    Args:
        image: The path of a file, an image of Pillow's, or an array of uint8: [H, W, 3] in RGB, [H, W, 4] with
            transparency, which lies on white as in a file, or [H, W] in grey.
        name: What it is called in messages.

    Raises:
        DataError: It is none of these.
    """
    if isinstance(image, str | Path):
        return Path(image)
    if isinstance(image, Image.Image):
        return image
    if not isinstance(image, np.ndarray):
        raise DataError(f"{name} is {brief(image)}; hand over a path, an image of Pillow's, or an array of uint8")
    channels = image.shape[2:]
    if image.dtype != np.uint8 or image.ndim not in (2, 3) or channels not in ((), (3,), (4,)) or not image.size:
        raise DataError(
            f"{name} is an array of {image.dtype} {list(image.shape)}; hand over uint8 with values from 0 to 255, as "
            "[H, W, 3] (RGB), [H, W, 4] (RGBA) or [H, W] (grey)"
        )
    return Image.fromarray(image)


@dataclass(eq=False)
class Reader:
    """Reads images and makes the views of them, a batch ahead of the network."""

    sources: Sequence[Source]
    names: Sequence[str]
    size: ImageSize
    crops: Crops
    tta: Tta
    bad: dict[int, str] = field(default_factory=dict)
    """Of each image that could not be read, its place and the reason."""

    def batches(self) -> Iterator[NDArray[np.uint8]]:
        """Batches of images and their views: uint8 [V, B, H, W, 3]; one that cannot be read is black."""
        step = max(1, BATCH // COUNTS[self.tta])
        places = range(len(self.sources))
        with ThreadPoolExecutor(available_cores()) as pool:
            ahead = [pool.submit(self._read, place) for place in places[:step]]
            for start in range(step, len(places) + step, step):
                now = ahead
                ahead = [pool.submit(self._read, place) for place in places[start : start + step]]
                yield np.stack([future.result() for future in now], axis=1)

    def _read(self, place: int) -> NDArray[np.uint8]:
        """The views of one image: uint8 [V, H, W, 3]."""
        source, name, size = self.sources[place], self.names[place], height_width(self.size)
        crop = self.crops.of(name)
        try:
            if isinstance(source, Path):
                image = load_resized(source, size, crop)
            else:
                image = resize_opened(source, name, size, crop)
        except (ImageError, CropError) as error:
            self.bad[place] = error.reason
            image = np.zeros((*size, 3), np.uint8)
        return np.stack(views(image, self.tta))
