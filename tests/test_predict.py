"""Prediction from files: what may be named, in which order the answer comes, and what a bad image does."""

import csv
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from tests.tiny import write_images
from trainer.artifact import read_model, staging, write_model
from trainer.config import TrainConfig
from trainer.errors import DataError, SaveError
from trainer.images import load_resized
from trainer.model import create_model, normalisation
from trainer.predict import predict, read_request, write_answer


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "m"
    config = TrainConfig(backbone="test_resnet", weights="none", image_size=32)
    torch.manual_seed(0)
    network = create_model(config, 3)
    with staging(folder) as place:
        write_model(
            place,
            network,
            config,
            classes=("a", "b", "c"),
            normalisation=normalisation(network),
            epochs=1,
            origin={},
        )
    return folder


@pytest.fixture
def competition(tmp_path):
    """An info.csv whose rows are in no order of the folder's."""
    write_images(tmp_path / "drawn")
    (tmp_path / "images").mkdir()
    names = []
    for number, path in enumerate(sorted((tmp_path / "drawn").rglob("*.png"))):
        names.append(f"{(number * 29) % 48:02d}.png")
        path.rename(tmp_path / "images" / names[-1])
    (tmp_path / "info.csv").write_text("ImageID,ans\n" + "".join(f"{name},0\n" for name in names))
    return tmp_path / "info.csv", names


def answer_rows(path):
    return list(csv.reader(path.read_text().splitlines()))


def test_the_competitions_answer_keeps_the_order_of_its_rows(model, competition, tmp_path):
    info, names = competition
    request = read_request([info])
    prediction = predict(model, request.files)
    write_answer(request, prediction, tmp_path / "out" / "answer.csv")
    header, *rows = answer_rows(tmp_path / "out" / "answer.csv")
    assert header == ["ImageID", "ans"]
    assert [name for name, _ in rows] == names
    network, info_json = read_model(model)
    for name, answer in rows[::7]:
        image = torch.from_numpy(load_resized(info.parent / "images" / name, 32)[None].copy())
        with torch.inference_mode():
            logits = network(info_json.normalisation(image, torch.device("cpu")))
        assert int(answer) == int(logits.argmax())


def test_probabilities_sum_to_one_and_do_not_depend_on_the_batch(model, competition):
    files = read_request([competition[0]]).files
    together = predict(model, files).probabilities
    assert together.shape == (48, 3)
    assert np.allclose(together.sum(axis=1), 1, atol=1e-5)
    assert np.allclose(predict(model, files[5:6]).probabilities[0], together[5], atol=1e-5)


def test_folders_and_files_give_path_class_and_probability(model, competition, tmp_path):
    images = competition[0].parent / "images"
    (images / ".hidden").mkdir()
    (images / ".hidden" / "x.png").write_bytes(b"x")
    (images / "._00.png").write_bytes(b"AppleDouble")
    request = read_request([images, images / "03.png"])
    assert len(request.files) == 49
    write_answer(request, predict(model, request.files), tmp_path / "answer.csv")
    header, *rows = answer_rows(tmp_path / "answer.csv")
    assert header == ["path", "class", "probability"]
    assert rows[-1][0].endswith("03.png")
    assert {row[1] for row in rows} <= {"a", "b", "c"}


def test_bad_images_are_all_named_or_left_empty(model, competition, tmp_path):
    info, names = competition
    (info.parent / "images" / names[3]).write_text("<html>")
    (info.parent / "images" / names[40]).unlink()
    request = read_request([info])
    with pytest.raises(DataError, match="2 of 48 images cannot be read") as caught:
        predict(model, request.files)
    assert names[3] in str(caught.value)
    assert names[40] in str(caught.value)
    prediction = predict(model, request.files, skip_bad=True)
    write_answer(request, prediction, tmp_path / "answer.csv")
    rows = answer_rows(tmp_path / "answer.csv")[1:]
    assert [name for name, answer in rows if not answer] == [names[3], names[40]]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("image,ans\nx,0\n", "has no column ImageID (it has image, ans)"),
        ("", "has no column ImageID (it has none)"),
        ("ImageID,ans\n", "has no rows"),
        ("ImageID,ans\n../secret.png,0\n", "is not a file name below images/"),
        ("ImageID,ans\n/etc/passwd,0\n", "is not a file name below images/"),
    ],
)
def test_a_csv_that_is_none_of_the_competitions(tmp_path, content, line):
    (tmp_path / "info.csv").write_text(content)
    with pytest.raises(DataError) as caught:
        read_request([tmp_path / "info.csv"])
    assert line in str(caught.value)


def test_what_does_not_exist_or_is_empty(tmp_path):
    with pytest.raises(DataError, match="does not exist"):
        read_request([tmp_path / "none.jpg"])
    with pytest.raises(DataError, match="does not exist"):
        read_request([tmp_path / "none.csv"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no files"):
        read_request([tmp_path / "empty"])


def test_an_answer_that_cannot_be_written_leaves_the_earlier_one(model, competition, tmp_path):
    request = read_request([competition[0].parent / "images" / "03.png"])
    prediction = predict(model, request.files)
    (tmp_path / "file").write_text("x")
    with pytest.raises(SaveError, match="cannot write"):
        write_answer(request, prediction, tmp_path / "file" / "answer.csv")
    assert not list(tmp_path.glob(".answer*"))


def test_a_single_pixel_and_a_strange_shape(model, tmp_path):
    Image.new("RGB", (1, 1)).save(tmp_path / "one.png")
    Image.new("L", (300, 2)).save(tmp_path / "wide.png")
    assert not np.isnan(predict(model, [tmp_path / "one.png", tmp_path / "wide.png"]).probabilities).any()


def test_predicting_needs_neither_the_search_nor_the_training_packages():
    code = (
        "import sys, trainer.cli, trainer.predict; "
        "print([name for name in ('optuna', 'sqlalchemy', 'psycopg', 'albumentations', 'sklearn', 'cv2', 'search')"
        " if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
