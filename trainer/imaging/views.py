"""Views of an image that a network is asked about one by one, whose probabilities are then averaged.

Test-time augmentation: the mirrored image and parts of it show the network the same face from other places (the ten
crops of Krizhevsky et al., https://papers.nips.cc/paper/4824). It costs as many passes as there are views.
"""

from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from trainer.errors import ConfigError

Tta = Literal["none", "flip", "crops", "flip-crops"]
KINDS: Final[tuple[Tta, ...]] = get_args(Tta)
COUNTS: Final[dict[Tta, int]] = {"none": 1, "flip": 2, "crops": 6, "flip-crops": 12}
"""How many views there are of each kind."""
_KEPT: Final = 7 / 8
"""Share of both sides that a crop keeps."""
_PLACES: Final = ((0, 0), (0, 1), (1, 0), (1, 1), (0.5, 0.5))
"""Where the crops lie, as shares of the room that they leave from above and from the left: corners and centre."""


def views(images: NDArray[np.uint8], kind: Tta) -> list[NDArray[np.uint8]]:
    """All views of some images, uint8 [..., H, W, 3]: ``COUNTS[kind]`` arrays like them.

    First the images themselves; ``flip``: and mirrored; ``crops``: and the four corners and the centre of 7/8 of both
    sides, resized back (bicubic); ``flip-crops``: those six, and all of them mirrored.

    Raises:
        ConfigError: There is no such kind.
    """
    check_kind(kind)
    seen = [images]
    if kind in ("crops", "flip-crops"):
        seen += [_cropped(images, *place) for place in _PLACES]
    if kind in ("flip", "flip-crops"):
        seen += [np.ascontiguousarray(each[..., ::-1, :]) for each in seen]
    return seen


def check_kind(kind: str) -> Tta:
    """The kind of that name.

    Raises:
        ConfigError: There is none.
    """
    for known in KINDS:
        if kind == known:
            return known
    raise ConfigError(f"tta {kind!r} is unknown; it is one of auto, {', '.join(KINDS)}")


def _cropped(images: NDArray[np.uint8], down: float, right: float) -> NDArray[np.uint8]:
    height, width = images.shape[-3:-1]
    top, left = (1 - _KEPT) * height * down, (1 - _KEPT) * width * right
    box = (left, top, left + _KEPT * width, top + _KEPT * height)  # may begin between two pixels
    cropped = np.empty(images.shape, np.uint8)
    flat = cropped.reshape(-1, height, width, 3)  # the same memory
    for place, image in enumerate(images.reshape(flat.shape)):
        flat[place] = np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BICUBIC, box=box))
    return cropped
