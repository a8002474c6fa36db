"""The knobs of images: their size and part, and what training ones go through."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator

from trainer.config.knob import Above, Share, knob
from trainer.config.transforms import Augment
from trainer.imaging.crop import ImageSize, Size, canonical_size

CutmixShape = Literal["box", "halves"]

_SMALLEST: Final = 16
_LARGEST: Final = 2048
_LARGEST_ORIGINAL: Final = 65_536


def check_size(value: object) -> object:
    """Return a size of images as it is, or raise ValueError: the side of a square, or height and width."""
    sides = value if isinstance(value, list | tuple) and len(value) == 2 else [value]
    if not all(type(side) is int and _SMALLEST <= side <= _LARGEST for side in sides):
        raise ValueError(
            f"{value!r} is no size; write the side of a square, or [height, width], in pixels from {_SMALLEST} to "
            f"{_LARGEST}"
        )
    return value


def _is_crop(value: object) -> object:
    if value is None:
        return None
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise ValueError(f"{value!r} is no crop; write [height, width] in pixels of the original")
    if not all(type(side) is int and 1 <= side <= _LARGEST_ORIGINAL for side in value):
        raise ValueError(f"{value!r} is no crop; height and width are whole pixels from 1 to {_LARGEST_ORIGINAL}")
    return value


class ImageKnobs(BaseModel):
    """What the network sees."""

    augment: Augment = knob(
        "light",
        "what each training image goes through: none, light, medium, heavy, or in [fixed] a list of transforms",
        source="docs/augmentation.md; Cutout 1708.04552, GridMask 2001.04086",
        helps="light at least; more with more epochs and fewer images",
        values="`none`, `light`, `medium`, `heavy`, or a list of transforms",
    )
    cutmix_prob: Share = knob(
        0.0,
        "share of the batches in which a part of each image is another one's",
        unit="share",
        source="1905.04899",
        helps="many epochs; with few it slows learning down",
    )
    cutmix_shape: CutmixShape = knob(
        "box",
        "that part: a box anywhere, of any size, or the right half",
        needs={"cutmix_prob": Above(0)},
        source="box 1905.04899; halves: teams of the mask competition",
        helps="halves where both sides of an image show the same thing, such as faces from the front",
    )
    mixup_prob: Share = knob(
        0.0,
        "share of the batches, of those that CutMix left alone, in which images are blended",
        unit="share",
        source="1710.09412",
        helps="many epochs",
    )
    mixup_alpha: float = knob(
        0.2,
        "how evenly images are blended: Beta(alpha, alpha)",
        gt=0,
        le=10,
        needs={"mixup_prob": Above(0)},
        source="1710.09412",
        helps="small: most blends are nearly one image; 1: any share is as likely",
    )
    image_size: Annotated[ImageSize, BeforeValidator(check_size), AfterValidator(canonical_size)] = knob(
        224,
        "what images become: the side of a square, or [height, width]; 16 to 2048",
        unit="pixels",
        searchable=False,
        helps="larger until it is too slow; the originals' proportions where all of them have the same",
        values="16 to 2048",
    )
    crop: Annotated[Size | None, BeforeValidator(_is_crop)] = knob(
        None,
        "[height, width] that is kept around the original's centre, before it is resized; none: the whole",
        unit="pixels of the original",
        searchable=False,
        helps="portraits taken alike, with a lot around the face",
        values="up to the smallest image",
    )
    box_margin: float = knob(
        0.2,
        "what is kept around a box of [data] boxes, on each side; more where the proportions of image_size ask for it",
        unit="share of its longer side",
        ge=0,
        le=2,
        searchable=False,
        helps="hair, hands and the ends of a mask lie outside a detector's box",
    )
    normalisation: Literal["backbone", "data"] = knob(
        "backbone",
        "mean and deviation that pixels are brought to: those the backbone was trained with, or those of the data",
        helps="data: training from scratch, or images unlike photographs; with ImageNet's weights rarely",
    )
