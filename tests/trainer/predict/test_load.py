"""``trainer.load``: a model in memory, asked about whatever an image may be; and which folder a name stands for."""

import dataclasses
import pickle
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import trainer
from tests.support.models import network
from tests.support.tiny import write_images
from trainer import load
from trainer.errors import ConfigError, DataError
from trainer.imaging.decode import load_resized
from trainer.predict.combine import Network
from trainer.saved_model.versions import find_model_folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "m"
    network(path, 0, crop=(30, 24))
    return path


@pytest.fixture(scope="module")
def model(folder):
    return load(str(folder), "cpu")


@pytest.fixture
def images(tmp_path):
    return write_images(tmp_path / "images", people=2)


def test_a_file_its_image_and_its_pixels_are_the_same(model, images):
    file = images / "a" / "p0_0.png"
    with Image.open(file) as opened:
        pixels = np.asarray(opened)
        answers = model.predict([file, str(file), opened, pixels])
    assert answers.names == (str(file), str(file), "image 2", "image 3")
    assert [each.name for each in answers] == list(answers.names)
    assert (answers.probabilities == answers.probabilities[0]).all()
    first = answers[0]
    assert first.class_name == answers.classes[int(first.probabilities.argmax())]
    assert first.probability == first.probabilities.max()
    assert (first.reason, answers.bad, len(answers)) == (None, (), 4)
    assert answers[-1].name == "image 3"
    with pytest.raises(IndexError):
        answers[4]


@pytest.mark.parametrize(
    ("name", "reason"), [("a\0.jpg", "no file name"), ("", "Is a directory"), ("a" * 5000, "File name too long")]
)
def test_a_name_that_no_file_can_have(model, name, reason):
    answers = model.predict(name)
    assert [each.reason for each in answers] == [reason]  # and not the images below this folder


