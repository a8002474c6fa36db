"""Images that are higher than wide, all the way: decoded, kept, trained on, predicted, told about."""

import json

import numpy as np
import pytest
import torch
from PIL import Image
from rich.console import Console

from search.cli.cache import _table
from tests.support.data_sets import make_data
from tests.support.runs import config, numbers_of
from tests.support.tiny import write_images
from trainer.config.runtime import Runtime
from trainer.config.train_config import TrainConfig
from trainer.data.cache.build import Source
from trainer.data.cache.folder import list_caches
from trainer.data.cache.open import open_cache
from trainer.data.pixels import OnDemandPixels
from trainer.data.prepare import prepare
from trainer.data.spec import DataSpec
from trainer.errors import ConfigError, DoesNotFit, WeightsError
from trainer.model.network import check_model, create_timm_model
from trainer.predict.model import load
from trainer.runtime.batch_sizes import FittingSizes
from trainer.saved_model.manifest import read_info
from trainer.saved_model.network import read_model, write_model
from trainer.support.atomic import staging
from trainer.tracking.contact_sheet import contact_sheet
from trainer.training.run import Run, train

SIZE = (48, 32)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write_images(tmp_path_factory.mktemp("images"))


@pytest.mark.parametrize("size", [0, 15, 4096, True, "64", (64, 8), (64, 64, 3)])
def test_a_size_is_checked_before_anything_is_read(tmp_path, size):
    spec = DataSpec(root=tmp_path / "nowhere", layout="folders", validation=0.25)
    with pytest.raises(ConfigError, match=r"^image_size: .* is no size; write .* in pixels from 16 to 2048$"):
        prepare(spec, image_size=size, seed=0, cache_dir=tmp_path)


def prepared(root, cache_dir, **keys):
    spec = DataSpec(layout="folders", root=root, validation=0.25, group_regex=r".*/(p\d+)_", **keys)
    return prepare(spec, image_size=SIZE, seed=0, cache_dir=cache_dir)


@pytest.fixture(scope="module")
def data(root, tmp_path_factory):
    return prepared(root, tmp_path_factory.mktemp("cache"), pixels="exact")


def pixels(data):
    return data.images[np.arange(len(data.images))]


@pytest.mark.parametrize("kind", ["exact", "packed"])
def test_every_way_of_keeping_them_gives_the_same_pixels(root, tmp_path, kind):
    kept = prepared(root, tmp_path / "cache", pixels=kind)
    decoded = prepared(root, tmp_path / "no cache", pixels=kind, cache_limit=0)
    again = prepared(root, tmp_path / "cache", pixels=kind)
    assert isinstance(decoded.images, OnDemandPixels)
    assert pixels(kept).shape == (48, *SIZE, 3)
    assert (pixels(kept) == pixels(decoded)).all()
    assert (pixels(kept) == pixels(again)).all()
    with Image.open(root / kept.paths[5]) as image:
        plain = image.resize((SIZE[1], SIZE[0]), Image.Resampling.BICUBIC, reducing_gap=3.0)
    assert np.abs(pixels(kept)[5].astype(int) - np.asarray(plain)).max() <= (0 if kind == "exact" else 30)
    assert {entry.image_size for entry in list_caches(tmp_path / "cache")} == {SIZE}
    assert kept.fingerprint == decoded.fingerprint


def test_a_square_has_one_name_however_it_is_written(root, tmp_path):
    paths = ("a/p0_0.png", "b/p1_0.png")
    keys = {size: Source(root, paths, size).key("pixels") for size in (32, (32, 32), (32, 48), (48, 32))}
    assert keys[32] == keys[32, 32]
    assert len(set(keys.values())) == 3
    assert TrainConfig(backbone="x", image_size=[64, 64]) == TrainConfig(backbone="x", image_size=64)
    settings = TrainConfig(backbone="x", image_size=[64, 48])
    assert settings.image_size == (64, 48)
    assert TrainConfig.model_validate_json(settings.model_dump_json()) == settings


