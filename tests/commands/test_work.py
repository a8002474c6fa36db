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

from tests.support.processes import is_alive, place
from tests.support.proxy import Proxy
from tests.support.tiny import write_images, write_study
from tests.support.waiting import until
from trainer.saved_model.manifest import read_info

__all__ = ["place"]  # a fixture


def check_trial(trial, folder):
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
    pictures = [key.removeprefix("artifacts:") for key in trial.system_attrs if key.startswith("artifacts:")]
    assert len(pictures) == 2
    assert all((folder / ".studies" / "artifacts" / name).stat().st_size for name in pictures)
    if trial.state == TrialState.COMPLETE:
        assert trial.value == max(reports.values())
        assert len(reports) == 4
    else:
        assert re.match(
            rf"epoch {max(reports)}: F1 \d\.\d+ ranks \d+ of \d+ at this epoch \(asha\)", attributes["reason"]
        )


def test_the_whole_way(place):
    write_study(place.folder, "images", trials=5, pruner="asha", epochs=4)
    output = place.run("search", "work", "--study", "tiny", "--workers", 2, "--devices", "cpu")
    assert re.search(r"5 of 5 trials are finished; best F1 \d\.\d{4} \(trial \d\)", output)
    trials = place.trials()
    assert len(trials) == 5
    for trial in trials:
        check_trial(trial, place.folder)
    assert "all 5 trials of tiny are finished" in place.run("search", "work", "--study", "tiny")
    assert len(place.trials()) == 5

    status = json.loads(place.run("search", "status", "--study", "tiny", "--json"))
    best = max((t for t in trials if t.state == TrialState.COMPLETE), key=lambda t: t.value)
    assert status["finished"] == status["budget"] == 5
    assert status["best"]["trial"] == best.number
    assert status["workers"] == []
    assert "best F1" in place.run("search", "status", "--study", "tiny")

    finalize = ("finalize", "--study", "tiny", "--folds", 0, "--devices", "cpu")  # test_finalize.py confirms
    output = place.run(*finalize)
    assert f"training trial {best.number} on everybody" in output
    info = read_info(place.folder / "models" / "tiny" / "v1")
    assert info.origin["trial"] == best.number
    assert info.epochs == best.user_attrs["best_epoch"]
    assert info.config.epochs == 4
    assert info.origin["validation_f1"] == best.value
    first = (place.folder / "models" / "tiny" / "v1" / "model.safetensors").read_bytes()
    assert "of tiny already" in place.run(*finalize)
    report = json.loads(place.run(*finalize, "--force", "--json", only_output=True))
    assert report["origin"]["trial"] == best.number
    assert (place.folder / "models" / "tiny" / "v2" / "model.safetensors").read_bytes() == first

    (place.folder / "models" / "tiny" / "v2" / "model.safetensors").write_bytes(b"damaged")
    assert "finalize the study again" in place.run(
        "predict", "--model", "models/tiny", "images", "--output", "answer.csv", code=2
    )
    place.run(*finalize)
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
    write_study(place.folder, "images", trials=3, epochs=3, study="max_failures = 2")
    with place.start("search", "work", "--study", "tiny", "--weights", weights) as running:
        running.until("study tiny:")  # between the check and the first trial lies the start of the worker process
        weights.unlink()
        output = running.end()
        assert running.process.returncode == 1, output
    failed = [trial for trial in place.trials() if trial.state == TrialState.FAIL]
    assert len(failed) == 2
    assert "does not exist" in failed[0].user_attrs["reason"]
    assert "in create_model" in failed[0].user_attrs["traceback"]
    assert "2 trials failed, the last with: WeightsError" in output
    assert "last failure: WeightsError" in place.run("search", "status", "--study", "tiny")
    assert "no complete trial" in place.run("finalize", "--study", "tiny", code=2)


def test_a_killed_worker_is_replaced_and_its_trial_goes_on(place):
    write_study(place.folder, "images", trials=1, epochs=400)
    with place.start("search", "work", "--study", "tiny", "--lease", "4s") as running:
        running.until("trial   0  epoch 2/400")
        (worker,) = running.workers()
        worker.kill()
        running.until("crashed (killed, perhaps for want of memory); starting it again")
        running.until("(attempt 2, after epoch ")
        goes_on_after = int(re.search(r"after epoch (\d+)", running.output)[1])
        running.until(f"trial   0  epoch {goes_on_after + 1}/400")
        running.process.send_signal(signal.SIGTERM)
        output = running.end()
        assert running.process.returncode == 0, output
        assert "handed back" in output
    (trial,) = place.trials()
    assert trial.state == TrialState.RUNNING
    assert list(trial.intermediate_values) == list(range(1, max(trial.intermediate_values) + 1))
    assert output.count(f"epoch {goes_on_after}/400") <= 1  # no epoch was trained twice


AN_HOUR_AHEAD = "import time; real = time.time; time.time = lambda: real() + 3600"


