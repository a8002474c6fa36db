"""Augmentation: each transform does what it says, to the share of images that it says, from the image's own draws."""

import hashlib
import json
import random
import re
import subprocess
import sys
import tomllib

import albumentations as A  # noqa: N812 - the name its documentation uses
import cv2
import numpy as np
import pytest

from benchmarks.training.augmentation import portraits
from tests.support.data_sets import make_data
from tests.support.repository import ROOT
from tests.support.runs import config, numbers_of
from trainer.batches.augment import Augmentation
from trainer.batches.loader import Loader, batch_specs
from trainer.config.runtime import Runtime
from trainer.config.train_config import TrainConfig
from trainer.config.transforms import PRESETS, TRANSFORMS, flip_share, format_transforms, read_augment, size_problem
from trainer.errors import CheckpointError
from trainer.training.run import Run, train

EACH = {name: (kind(p=1),) for name, kind in TRANSFORMS.items() if name != "flip"}
ALL = {**EACH, **{name: name for name in PRESETS}}
MANY = 400


def one(name, **options):
    return Augmentation((TRANSFORMS[name](**{"p": 1, **options}),))


def applied(images, name, seed=1, **options):
    return one(name, **options)(images, seed, np.arange(len(images)))


def plain(level=100, count=MANY, height=32, width=32):
    return np.full((count, height, width, 3), level, dtype=np.uint8)


@pytest.fixture(scope="module")
def people():
    return portraits(12, 48)


@pytest.mark.parametrize("augment", ALL.values(), ids=ALL)
def test_an_images_draws_are_its_own(people, augment):
    """Not its neighbours' in the batch, nor those of images before it, nor anybody else's generator."""
    rows = np.arange(12)
    augmentation = Augmentation(augment)
    together = augmentation(people, 5, rows)
    np.random.seed(99)  # noqa: NPY002 - what a library might draw from
    random.seed(99)
    before = np.random.get_state()[1].tobytes(), random.getstate()  # noqa: NPY002
    assert (augmentation(people[::-1].copy(), 5, rows[::-1].copy())[::-1] == together).all()
    augmentation(people[:5], 8, rows[:5] + 70)
    for row in (3, 7):
        assert (augmentation(people[row : row + 1], 5, rows[row : row + 1])[0] == together[row]).all()
        assert (Augmentation(augment)(people[row : row + 1], 5, rows[row : row + 1])[0] == together[row]).all()
    assert (np.random.get_state()[1].tobytes(), random.getstate()) == before  # noqa: NPY002
    if augment not in ("none", EACH["grey"], EACH["center_crop"]):
        assert (augmentation(people, 6, rows) != together).any()


ELSEWHERE = """
import hashlib
import numpy as np
from trainer.batches.augment import Augmentation
from trainer.config.transforms import TRANSFORMS
images = np.random.default_rng(0).integers(0, 256, (12, 40, 40, 3), dtype=np.uint8)
for name, kind in TRANSFORMS.items():
    if name != "flip":
        print(hashlib.sha256(Augmentation((kind(p=1),))(images, 5, np.arange(12)).tobytes()).hexdigest())
"""


