"""ONNX: the same probabilities as torch's, without torch, and what is said where that cannot be."""

import csv
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from tests.support.models import FACTORS, WHOLE, ensemble, network
from tests.support.tiny import write_images
from trainer import load, onnx_export
from trainer.config.train_config import TrainConfig
from trainer.data.competition import CLASSES
from trainer.data.competition import FACTORS as THREE
from trainer.errors import ConfigError, DataError, ExportError
from trainer.model.network import create_model
from trainer.model.normalization import Normalization
from trainer.onnx_export import export_onnx
from trainer.predict.inputs import images_below
from trainer.saved_model.ensemble import write_ensemble
from trainer.saved_model.joined import write_joined
from trainer.saved_model.manifest import INFO_FILE, read_info
from trainer.saved_model.network import ONNX_FILE, read_model, write_model
from trainer.support.atomic import staging

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 40, 40, 3), dtype=np.uint8)


def certain(folder, *, classes=CLASSES, factors=(), **values):
    """A network whose answers are far apart, with a normalization and a temperature of its own."""
    config = TrainConfig.model_validate({"backbone": "test_resnet", "weights": "none", "image_size": 32, **values})
    torch.manual_seed(1)
    model = create_model(config, 8 if config.heads == "factors" else len(classes))
    nn.init.normal_(model.get_classifier().weight, std=3)
    folder.mkdir(parents=True)
    write_model(
        folder,
        model,
        config,
        classes=classes,
        normalization=Normalization((0.6, 0.5, 0.4), (0.2, 0.25, 0.3)),
        epochs=1,
        origin={},
        factors=factors,
        temperature=1.6,
    )
    return folder


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return images_below(write_images(tmp_path_factory.mktemp("images")))[:10]


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = certain(tmp_path_factory.mktemp("onnx") / "m")
    assert export_onnx(folder, IMAGES) <= 1e-5
    return folder


def both(folder, files):
    return (load(folder, "cpu", onnx=onnx).predict(files).probabilities for onnx in (False, True))


def test_it_says_what_torch_says(exported, files):
    by_torch, by_onnx = both(exported, files)
    assert by_torch.max() > 0.3
    assert np.ptp(by_torch, axis=0).max() > 0.01  # images differ
    assert by_onnx == pytest.approx(by_torch, abs=1e-5)
    read_model(exported)  # the weights are what they were


@pytest.mark.parametrize(
    "values",
    [
        {"heads": "factors"},
        {"backbone": "test_efficientnet", "image_size": [48, 32]},
        {"backbone": "test_vit", "image_size": 48},
    ],
    ids=["a head a factor", "higher than wide", "of one size"],
)
@pytest.mark.slow
def test_other_networks(files, tmp_path, values):
    folder = certain(tmp_path / "m", factors=THREE, **values)
    export_onnx(folder, IMAGES)
    by_torch, by_onnx = both(folder, files)
    assert by_onnx == pytest.approx(by_torch, abs=1e-5)


@pytest.mark.slow
def test_every_network_of_a_joined_model_has_its_own(files, tmp_path):
    ensemble(tmp_path / "mask", "hard", classes=FACTORS[0].values, seeds=(0, 1))
    network(tmp_path / "age", 2, classes=FACTORS[1].values)
    with staging(tmp_path / "joined") as place:
        write_joined(place, {"mask": tmp_path / "mask", "age": tmp_path / "age"}, WHOLE, {})
    export_onnx(tmp_path / "joined", IMAGES)
    assert len(list((tmp_path / "joined").rglob(ONNX_FILE))) == 3
    by_torch, by_onnx = both(tmp_path / "joined", files)
    assert by_onnx == pytest.approx(by_torch, abs=1e-5)


def test_a_member_brings_its_file_along(tmp_path, exported):
    """Written before the models are joined, it is copied with the rest."""
    for name in ("1", "2"):
        shutil.copytree(exported, tmp_path / "whole" / name)
    write_ensemble(tmp_path / "whole", ["1", "2"], "soft", {})
    load(tmp_path / "whole", onnx=True)


