"""What a trial and the database have to tell each other while it trains: renewals, reports, the pruner's word.

Training never waits for the database. A thread renews the lease and delivers the reports, in order; while the database
is away both wait, and training goes on. Whatever ends the trial from outside interrupts the training at once.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from search.database.lease import Lease
from search.database.retry import with_retries
from search.worker.stall_watch import StallWatch
from search.worker.timeouts import Timeouts


@dataclass(frozen=True)
class Report:
    """The F1 of an epoch, from 1; not ``own`` where an earlier attempt trained it and may not have reported it.

    An epoch within a fold has none.
    """

    epoch: int
    f1: float | None
    own: bool = True


class Pruned(Exception):  # noqa: N818 - the pruner's decision, not an error
    """The trial shall end with this epoch; the message says why."""

    def __init__(self, epoch: int, why: str) -> None:
        super().__init__(why)
        self.epoch = epoch


class OutOfTime(Exception):  # noqa: N818 - no error either
    """The time of the study or of this worker is up."""


class _Ended(Exception):  # noqa: N818 - ends the waiting of the thread
    pass


class TrialReporter:
    """Works for one trial, from ``with`` to its end.

    Args:
        deliver: Writes a report and asks the pruner; raises :class:`Pruned`. It may be called again for the same
            report when an answer was lost.
        deadline: The worker's own, on the monotonic clock.
        interrupt: Called when there is news, to end the training that is going on.
        message: Called with a line for people.
    """

    def __init__(
        self,
        lease: Lease,
        deliver: Callable[[Report], None],
        timeouts: Timeouts,
        *,
        deadline: float | None,
        interrupt: Callable[[], None],
        message: Callable[[str], None],
    ) -> None:
        self._lease = lease
        self._deliver = deliver
        self._timeouts = timeouts
        self._interval = timeouts.lease / 3
        self._own_deadline = math.inf if deadline is None else deadline
        # The claim has just set the lease's term and said what time is left.
        self._note_renewal(time.monotonic(), lease.claim.left)
        self._interrupt = interrupt
        self._message = message
        self._queue: deque[Report] = deque()
        self._changed = threading.Condition()
        self._stop_reason: Exception | None = None
        self._away = False
        self._only_renewing = False
        self._ended = False
        self._stall_watch = StallWatch(timeouts, self._stop_training, message)
        self._thread = threading.Thread(target=self._run, name="trial-reporter", daemon=True)

    def __enter__(self) -> TrialReporter:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self._stall_watch.end()
        # A thread that hangs in a dead connection ends with it; nothing that it could still do would count.
        self._thread.join(timeout=1)

    def watching(self, progress: Callable[[], int] | None) -> AbstractContextManager[None]:
        """Watch a training by a number that grows while it gets on; None means it is not training now."""
        return self._stall_watch.training(progress)

    def send(self, report: Report) -> None:
        """Give a report to be delivered."""
        with self._changed:
            self._queue.append(report)
            self._changed.notify_all()

    def wait_for_answer(self, *, seconds: float) -> None:
        """Wait until all reports are delivered, but no longer than this, and not at all while the database is away.

        Raises:
            LeaseLost, Pruned, OutOfTime, Stalled, DatabaseAwayError: The trial ends here.
        """
        with self._changed:
            answered = self._changed.wait_for(
                lambda: self._stop_reason or self._away or not self._queue, timeout=seconds
            )
            self._away = self._away or not answered  # the next epochs do not wait as well
            if self._stop_reason:
                raise self._stop_reason

    def flush(self) -> None:
        """Wait until all reports are delivered, however long the database is away.

        Raises:
            LeaseLost, Pruned, OutOfTime, Stalled, DatabaseAwayError: The trial ends here.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._stop_reason or not self._queue)
            # Where all is delivered only the end is left to be told, and for that there is always time.
            if self._stop_reason and not (isinstance(self._stop_reason, OutOfTime) and not self._queue):
                raise self._stop_reason

    def only_renew(self) -> None:
        """From here on the trial is being ended: keep the lease, and interrupt nobody."""
        with self._changed:
            self._only_renewing = True

    def _run(self) -> None:
        self._stall_watch.start()
        while not self._ended:
            try:
                with self._stall_watch.asking_database():
                    with_retries(
                        self._round,
                        seconds=self._timeouts.patience,
                        sleep=self._sleep,
                        message=lambda line: self._message(f"{line}; training goes on"),
                    )
            except _Ended:
                return
            except (Pruned, OutOfTime) as reason:
                self._stop_training(reason)
                self._only_renewing = True
            except Exception as reason:  # noqa: BLE001 - it is raised again where the trial is run
                self._stop_training(reason)
                return
            with self._changed:
                self._away = False
                self._changed.notify_all()
                self._changed.wait_for(
                    lambda: self._ended or (self._queue and not self._only_renewing), timeout=self._until_next()
                )

    def _stop_training(self, reason: Exception) -> None:
        with self._changed:
            if self._ended or self._stop_reason:
                return
            self._stop_reason = reason
            self._changed.notify_all()
            self._stall_watch.stop()
            if not self._only_renewing:
                self._interrupt()  # under the lock, so that it cannot hit the next trial

    def _note_renewal(self, now: float, left: float | None) -> None:
        self._renewed, self._study_deadline = now, math.inf if left is None else now + left

    def _until_next(self) -> float:
        due = self._renewed + self._interval
        if not self._only_renewing:
            due = min(due, self._own_deadline, self._study_deadline)
        return max(0.0, due - time.monotonic())

    def _round(self) -> None:
        """What is due now; may be repeated."""
        now = time.monotonic()
        if now >= self._renewed + self._interval:
            self._note_renewal(now, self._lease.renew())
        while self._queue and not self._only_renewing:
            self._deliver(self._queue[0])
            self._renewed = time.monotonic()
            with self._changed:
                self._queue.popleft()
                self._changed.notify_all()
        self._check_time()

    def _check_time(self) -> None:
        if self._only_renewing:
            return
        for deadline, whose in ((self._study_deadline, "the study's"), (self._own_deadline, "this worker's")):
            if time.monotonic() >= deadline:
                raise OutOfTime(f"{whose} time is up")

    def _sleep(self, seconds: float) -> None:
        self._check_time()
        with self._changed:
            self._away = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._ended, timeout=seconds)
            if self._ended:
                raise _Ended
