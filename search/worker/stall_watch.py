"""Notices when neither training nor the database gets on, and ends what can be ended no other way."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from search.database.retry import DatabaseAwayError
from search.worker.timeouts import Timeouts

_STALLED_EXIT = 70


class Stalled(Exception):  # noqa: N818 - named by what happened
    """Training has not got on for too long."""


class StallWatch:
    """Notices a training that hangs, and a database that neither answers nor breaks the connection.

    Of training, only time is counted in which its own thread ran as well: a machine that slept is not one that hung.
    ``stop_training`` is called at most once.
    """

    def __init__(
        self, timeouts: Timeouts, stop_training: Callable[[Exception], None], message: Callable[[str], None]
    ) -> None:
        self._timeouts = timeouts
        self._stop_training = stop_training
        self._message = message
        self._over = threading.Event()  # nothing is left to watch
        self._ended = threading.Event()
        self._progress: Callable[[], int] | None = None
        self._asking_since: float | None = None

    def start(self) -> None:
        """Watch from here on, in a thread."""
        threading.Thread(target=self._run, name="stall-watch", daemon=True).start()

    def stop(self) -> None:
        """Watch no more: the trial is to end, for whatever reason."""
        self._over.set()

    def end(self) -> None:
        """The trial has ended, so training does not hang."""
        self._over.set()
        self._ended.set()

    @contextmanager
    def training(self, progress: Callable[[], int] | None) -> Iterator[None]:
        """Watch the block by a number that grows while it gets on; None means it trains nothing."""
        self._progress = progress
        try:
            yield
        finally:
            self._progress = None

    @contextmanager
    def asking_database(self) -> Iterator[None]:
        """Watch the block, which waits for the database."""
        self._asking_since = time.monotonic()
        try:
            yield
        finally:
            self._asking_since = None

    def _run(self) -> None:
        step = min(self._timeouts.stall / 4, self._timeouts.patience / 4, 5.0)
        idle, last = 0.0, -1
        while idle < self._timeouts.stall:
            if self._over.wait(step):
                return
            since = self._asking_since
            if since is not None and time.monotonic() - since > self._timeouts.patience + 2 * step:
                self._stop_training(
                    DatabaseAwayError(f"the database has not answered for {self._timeouts.patience:.0f} s")
                )
                return
            progress = self._progress
            now = progress() if progress else -1
            idle, last = (0.0 if progress is None or now != last else idle + step), now
        line = f"training has not got on for {self._timeouts.stall:.0f} s"
        self._message(f"{line}: its trial is left to others")
        self._stop_training(Stalled(line))
        # What hangs in native code hears no signal. Others have the trial by then, and the device shall be free.
        if not self._ended.wait(self._timeouts.lease):
            os._exit(_STALLED_EXIT)
