"""Which signal lets a worker hand its trial back, and which ends it at once."""

import signal
import subprocess
import sys
import time

import pytest

from tests.support.waiting import PATIENCE

WORKER = """
import sys, time
from search.worker.signals import Stopped, Stopper
stopper = Stopper()
stopper.install()
stopper.requested = {noticed}
print("ready", flush=True)
end = time.monotonic() + 1200
try:
    while time.monotonic() < end:
        stopper.sleep(0.1)
except Stopped:
    print("hands back", flush=True)
    sys.stdin.readline()  # handing back takes as long as the test wants, and is no place to be interrupted
    print("handed back", flush=True)
"""


@pytest.fixture
def worker():
    started = []

    def start(noticed):
        code = WORKER.format(noticed=noticed)
        process = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_the_first_signal_never_ends_a_worker_that_has_noticed_by_itself(worker):
    process = worker(noticed=True)
    assert process.stdout.readline() == "hands back\n"
    process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    assert process.communicate("\n", timeout=PATIENCE)[0] == "handed back\n"
    assert process.returncode == 0


def test_the_second_signal_ends_it_at_once(worker):
    process = worker(noticed=False)
    process.send_signal(signal.SIGTERM)
    assert process.stdout.readline() == "hands back\n"
    process.send_signal(signal.SIGTERM)  # at once after the first: one request that comes twice
    time.sleep(2.5)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=PATIENCE) == 128 + signal.SIGTERM
