"""The process that workers are forked from: what it holds, what it hears, and what is left when anybody is killed."""

import gc
import os
import signal
import subprocess
import sys
import tempfile
import time
from multiprocessing import Pipe, forkserver
from pathlib import Path

import psutil
import pytest

from search.launch import fork_server
from search.worker.signals import stop_with_parent, unblock_signals
from tests.support.repository import ROOT
from tests.support.waiting import PATIENCE, until

pytestmark = pytest.mark.usefixtures("one_fork_server")


def is_gone(process):
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def forked(target, *arguments):
    mine, theirs = Pipe(duplex=False)
    process = fork_server.fork(target, (theirs, *arguments), name="forked")
    theirs.close()
    return process, mine


def kill_the_fork_server():
    server = psutil.Process(forkserver._forkserver._forkserver_pid)
    server.kill()
    until(lambda: is_gone(server))


def tell_what_there_is(pipe):
    import torch

    parent = psutil.Process(os.getppid())
    told = {
        "imported": sorted(set(fork_server.IMPORTED) & set(sys.modules)),
        "threads": parent.num_threads(),
        "connections": len(parent.net_connections(kind="inet")),
        "cuda": torch.cuda.is_initialized(),
        "frozen": gc.get_freeze_count(),
        "environment": {name: os.environ.get(name) for name in fork_server.ENVIRONMENT},
    }
    pipe.send(told)


def test_it_has_imported_everything_and_can_be_forked_safely(monkeypatch):
    # As on a machine where nobody limits the threads of libraries, which the tests do.
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.delenv(name)
    kill_the_fork_server()
    process, pipe = forked(tell_what_there_is)
    told = pipe.recv()
    process.join()
    assert process.exitcode == 0
    assert told["imported"] == sorted(fork_server.IMPORTED)
    assert told["threads"] == 1
    assert told["connections"] == 0
    assert not told["cuda"]
    assert told["frozen"] > 100_000
    assert told["environment"] == fork_server.ENVIRONMENT
    assert "OPENBLAS_NUM_THREADS" not in os.environ  # it is the zygote's alone
    kill_the_fork_server()  # the tests' own limits count for the next one again


def sleep_until_told(pipe):
    signal.signal(signal.SIGTERM, lambda number, _: os._exit(100 + number))
    pipe.send(os.getppid())
    time.sleep(1)  # deaf
    pipe.send("listens")
    unblock_signals()
    time.sleep(2 * PATIENCE)


@pytest.mark.slow
def test_a_request_to_stop_waits_until_the_fork_listens_and_does_not_end_the_zygote():
    process, pipe = forked(sleep_until_told)
    server = pipe.recv()
    for number in (signal.SIGTERM, signal.SIGINT):
        os.kill(server, number)
    process.terminate()
    assert pipe.recv() == "listens"
    process.join(PATIENCE)
    assert process.exitcode == 100 + signal.SIGTERM
    process, pipe = forked(sleep_until_told)
    assert pipe.recv() == server
    process.kill()
    process.join(PATIENCE)
    assert process.exitcode == -signal.SIGKILL


def work_with_a_parent(pipe):
    signal.signal(signal.SIGTERM, lambda *_: os._exit(7))
    unblock_signals()
    stop_with_parent()
    pipe.send(os.getppid())
    time.sleep(2 * PATIENCE)


@pytest.mark.slow
def test_a_zygote_that_is_killed_takes_its_forks_along_and_another_takes_its_place():
    process, pipe = forked(work_with_a_parent)
    server, worker = pipe.recv(), psutil.Process(process.pid)
    os.kill(server, signal.SIGKILL)
    until(lambda: is_gone(worker))
    process.join(PATIENCE)
    assert process.exitcode == fork_server.GONE
    again, pipe = forked(work_with_a_parent)
    assert pipe.recv() != server
    again.terminate()
    again.join(PATIENCE)
    assert again.exitcode == 7


WATCHES = """
import sys, time
from multiprocessing import Pipe
from search.launch import fork_server
from tests.faults.test_fork_server import work_with_a_parent

with fork_server.running():
    mine, theirs = Pipe(duplex=False)
    if sys.argv[1] == "with a fork":
        process = fork_server.fork(work_with_a_parent, (theirs,), name="worker")
        mine.recv()
    print("ready", flush=True)
    if sys.argv[2] == "ends":
        sys.exit(0)
    time.sleep(1200)
"""


@pytest.fixture
def short_folder():
    """pytest's own have long names."""
    with tempfile.TemporaryDirectory(prefix="sh-") as folder:
        yield Path(folder)


@pytest.mark.parametrize("fork", ["with a fork", "while it imports"])
@pytest.mark.parametrize("end", ["ends", "is killed"])
@pytest.mark.slow
def test_nothing_outlives_the_process_that_watches(tmp_path, short_folder, fork, end):
    environment = {**os.environ, "TMPDIR": str(short_folder), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", WATCHES, fork, end]
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as process:
        family = psutil.Process(process.pid)
        assert process.stdout.readline() == "ready\n"
        left = family.children(recursive=True)
        if end == "is killed":
            process.kill()
        process.wait(PATIENCE)
    assert end == "is killed" or process.returncode == 0
    until(lambda: all(map(is_gone, left)))
    until(lambda: not list(short_folder.glob("pymp-*")))


@pytest.mark.slow
def test_a_long_path_of_the_folder_for_temporary_files(tmp_path):
    folder = tmp_path / "of-somebody's-job" / ("x" * 90)
    folder.mkdir(parents=True)
    environment = {**os.environ, "TMPDIR": str(folder), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", WATCHES, "with a fork", "ends"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "ready\n"), done.stderr
