"""The command predict: what it writes, what it says, and what it does about mistakes."""

import csv
import json
import os
import shutil

import numpy as np
import pytest
from typer.main import get_command

from tests.support.models import ensemble, network
from tests.support.tiny import write_images
from trainer import cli, load
from trainer.imaging.views import KINDS
from trainer.predict.inputs import images_below
from trainer.saved_model.manifest import INFO_FILE
from trainer.saved_model.network import WEIGHTS_FILE


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return ensemble(tmp_path_factory.mktemp("models") / "m", seeds=(0, 1))


@pytest.fixture
def images(tmp_path):
    return write_images(tmp_path / "images", people=4)


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """The command in this process, with its output file; gives what it printed."""

    def run(*words, code=0, output="a.csv"):
        monkeypatch.setattr("sys.argv", ["predict", *map(str, words), "--output", str(tmp_path / output)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        assert ended.value.code == code, said.err
        return said

    return run


def rows(tmp_path):
    return list(csv.DictReader((tmp_path / "a.csv").read_text().splitlines()))


def test_probabilities_are_columns(model, images, run, tmp_path):
    run("--model", model, images, "--probabilities", "--device", "cpu")
    files = images_below(images)
    expected = load(model, "cpu").predict(files)
    for row, each in zip(rows(tmp_path), expected, strict=True):
        assert list(row) == ["path", "class", "probability", "a", "b", "c"]
        assert (row["path"], row["class"]) == (each.name, each.class_name)
        assert [float(row[name]) for name in "abc"] == pytest.approx(each.probabilities, abs=1e-6)


def test_of_the_competition_as_well(model, images, run, tmp_path):
    names = [file.rename(images / f"{at}.png").name for at, file in enumerate(images_below(images))]
    (tmp_path / "info.csv").write_text("ImageID,ans\n" + "".join(f"{name},0\n" for name in [*names, "none.jpg"]))
    said = run("--model", model, tmp_path / "info.csv", "--probabilities", "--on-bad-image", "skip", "--device", "cpu")
    *good, bad = rows(tmp_path)
    assert list(bad.values()) == ["none.jpg", "", "", "", ""]
    assert [int(row["ans"]) for row in good] == [int(np.argmax([float(row[name]) for name in "abc"])) for row in good]
    assert f"skipped {images / 'none.jpg'}: no such file\n" in said.out
    assert said.out.endswith(f"25 images, 1 of them without an answer -> {tmp_path / 'a.csv'}\n")


def test_bad_images_are_counted_and_the_first_ten_named(model, images, run, tmp_path):
    (tmp_path / "a.csv").write_text("earlier")
    for number in range(12):
        (images / f"bad{number:02}.jpg").write_bytes(b"")
    said = run("--model", model, images, "--device", "cpu", code=2)
    first, *named, last = said.err.splitlines()
    assert first.startswith("error: 12 of 36 images cannot be read; mend them, or leave")
    assert [line.split("/")[-1] for line in named] == [f"bad{number:02}.jpg: empty file" for number in range(10)]
    assert last == "  and 2 more"
    assert (tmp_path / "a.csv").read_text() == "earlier"
    summary = json.loads(run("--model", model, images, "--device", "cpu", "--on-bad-image", "skip", "--json").out)
    assert (summary["images"], summary["unreadable"], len(summary["bad"])) == (36, 12, 12)
    assert summary["bad"][0] == {"path": str(images / "bad00.jpg"), "reason": "empty file"}


def test_views_that_are_asked_for(images, run, tmp_path):
    network(tmp_path / "m", 0, tta="flip")
    answers = {}
    for kind in ("auto", *KINDS):
        run("--model", tmp_path / "m", images, "--tta", kind, "--device", "cpu")
        answers[kind] = (tmp_path / "a.csv").read_text()
    assert answers["auto"] == answers["flip"]
    assert len(set(answers.values())) == len(KINDS)


def test_the_help_names_all_kinds_of_views():
    """Written out there, for --help waits for no image library."""
    (option,) = (each for each in get_command(cli.app).params if each.name == "tta")
    assert option.metavar == "|".join(("auto", *KINDS))


def with_table(tmp_path, text):
    (tmp_path / "list.csv").write_text(text)
    return tmp_path / "list.csv"


def cut(file):
    file.write_bytes(file.read_bytes()[:50])


def swapped_weights(folder):
    shutil.copyfile(folder / "1-fold" / WEIGHTS_FILE, folder / "2-fold" / WEIGHTS_FILE)


def newer(folder):
    path = folder / "1-fold" / INFO_FILE
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 9}))


