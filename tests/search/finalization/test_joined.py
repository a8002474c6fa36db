"""Studies of one factor each, joined into one model, and refused where they do not belong together."""

import csv
import json
import shutil

import numpy as np
import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState, create_trial
from rich.console import Console

from search.cli import main as cli
from search.config.load import parse_spec
from search.database.connection import open_storage
from search.finalization.joined import finalize_joined
from search.finalization.plan import FinalizeOptions, LocalSetup
from search.launch.workers import WorkerPool
from search.study.study import ensure_study, read_data
from trainer.data.competition import CLASSES, FACTORS
from trainer.data.factors import Part
from trainer.errors import ConfigError, DataError, UserError
from trainer.predict import reader as reading
from trainer.predict.inputs import read_request
from trainer.predict.model import load
from trainer.predict.predictions import write_predictions
from trainer.saved_model.joined import read_joined, write_joined
from trainer.saved_model.manifest import INFO_FILE, read_info, with_checksum
from trainer.saved_model.network import WEIGHTS_FILE
from trainer.saved_model.tree import read_tree
from trainer.saved_model.versions import find_model_folder
from trainer.support.atomic import staging
from trainer.synthetic.dataset import draw_competition

WHOLE = Part("mask", CLASSES, FACTORS)


pytestmark = pytest.mark.xdist_group("joined")  # its models are made once


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    root = tmp_path_factory.mktemp("drawn") / "set"
    draw_competition(root, people=12, eval_people=2, size=(32, 40))
    return root


class Studies:
    """Studies of a database, each with one complete trial, in a folder with a cache and models."""

    def __init__(self, storage, folder, drawn):
        self.storage, self.folder, self.drawn = storage, folder, drawn

    def make(self, name, factor, *, size=32, backbone="test_resnet", trials=1, root=None, seed=5):
        data = {"layout": "competition", "root": str(root or self.drawn / "train"), "validation": 0.25}
        spec = parse_spec(
            {
                "study": {"name": name, "trials": 3, "seed": seed},
                "data": data | ({"factor": factor} if factor else {}),
                "space": {"lr": {"low": 1e-4, "high": 1e-2}},
                "fixed": {
                    "backbone": backbone,
                    "weights": "none",
                    "image_size": size,
                    "epochs": 1,
                    "batch_size": 16,
                    "precision": "fp32",
                },
            },
            "x",
        )
        data = read_data(spec, self.folder)
        study, _ = ensure_study(self.storage, spec.with_pixels(data.pixels), data)
        for _ in range(trials):
            trial = create_trial(
                state=TrialState.COMPLETE,
                value=0.5,
                params={"lr": 1e-3},
                distributions={"lr": FloatDistribution(1e-4, 1e-2)},
                user_attrs={"best_epoch": 1},
            )
            study.add_trial(trial)

    def finalize(self, *names, output="joined", **more):
        machine = LocalSetup(pool=WorkerPool(devices="cpu"), **more)
        quiet = Console(quiet=True)
        return finalize_joined(
            self.storage, names, self.folder / "models" / output, machine, FinalizeOptions(folds=0), console=quiet
        )

    def refused(self, *names, **more):
        with pytest.raises(UserError) as caught:
            self.finalize(*names, **more)
        assert "\n" not in str(caught.value)
        assert not (self.folder / "models").exists()  # nothing was trained
        return str(caught.value)


@pytest.fixture
def studies(storage_url, tmp_path, drawn):
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with open_storage(storage_url, home=tmp_path) as storage:
        yield Studies(storage, tmp_path, drawn)


@pytest.fixture(scope="module")
def models(postgres_url, tmp_path_factory, drawn):
    """A joined model and its members, of which two see images of the same size."""
    folder = tmp_path_factory.mktemp("models")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with open_storage(postgres_url, home=folder) as storage:
        made = Studies(storage, folder, drawn)
        made.make("m", "mask")
        made.make("g", "gender")
        made.make("a", "age", size=48, backbone="test_efficientnet")
        done = made.finalize("a", "m", "g")  # in any order
        assert done.is_new
        again = made.finalize("m", "g", "a")
        assert not again.is_new
        assert again.info == done.info
    latest = folder / "latest"
    for name in ("m", "g", "a", "joined"):
        shutil.copytree(find_model_folder(folder / "models" / name), latest / name)
    return latest


