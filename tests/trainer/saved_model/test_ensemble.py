"""Ensembles: how they vote, alone and as members of a joined model, and folders that were changed."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest

from tests.support.models import FACTORS, WHOLE, ensemble, network
from tests.support.tiny import write_images
from trainer.data.factors import Part
from trainer.errors import DataError
from trainer.predict.combine import Ensemble, Joined, Network
from trainer.predict.inputs import images_below
from trainer.predict.model import load
from trainer.saved_model.ensemble import write_ensemble
from trainer.saved_model.joined import write_joined
from trainer.saved_model.manifest import INFO_FILE, EnsembleInfo, ModelInfo, with_checksum
from trainer.saved_model.network import WEIGHTS_FILE
from trainer.saved_model.tree import read_tree
from trainer.support.atomic import staging


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return images_below(write_images(tmp_path_factory.mktemp("images")))[:20]


@pytest.fixture(scope="module")
def soft(tmp_path_factory):
    return ensemble(tmp_path_factory.mktemp("soft") / "m")


def probabilities(folder, files):
    return load(folder).predict(files).probabilities


def test_soft_voting_is_the_mean(soft, files):
    each = [probabilities(soft / f"{number}-fold", files) for number in (1, 2, 3)]
    assert np.abs(each[0] - each[1]).max() > 1e-3
    assert np.allclose(probabilities(soft, files), np.mean(each, axis=0), atol=1e-7)
    tree = read_tree(soft)
    assert isinstance(tree.info, EnsembleInfo)
    assert tree.info.origin == {"study": "s"}
    assert [folder.name for folder, _ in tree.networks()] == ["1-fold", "2-fold", "3-fold"]


def says(*rows):
    """A network that says the same of every batch."""
    info = ModelInfo.model_construct(classes=("a", "b", "c"))
    network = Network(info, lambda images: np.array(rows))
    return network, np.array(rows)


def test_hard_voting_counts_votes_and_breaks_ties_by_the_mean():
    first, second, third = says([0.9, 0.05, 0.05]), says([0.1, 0.5, 0.4]), says([0.0, 0.55, 0.45])
    three = Ensemble((first[0], second[0], third[0]), "hard").probabilities(dict((first, second, third)))
    assert three == pytest.approx(np.array([[1 / 3, 2 / 3, 0]]), abs=1e-5)  # the mean says the first class
    two = Ensemble((first[0], second[0]), "hard").probabilities(dict((first, second)))
    assert two == pytest.approx(np.array([[0.5, 0.5, 0]]), abs=1e-5)
    assert two.argmax() == 0
    assert np.allclose(two.sum(axis=1), 1)


def test_hard_voting_of_a_folder(soft, files, tmp_path):
    hard = ensemble(tmp_path / "hard", "hard")
    votes = np.stack([probabilities(soft / f"{number}-fold", files).argmax(axis=1) for number in (1, 2, 3)])
    found = probabilities(hard, files)
    shares = np.stack([(votes == label).mean(axis=0) for label in range(3)], axis=1)
    assert found == pytest.approx(shares, abs=1e-5)


def test_a_joined_model_of_an_ensemble_and_a_network(files, tmp_path):
    parts = [Part(factor.name, WHOLE.classes, FACTORS) for factor in FACTORS]
    ensemble(tmp_path / "mask", "soft", classes=FACTORS[0].values, part=parts[0], seeds=(0, 1))
    network(tmp_path / "age", 2, classes=FACTORS[1].values, part=parts[1], image_size=48)
    with staging(tmp_path / "joined") as place:
        write_joined(place, {"mask": tmp_path / "mask", "age": tmp_path / "age"}, WHOLE, {})
    model = load(tmp_path / "joined", "cpu")
    assert isinstance(model.predictor, Joined)
    assert [type(member) for member in model.predictor.members] == [Ensemble, Network]
    mask, age = probabilities(tmp_path / "mask", files), probabilities(tmp_path / "age", files)
    expected = np.stack(
        [mask[:, 0] * age[:, 0], mask[:, 0] * age[:, 1], mask[:, 1] * age[:, 0], mask[:, 1] * age[:, 1]]
    )
    assert model.predict(files).probabilities == pytest.approx(expected.T, abs=1e-6)
    with pytest.raises(DataError, match="is a joined model, which cannot be part of another"):
        write_joined(tmp_path, {"mask": tmp_path / "joined", "age": tmp_path / "age"}, WHOLE, {})


def test_temperature_and_views_stand_in_the_folder_and_are_used(files, tmp_path):
    network(tmp_path / "plain", 0)
    written = network(tmp_path / "warm", 0, temperature=2.0, tta="flip")
    assert (written.temperature, written.tta, written.format) == (2.0, "flip", 3)
    plain = load(tmp_path / "plain", "cpu")
    cold = plain.predict(files).probabilities
    warm = load(tmp_path / "warm", "cpu", tta="none").predict(files).probabilities
    scaled = np.sqrt(cold)
    assert warm == pytest.approx(scaled / scaled.sum(axis=1, keepdims=True), abs=1e-6)
    by_itself = load(tmp_path / "warm", "cpu").predict(files).probabilities
    assert np.abs(by_itself - warm).max() > 1e-4
    flipped = load(tmp_path / "plain", "cpu", tta="flip").predict(files).probabilities
    assert np.abs(flipped - cold).max() > 1e-4


def test_members_that_do_not_belong_together(tmp_path):
    network(tmp_path / "1", 0)
    network(tmp_path / "2", 0, classes=("a", "b"))
    with pytest.raises(DataError, match=r"2 does not know the classes of .*1; gather models of the same classes"):
        write_ensemble(tmp_path, ["1", "2"], "soft", {})
    with pytest.raises(DataError, match="has no members"):
        write_ensemble(tmp_path, [], "soft", {})
    with pytest.raises(DataError, match=r"3 holds no model.json"):
        write_ensemble(tmp_path, ["1", "3"], "soft", {})


def edit(folder, **values):
    path = folder / INFO_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | values, indent=4))


def reseal(folder, **values):
    path = folder / INFO_FILE
    path.write_text(json.dumps(with_checksum(json.loads(path.read_text()) | values)))


def swap(folder):
    (folder / "1-fold").rename(folder / "x")
    (folder / "2-fold").rename(folder / "1-fold")
    (folder / "x").rename(folder / "2-fold")


def cut(file):
    file.write_bytes(file.read_bytes()[:100])


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        (lambda folder: (folder / "2-fold" / WEIGHTS_FILE).unlink(), "2-fold/model.safetensors is missing"),
        (
            lambda folder: cut(folder / "2-fold" / WEIGHTS_FILE),
            "2-fold/model.safetensors is not the file that was written",
        ),
        (lambda folder: cut(folder / "3-fold" / INFO_FILE), "3-fold/model.json"),
        (lambda folder: cut(folder / INFO_FILE), "finalize the study again"),
        (lambda folder: shutil.rmtree(folder / "2-fold"), "2-fold holds no model.json"),
        (swap, "1-fold is not the member that"),
        (
            lambda folder: edit(folder, voting="hard"),
            "m/model.json is not the file that was written (checksum differs)",
        ),
        (lambda folder: edit(folder / "1-fold", temperature=3.0), "1-fold/model.json is not the file that was written"),
        (lambda folder: edit(folder, format=4), "is of format 4, and this version reads 1, 2, 3; use the version that"),
        (lambda folder: reseal(folder, voting="loud"), "voting"),
        (lambda folder: reseal(folder, members=[]), "members"),
    ],
)
def test_a_folder_that_was_changed(soft, files, tmp_path, spoil, line):
    shutil.copytree(soft, tmp_path / "m")
    edit(tmp_path / "m")  # laid out otherwise: nothing that matters
    load(tmp_path / "m", "cpu")
    spoil(tmp_path / "m")
    with pytest.raises(DataError) as caught:
        load(tmp_path / "m", "cpu")
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_predicting_knows_neither_optuna_nor_a_database(soft, files, tmp_path):
    """A real process, in which importing them fails."""
    code = (
        "import sys\n"
        "for name in ('optuna', 'sqlalchemy', 'psycopg', 'search'): sys.modules[name] = None\n"
        "from trainer.cli import main; main()"
    )
    words = ["--model", soft, "--output", tmp_path / "a.csv", "--device", "cpu", *files[:3]]
    done = subprocess.run([sys.executable, "-c", code, *map(str, words)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "a.csv").read_text().count("\n") == 4
