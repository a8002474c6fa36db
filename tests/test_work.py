"""The commands as users run them: real processes on a real PostgreSQL, from the study file to the answer."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time

import psutil
import pytest
from optuna.trial import TrialState

from search.storage import open_storage
from search.study import load_study
from tests.tiny import write_images, write_study
from trainer.artifact import read_info

pytestmark = pytest.mark.xdist_group("processes")


def command(name, *arguments):
    main = {"search": "search.cli:main", "finalize": "search.cli:finalize_main", "predict": "trainer.cli:main"}[name]
    module, function = main.split(":")
    return [sys.executable, "-c", f"from {module} import {function} as main; main()", *map(str, arguments)]


class Place:
    """A folder that a user works in, with a database of its own."""

    def __init__(self, folder, url):
        self.folder = folder
        self.url = url
        self.env = {**os.environ, "STUDY_HOME": str(folder / ".studies"), "STUDY_STORAGE": url, "COLUMNS": "200"}

    def run(self, *arguments, code=0):
        done = subprocess.run(
            command(*arguments), cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def start(self, *arguments):
        return subprocess.Popen(
            command(*arguments),
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def trials(self, name="tiny"):
        with open_storage(self.url) as storage:
            return load_study(storage, name).get_trials()


@pytest.fixture
def place(tmp_path, storage_url):
    write_images(tmp_path / "images")
    return Place(tmp_path, storage_url)


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def test_the_whole_way(place):
    write_study(place.folder, "images", trials=5, pruner="asha", epochs=4)
    output = place.run("search", "work", "--study", "tiny", "--workers", 2, "--device", "cpu")
    assert re.search(r"5 of 5 trials are finished; best F1 \d\.\d{4} \(trial \d\)", output)
    trials = place.trials()
    assert len(trials) == 5
    for trial in trials:
        reports = trial.intermediate_values
        assert trial.state in (TrialState.COMPLETE, TrialState.PRUNED)
        assert list(reports) == list(range(1, len(reports) + 1))
        attributes = trial.user_attrs
        assert attributes["best_f1"] == max(reports.values())
        assert reports[attributes["best_epoch"]] == attributes["best_f1"]
        assert set(attributes["per_class_f1"]) == {"a", "b", "c"}
        assert attributes["seconds"] > 0
        assert attributes["images_per_second"] > 0
        assert attributes["device"] == "cpu"
        assert attributes["host"]
        if trial.state == TrialState.COMPLETE:
            assert trial.value == max(reports.values())
            assert len(reports) == 4
        else:
            assert re.match(rf"epoch {max(reports)}: F1 0\.\d+ is \d+\. of \d+ trials", attributes["reason"])
    assert "all 5 trials of tiny are finished" in place.run("search", "work", "--study", "tiny")
    assert len(place.trials()) == 5

    status = json.loads(place.run("search", "status", "--study", "tiny", "--json"))
    best = max((t for t in trials if t.state == TrialState.COMPLETE), key=lambda t: t.value)
    assert status["finished"] == status["budget"] == 5
    assert status["best"]["trial"] == best.number
    assert status["workers"] == []
    assert "best F1" in place.run("search", "status", "--study", "tiny")

    output = place.run("finalize", "--study", "tiny")
    assert "on all 48 images" in output
    info = read_info(place.folder / "models" / "tiny")
    assert info.origin["trial"] == best.number
    assert info.epochs == best.user_attrs["best_epoch"]
    assert info.config.epochs == 4
    assert info.origin["validation_f1"] == best.value
    first = (place.folder / "models" / "tiny" / "model.safetensors").read_bytes()
    assert "holds this model already" in place.run("finalize", "--study", "tiny")
    place.run("finalize", "--study", "tiny", "--force", "--json")
    assert (place.folder / "models" / "tiny" / "model.safetensors").read_bytes() == first

    place.run("predict", "--model", "models/tiny", "images", "--output", "answer.csv")
    rows = list(csv.DictReader((place.folder / "answer.csv").read_text().splitlines()))
    assert len(rows) == 48
    right = sum(row["class"] == row["path"].split("/")[1] for row in rows)
    assert right > 24  # the patch is easy; chance would be 16
    assert all(0.3 < float(row["probability"]) <= 1 for row in rows)


def test_a_budget_that_is_raised_goes_on(place):
    write_study(place.folder, "images", trials=1, epochs=1)
    place.run("search", "work", "--study", "tiny")
    write_study(place.folder, "images", trials=2, epochs=1)
    assert "2 of 2 trials are finished" in place.run("search", "work", "--study", "tiny")


def test_an_error_in_a_trial_ends_the_trial_and_not_the_worker(place):
    # The weights file vanishes after the study was made, so every trial fails by itself.
    weights = place.folder / "w.safetensors"
    code = (
        "import timm; from safetensors.torch import save_file;"
        f"save_file(timm.create_model('test_resnet').state_dict(), {str(weights)!r})"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    write_study(place.folder, "images", trials=3, epochs=3, study="max_failures = 2", fixed="")
    worker = place.start("search", "work", "--study", "tiny", "--weights", weights)
    # Between the check and the first trial lies the start of the worker process.
    wait_for(lambda: "study tiny:" in worker.stdout.readline())
    weights.unlink()
    output = worker.communicate(timeout=100)[0]
    assert worker.returncode == 1, output
    failed = [trial for trial in place.trials() if trial.state == TrialState.FAIL]
    assert len(failed) == 2
    assert "does not exist" in failed[0].user_attrs["reason"]
    assert "in create_model" in failed[0].user_attrs["traceback"]
    assert "2 trials failed, the last with: WeightsError" in output
    assert "last failure: WeightsError" in place.run("search", "status", "--study", "tiny")
    assert "no complete trial" in place.run("finalize", "--study", "tiny", code=2)


def find_workers(process):
    return [
        child
        for child in psutil.Process(process.pid).children(recursive=True)
        if "spawn_main" in " ".join(child.cmdline())
    ]


def test_a_killed_worker_is_replaced_and_its_trial_goes_on(place):
    write_study(place.folder, "images", trials=2, epochs=150)
    process = place.start("search", "work", "--study", "tiny")
    wait_for(lambda: "epoch 2/150" in process.stdout.readline())
    (worker,) = find_workers(process)
    worker.kill()
    wait_for(lambda: "crashed (exit code -9); starting it again" in process.stdout.readline())
    # The lease of the dead lives on: the new worker begins another trial and comes back when the lease has expired.
    wait_for(lambda: "trial   1" in process.stdout.readline())
    process.send_signal(signal.SIGTERM)
    output = process.communicate(timeout=30)[0]
    assert process.returncode == 0, output
    assert "handed back" in output
    assert not find_alive(worker)


def find_alive(process):
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_ctrl_c_hands_the_trial_back_and_another_goes_on_with_it(place):
    write_study(place.folder, "images", trials=1, epochs=60)
    process = place.start("search", "work", "--study", "tiny")
    wait_for(lambda: "epoch 2/60" in process.stdout.readline())
    workers = find_workers(process)
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    output = process.communicate(timeout=30)[0]
    assert time.monotonic() - started < 10
    assert process.returncode == 0, output
    assert not any(find_alive(worker) for worker in workers)
    (trial,) = place.trials()
    assert trial.state == TrialState.RUNNING
    before = trial.intermediate_values
    output = place.run("search", "work", "--study", "tiny")
    assert "(attempt" not in output  # handed back is no death
    (trial,) = place.trials()
    assert trial.state == TrialState.COMPLETE
    assert list(trial.intermediate_values) == list(range(1, 61))
    assert all(trial.intermediate_values[epoch] == f1 for epoch, f1 in before.items())


def test_workers_do_not_outlive_the_command(place):
    write_study(place.folder, "images", trials=1, epochs=500)
    process = place.start("search", "work", "--study", "tiny")
    wait_for(lambda: "epoch 1/500" in process.stdout.readline())
    workers = find_workers(process)
    process.kill()
    process.communicate()
    wait_for(lambda: not any(find_alive(worker) for worker in workers), 15)


def test_a_second_study_file_under_the_same_name_is_refused(place):
    write_study(place.folder, "images", trials=1, epochs=1)
    place.run("search", "create", "--study", "tiny")
    write_study(place.folder, "images", trials=1, epochs=2)
    output = place.run("search", "work", "--study", "tiny", code=2)
    assert "fixed.epochs: the study has 1, this file 2" in output
    assert "Traceback" not in output


def test_debug_is_a_rehearsal_under_its_own_name(place):
    write_images(place.folder / "images", people=30)
    write_study(place.folder, "images", trials=1, epochs=9)
    output = place.run("search", "work", "--study", "tiny", "--debug")
    assert "study tiny-debug: 60 images of 10 people" in output
    (trial,) = place.trials("tiny-debug")
    assert len(trial.intermediate_values) == 2
