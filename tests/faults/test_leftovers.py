"""What tests that are killed leave behind: nothing."""

import signal
from pathlib import Path

import pytest

from search.postgres.server import server_state
from tests.support import forked_python
from tests.support.waiting import until

A_TEST = """
import time
from search.postgres.server import embedded_server
from tests.support.leftovers import temporary_home

with temporary_home() as home, embedded_server(home):
    print(home, flush=True)
    time.sleep(3600)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_server_and_its_home_go_with_the_tests_that_started_them(tmp_path, number):
    told = tmp_path / "told"
    with told.open("w") as output:
        tests = forked_python.start(A_TEST, stdout=output.fileno(), stderr=output.fileno())
    until(lambda: told.read_text().endswith("\n"))
    home = Path(told.read_text().strip())
    data = server_state(home).data
    assert server_state(home).running
    tests.send_signal(number)
    assert tests.wait() == -number
    until(lambda: not home.exists() and not data.exists())