@pytest.mark.slow
def test_a_machine_whose_clock_is_an_hour_ahead_loses_nothing_and_takes_nothing(place):
    write_study(place.folder, "images", trials=2, epochs=2000)
    (place.folder / "sitecustomize.py").write_text(AN_HOUR_AHEAD)
    ahead = place.beside(PYTHONPATH=str(place.folder), STUDY_HOME=str(place.folder / "ahead"))
    points = ("--resume-points", place.folder / "shared", "--lease", "6s")
    with ahead.start("search", "work", "--study", "tiny", *points, log="ahead.log") as theirs:
        theirs.until("epoch 1/2000")  # before the others start, or their two workers may take both trials
        with place.start("search", "work", "--study", "tiny", "--workers", 2, *points) as ours:
            ours.until("epoch 1/2000")
            ours.until("all remaining trials are being worked on")
            time.sleep(8)  # longer than a lease
            assert "attempt 2" not in ours.output
            assert "another worker has it" not in theirs.output + ours.output
            for process in (theirs.process, *theirs.workers()):
                psutil.Process(process.pid).kill()
            ours.until("(attempt 2, after epoch ")
            assert place.trials()[0].datetime_start is not None


@pytest.mark.slow
def test_the_trials_of_one_worker_are_counted_over_its_crashes(place):
    write_study(place.folder, "images", trials=9, epochs=12)
    with place.start("search", "work", "--study", "tiny", "--trials", 2, "--lease", "3s") as running:
        running.until("1 of 9 trials")
        running.until("trial   1  epoch 1/12")
        running.workers()[0].kill()
        output = running.end()
        assert running.process.returncode == 0, output
    assert "its own number of trials is reached" in output
    assert [trial.state for trial in place.trials() if trial.state.is_finished()] == [TrialState.COMPLETE] * 2


@pytest.mark.slow
def test_a_database_that_is_away_for_a_while_costs_nothing_and_one_that_stays_away_is_told(place):
    write_study(place.folder, "images", trials=2, epochs=30)
    proxy = Proxy(place.url)
    behind = place.beside(STUDY_STORAGE=proxy.url)
    with behind.start("search", "work", "--study", "tiny", "--patience", "12s") as running:
        running.until("trial   0  epoch 2/30")
        proxy.cut()
        running.until("training goes on")
        time.sleep(4)
        proxy.mend()
        running.until("trial   1  epoch 1/30")
        assert "crashed" not in running.output
        proxy.cut()
        output = running.end()
    assert running.process.returncode == 1
    assert "the database has been away for 12 s" in output
    assert "Traceback" not in output
    proxy.mend()
    output = place.run("search", "work", "--study", "tiny", "--lease", "3s")
    assert "2 of 2 trials are finished" in output
    for trial in place.trials():
        assert list(trial.intermediate_values) == list(range(1, 31))
        assert trial.state == TrialState.COMPLETE
    proxy.close()


@pytest.mark.slow
def test_a_stop_while_the_database_is_away_does_not_wait_for_it(place):
    write_study(place.folder, "images", trials=1, epochs=400)
    proxy = Proxy(place.url)
    work = ("search", "work", "--study", "tiny", "--patience", "1d")
    with place.beside(STUDY_STORAGE=proxy.url).start(*work) as running:
        running.until("epoch 2/400")
        workers = running.workers()
        proxy.hold()
        time.sleep(1)
        running.process.send_signal(signal.SIGINT)
        until(lambda: not any(map(is_alive, workers)))
        assert "the database is away" in running.end()
        assert running.process.returncode == 0
    proxy.release()
    proxy.close()


def test_a_signal_to_the_whole_group_hands_back_as_well(place):
    write_study(place.folder, "images", trials=2, epochs=400)
    with place.start("search", "work", "--study", "tiny") as running:
        running.until("epoch 1/400")
        # As systemd and Slurm do: the workers get it directly and once more from the process that watches.
        os.killpg(running.process.pid, signal.SIGTERM)
        assert "handed back" in running.end()
        assert running.process.returncode == 0
    status = json.loads(place.run("search", "status", "--study", "tiny", "--json", only_output=True))
    assert status["workers"] == []


def test_ctrl_c_hands_the_trial_back_and_another_goes_on_with_it(place):
    write_study(place.folder, "images", trials=1, epochs=40)
    with place.start("search", "work", "--study", "tiny") as running:
        running.until("epoch 2/40")
        workers = running.workers()
        running.process.send_signal(signal.SIGINT)
        output = running.end()
        assert running.process.returncode == 0, output
    assert not any(is_alive(worker) for worker in workers)
    (trial,) = place.trials()
    assert trial.state == TrialState.RUNNING
    before = trial.intermediate_values
    output = place.run("search", "work", "--study", "tiny")
    assert f"(attempt 2, after epoch {max(before)})" in output
    assert output.count(" epoch ") == 40 - max(before) + 1  # and no epoch is trained twice
    (trial,) = place.trials()
    assert trial.state == TrialState.COMPLETE
    assert list(trial.intermediate_values) == list(range(1, 41))
    assert all(trial.intermediate_values[epoch] == f1 for epoch, f1 in before.items())


def test_workers_do_not_outlive_the_command(place):
    write_study(place.folder, "images", trials=1, epochs=400)
    with place.start("search", "work", "--study", "tiny") as running:
        running.until("epoch 1/400")
        workers = running.workers()
        running.process.kill()
    until(lambda: not any(map(is_alive, workers)))


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