def test_a_joined_model_is_the_product_of_its_members(models, drawn, tmp_path):
    info = read_joined(models / "joined")
    assert info.classes == CLASSES
    assert [member.folder for member in info.members] == ["1-mask", "2-gender", "3-age"]
    assert info.origin["members"]["age"]["study"] == "a"
    assert "the same people were held out" in info.origin["measured"]
    assert [read_info(models / name).preprocessing.image_size for name in "mga"] == [32, 32, 48]
    request = read_request([drawn / "eval" / "info.csv"])
    mask, gender, age = (load(models / name).predict(request.files).probabilities for name in "mga")
    joined = load(models / "joined").predict(request.files)
    assert joined.probabilities.shape == (14, 18)
    assert np.allclose(joined.probabilities.sum(axis=1), 1, atol=1e-5)
    expected = np.stack([mask[:, c // 6] * gender[:, c // 3 % 2] * age[:, c % 3] for c in range(18)], axis=1)
    assert np.allclose(joined.probabilities, expected, atol=1e-6)
    write_predictions(request, joined, tmp_path / "a.csv")
    rows = list(csv.DictReader((tmp_path / "a.csv").read_text().splitlines()))
    best = zip(mask.argmax(axis=1), gender.argmax(axis=1), age.argmax(axis=1), strict=True)
    assert [int(row["ans"]) for row in rows] == [6 * m + 3 * g + a for m, g, a in best]


def test_images_are_read_once_for_members_of_one_size(models, drawn, monkeypatch):
    files = read_request([drawn / "eval" / "images"]).files
    reads, read = [], reading.load_resized

    def counted(file, size, *crop):
        reads.append(size)
        return read(file, size, *crop)

    monkeypatch.setattr(reading, "load_resized", counted)
    load(models / "joined").predict(files)
    assert sorted(reads) == [(32, 32)] * 14 + [(48, 48)] * 14


def test_bad_images_are_told_once(models, drawn, tmp_path):
    good = read_request([drawn / "eval" / "images"]).files[0]
    (tmp_path / "bad.jpg").write_text("<html>")
    with pytest.raises(DataError, match="1 of 2 images cannot be read") as caught:
        load(models / "joined").predict([tmp_path / "bad.jpg", good]).refuse_bad()
    assert str(caught.value).count("bad.jpg") == 1
    prediction = load(models / "joined").predict([tmp_path / "bad.jpg", good])
    assert [name for name, _ in prediction.bad] == [str(tmp_path / "bad.jpg")]
    assert np.isnan(prediction.probabilities).all(axis=1).tolist() == [True, False]


def swap(folder):
    (folder / "1-mask").rename(folder / "x")
    (folder / "3-age").rename(folder / "1-mask")
    (folder / "x").rename(folder / "3-age")


def edit(folder, **values):
    path = folder / INFO_FILE
    path.write_text(json.dumps(with_checksum(json.loads(path.read_text()) | values)))


def another_of_the_same_factor(folder):
    members = json.loads((folder / INFO_FILE).read_text())["members"]
    edit(folder, members=[members[0] | {"weights_sha256": "0" * 64}, *members[1:]])


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        (another_of_the_same_factor, "1-mask is not the member that"),
        (swap, "1-mask is not the member that"),
        (lambda folder: (folder / "2-gender" / WEIGHTS_FILE).write_bytes(b"x"), "checksum differs"),
        (lambda folder: shutil.rmtree(folder / "2-gender"), "2-gender holds no model.json"),
        (lambda folder: edit(folder, members=[]), "there is not one member for each factor"),
        (lambda folder: edit(folder, classes=["a", "b"]), "the factor 'mask' is not one of these 2 classes"),
        (lambda folder: edit(folder, format=7), "is of format 7, and this version reads 1, 2, 3"),
        (lambda folder: edit(folder, members=[{"factor": "mask", "folder": "../m", "weights_sha256": ""}]), "pattern"),
    ],
)
def test_a_joined_folder_that_was_tampered_with(models, tmp_path, spoil, line):
    shutil.copytree(models / "joined", tmp_path / "j")
    assert len(read_tree(tmp_path / "j").members) == 3
    spoil(tmp_path / "j")
    for read in (load, read_joined):
        with pytest.raises(DataError) as caught:
            read(tmp_path / "j")
        assert line in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_join_that_fails_leaves_the_earlier_model(models, tmp_path):
    shutil.copytree(models / "joined", tmp_path / "j")
    before = (tmp_path / "j" / INFO_FILE).read_bytes()
    folders = {"mask": models / "m", "gender": models / "a", "age": models / "g"}

    def fail():
        with staging(tmp_path / "j") as place:
            write_joined(place, folders, WHOLE, {})

    with pytest.raises(DataError, match="is not one of the factor gender"):
        fail()
    assert (tmp_path / "j" / INFO_FILE).read_bytes() == before
    assert not list(tmp_path.glob(".*.partial"))


def test_folders_of_the_first_format_are_read(models, drawn, tmp_path):
    """Without factors, parts and the knobs that came later."""
    shutil.copytree(models / "m", tmp_path / "old")
    values = json.loads((tmp_path / "old" / INFO_FILE).read_text())
    later = ("factors", "part", "temperature", "tta", "onnx_sha256", "checksum")
    old = {key: value for key, value in values.items() if key not in later}
    old["format"] = 1
    del old["config"]["heads"]
    (tmp_path / "old" / INFO_FILE).write_text(json.dumps(old))
    files = read_request([drawn / "eval" / "images"]).files
    before, after = (load(folder).predict(files) for folder in (models / "m", tmp_path / "old"))
    assert after.classes == before.classes == ("wear", "incorrect", "normal")
    assert np.array_equal(after.probabilities, before.probabilities)


def test_studies_that_cannot_be_joined(studies, tmp_path, drawn):
    studies.make("m", "mask")
    studies.make("m2", "mask", seed=6)
    studies.make("g", "gender")
    studies.make("a", "age", trials=0)
    studies.make("all", None)
    assert "study 'all' is not one of a single factor (data.factor)" in studies.refused("m", "all")
    assert "studies 'm' and 'm2' are both of the factor mask; name one of them" in studies.refused("m", "g", "m2")
    line = "no study of age: the label is made of mask, gender, age; name a study of each"
    assert line in studies.refused("m", "g")
    assert "no study of mask and gender: the label" in studies.refused("a")
    assert "study 'a' has no complete trial yet" in studies.refused("m", "g", "a")
    shutil.copytree(drawn / "train", tmp_path / "other")
    edited = (tmp_path / "other" / "train.csv").read_text().replace(",female,", ",male,", 1)
    (tmp_path / "other" / "train.csv").write_text(edited)
    studies.make("other", "age", root=tmp_path / "other")
    text = studies.refused("m", "g", "other")
    assert "studies 'm' and 'other' are of different data (the labels of all factors differ); join" in text
    studies.make("age", "age")
    assert "age is the place of one of the members; choose another" in studies.refused("m", "g", "age", output="age")


@pytest.mark.slow
def test_weights_go_to_the_studies_that_search_their_backbone(studies):
    studies.make("m", "mask")
    studies.make("g", "gender", backbone="test_efficientnet")
    studies.make("a", "age", seed=6)
    with pytest.raises(ConfigError, match="backbone 'resnet19' is not searched"):
        studies.finalize("m", "g", "a", weights=("test_resnet=none", "resnet19=none"))
    done = studies.finalize("m", "g", "a", weights=("test_resnet=none", "test_efficientnet=none"))
    assert done.info.origin["measured"].startswith("each factor by itself (each study held out others")


@pytest.mark.slow
def test_the_command(studies, storage_url, monkeypatch, capsys):
    for name, factor in (("m", "mask"), ("g", "gender"), ("a", "age")):
        studies.make(name, factor)
    monkeypatch.chdir(studies.folder)
    monkeypatch.setenv("STUDY_HOME", str(studies.folder))

    def run(*names, code=0):
        options = [word for name in names for word in ("--study", name)]
        arguments = ["finalize", *options, "--storage", storage_url, "--devices", "cpu", "--folds", "0", "--json"]
        monkeypatch.setattr("sys.argv", arguments)
        with pytest.raises(SystemExit) as ended:
            cli.finalize_main()
        assert ended.value.code == code
        return capsys.readouterr()

    report = json.loads(run("m", "g", "a").out)
    assert (report["folder"], report["new"], len(report["members"])) == ("models/m+g+a/v1", True, 3)
    told = run("m", "g", "a")
    assert json.loads(told.out)["new"] is False
    assert told.err.count(" already (--force trains it again)") == 3
    assert "models/m+g+a/v1 holds these models already" in told.err
    error = run("m", "g", code=2).err
    assert error.startswith("error: no study of age")
    assert error.count("\n") == 1
