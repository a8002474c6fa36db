"""The model folder: complete or not there at all, and the same network when it is read back."""

import json
import os
import resource
import subprocess
import sys
import time

import pytest
import torch

from trainer.config.train_config import TrainConfig
from trainer.errors import DataError, SaveError
from trainer.model.inference import logits
from trainer.model.network import create_model
from trainer.model.normalization import normalization
from trainer.saved_model.manifest import INFO_FILE
from trainer.saved_model.network import WEIGHTS_FILE, read_model, write_model
from trainer.support.atomic import staging
from trainer.support.code_version import code_version

CONFIG = TrainConfig(backbone="test_resnet", weights="none", image_size=32)


def write(folder, seed=0):
    torch.manual_seed(seed)
    model = create_model(CONFIG, 3).eval()
    with staging(folder) as place:
        write_model(
            place,
            model,
            CONFIG,
            classes=("a", "b", "c"),
            normalization=normalization(model),
            epochs=2,
            origin={"study": "s", "trial": 1},
        )
    return model


def run(model, normalise):
    images = torch.randint(0, 256, (5, 32, 32, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    return logits(model, normalise, [images], torch.device("cpu"), "fp32")


def test_logits_are_identical_after_loading(tmp_path):
    model = write(tmp_path / "m")
    loaded, info = read_model(tmp_path / "m")
    assert torch.equal(run(model, normalization(model)), run(loaded, info.normalization))
    assert info.classes == ("a", "b", "c")
    assert info.config == CONFIG
    assert set(info.packages) >= {"python", "torch", "timm", "studyhall"}
    assert info.packages["studyhall"] == code_version()
    assert sorted(path.name for path in (tmp_path / "m").iterdir()) == [INFO_FILE, WEIGHTS_FILE]


def test_the_folder_knows_a_list_of_transforms(tmp_path):
    config = TrainConfig.model_validate(
        {**CONFIG.model_dump(), "augment": [{"name": "flip"}, {"name": "blur", "p": 0.1}]}
    )
    model = create_model(config, 3)
    with staging(tmp_path / "m") as place:
        write_model(
            place, model, config, classes=("a", "b", "c"), normalization=normalization(model), epochs=1, origin={}
        )
    assert read_model(tmp_path / "m")[1].config == config


def test_what_is_there_is_never_replaced(tmp_path):
    write(tmp_path / "m")
    before = (tmp_path / "m" / WEIGHTS_FILE).read_bytes()
    with pytest.raises(SaveError, match="cannot write"):
        write(tmp_path / "m", seed=1)
    assert (tmp_path / "m" / WEIGHTS_FILE).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_a_failure_leaves_nothing(tmp_path):
    def fail():
        with staging(tmp_path / "m") as place:
            (place / WEIGHTS_FILE).write_bytes(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_writer_left_is_removed(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from trainer.support.atomic import staging\n"
        "with staging(Path(sys.argv[1])) as place:\n"
        "    (place / 'model.safetensors').write_bytes(b'half'); print('in', flush=True); time.sleep(60)\n"
    )
    writer = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "m")], stdout=subprocess.PIPE)
    assert writer.stdout.readline() == b"in\n"
    writer.kill()
    writer.wait()
    writer.stdout.close()
    assert not (tmp_path / "m").exists()
    assert len(list(tmp_path.glob(".m.*.partial"))) == 1
    write(tmp_path / "m")
    assert not list(tmp_path.glob(".m.*.partial"))


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # A limit on the size of files fails a write in the middle, as a full disk does.
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(SaveError, match=r"cannot write .*make room") as caught:
            write(tmp_path / "m")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_not_ours(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(SaveError, match="Permission denied"):
        write(tmp_path / "m")


def test_weights_that_cannot_be_read(tmp_path):
    write(tmp_path / "m")
    (tmp_path / "m" / WEIGHTS_FILE).unlink()
    (tmp_path / "m" / WEIGHTS_FILE).mkdir()  # for root as well
    with pytest.raises(DataError, match=r"cannot be read \(Is a directory\)"):
        read_model(tmp_path / "m")


def damage_weights(folder):
    path = folder / WEIGHTS_FILE
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)


def cut_weights(folder):
    path = folder / WEIGHTS_FILE
    path.write_bytes(path.read_bytes()[:1000])


def foreign_format(folder):
    path = folder / INFO_FILE
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 4}))


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        (damage_weights, "checksum differs"),
        (cut_weights, "checksum differs"),
        (lambda folder: (folder / WEIGHTS_FILE).unlink(), "is missing"),
        (lambda folder: (folder / INFO_FILE).unlink(), "holds no model.json"),
        (lambda folder: (folder / INFO_FILE).write_text("{"), "finalize the study again"),
        (lambda folder: (folder / INFO_FILE).write_text("[" * 100_000), "recursion .*; finalize the study again"),
        (foreign_format, "is of format 4, and this version reads 1, 2, 3; use the version that wrote it"),
    ],
)
def test_a_folder_that_was_tampered_with(tmp_path, spoil, line):
    write(tmp_path / "m")
    spoil(tmp_path / "m")
    with pytest.raises(DataError, match=line) as caught:
        read_model(tmp_path / "m")
    assert "\n" not in str(caught.value)


def test_others_may_read_it(tmp_path):
    write(tmp_path / "m")
    assert (tmp_path / "m").stat().st_mode & 0o055 == 0o055
    assert all(path.stat().st_mode & 0o044 == 0o044 for path in (tmp_path / "m").iterdir())
    assert time.time() - (tmp_path / "m" / INFO_FILE).stat().st_mtime < 60