@pytest.mark.parametrize(
    ("words", "spoil", "line"),
    [
        (["--tta", "ten"], None, "tta 'ten' is unknown; it is one of auto, none, flip, crops, flip-crops"),
        (["--onnx"], None, "1-fold holds no model.onnx"),
        (["--onnx", "--device", "cuda:0"], None, "device 'cuda:0' does not go with ONNX"),
        (["--device", "quantum"], None, "device 'quantum' must be auto, cpu, cuda or cuda:N"),
        (
            [],
            lambda folder: cut(folder / "1-fold" / WEIGHTS_FILE),
            "model.safetensors is not the file that was written",
        ),
        ([], lambda folder: (folder / "1-fold" / WEIGHTS_FILE).unlink(), "1-fold/model.safetensors is missing"),
        ([], swapped_weights, "2-fold/model.safetensors is not the file that was written"),
        ([], lambda folder: cut(folder / INFO_FILE), "m/model.json"),
        ([], lambda folder: (folder / INFO_FILE).unlink(), "m holds no model.json"),
        ([], lambda folder: (folder / "2-fold" / INFO_FILE).unlink(), "2-fold holds no model.json"),
        ([], newer, "1-fold/model.json is of format 9, and this version reads 1, 2, 3; use the version that wrote it"),
    ],
)
def test_a_mistake_is_one_line_and_keeps_the_earlier_answer(model, images, run, tmp_path, words, spoil, line):
    shutil.copytree(model, tmp_path / "m")
    (tmp_path / "a.csv").write_text("earlier")
    if spoil:
        spoil(tmp_path / "m")
    error = run("--model", tmp_path / "m", images, *words, code=2).err
    assert error.startswith("error: ")
    assert line in error
    assert error.count("\n") == 1
    assert (tmp_path / "a.csv").read_text() == "earlier"


@pytest.mark.parametrize(
    ("named", "line"),
    [
        (lambda folder: folder / "*.tif", "matches nothing, no image"),
        (lambda folder: with_table(folder, ""), "is empty"),
        (lambda folder: with_table(folder, "path\n"), "has a header but no rows"),
        (lambda folder: with_table(folder, "image\nx.jpg\n"), "has no column ImageID or path"),
        (lambda folder: folder / "nowhere", "does not exist"),
    ],
)
def test_inputs_that_name_nothing(model, run, tmp_path, named, line):
    error = run("--model", model, named(tmp_path), code=2).err
    assert line in error
    assert error.count("\n") == 1
    assert not (tmp_path / "a.csv").exists()


def test_a_path_that_is_empty_is_not_this_folder(model, run, tmp_path):
    assert "it is empty, as a variable without" in run("--model", model, "", code=2).err
    assert not (tmp_path / "a.csv").exists()


@pytest.mark.parametrize("extra", [(), ("--on-bad-image", "skip")])
def test_a_name_that_no_text_has_is_one_line(model, images, run, tmp_path, extra):
    next(images.rglob("*.png")).rename(images / os.fsdecode(b"caf\xe9.png"))
    error = run("--model", model, images, *extra, code=2).err
    assert "caf\\udce9.png' is not UTF-8, as the answer is: rename the file" in error
    assert not (tmp_path / "a.csv").exists()


def test_the_answer_replaces_nothing_that_was_read(model, images, run, tmp_path):
    first = next(images.rglob("*.png"))
    (tmp_path / "list.csv").write_text(f"path\n{first}\n")
    for kept, line in (
        (first, "is among what is to be read"),
        (tmp_path / "list.csv", "is among what is to be read"),
        (model / INFO_FILE, "lies in the model folder"),
    ):
        before = kept.read_bytes()
        assert line in run("--model", model, images, tmp_path / "list.csv", code=2, output=kept).err
        assert kept.read_bytes() == before


def test_a_file_of_the_model_is_not_the_model(model, images, run):
    file = model / INFO_FILE
    assert run("--model", file, images, code=2).err == f"error: {file} is a file; name the folder that finalize wrote\n"


def test_an_output_that_is_a_folder(model, images, run, tmp_path):
    error = run("--model", model, images, code=2, output="images").err
    assert error == f"error: --output {images} is a folder; name a CSV file\n"
