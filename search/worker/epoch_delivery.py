"""What comes of an epoch is delivered beside the training of the next one: its resume point, then its report."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from search.worker.checkpoint_writer import CheckpointWriter
from search.worker.reporter import TrialReporter
from search.worker.signals import Stopped, Stopper

_GRACE = 2.0
"""Seconds that a trained epoch waits for the answer to the one before, which takes milliseconds while all is well."""
_BRIEF_WAIT = 3.0
"""Seconds that a point has to be written before its trial is handed back; its report has one more."""
_ABANDON_WAIT = 20.0
"""Seconds that a point has to be written whose trial ends without it: a store that hangs must not hold a worker up."""


class EpochDelivery:
    """Delivers the resume points and reports of one trial; the thread that trains waits for them here.

    A request to stop, and news from the database, interrupt its waits as they interrupt its training.
    """

    def __init__(self, stopper: Stopper, reporter: TrialReporter) -> None:
        self._stopper = stopper
        self._reporter = reporter
        self._writer = CheckpointWriter()

    def begin(self, save: Callable[[], None], report: Callable[[], None]) -> None:
        """Begin to save an epoch's resume point, then to report it; the one before must be delivered."""
        self._writer.begin(save, report)

    def wait_for_answer(self) -> None:
        """Wait a little for the answers to what was reported."""
        self._reporter.wait_for_answer(seconds=_GRACE)

    def wait_for_previous(self) -> None:
        """Wait for the point of the epoch before, and for the answer to its report; this epoch was trained beside."""
        self.wait_for_checkpoint()
        self.wait_for_answer()

    def wait_for_checkpoint(self) -> None:
        """Wait until the point is written and its report sent."""
        with self.interruptible():
            self._writer.wait()

    def wait_briefly(self) -> None:
        """Let others find what had been trained before something went wrong, which is what counts, or is to stop."""
        with suppress(Exception):
            self._writer.wait(_BRIEF_WAIT)
            self._reporter.wait_for_answer(seconds=1.0)

    def abandon(self) -> None:
        """Let nothing be written any more, so that all points can be removed; what still comes the next sweep finds."""
        self._writer.cancel()
        end = time.monotonic() + _ABANDON_WAIT
        with suppress(Exception):
            while not self._writer.wait(0.2) and time.monotonic() < end and not self._stopper.requested:
                pass

    @contextmanager
    def interruptible(self, progress: Callable[[], int] | None = None) -> Iterator[None]:
        """Let a request to stop, or news, end the block; watch it by a number that grows while it gets on."""
        try:
            with self._stopper.interruptible(), self._reporter.watching(progress):
                yield
        except Stopped:
            if not self._stopper.requested:
                self._reporter.wait_for_answer(seconds=0)  # it was news: raised here
            raise

    def flush(self) -> None:
        """Wait until all reports are delivered, however long the database is away."""
        with self.interruptible():
            self._reporter.flush()

    def close(self) -> None:
        """Deliver nothing more, and interrupt nobody: the trial is being ended."""
        self._writer.cancel()
        self._reporter.only_renew()
        self._stopper.clear_interrupt()