def test_other_channels_are_read_as_those_of_a_file(model, tmp_path):
    rng = np.random.default_rng(0)
    for name, shape in (("grey", (40, 40)), ("transparent", (40, 40, 4))):
        pixels = rng.integers(0, 256, shape, dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
        answers = model.predict([pixels, tmp_path / f"{name}.png"])
        assert (answers.probabilities[0] == answers.probabilities[1]).all(), name


def test_an_opened_image_is_turned_as_its_file_says(model, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (64, 40, 3), dtype=np.uint8)
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        Image.fromarray(pixels).save(tmp_path / "a.png", exif=exif)
        with Image.open(tmp_path / "a.png") as opened:
            answers = model.predict([tmp_path / "a.png", opened])
        assert (answers.probabilities[0] == answers.probabilities[1]).all(), orientation


def test_folders_a_single_image_and_several_calls(model, images):
    assert len(model.predict(images)) == 12
    assert len(model.predict([images / "a", images / "b" / "p0_0.png"])) == 5
    assert len(model.predict(str(images / "b" / "p0_0.png"))) == 1
    assert len(model.predict(images.rglob("*.png"))) == 12
    assert model.predict([]).probabilities.shape == (0, 3)


def test_what_cannot_be_read_gets_a_reason(model, images, tmp_path):
    (tmp_path / "bad.jpg").write_text("<html>")
    small = np.zeros((8, 8, 3), np.uint8)  # smaller than the crop
    broken = (images / "a" / "p0_0.png").read_bytes()[:-300]
    (tmp_path / "cut.png").write_bytes(broken)
    with Image.open(tmp_path / "cut.png") as cut:
        answers = model.predict([tmp_path / "bad.jpg", tmp_path / "none.jpg", images / "a" / "p0_0.png", small, cut])
    assert [each.reason is None for each in answers] == [False, False, True, False, False]
    assert answers[0].reason == "a web page or XML text, not an image"
    assert answers[1].reason == "no such file"
    assert "less than the crop's 30x24" in answers[3].reason
    assert (answers[0].class_name, answers[0].probability, answers[0].probabilities) == (None, None, None)
    assert np.isnan(answers.probabilities).all(axis=1).tolist() == [True, True, False, True, True]
    assert [name for name, _ in answers.bad] == [
        str(tmp_path / "bad.jpg"),
        str(tmp_path / "none.jpg"),
        "image 3",
        "image 4",
    ]


def test_a_network_that_says_no_numbers(images, tmp_path):
    network(tmp_path / "m", 0)
    model = load(tmp_path / "m", "cpu")
    nothing = Network(model.predictor.info, lambda batch: np.full((len(batch), 3), np.nan))
    broken = dataclasses.replace(model, predictor=nothing)
    with pytest.raises(DataError, match="answers to 12 of 12 images are no numbers; finalize it again"):
        broken.predict(images)


@pytest.mark.parametrize(
    ("image", "line"),
    [
        (np.zeros((4, 4, 2), np.uint8), "image 0 is an array of uint8 [4, 4, 2]; hand over uint8"),
        (np.zeros((4, 4, 3), np.float32), "image 0 is an array of float32 [4, 4, 3]; hand over uint8"),
        (np.zeros((2, 4, 4, 3), np.uint8), "image 0 is an array of uint8 [2, 4, 4, 3]; hand over uint8"),
        (np.zeros((0, 4, 3), np.uint8), "image 0 is an array of uint8 [0, 4, 3]; hand over uint8"),
        (None, "image 0 is None; hand over"),
        (7, "image 0 is 7; hand over a path, an image of Pillow's, or an array of uint8"),
    ],
)
def test_what_is_no_image(model, image, line):
    with pytest.raises(DataError) as caught:
        model.predict([image])
    assert line in str(caught.value)


def test_a_missing_folder_and_an_empty_one(model, tmp_path):
    with pytest.raises(DataError, match="holds no images"):
        model.predict(tmp_path)
    with pytest.raises(DataError, match=r"nowhere holds no model.json"):
        load(tmp_path / "nowhere")
    with pytest.raises(ConfigError, match="tta 'ten' is unknown"):
        load(tmp_path, tta="ten")


def test_views_are_averaged(folder, images):
    """Mirrored files are what `flip` adds."""
    files = sorted((images / "a").iterdir())
    mirrored = [Image.fromarray(np.asarray(Image.open(file))[:, ::-1].copy()) for file in files]
    model = load(folder, "cpu")
    expected = (model.predict(files).probabilities + model.predict(mirrored).probabilities) / 2
    assert load(folder, "cpu", tta="flip").predict(files).probabilities == pytest.approx(expected, abs=1e-3)
    for kind in ("crops", "flip-crops"):
        found = load(folder, "cpu", tta=kind).predict(files).probabilities
        assert np.allclose(found.sum(axis=1), 1)
        assert 1e-6 < np.abs(found - expected).max() < 0.1


@pytest.fixture
def versions(tmp_path):
    for name, seed in (("v1", 0), ("v2", 1), ("v10", 2)):
        network(tmp_path / "m" / name, seed)
    return tmp_path / "m"


def test_each_process_loads_its_own(model):
    with pytest.raises(TypeError, match=r"a Model cannot be pickled; load it in each process: trainer\.load\('.*'\)"):
        pickle.dumps(model)


def test_latest_is_followed(versions, images):
    (versions / "latest").symlink_to("v2")
    answer = load(versions).predict([images / "a" / "p0_0.png"]).probabilities
    assert (answer == load(versions / "v2").predict([images / "a" / "p0_0.png"]).probabilities).all()
    assert find_model_folder(versions) == find_model_folder(versions / "latest") == versions / "v2"
    assert find_model_folder(versions / "v1") == versions / "v1"


def test_where_latest_names_nothing_the_newest_whole_version_counts(versions):
    assert find_model_folder(versions) == versions / "v10"
    for wrong in ("v3", "../m/v1", "", "/tmp"):
        (versions / "latest").write_text(wrong)
        assert find_model_folder(versions) == versions / "v10"


def test_it_is_imported_only_when_it_is_asked_for():
    code = "import sys, trainer; assert 'numpy' not in sys.modules; trainer.load; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert "load" in trainer.__all__
    with pytest.raises(AttributeError, match="has no attribute 'save'"):
        trainer.save  # noqa: B018


def test_reading_a_file_and_fitting_its_image_are_one(images):
    from trainer.imaging.crop import Box, Crop
    from trainer.imaging.decode import resize_opened

    file = images / "c" / "p1_1.png"
    for crop in (Crop(), Crop(size=(20, 30)), Crop(box=Box(3, 4, 20, 35), margin=0.2)):
        with Image.open(file) as opened:
            assert (resize_opened(opened, "x", (24, 16), crop) == load_resized(file, (24, 16), crop)).all()
