"""Users' mistakes at the command line: one clear line, exit code 2, no traceback, nothing lost; and the help."""

import re
import shutil
import socket

import pytest
import timm
from safetensors.torch import save_file
from typer.main import get_command

from search.cli import main as cli
from search.database.connection import open_storage
from search.study.study import ensure_study, study_names
from tests.support.command_calls import one_line, run
from tests.support.tiny import write_images, write_study
from trainer import cli as trainer_cli
from trainer.data.prepare import prepare
from trainer.synthetic.dataset import draw_competition

__all__ = ["run"]  # a fixture


@pytest.fixture(scope="session")
def drawn(tmp_path_factory):
    root = tmp_path_factory.mktemp("drawn") / "set"
    draw_competition(root, people=12, eval_people=1, size=(32, 40))
    return root


@pytest.fixture
def faces(drawn, tmp_path):
    """A competition folder of this test's own, and a study of it."""
    root = tmp_path / "faces"
    shutil.copytree(drawn / "train", root)
    path = write_study(tmp_path, root, name="faces")
    text = path.read_text().replace('"folders"', '"competition"').replace("group_regex = '.*/(p\\d+)_'", "")
    path.write_text(text)
    return root


def edit(path, pattern, replacement):
    text, count = re.subn(pattern, replacement, path.read_text(), count=1, flags=re.MULTILINE)
    assert count == 1
    path.write_text(text)


def test_missing_data_folder(run, tmp_path):
    write_study(tmp_path, tmp_path / "nowhere")
    assert "nowhere" in one_line(run("search", "check", "--study", "tiny"))
    assert "elsewhere" in one_line(run("search", "work", "--study", "tiny", "--data", "elsewhere"))


def test_empty_data_folder(run, tmp_path):
    (tmp_path / "empty").mkdir()
    write_study(tmp_path, tmp_path / "empty")
    assert "empty" in one_line(run("search", "work", "--study", "tiny"))


def test_csv_without_a_column(run, faces):
    edit(faces / "train.csv", "^id,gender", "id,sex")
    assert "gender" in one_line(run("search", "work", "--study", "faces"))


def test_a_row_whose_folder_does_not_exist(run, faces):
    gone = sorted((faces / "images").iterdir())[4]
    shutil.rmtree(gone)
    assert gone.name in one_line(run("search", "work", "--study", "faces"))


def test_an_age_that_is_no_number(run, faces):
    edit(faces / "train.csv", r"Drawn,\d+,", "Drawn,forty,")
    error = one_line(run("search", "check", "--study", "faces"))
    assert "forty" in error
    assert "2" in error  # the row


def test_one_class_only(run, tmp_path):
    write_images(tmp_path / "images", classes=1)
    write_study(tmp_path, tmp_path / "images")
    assert "class" in one_line(run("search", "work", "--study", "tiny"))


def test_fewer_people_than_folds(run, tmp_path):
    write_images(tmp_path / "images", people=3)
    write_study(tmp_path, tmp_path / "images")
    assert "3" in one_line(run("search", "work", "--study", "tiny"))


def test_unreadable_images_are_told_all_at_once(run, tmp_path):
    write_images(tmp_path / "images")
    for name in ("a/p0_0.png", "b/p3_1.png"):
        (tmp_path / "images" / name).write_bytes(b"")
    write_study(tmp_path, tmp_path / "images")
    error = run("search", "work", "--study", "tiny")
    assert "a/p0_0.png" in error
    assert "b/p3_1.png" in error
    assert 'on_bad_image = "skip"' in error


def test_unknown_backbone(run, tmp_path, storage_url):
    write_images(tmp_path / "images")
    edit(write_study(tmp_path, tmp_path / "images"), "test_resnet", "test_resnot")
    error = one_line(run("search", "work", "--study", "tiny", "--storage", storage_url))
    assert "'test_resnot' is not one that timm knows; the nearest names are test_resnet" in error
    with open_storage(storage_url) as storage:
        assert study_names(storage) == []  # nothing was made


def test_weights_that_do_not_fit(run, tmp_path, storage_url):
    write_images(tmp_path / "images")
    write_study(tmp_path, tmp_path / "images")
    save_file(timm.create_model("test_efficientnet").state_dict(), tmp_path / "w.safetensors")
    arguments = ("search", "work", "--study", "tiny", "--storage", storage_url, "--weights")
    assert "does not fit backbone 'test_resnet'" in one_line(run(*arguments, "w.safetensors"))
    assert "does not exist" in one_line(run(*arguments, "none.safetensors"))


@pytest.mark.parametrize(
    ("pattern", "replacement", "line"),
    [
        ("^trials", "trails", "study.trails: unknown key (did you mean 'trials'?)"),
        ("low = 1e-4, high = 1e-2", "low = 1e-2, high = 1e-4", "space.lr: low 0.01 is above high 0.0001"),
        ("low = 1e-4, high = 1e-2, log = true", "low = -1e-4, high = 1e-2", "space.lr: input should be greater than 0"),
        ("^kind.*", "kind = 3", "pruner.kind"),
    ],
)
def test_a_study_file_with_a_mistake(run, tmp_path, pattern, replacement, line):
    edit(write_study(tmp_path, tmp_path), pattern, replacement)
    error = one_line(run("search", "work", "--study", "tiny"))
    assert f"studies/tiny.toml: {line}" in error


