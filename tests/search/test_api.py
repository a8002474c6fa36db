"""``import search``: what it offers exists, costs nothing, and says in one line what it cannot do."""

import ast
import importlib
import pkgutil
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import optuna
import pytest
from rich.console import Console

import search
import studyhall
import trainer
from search import api
from search.launch.workers import WorkerPool
from search.worker.timeouts import Timeouts
from tests.support.repository import ROOT
from tests.support.tiny import write_images, write_study
from trainer.errors import UserError

PACKAGES = (search, trainer, studyhall)


def in_new_python(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.split()


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_public_names_stay_once_every_module_is_imported(package):
    for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not each.name.endswith("__main__"):
            importlib.import_module(each.name)
    for name in package.__all__:
        assert callable(getattr(package, name)), name
        assert name in dir(package)
    assert package.__all__ == sorted(package.__all__, key=str) or package is studyhall


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_importing_is_cheap(package):
    loaded = in_new_python(f"import {package.__name__}, sys; print(*sys.modules)")
    assert not {"torch", "optuna", "numpy", "pandas", "pydantic", "sqlalchemy", "typer"} & set(loaded)


def test_studyhall_is_both():
    assert set(studyhall.__all__) == {*search.__all__, *trainer.__all__}
    assert studyhall.load is trainer.load
    assert studyhall.StudySpec is search.StudySpec


def test_a_name_that_is_not_offered():
    with pytest.raises(AttributeError, match=r"module 'search' has no attribute 'wrok'; did you mean 'work'\?"):
        search.wrok  # noqa: B018
    with pytest.raises(ImportError, match="cannot import name 'Model'"):
        from search import Model  # noqa: F401


WITHOUT_OPTUNA = """
import sys

sys.modules["optuna"] = sys.modules["cv2"] = None  # as if they were not installed

import search, trainer

for use in (lambda: search.open_storage(), lambda: search.load_spec("mask-f1"), lambda: trainer.prepare):
    try:
        use()
    except trainer.ConfigError as error:
        print(error)
"""


def test_a_missing_extra_is_named():
    done = subprocess.run([sys.executable, "-c", WITHOUT_OPTUNA], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        'search.open_storage needs the package optuna, which is not installed; run: pip install "studyhall[search]"',
        'search.load_spec needs the package optuna, which is not installed; run: pip install "studyhall[search]"',
        'trainer.prepare needs the package cv2, which is not installed; run: pip install "studyhall[train]"',
    ]


ONLY_COMMANDS = re.compile(r"search/(cli|ablation|dashboard|config/ablation)\b|trainer/(cli|predict/boxes)\b")


def test_errors_that_python_meets_name_no_options_of_commands():
    options = []
    for path in sorted(path for folder in ("search", "trainer") for path in (ROOT / folder).rglob("*.py")):
        if ONLY_COMMANDS.match(str(path.relative_to(ROOT))):
            continue
        for raised in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Raise)):
            texts = (node.value for node in ast.walk(raised) if isinstance(node, ast.Constant))
            # `finalize --study NAME` is a whole command, and `ray start --head` and --set belong to others.
            found = re.findall(r"(?<!\w)--(?!study|head|set)[a-z-]+", " ".join(map(str, texts)))
            options += [f"{path}:{raised.lineno}: {option}" for option in found]
    assert options == []


@pytest.fixture
def spec(tmp_path):
    return search.load_spec(str(write_study(tmp_path, write_images(tmp_path / "data"), trials=2)))


@pytest.fixture
def storage(storage_url, tmp_path):
    with search.open_storage(storage_url, home=tmp_path / "home") as opened:
        yield opened


QUIET = Console(quiet=True)


def test_a_study_from_a_dictionary(spec):
    again = search.StudySpec.from_dict(spec.model_dump(mode="json", exclude_unset=True))
    assert again == spec
    with pytest.raises(
        trainer.ConfigError, match=r"the specification: study\.trails: unknown key \(did you mean 'trials'\?\)"
    ):
        search.StudySpec.from_dict({"study": {"name": "a", "trails": 3}})


