"""What may end a worker's training from outside: SIGTERM, or news that a thread of its own has for it."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import parent_process
from multiprocessing.connection import wait
from types import FrameType
from typing import Final

_ONE_REQUEST = 2.0
"""Seconds within which a second signal is taken for the same request."""
_LOOK = 1.0
"""Seconds between two looks at who the parent is."""

BLOCKED_SIGNALS: Final = frozenset({signal.SIGINT, signal.SIGTERM})
"""What a forked process does not hear before it listens, so that nothing is lost before it has its handlers."""


def unblock_signals() -> None:
    """Hear what was held back until the handlers were there."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, BLOCKED_SIGNALS)


def leave(number: int, _: FrameType | None) -> None:
    """Handle a signal: end the process in good order."""
    raise SystemExit(128 + number)


@contextmanager
def ending_on_sigterm() -> Iterator[None]:
    """Let SIGTERM end the block as Ctrl-C does, with all that it started; exit code 143. For the main thread."""
    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class Stopped(BaseException):
    """The block was interrupted; not an Exception, so that nothing takes it for a failure of the trial."""


def stop_with_parent() -> None:
    """Send this process SIGTERM when the one that started it dies, or the one that it was forked from."""
    parent, forked_from = parent_process(), os.getppid()
    if parent is None:
        return

    def watch() -> None:
        while not wait([parent.sentinel], timeout=_LOOK) and os.getppid() == forked_from:
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


class Stopper:
    """Knows whether the worker was asked to stop, and interrupts training but never a write."""

    def __init__(self) -> None:
        self.requested = False
        self._signalled: float | None = None
        self._inside = False
        self._interrupted = False
        self._installed = False

    def install(self) -> None:
        """Handle SIGTERM; leave Ctrl-C, which reaches every process of the terminal, to the process that watches."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGUSR1, self._on_interrupt)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._installed = True
        unblock_signals()

    def interrupt(self) -> None:
        """End the main thread's interruptible block, the next one if there is none now; for other threads."""
        self._interrupted = True
        if self._installed:  # else the signal would end the process, and the next block must do
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)

    def clear_interrupt(self) -> None:
        """Forget an interruption that nobody waits for any more."""
        self._interrupted = False

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Let a signal end the block at once.

        Raises:
            Stopped: The worker was asked to stop, or the block was interrupted, now or before.
        """
        self._inside = True
        try:
            if self.requested or self._interrupted:
                raise Stopped
            yield
        finally:
            self._inside = False

    def sleep(self, seconds: float) -> None:
        """Sleep, but not through a request to stop, which raises :class:`Stopped`."""
        with self.interruptible():
            time.sleep(seconds)

    def _on_interrupt(self, _number: int, _: FrameType | None) -> None:
        if self._inside and self._interrupted:
            raise Stopped

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        # Not `requested`: a worker that has noticed by itself that nobody watches it is about to hand its trial back
        # when the first signal comes, and must not be ended by it.
        if self._signalled is not None:
            # A signal to the whole process group comes twice: by itself and through the process that watches.
            if time.monotonic() - self._signalled > _ONE_REQUEST:
                os._exit(128 + number)
            return
        self.requested, self._signalled = True, time.monotonic()
        if self._inside:
            raise Stopped
