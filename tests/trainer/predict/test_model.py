"""Prediction from files: what may be named, in which order the answer comes, and what a bad image does."""

import csv
import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from tests.support.tiny import write_images
from trainer.cli import app
from trainer.config.train_config import TrainConfig
from trainer.errors import ConfigError, DataError, SaveError
from trainer.imaging.crop import Box, Crop
from trainer.imaging.decode import load_resized
from trainer.model.network import create_model
from trainer.model.normalization import normalization
from trainer.predict.boxes import find_boxes
from trainer.predict.inputs import read_request
from trainer.predict.model import load
from trainer.predict.predictions import write_predictions
from trainer.saved_model.manifest import read_info
from trainer.saved_model.network import read_model, write_model
from trainer.support.atomic import staging


def written(folder, *, boxes=False, **values):
    config = TrainConfig.model_validate({"backbone": "test_resnet", "weights": "none", "image_size": 32, **values})
    torch.manual_seed(0)
    network = create_model(config, 3)
    with staging(folder) as place:
        write_model(
            place,
            network,
            config,
            classes=("a", "b", "c"),
            normalization=normalization(network),
            epochs=1,
            origin={},
            boxes=boxes,
        )
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return written(tmp_path_factory.mktemp("models") / "m")


@pytest.fixture(scope="module")
def boxed(tmp_path_factory):
    """A model that was trained on boxes with a margin of a quarter, and without one on the 30 x 20 px at the centre."""
    settings = {"crop": [30, 20], "box_margin": 0.25, "image_size": [48, 32]}
    return written(tmp_path_factory.mktemp("models") / "m", boxes=True, **settings)


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
    prediction = load(model).predict(request.files)
    write_predictions(request, prediction, tmp_path / "out" / "answer.csv")
    header, *rows = answer_rows(tmp_path / "out" / "answer.csv")
    assert header == ["ImageID", "ans"]
    assert [name for name, _ in rows] == names
    network, info_json = read_model(model)
    for name, answer in rows[::7]:
        image = torch.from_numpy(load_resized(info.parent / "images" / name, 32)[None].copy())
        with torch.inference_mode():
            logits = network(info_json.normalization(image, torch.device("cpu")))
        assert int(answer) == int(logits.argmax())


def test_probabilities_sum_to_one_and_do_not_depend_on_the_batch(model, competition):
    files = read_request([competition[0]]).files
    together = load(model).predict(files).probabilities
    assert together.shape == (48, 3)
    assert np.allclose(together.sum(axis=1), 1, atol=1e-5)
    assert np.allclose(load(model).predict(files[5:6]).probabilities[0], together[5], atol=1e-5)


def test_folders_and_files_give_path_class_and_probability(model, competition, tmp_path):
    images = competition[0].parent / "images"
    (images / ".hidden").mkdir()
    (images / ".hidden" / "x.png").write_bytes(b"x")
    (images / "._00.png").write_bytes(b"AppleDouble")
    request = read_request([images, images / "03.png"])
    assert len(request.files) == 49
    write_predictions(request, load(model).predict(request.files), tmp_path / "answer.csv")
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
        load(model).predict(request.files).refuse_bad()
    assert names[3] in str(caught.value)
    assert names[40] in str(caught.value)
    prediction = load(model).predict(request.files)
    write_predictions(request, prediction, tmp_path / "answer.csv")
    rows = answer_rows(tmp_path / "answer.csv")[1:]
    assert [name for name, answer in rows if not answer] == [names[3], names[40]]


def test_an_answer_that_cannot_be_written_leaves_the_earlier_one(model, competition, tmp_path):
    request = read_request([competition[0].parent / "images" / "03.png"])
    prediction = load(model).predict(request.files)
    (tmp_path / "file").write_text("x")
    with pytest.raises(SaveError, match="cannot write"):
        write_predictions(request, prediction, tmp_path / "file" / "answer.csv")
    assert not list(tmp_path.glob(".answer*"))


def test_a_single_pixel_and_a_strange_shape(model, tmp_path):
    Image.new("RGB", (1, 1)).save(tmp_path / "one.png")
    Image.new("L", (300, 2)).save(tmp_path / "wide.png")
    assert not np.isnan(load(model).predict([tmp_path / "one.png", tmp_path / "wide.png"]).probabilities).any()


def probabilities(folder, file, size, crop):
    network, info = read_model(folder)
    image = torch.from_numpy(load_resized(file, size, crop)[None].copy())
    with torch.inference_mode():
        return network(info.normalization(image, torch.device("cpu"))).softmax(dim=1).numpy()[0]


