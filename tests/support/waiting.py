"""Waiting for what happens elsewhere: a limit ends a test that hangs, and says nothing of how fast a machine is."""

import time
from collections.abc import Callable

PATIENCE = 600
"""Seconds, of which a machine that does much else may need many."""


def until(condition: Callable[[], object]) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, condition
        time.sleep(0.02)