def test_it_refuses_what_it_cannot_do(spec, storage):
    search.create_study(storage, spec, console=QUIET)
    with pytest.raises(search.StudyError, match=r"study 'other' does not exist.*search\.create_study"):
        search.work(storage, "other")
    with pytest.raises(trainer.ConfigError, match=r"search\.work: 'worker' is no option; did you mean 'workers'\?"):
        search.work(storage, "tiny", worker=2)
    with pytest.raises(search.StudyError, match="has no complete trial yet"):
        search.finalize(storage, "tiny")
    with pytest.raises(search.StudyError, match="nothing to help with: nothing of 'tiny' is being trained again"):
        search.work(storage, "tiny", confirm=True)
    with pytest.raises(search.StorageError, match=r"InMemoryStorage is no storage of this package"):
        search.read_status(optuna.storages.InMemoryStorage(), "tiny")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"workers": -1}, "workers: input should be greater than or equal to 1"),
        ({"workers": 1000}, "workers: input should be less than or equal to 256"),
        ({"devices": 0}, "devices: input should be a valid string"),
        ({"memory_limit": 0}, "memory_limit: input should be greater than 0"),
        ({"trials": 0}, "trials: input should be greater than or equal to 1"),
        ({"timeout": "1h"}, "timeout: input should be a valid number"),
        ({"checkpoints": 3}, "checkpoints: input should be a valid string"),
        ({"lease": 1}, "lease: input should be greater than or equal to 3"),
        ({"stall_timeout": 0}, "stall_timeout: input should be greater than or equal to 1"),
        ({"ray_cpus": 0}, "ray_cpus: input should be greater than or equal to 1"),
    ],
)
def test_options_are_checked_before_anything_starts(storage, options, told):
    with pytest.raises(trainer.ConfigError, match=f"search.work: {told}"):
        search.work(storage, "tiny", **options)


@pytest.mark.parametrize("option", ["ensemble", "voting", "tta"])
def test_finalize_knows_its_words(storage, option):
    with pytest.raises(trainer.ConfigError, match=rf"search\.finalize: {option}.*'soft or so'"):
        search.finalize(storage, "tiny", **{option: "soft or so"})


def test_whatever_stands_for_a_study(spec, storage):
    study = search.create_study(storage, spec, console=QUIET)
    assert search.read_status(storage, study).study == search.read_status(storage, "tiny").study == "tiny"
    for wrong in (None, 3, {"study": "tiny"}):
        with pytest.raises(search.StudyError, match="is no study; give its name"):
            search.work(storage, wrong)
        with pytest.raises(
            trainer.ConfigError, match=r"is no specification of a study; take one from search\.load_spec"
        ):
            search.create_study(storage, wrong)
    with pytest.raises(search.StudyError, match="no study is named"):
        search.finalize(storage, [])
    with pytest.raises(trainer.ConfigError, match="the specification: 'abc' is no dictionary"):
        search.StudySpec.from_dict("abc")


def test_places_come_from_the_variables_of_the_commands(monkeypatch, tmp_path):
    monkeypatch.setenv("STUDY_RESUME_POINTS", str(tmp_path / "points"))
    monkeypatch.setenv("DATA_ROOT", str(tmp_path / "data"))
    pool = api.worker_pool("here", {"checkpoints": None, "wandb": None}, ["checkpoints", "wandb"])
    assert pool == WorkerPool(checkpoints=str(tmp_path / "points"))
    assert api.worker_pool("here", {"checkpoints": "mine"}, ["checkpoints"]) == WorkerPool(checkpoints="mine")
    assert api.worker_pool("here", {}) == WorkerPool()
    assert api.worker_pool("here", {"lease": 9, "stall_timeout": 60, "patience": None}).timeouts == Timeouts(9, 60)
    assert api._data_root(None) == tmp_path / "data"
    assert api._data_root("elsewhere") == Path("elsewhere")


@pytest.mark.parametrize("function", [search.work, search.finalize])
def test_only_the_main_thread_starts_workers(function, storage):
    raised = []

    def call():
        try:
            function(storage, "tiny")
        except UserError as error:
            raised.append(str(error))

    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    (line,) = raised
    assert line.startswith(f"search.{function.__name__} starts processes and listens for Ctrl-C, which only the main")


def test_a_closed_storage_is_told(storage_url, tmp_path):
    with search.open_storage(storage_url, home=tmp_path) as storage:
        pass
    for function in (search.read_status, search.load_study, search.work, search.finalize, search.write_report):
        with pytest.raises(search.StorageError, match="this storage is closed"):
            function(storage, "tiny")


SCRIPT = """
import asyncio, sys
import search

async def cell():  # as in Jupyter: a cell runs inside an event loop
    spec = search.load_spec(sys.argv[2])
    with search.open_storage(sys.argv[1]) as storage:
        search.create_study(storage, spec)
        try:
            search.work(storage, "tiny")
        except KeyboardInterrupt:
            print("interrupted:", search.read_status(storage, "tiny").finished, flush=True)
        status = search.work(storage, "tiny", devices="cpu")
        print("finished:", status.finished, status.states["running"], flush=True)

asyncio.run(cell())
"""


@pytest.mark.slow
def test_interrupted_it_hands_back_and_goes_on(storage_url, tmp_path):
    path = write_study(tmp_path, write_images(tmp_path / "data"), trials=2, epochs=6)
    command = [sys.executable, "-c", SCRIPT, storage_url, str(path)]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as running:
        lines = []
        for line in running.stdout:
            lines.append(line)
            if "epoch 1/6" in line:
                running.send_signal(signal.SIGINT)
                break
        lines += running.stdout.readlines()
    said = "".join(lines)
    assert running.returncode == 0, said
    assert "stopping: trials are handed back" in said
    assert "interrupted: 0\n" in said
    assert "(attempt 2, after epoch" in said
    assert "finished: 2 0\n" in said