@pytest.mark.parametrize("folder", ["", "images/"], ids=["as in the answer", "relative to the file"])
def test_boxes_are_cut_as_in_training_and_the_others_at_their_centre(boxed, competition, tmp_path, folder):
    info, names = competition
    by_name = {name: Box(3, 4, 20 + at, 30 - at) for at, name in enumerate(names[5:15])}
    rows = [f"{folder}{name},{','.join(map(str, box.values))}" for name, box in by_name.items()]
    (tmp_path / "faces.csv").write_text("\n".join(["path,left,top,right,bottom", *rows, "others.png,1,2,3,4", ""]))
    request = read_request([info])
    boxes = find_boxes(str(tmp_path / "faces.csv"), request, [read_info(boxed)])
    assert {file.name: box for file, box in boxes.items()} == by_name
    answer = load(boxed).predict(request.files, boxes=boxes).probabilities
    for row in (0, 5, 9, 47):
        file = request.files[row]
        crop = Crop(margin=0.25, box=boxes[file]) if file in boxes else Crop(size=(30, 20))
        assert answer[row] == pytest.approx(probabilities(boxed, file, (48, 32), crop), abs=1e-5)
    assert np.abs(answer[9] - load(boxed).predict(request.files).probabilities[9]).max() > 1e-4


def test_model_json_says_what_it_was_trained_on(boxed, model):
    told = read_info(boxed).preprocessing
    assert (told.boxes, told.box_margin, told.crop, told.image_size) == (True, 0.25, (30, 20), (48, 32))
    told = read_info(model).preprocessing
    assert (told.boxes, told.box_margin, told.crop, told.image_size) == (False, 0.0, None, 32)


def test_a_model_of_an_earlier_version_sees_whole_images(model, tmp_path):
    shutil.copytree(model, tmp_path / "m")
    told = json.loads((tmp_path / "m" / "model.json").read_text())
    for key in ("crop", "boxes", "box_margin"):
        del told["preprocessing"][key]
    for key in ("crop", "box_margin", "normalisation"):
        del told["config"][key]
    for key in ("temperature", "tta", "onnx_sha256", "checksum"):
        del told[key]
    told["format"] = 2
    (tmp_path / "m" / "model.json").write_text(json.dumps(told))
    assert read_info(tmp_path / "m") == read_info(model).model_copy(update={"format": 2})


def test_boxes_that_are_no_use_are_refused(boxed, model, competition, tmp_path):
    request = read_request([competition[0]])
    with pytest.raises(ConfigError, match="was not trained on boxes"):
        find_boxes("faces.csv", request, [read_info(model)])
    (tmp_path / "faces.csv").write_text("path,left,top,right,bottom\nelsewhere/a.png,1,2,3,4\n")
    with pytest.raises(DataError, match=r"names none of the 48 images \(its first row is 'elsewhere/a.png'\)"):
        find_boxes(str(tmp_path / "faces.csv"), request, [read_info(boxed)])
    with pytest.raises(DataError, match=r"none.csv cannot be read"):
        find_boxes("none.csv", request, [read_info(boxed)])


def test_a_box_outside_its_image_and_a_small_image_are_bad_ones(boxed, competition, tmp_path):
    info, names = competition
    Image.new("RGB", (19, 40)).save(tmp_path / "images" / names[1])
    (tmp_path / "faces.csv").write_text(f"path,left,top,right,bottom\n{names[0]},1,2,41,4\n")
    request = read_request([info])
    boxes = find_boxes(str(tmp_path / "faces.csv"), request, [read_info(boxed)])
    with pytest.raises(DataError) as caught:
        load(boxed).predict(request.files, boxes=boxes).refuse_bad()
    assert "right is 41 and the upright image 40 px wide" in str(caught.value)
    assert "it has 40x19 px (height x width), less than the crop's 30x20" in str(caught.value)
    assert np.isnan(load(boxed).predict(request.files, boxes=boxes).probabilities[:, 0]).sum() == 2


def test_the_command_says_how_many_images_have_no_box(boxed, competition, tmp_path):
    info, names = competition
    (tmp_path / "faces.csv").write_text(f"path,left,top,right,bottom\n{names[0]},1,2,30,40\n{names[1]},,,,\n")
    common = ["--model", str(boxed), "--output", str(tmp_path / "a.csv"), "--device", "cpu", str(info)]
    whole = CliRunner().invoke(app, common)
    assert whole.exit_code == 0, whole.output
    assert "48 of 48 images have none: they are cropped at their centre; --boxes detect finds" in whole.stderr
    with_file = CliRunner().invoke(app, ["--boxes", str(tmp_path / "faces.csv"), "--json", *common])
    assert "47 of 48 images have none" in with_file.stderr
    assert json.loads(with_file.stdout)["boxes"] == 1


def test_predicting_needs_neither_the_search_nor_the_training_packages():
    code = (
        "import sys, trainer.cli, trainer.predict.model; "
        "print([name for name in ('optuna', 'sqlalchemy', 'psycopg', 'albumentations', 'sklearn', 'cv2', 'search')"
        " if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
