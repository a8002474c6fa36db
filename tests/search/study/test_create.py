"""What is settled before workers start: the largest batch, and who computes on what."""

import io

import pytest
import torch
from PIL import Image
from rich.console import Console

from search.config.load import load_spec
from search.console import Preparation
from search.database.connection import open_storage
from search.errors import StudyError
from search.launch.workers import WorkerPool, single
from search.study.create import create
from search.study.study import stored_spec
from tests.support.tiny import write_images, write_study
from trainer.config.runtime import Runtime
from trainer.errors import ConfigError
from trainer.support.code_version import code_version
from trainer.support.cpu import available_cores


@pytest.fixture
def make(storage_url, tmp_path):
    write_images(tmp_path / "images")

    def make(size, memory_limit=None):
        path = write_study(tmp_path, tmp_path / "images")
        path.write_text(path.read_text().replace("batch_size = 8", f"batch_size = {size}"))
        console = Console(file=io.StringIO(), width=150)
        with open_storage(storage_url, home=tmp_path) as storage:
            runtime = Runtime(memory_limit=memory_limit)
            study = create(load_spec(str(path)), storage, runtime, Preparation(console))
            return stored_spec(study).fixed["batch_size"], console.file.getvalue()

    return make


@pytest.mark.slow
def test_the_largest_batch_is_found_once_and_stored_with_the_study(make):
    size, said = make('"largest"', memory_limit=4_000_000)
    assert size in (2, 4, 8, 16)
    assert f"the largest batch that fits on cpu: {size} images" in said
    # Another machine has more memory; the study keeps its size, and the file may still leave it open.
    assert make('"largest"', memory_limit=10**12) == (size, "")
    assert make(size) == (size, "")
    with pytest.raises(StudyError, match=f"fixed.batch_size: the study has {size}, this file 32"):
        make(32)


def test_code_that_did_not_make_the_study_says_so(make, monkeypatch):
    make(8)
    assert make(8) == (8, "")
    monkeypatch.setattr("search.study.create.code_version", lambda: "9.0.0 (0123456789ab)")
    assert make(8) == (8, f"note: this is studyhall 9.0.0 (0123456789ab); tiny was made by {code_version()}\n")


@pytest.mark.slow
def test_more_memory_makes_a_larger_batch(make):
    assert make('"largest"', memory_limit=10**12)[0] == 32  # of 36 training images


def test_a_cpu_without_a_limit_has_no_largest_batch(make):
    with pytest.raises(ConfigError, match="needs a GPU or a memory limit"):
        make('"largest"')


@pytest.mark.parametrize("known", [True, False])
def test_a_new_study_says_whether_people_are_kept_apart(storage_url, tmp_path, known):
    path = write_study(tmp_path, write_images(tmp_path / "data"))
    if not known:
        path.write_text(path.read_text().replace("group_regex", "# group_regex"))
    output = io.StringIO()
    with open_storage(storage_url, home=tmp_path) as storage:
        create(load_spec(str(path)), storage, Runtime(), Preparation(Console(file=output)))
    assert ("study tiny: 48 images of 8 people or groups, 3 classes, " in output.getvalue()) == known
    assert ("images of one person may stand on both sides" in output.getvalue()) != known


def test_a_class_that_is_not_there_is_told_before_images_are_decoded(storage_url, tmp_path):
    path = write_study(tmp_path, write_images(tmp_path / "data"), fixed="class_ratio = { d = 2 }")
    told = pytest.raises(ConfigError, match="class_ratio: 'd' is no class")
    with open_storage(storage_url, home=tmp_path) as storage, told:
        create(load_spec(str(path)), storage, Runtime(), Preparation(Console(file=io.StringIO())))
    assert not (tmp_path / "cache").exists()


def test_a_class_without_training_images_and_extra_images_are_told(storage_url, tmp_path):
    root = write_images(tmp_path / "data")
    for image in (root / "c").glob("p*"):
        image.rename(image.with_name(image.name.replace("p", "p77")))
    for image in list((root / "c").iterdir())[1:]:  # one image of one person is on one side only
        image.unlink()
    path = write_study(tmp_path, root)
    extra = tmp_path / "more" / "a"
    extra.mkdir(parents=True)
    for number in range(3):
        Image.new("RGB", (20, 20), (number, 0, 0)).save(extra / f"q{number}_0.png")
    more = f'[[data.extra]]\nlayout = "folders"\nroot = "{extra.parent}"\n'
    path.write_text(path.read_text().replace("[space]", f"{more}\n[space]"))
    console = Console(file=io.StringIO(), width=150)
    with open_storage(storage_url, home=tmp_path) as storage:
        create(load_spec(str(path)), storage, Runtime(), Preparation(console))
    said = console.file.getvalue()
    assert "image of c: " in said
    assert "warning: macro-F1 cannot exceed 0.667; add people to these classes or remove the classes" in said
    assert "to validate; 3 extra ones to train on" in said


def test_workers_on_the_cpu_share_its_cores(tmp_path):
    runtimes = WorkerPool(workers=2, devices="cpu", memory_limit=123).runtimes(tmp_path)
    assert [runtime.device for runtime in runtimes] == ["cpu", "cpu"]
    assert {runtime.threads for runtime in runtimes} == {max(1, available_cores() // 2)}
    assert {runtime.memory_limit for runtime in runtimes} == {123}
    assert len(WorkerPool(devices="cpu").runtimes(tmp_path)) == 1


def test_one_worker_a_card(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)  # the seam: this machine may have none
    assert [runtime.device for runtime in WorkerPool().runtimes(tmp_path)] == ["cuda:0", "cuda:1", "cuda:2"]
    assert [runtime.device for runtime in WorkerPool(devices="2,0").runtimes(tmp_path)] == ["cuda:2", "cuda:0"]
    two_on_one = WorkerPool(devices="1,1", workers=2).runtimes(tmp_path)
    assert [runtime.device for runtime in two_on_one] == ["cuda:1", "cuda:1"]
    assert all(runtime.loader_workers >= 1 for runtime in two_on_one)
    assert single("cuda:1", tmp_path).device == "cuda:1"
    with pytest.raises(ConfigError, match=r"workers = 2 does not go with 3 CUDA devices"):
        WorkerPool(workers=2).runtimes(tmp_path)
    with pytest.raises(ConfigError, match=r"'cuda:3' does not exist"):
        WorkerPool(devices="0,3").runtimes(tmp_path)