def test_where_torch_cannot_be_imported(exported, files, tmp_path):
    """A real process; what it says is what this one says with torch."""
    code = (
        "import sys\n"
        "for name in ('torch', 'torchvision', 'timm', 'optuna'): sys.modules[name] = None\n"
        "from trainer.cli import main; main()"
    )
    words = ["--model", exported, "--output", tmp_path / "a.csv", "--probabilities", *files]

    def run(*options):
        command = [sys.executable, "-W", "error", "-c", code, *map(str, words), *options]
        return subprocess.run(command, capture_output=True, text=True)

    done = run("--onnx", "--tta", "flip")
    assert done.returncode == 0, done.stderr
    header, *rows = csv.reader((tmp_path / "a.csv").read_text().splitlines())
    assert header == ["path", "class", "probability", *CLASSES]
    found = np.array([[float(cell) for cell in row[3:]] for row in rows])
    assert found == pytest.approx(load(exported, "cpu", tta="flip").predict(files).probabilities, abs=2e-6)
    refused = run()
    assert refused.returncode == 2
    assert refused.stderr == "error: torch cannot be imported; install it, or predict with ONNX\n"


def test_a_model_without_it(files, tmp_path):
    network(tmp_path / "m", 0)
    with pytest.raises(
        DataError, match=r"m holds no model.onnx; install studyhall\[onnx\] and finalize .*, or predict without ONNX"
    ):
        load(tmp_path / "m", onnx=True)


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        (lambda file: file.write_bytes(file.read_bytes()[:-1]), "is not the file that was written (checksum differs)"),
        (lambda file: file.unlink(), "is missing"),
    ],
)
def test_a_file_that_was_changed(exported, tmp_path, spoil, line):
    shutil.copytree(exported, tmp_path / "m")
    spoil(tmp_path / "m" / ONNX_FILE)
    with pytest.raises(DataError) as caught:
        load(tmp_path / "m", onnx=True)
    assert f"model.onnx {line}" in str(caught.value)
    load(tmp_path / "m", "cpu")  # torch needs it not


def test_the_weights_may_be_left_at_home(exported, files, tmp_path):
    """Only what is computed with is looked at."""
    (tmp_path / "m").mkdir()
    for name in (INFO_FILE, ONNX_FILE):
        shutil.copyfile(exported / name, tmp_path / "m" / name)
    assert len(load(tmp_path / "m", onnx=True).predict(files)) == 10


def test_a_card_is_no_place_for_it(exported):
    with pytest.raises(ConfigError, match="device 'cuda' does not go with ONNX"):
        load(exported, "cuda", onnx=True)


def test_packages_that_are_not_there(exported, tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_export.importlib.util, "find_spec", lambda name: None if name != "onnx" else name)
    with pytest.raises(ConfigError, match=r"writing ONNX needs onnxruntime and onnxscript; pip install"):
        export_onnx(exported, IMAGES)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ConfigError, match="ONNX Runtime is not installed; pip install"):
        load(exported, onnx=True)


def fail(*_, **__):
    raise RuntimeError("an operator\nof two lines")


def test_what_differs_is_not_kept(exported, tmp_path, monkeypatch):
    shutil.copytree(exported, tmp_path / "m")
    before = read_info(tmp_path / "m")
    for name, line in (
        ("onnx_compute", r"differs from torch by .* more than 0.0001; predict with torch"),
        ("_as_onnx", "an operator"),
    ):
        with monkeypatch.context() as patched:
            if name == "onnx_compute":
                patched.setattr(onnx_export, name, lambda _: lambda images: np.full((len(images), 18), np.nan))
            else:
                patched.setattr(torch.onnx, "export", fail)
            with pytest.raises(ExportError, match=line) as caught:
                export_onnx(tmp_path / "m", IMAGES)
        assert "\n" not in str(caught.value)
        assert read_info(tmp_path / "m") == before
        load(tmp_path / "m", onnx=True)


def test_images_that_are_none(exported):
    with pytest.raises(DataError, match=r"are uint8 \[0, 40, 40, 3\]; hand over uint8"):
        export_onnx(exported, IMAGES[:0])
    with pytest.raises(DataError, match=r"are float64 \[5, 40, 40, 3\]; hand over uint8"):
        export_onnx(exported, IMAGES / 255)


def test_pixels_in_memory(exported):
    model = load(exported, onnx=True)
    (found,) = model.predict(Image.fromarray(IMAGES[0]))
    (same,) = load(exported, "cpu").predict(IMAGES[0])
    assert found.class_name == same.class_name
    assert found.probabilities == pytest.approx(same.probabilities, abs=1e-5)