@pytest.mark.parametrize("backbone", ["test_resnet", "test_vit"])
@pytest.mark.parametrize("workers", [0, 1])
def test_training_and_prediction_take_them(data, root, tmp_path, backbone, workers):
    settings = config(backbone=backbone, image_size=SIZE, epochs=1)
    check_model(settings, 3)
    results = numbers_of(train(settings, data, Runtime(loader_workers=workers)))
    assert results == numbers_of(train(settings, data, Runtime()))
    with Run(settings, data, Runtime()) as run, staging(tmp_path / "m") as place:
        list(run.epochs())
        write_model(
            place, run.model, settings, classes=data.classes, normalization=run.normalization, epochs=1, origin={}
        )
        run.model.eval()
        with torch.inference_mode():
            expected = run.model(run.normalization(torch.from_numpy(pixels(data)[:5]), torch.device("cpu")))
    assert json.loads((tmp_path / "m" / "model.json").read_text())["preprocessing"]["image_size"] == list(SIZE)
    assert read_info(tmp_path / "m").config == settings
    assert read_model(tmp_path / "m")[1].preprocessing.image_size == SIZE
    answer = load(tmp_path / "m").predict([root / path for path in data.paths[:5]]).probabilities
    assert answer == pytest.approx(expected.softmax(dim=1).numpy(), abs=1e-5)


def test_a_transformer_is_built_for_height_and_width():
    network = create_timm_model("vit_tiny_patch16_224", 3, SIZE)
    assert network.patch_embed.img_size == SIZE
    assert network(torch.zeros(1, 3, *SIZE)).shape == (1, 3)
    with pytest.raises(AssertionError, match=r"height \(32\) doesn't match model \(48\)"):
        network(torch.zeros(1, 3, *SIZE[::-1]))


def test_messages_say_height_by_width(data, tmp_path):
    wrong = config(backbone="test_vit", image_size=[33, 48])
    with pytest.raises(WeightsError, match="33x48 px"):
        check_model(wrong, 3)
    with pytest.raises(WeightsError, match="17 px"):
        check_model(config(backbone="test_vit", image_size=17), 3)
    with pytest.raises(DoesNotFit, match="2 images of 48x32 px at a time do not fit"):
        list(train(config(image_size=SIZE), data, Runtime(memory_limit=1000)))
    runtime = Runtime(sizes=tmp_path / "sizes.json")
    FittingSizes(config(image_size=SIZE), runtime).note(fits=4, fails=8)
    FittingSizes(config(image_size=32), runtime).note(fits=4, fails=8)
    keys = sorted(json.loads((tmp_path / "sizes.json").read_text()))
    assert [key.split(", ")[1] for key in keys] == ["32 px", "48x32 px"]


def test_the_batch_size_search_says_it_too(data):
    from trainer.training.batch_size import largest_batch

    with pytest.raises(ConfigError, match="not even 2 images of 48x32 px fit"):
        largest_batch(config(image_size=SIZE), data, Runtime(memory_limit=1000))


def test_the_list_of_caches_shows_both(root, tmp_path):
    for size in (SIZE, 16):
        open_cache(root, ["a/p0_0.png"], image_size=size, cache_dir=tmp_path)
    console = Console(width=200, record=True)
    with console.capture() as captured:
        console.print(_table(list_caches(tmp_path)))
    cells = captured.get().split()
    assert "48x32" in cells
    assert "16" in cells


def test_training_images_are_shown_in_their_proportions():
    square = make_data().images[:3]
    targets = np.eye(3, dtype=np.float32)
    tall = np.full((3, 64, 32, 3), 9, dtype=np.uint8)
    sheets = [np.asarray(contact_sheet([(images, targets)], ("a", "b", "c"))) for images in (square, tall)]
    assert sheets[0].shape == sheets[1].shape  # the longer side is as long
    shown = (sheets[1] == 9).all(axis=2)
    assert (shown.any(axis=1).sum(), shown.any(axis=0).sum()) == (128, 3 * 64)
