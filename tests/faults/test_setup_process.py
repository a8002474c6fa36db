"""`search work` before it has workers, and without the process that they are forked from: stopped, killed, replaced."""

import contextlib
import re
import signal
import time

import psutil
import pytest
from optuna.trial import TrialState

from search.database import lease
from search.database.connection import open_storage
from search.study.study import _CREATION, study_names
from tests.support.processes import Place, is_alive, place  # noqa: F401 - a fixture
from tests.support.tiny import write_study
from tests.support.waiting import until

WORK = ("search", "work", "--study", "tiny", "--devices", "cpu")


def family(running):
    with contextlib.suppress(psutil.Error):
        return psutil.Process(running.process.pid).children(recursive=True)
    return []


def forks(running):
    with contextlib.suppress(psutil.Error, ValueError):
        return running.workers()
    return []


@contextlib.contextmanager
def nobody_makes_studies(place):  # noqa: F811
    """Hold the lock under which studies are made, so that whoever makes one waits."""
    with open_storage(place.url) as storage, storage.engine.begin() as connection:
        lease.lock(connection, _CREATION)

        def somebody_waits():
            with storage.engine.connect() as other:
                waiting = other.exec_driver_sql(
                    "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'"
                    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                )
                return waiting.scalar_one() > 0

        yield somebody_waits


@pytest.mark.slow
def test_the_process_that_watches_imports_no_torch(place):  # noqa: F811
    write_study(place.folder, "images", trials=1, epochs=1)
    (place.folder / "sitecustomize.py").write_text(
        "import atexit, sys\n"
        "heavy = ('torch', 'timm', 'sklearn', 'albumentations', 'matplotlib')\n"
        "atexit.register(lambda: 'work' in sys.argv and print('watcher:', *(m for m in heavy if m in sys.modules)))\n"
    )
    output = place.beside(PYTHONPATH=str(place.folder)).run(*WORK)
    assert "1 of 1 trials are finished" in output
    assert re.findall(r"^watcher:.*$", output, re.MULTILINE) == ["watcher:"]


def test_ctrl_c_while_the_zygote_imports(place):  # noqa: F811
    write_study(place.folder, "images", trials=1)
    importing = place.beside(PYTHONPATH=str(place.folder))  # a fork of the tests has imported already
    with importing.start(*WORK) as running:
        until(lambda: forks(running) or [each for each in family(running) if "forkserver" in " ".join(each.cmdline())])
        processes = family(running)
        time.sleep(0.2)
        running.process.send_signal(signal.SIGINT)
        assert running.end() == "stopped\n"
    assert running.process.returncode == 130
    until(lambda: not any(map(is_alive, processes)))


@pytest.mark.parametrize("end", ["ctrl-c", "killed", "its zygote killed", "the command killed"])
def test_an_end_before_there_are_workers(place, end):  # noqa: F811
    write_study(place.folder, "images", trials=1)
    with nobody_makes_studies(place) as somebody_waits, place.start(*WORK) as running:
        until(somebody_waits)
        processes = family(running)
        (maker,) = forks(running)
        if end == "ctrl-c":
            running.process.send_signal(signal.SIGINT)
        else:
            victims = {
                "killed": maker,
                "its zygote killed": running.fork_server(),
                "the command killed": running.process,
            }
            victims[end].kill()
        output = running.end()
        until(lambda: not any(map(is_alive, processes)))
    assert "Traceback" not in output
    if end == "ctrl-c":
        assert (running.process.returncode, output) == (130, "stopped\n")
    elif end != "the command killed":
        assert running.process.returncode == 1
        assert "the process that checks data and study was killed, perhaps for want of memory" in output
    with open_storage(place.url) as storage:
        assert study_names(storage) == []


@pytest.mark.slow
def test_a_zygote_that_is_killed_costs_no_trial(place):  # noqa: F811
    write_study(place.folder, "images", trials=1, epochs=60)
    with place.start(*WORK) as running:
        running.until("trial   0  epoch 2/60")
        fork_server, (worker,) = running.fork_server(), running.workers()
        fork_server.kill()
        running.until("worker 0 crashed (the process that it was forked from is gone); starting it again in 8 s")
        until(lambda: not is_alive(worker))
        running.until("trial   0 (attempt 2, after epoch ")
        assert running.fork_server().pid != fork_server.pid
        processes = family(running)
        output = running.end()
    assert running.process.returncode == 0, output
    assert "1 of 1 trials are finished" in output
    until(lambda: not any(map(is_alive, processes)))
    (trial,) = place.trials()
    assert trial.state == TrialState.COMPLETE
    assert list(trial.intermediate_values) == list(range(1, 61))
