"""Views: which there are, that they show the same image, and that Pillow's resizing is what it says."""

import numpy as np
import pytest
from PIL import Image

from trainer.errors import ConfigError
from trainer.imaging.views import COUNTS, KINDS, views


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (3, 24, 16, 3), dtype=np.uint8)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_begins_with_the_images_themselves(images, kind):
    seen = views(images, kind)
    assert len(seen) == COUNTS[kind]
    assert seen[0] is images
    assert all(each.shape == images.shape and each.dtype == np.uint8 and each.flags.c_contiguous for each in seen)


def test_mirrored_ones_are_mirrored(images):
    _, mirrored = views(images, "flip")
    assert np.array_equal(mirrored, images[:, :, ::-1])
    all_of_them = views(images, "flip-crops")
    for plain, turned in zip(all_of_them[:6], all_of_them[6:], strict=True):
        assert np.array_equal(turned, plain[:, :, ::-1])


def test_crops_are_the_corners_and_the_centre(images):
    _, *crops = views(images, "crops")
    for (left, top), crop in zip([(0, 0), (2, 0), (0, 3), (2, 3), (1, 1.5)], crops, strict=True):
        for image, cropped in zip(images, crop, strict=True):
            box = (left, top, left + 14, top + 21)
            expected = Image.fromarray(image).resize((16, 24), Image.Resampling.BICUBIC, box=box)
            assert np.array_equal(cropped, np.asarray(expected))


def test_parts_of_a_ramp_lie_where_they_should():
    """Grey that rises from left to right rises less in a part of it, and from where the part begins."""
    ramp = np.broadcast_to(np.arange(64, dtype=np.uint8)[:, None] * 4, (64, 64, 3))
    for crop, begins in zip(views(ramp, "crops")[1:], (0, 8, 0, 8, 4), strict=True):
        places = (np.arange(64) + 0.5) * 7 / 8 + begins - 0.5
        assert np.abs(crop[32, 3:-3, 0] - 4 * places[3:-3]).max() <= 1


def test_a_batch_is_its_images_one_by_one(images):
    together = views(images, "flip-crops")
    for place, image in enumerate(images):
        assert all(
            np.array_equal(batch[place], alone)
            for batch, alone in zip(together, views(image, "flip-crops"), strict=True)
        )
    assert [each.shape for each in views(images[:0], "crops")] == [(0, 24, 16, 3)] * 6


def test_an_unknown_kind(images):
    with pytest.raises(ConfigError, match="tta 'ten' is unknown; it is one of auto, none, flip, crops, flip-crops"):
        views(images, "ten")
