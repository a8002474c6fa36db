"""SIGTERM in a worker: the first stops the training at once and hands the trial back, the second ends the process."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ONE_REQUEST = 2.0
"""Seconds within which a second signal is taken for the same request."""


class Stopped(BaseException):
    """The worker was asked to stop; not an Exception, so that nothing takes it for a failure of the trial."""


class Stopper:
    """Knows whether the worker was asked to stop, and interrupts training but never a write."""

    def __init__(self) -> None:
        self.requested = False
        self._since = 0.0
        self._inside = False

    def install(self) -> None:
        """Handle SIGTERM; leave Ctrl-C, which reaches every process of the terminal, to the process that watches."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Let a signal end the block at once.

        Raises:
            Stopped: A signal came, now or before.
        """
        self._inside = True
        try:
            if self.requested:
                raise Stopped
            yield
        finally:
            self._inside = False

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        if self.requested:
            # A signal to the whole process group comes twice: by itself and through the process that watches.
            if time.monotonic() - self._since > _ONE_REQUEST:
                os._exit(128 + number)
            return
        self.requested, self._since = True, time.monotonic()
        if self._inside:
            raise Stopped