def test_a_storage_that_does_not_answer(run, tmp_path):
    write_images(tmp_path / "images")
    write_study(tmp_path, tmp_path / "images")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"postgresql://me:hunter2@127.0.0.1:{free.getsockname()[1]}/db"
        for arguments in (("search", "work"), ("search", "status"), ("finalize",)):
            error = one_line(run(*arguments, "--study", "tiny", "--storage", url))
            assert "127.0.0.1" in error
            assert "hunter2" not in error
    assert "postgresql://" in one_line(run("search", "status", "--study", "tiny", "--storage", "sqlite:///x.db"))


def test_a_study_that_does_not_exist_and_one_without_a_complete_trial(run, tmp_path, storage_url):
    from search.config.load import load_spec

    spec = load_spec(str(write_study(tmp_path, write_images(tmp_path / "images"))))
    data = prepare(spec.data, image_size=32, seed=3, cache_dir=tmp_path / "cache")
    with open_storage(storage_url) as storage:
        ensure_study(storage, spec, data)
    for name in (("finalize",), ("search", "status")):
        error = one_line(run(*name, "--study", "mask-f2", "--storage", storage_url))
        assert "study 'mask-f2' does not exist in this storage; there are tiny" in error
    error = one_line(run("finalize", "--study", "tiny", "--storage", storage_url))
    assert "no complete trial yet" in error
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        (("--timeout", "soon"), "write it like"),
        (("--devices", "tpu"), "must be auto, cpu, or numbers"),
        (("--devices", "99"), "does not exist"),
        (("--devices", "0,"), "must be auto, cpu, or numbers"),
        (("--lease", "1s"), "at least 3s"),
        (("--lease", "99999999999d"), "at most 3650d"),
        (("--patience", "-5"), "no duration"),
        (("--stall-timeout", "0s"), "at least 1s"),
        (("--memory-limit", "much"), "write it like 8GB"),
        (("--memory-limit", "0"), "above 0"),
        (("--resume-points", "images"), "is a file"),
        (("--resume-points", "s3://"), "s3://BUCKET/PREFIX"),
        (("--tensorboard", "images"), "name another folder"),
        (("--tensorboard", "s3://"), "name a folder"),
    ],
)
def test_values_of_options(run, tmp_path, arguments, rule):
    write_study(tmp_path, tmp_path)
    (tmp_path / "images").write_text("a file in the way")
    error = one_line(run("search", "work", "--study", "tiny", *arguments))
    assert arguments[1].rstrip(",") in error
    assert rule in error


def test_predict_without_a_model(run, tmp_path):
    (tmp_path / "x.png").write_bytes(b"")
    error = one_line(run("predict", "--model", "nowhere", "x.png", "--output", "a.csv"))
    assert "nowhere holds no model.json" in error


def commands():
    found = [("finalize", get_command(cli.finalize_app)), ("predict", get_command(trainer_cli.app))]
    group = get_command(cli.app)
    return found + [(f"search {name}", command) for name, command in sorted(group.commands.items())]


@pytest.mark.parametrize(("name", "command"), commands(), ids=lambda value: value if isinstance(value, str) else "")
def test_every_command_says_what_it_does_with_an_example(name, command):
    assert command.help
    assert command.epilog.startswith(f"Example: {name}")
    for parameter in command.params:
        assert getattr(parameter, "help", None), f"{name}: {parameter.name} has no help"


def test_a_crop_and_boxes_that_do_not_fit_are_one_line_before_training(run, tmp_path):
    root = write_images(tmp_path / "images")
    write_study(tmp_path, root, name="crop", fixed="crop = [30, 50]")
    said = run("search", "check", "--study", "crop")
    assert "error: crop [30, 50] is larger than 48 of 48 images, first a/p0_0.png: it has 40x40 px" in said
    assert said.count("\n") == 1
    path = write_study(tmp_path, root, name="boxed", fixed="crop = [30, 30]")
    path.write_text(path.read_text().replace('layout = "folders"', 'layout = "folders"\nboxes = "faces.csv"'))
    assert "faces.csv cannot be read" in run("search", "check", "--study", "boxed")
    (root / "faces.csv").write_text("path,left,top,right,bottom\na/p0_0.png,1,2,41,30\n")
    assert "the boxes of 1 of 48 images do not lie in them, first a/p0_0.png: right is 41" in run(
        "search", "check", "--study", "boxed"
    )
    (root / "faces.csv").write_text("path,left,top,right,bottom\na/p0_0.png,1,2,40,30\n")
    run("search", "check", "--study", "boxed", code=0)