def test_another_process_makes_the_same_images():
    there = subprocess.run(
        [sys.executable, "-c", ELSEWHERE], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    images = np.random.default_rng(0).integers(0, 256, (12, 40, 40, 3), dtype=np.uint8)
    Augmentation("heavy")(images, 1, np.arange(12))
    made = [Augmentation(augment)(images, 5, np.arange(12)) for augment in EACH.values()]
    assert there == [hashlib.sha256(each.tobytes()).hexdigest() for each in made]
    assert len(set(there)) == len(EACH)


@pytest.mark.parametrize("augment", ["heavy", [{"name": "flip"}, {"name": "grid_dropout"}, {"name": "center_crop"}]])
def test_loader_processes_make_the_same_batches(augment):
    data = make_data()
    settings = config(augment=augment)
    with Loader(data, Runtime()) as alone, Loader(data, Runtime(loader_workers=1)) as shared:
        for (here, _), (there, _) in zip(alone.epoch(settings, 1), shared.epoch(settings, 1), strict=True):
            assert (here == there).all()


@pytest.mark.parametrize("shape", [(32, 32), (20, 45), (33, 16)])
@pytest.mark.parametrize("augment", ALL.values(), ids=ALL)
def test_size_and_originals_stay(augment, shape):
    images = np.random.default_rng(0).integers(0, 256, (8, *shape, 3), dtype=np.uint8)
    kept = images.copy()
    result = Augmentation(augment)(images, 1, np.arange(8))
    assert (result.shape, result.dtype) == (images.shape, np.uint8)
    assert (images == kept).all()
    # The same object serves images of another size.
    augmentation = Augmentation(augment)
    augmentation(plain(count=2), 1, np.arange(2))
    assert (augmentation(images, 1, np.arange(8)) == result).all()


@pytest.mark.parametrize("name", EACH)
@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_p_is_the_share_of_images(name, p):
    images = np.repeat(portraits(1, 32), MANY, axis=0)
    images[..., 0] //= 2  # no image is grey as it is
    images[:, :2, :2] = 0  # and none is evenly lit
    share = float((applied(images, name, p=p) != images).any(axis=(1, 2, 3)).mean())
    # Less than all: a rotation by nearly nothing, a crop of nearly everything.
    assert p - 0.08 <= share <= p + 0.08 if p < 1 else share > 0.95
    assert p or not share


def test_light_is_what_it_always_was(people):
    """Against albumentations with generators of its own for each image."""
    for row, image in enumerate(people):
        pipeline = A.Compose(
            [
                A.Rotate(limit=10, border_mode=cv2.BORDER_REFLECT, p=0.5),
                A.ColorJitter(brightness=0.2, contrast=0.2, saturation=0.2, hue=0.02, p=0.5),
            ]
        )
        numbers = np.random.Generator(np.random.Philox(key=np.array([77, row], dtype=np.uint64)))
        pipeline.set_random_state(numbers, random.Random(77 << 64 | row))
        expected = pipeline(image=image)["image"]
        assert (Augmentation("light")(people[row : row + 1], 77, np.array([row]))[0] == expected).all()


@pytest.mark.parametrize("preset", ["light", "medium", "heavy"])
def test_a_preset_is_the_list_that_the_document_shows(preset, people):
    text = (ROOT / "docs" / "augmentation.md").read_text(encoding="utf-8")
    written = tomllib.loads(re.findall(r"```toml\n(light = .*?)```", text, re.DOTALL)[0])[preset]
    assert read_augment(written) == PRESETS[preset]
    as_list, as_preset = (Augmentation(each)(people, 3, np.arange(12)) for each in (read_augment(written), preset))
    assert (as_list == as_preset).all()
    assert size_problem(preset, 16, 16) is None


def test_a_run_with_the_written_list_is_the_run_with_the_preset():
    data = make_data()
    written = [each.model_dump() for each in PRESETS["light"]]
    as_list, as_preset = (
        numbers_of(train(config(augment=each, cutmix_prob=0.5), data, Runtime())) for each in (written, "light")
    )
    assert as_list == as_preset


def test_the_document_tells_every_option():
    text = (ROOT / "docs" / "augmentation.md").read_text(encoding="utf-8")
    for name, kind in TRANSFORMS.items():
        row = next(line for line in text.splitlines() if line.startswith(f"| `{name}` |"))
        for option, field in kind.model_fields.items():
            if option not in ("name", "p"):
                (told,) = re.findall(rf"`{option} = ([^`]+)`", row)
                value = json.loads(told)
                assert value == pytest.approx(
                    field.default if isinstance(value, int | float) else list(field.default), abs=1e-3
                )


def seen_and_made(augment):
    """The first batch of a run, as the network gets it and as the loader makes it."""
    data = make_data()
    settings = config(augment=augment, epochs=1)
    seen = []
    with Run(settings, data, Runtime()) as run:
        run.on_batch = lambda images, targets: seen.append(images.numpy().copy())
        list(run.epochs())
    rows = batch_specs(settings, data, 1)[0].rows
    return seen[0], data.images[rows]


def test_a_list_flips_as_it_says():
    seen, made = seen_and_made([{"name": "flip", "p": 1}])
    assert (seen == made[:, :, ::-1]).all()
    seen, made = seen_and_made([{"name": "flip", "p": 0}])
    assert (seen == made).all()
    seen, made = seen_and_made([{"name": "coarse_dropout", "p": 1}])
    assert (((seen == made) | (seen == 128)).all(axis=(1, 2, 3))).all()
    assert [flip_share(name) for name in ("none", "light", "medium", "heavy")] == [0, 0.5, 0.5, 0.5]


def test_rotation_goes_both_ways_and_leaves_no_black_corners():
    assert (applied(plain(), "rotate", degrees=180) == 100).all()
    images = plain(0)
    images[:, 15:17, 20:31] = 255  # a hand that points to the right
    turned = applied(images, "rotate", degrees=20)[..., 0].astype(float)
    heights = (turned * np.arange(32)[:, None]).sum(axis=(1, 2)) / turned.sum(axis=(1, 2)) - 15.5
    angles = np.degrees(np.arctan2(-heights, 10))
    assert -21 < angles.min() < -17 < 17 < angles.max() < 21
    assert abs(angles.mean()) < 2


@pytest.mark.parametrize(("height", "width"), [(40, 40), (30, 50)])
def test_the_middle_is_cropped_and_enlarged(height, width):
    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    rows, columns = height // 2, width // 2
    top, left = (height - rows) // 2, (width - columns) // 2
    expected = cv2.resize(image[top : top + rows, left : left + columns], (width, height))
    assert (applied(image[None], "center_crop", side=0.5)[0] == expected).all()
    assert (applied(image[None], "center_crop", side=1)[0] == image).all()


@pytest.mark.parametrize(("height", "width"), [(128, 128), (64, 128)])
def test_a_random_crop_keeps_what_it_says(height, width):
    # Two colours tell the place in percent of the sides, so a crop shows how much of each it kept.
    image = np.zeros((1, height, width, 3), dtype=np.uint8)
    image[..., 0] = np.linspace(0, 250, height)[:, None]
    image[..., 1] = np.linspace(0, 250, width)

    def kept(**options):
        crops = applied(np.repeat(image, 200, axis=0), "random_resized_crop", **options).astype(float)
        spans = [np.ptp(crops[..., colour].reshape(200, -1), axis=1) / 250 for colour in (0, 1)]
        return (*spans, crops[:, height // 2, width // 2, 1] / 250)

    tall, wide, middle = kept(scale=(0.25, 0.6), ratio=(0.8, 1.25))
    assert ((tall * wide > 0.23) & (tall * wide < 0.62)).all()
    assert np.ptp(tall * wide) > 0.25
    assert ((wide / tall > 0.75) & (wide / tall < 1.33)).all()
    assert wide.mean() == pytest.approx(tall.mean(), abs=0.03)  # also of an oblong image
    assert middle.min() < 0.4 < 0.6 < middle.max()
    tall, wide, _ = kept(scale=(1, 1), ratio=(1, 1))
    assert (tall == 1).all()
    assert (wide == 1).all()


def test_jitter_stays_within_its_strengths():
    still = {"brightness": 0, "contrast": 0, "saturation": 0, "hue": 0}
    images = np.repeat(np.random.default_rng(0).integers(80, 120, (1, 32, 32, 3), dtype=np.uint8), MANY, axis=0)
    assert np.abs(applied(images, "color_jitter", **still).astype(int) - images).max() <= 1
    bright = applied(plain(), "color_jitter", **{**still, "brightness": 0.3})[:, 0, 0, 0]
    assert 69 <= bright.min() < 75 < 125 < bright.max() <= 131
    spread = applied(images, "color_jitter", **{**still, "contrast": 0.4}).std(axis=(1, 2, 3)) / images[0].std()
    assert 0.55 <= spread.min() < 0.7 < 1.3 < spread.max() <= 1.45
    red = plain()
    red[..., 0] = 200
    chroma = np.ptp(applied(red, "color_jitter", **{**still, "saturation": 0.5})[:, 0, 0].astype(int), axis=1)
    assert 45 <= chroma.min() < 65 < 135 < chroma.max() <= 155
    turned = applied(red, "color_jitter", **{**still, "hue": 0.5})[:, 0, 0]
    assert {0, 1, 2} == set(turned.argmax(axis=1).tolist())


def test_clahe_raises_contrast_within_its_limit(people):
    low = people // 4 + 90
    sharp = [applied(low, "clahe", clip_limit=limit, tiles=2).std() / low.std() for limit in (1, 4, 40)]
    assert 0.9 < sharp[0] < sharp[1] < sharp[2]
    grey = np.repeat(low[..., :1], 3, axis=3)
    assert np.ptp(applied(grey, "clahe").astype(int), axis=3).max() <= 2
    assert (applied(low, "clahe", tiles=1) != applied(low, "clahe", tiles=8)).any()


def test_grey_has_no_colour_and_keeps_the_lightness(people):
    grey = applied(people, "grey")
    assert (np.ptp(grey, axis=3) == 0).all()
    assert np.abs(grey[..., 0] - people @ np.array([0.299, 0.587, 0.114])).max() < 1.5


def test_blur_takes_details_away():
    noise = np.random.default_rng(0).integers(0, 256, (20, 32, 32, 3), dtype=np.uint8)
    spread = [applied(noise, "blur", sigma=(sigma, sigma)).std() for sigma in (0.1, 0.7, 2, 4)]
    assert spread == sorted(spread, reverse=True)
    assert (applied(noise, "blur", sigma=(0.1, 0.1)) == noise).all()  # of less than a pixel nothing is left
    # White noise through a Gaussian keeps 1 / (4 pi sigma^2) of its variance.
    assert (spread[2] / noise.std()) ** 2 == pytest.approx(1 / (4 * np.pi * 4), rel=0.25)
    assert applied(noise, "blur", sigma=(2, 2)).mean() == pytest.approx(noise.mean(), abs=1.5)


@pytest.mark.parametrize(("height", "width"), [(40, 40), (30, 60)])
def test_holes_are_of_the_number_size_and_grey_that_was_said(height, width):
    images = plain(count=200, height=height, width=width)
    holes = applied(images, "coarse_dropout", size=(0.1, 0.5), fill=7)
    assert set(np.unique(holes)) == {7, 100}
    sizes, places = [], []
    for mask in (holes == 7).all(axis=3):
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        assert mask.sum() == len(rows) * len(columns) == (np.ptp(rows) + 1) * (np.ptp(columns) + 1)  # one rectangle
        sizes.append((len(rows) / height, len(columns) / width))
        places.append((rows.mean() / height, columns.mean() / width))
    assert 0.06 < np.min(sizes) < 0.15 < 0.45 < np.max(sizes) <= 0.5
    assert np.abs(np.corrcoef(np.transpose(sizes))[0, 1]) < 0.3
    assert np.min(places) < 0.15
    assert np.max(places) > 0.8
    several = applied(images, "coarse_dropout", holes=(2, 5), size=(0.05, 0.05))
    counts = [cv2.connectedComponents((image[..., 0] == 128).astype(np.uint8))[0] - 1 for image in several]
    assert max(counts) == 5
    assert np.mean(counts) == pytest.approx(3.4, abs=0.4)  # a few touch each other


def test_a_grid_has_a_hole_in_each_cell():
    images = plain(height=60, width=60)
    gone = (applied(images, "grid_dropout", unit=(0.2, 0.2), ratio=0.5) == 128).all(axis=3)
    for mask in gone:
        cells = mask.reshape(5, 12, 5, 12).sum(axis=(1, 3))
        assert (cells == 36).all()
    assert gone.any(axis=0).all()  # and it lies anywhere in it
    units = [(applied(images, "grid_dropout", unit=(0.1, 0.5), ratio=r) == 128).mean() for r in (0.3, 0.6, 0.9)]
    assert units == sorted(units)


BAD = [
    ("hevy", "unknown preset 'hevy' (did you mean 'heavy'?)"),
    ("zzz", "unknown preset 'zzz'; there are none, light, medium, heavy"),
    (3, "3 is neither a preset (none, light, medium, heavy) nor a list"),
    ([], "an empty list changes nothing; write 'none'"),
    (["flip"], "transform 1 is 'flip', not a table"),
    ([{"p": 0.5}], "transform 1 has no name; there are flip, rotate, center_crop"),
    ([{"name": "flip"}, {"name": "rotat"}], "transform 2 is unknown: 'rotat' (did you mean 'rotate'?)"),
    ([{"name": "rotate", "degree": 3}], "transform 1 (rotate): degree: unknown key (did you mean 'degrees'?)"),
    ([{"name": "rotate", "degrees": 400}], "transform 1 (rotate): degrees: input should be less than or equal to 180"),
    ([{"name": "rotate", "p": 1.5}], "transform 1 (rotate): p: input should be less than or equal to 1 (got 1.5)"),
    ([{"name": "flip"}, {"name": "grey"}, {"name": "flip"}], "transforms 1 and 3 are both flip; remove one"),
    ([{"name": "center_crop", "side": 1.2}], "(center_crop): side: input should be less than or equal to 1 (got 1.2)"),
    ([{"name": "random_resized_crop", "scale": [0.9, 0.5]}], "scale: 0.9 is above 0.5; swap them"),
    ([{"name": "random_resized_crop", "scale": 0.5}], "(random_resized_crop): scale: a list belongs here (got 0.5)"),
    ([{"name": "blur", "sigma": [0, 1]}], "sigma.0: input should be greater than or equal to 0.1 (got 0)"),
    ([{"name": "coarse_dropout", "size": [0.1, 1]}], "size.1: input should be less than 1 (got 1)"),
    (
        [{"name": "grey"}, {"name": "clahe", "tiles": 32}],
        "transform 2 (clahe): images of 32 x 32 pixels: 32 tiles are too",
    ),
    (
        [{"name": "coarse_dropout", "size": [0.02, 0.2]}],
        "a hole of 0.02 of a side is less than a pixel; at least 0.032",
    ),
    ([{"name": "grid_dropout", "unit": [0.05, 0.2]}], "a cell of 0.05 of a side is less than 2 pixels; at least 0.063"),
]


@pytest.mark.parametrize(("augment", "line"), BAD, ids=[line[:40] for _, line in BAD])
def test_mistakes_name_the_transform_the_option_and_the_rule(augment, line):
    with pytest.raises(ValueError, match=re.escape(line)):
        config(augment=augment)


def test_the_mend_that_is_told_is_taken():
    config(augment=[{"name": "coarse_dropout", "size": [0.032, 0.2]}, {"name": "grid_dropout", "unit": [0.063, 0.2]}])
    config(augment=[{"name": "clahe", "tiles": 16}])
    assert size_problem(config(augment=[{"name": "clahe", "tiles": 16}]).augment, 31, 200)


def test_a_list_is_the_same_after_json_and_a_resume_point_knows_it():
    written = [{"name": "flip"}, {"name": "random_resized_crop", "scale": [0.6, 1]}, {"name": "blur", "p": 0.25}]
    settings = config(augment=written)
    assert TrainConfig.model_validate_json(settings.model_dump_json()) == settings
    assert TrainConfig.model_validate(settings.model_dump(mode="json")) == settings
    assert hash(settings.augment) == hash(config(augment=written).augment)
    data = make_data()
    with Run(settings, data, Runtime()) as run, Run(config(augment=written), data, Runtime()) as same:
        next(run.epochs())
        same.load_state_dict(run.state_dict())
        assert numbers_of(same.epochs()) == numbers_of(run.epochs())
    with (
        Run(config(augment=written[:2]), data, Runtime()) as other,
        pytest.raises(CheckpointError, match="differs in augment"),
    ):
        other.load_state_dict(run.state_dict())


def test_words_for_people():
    tables = [{"p": 0.5, "name": "coarse_dropout", "holes": [1, 1]}, {"p": 1 / 3, "name": "blur", "sigma": [0.5, 2]}]
    assert format_transforms(tables) == "coarse_dropout holes 1 p 0.5, blur sigma 0.5 to 2 p 0.3333"
