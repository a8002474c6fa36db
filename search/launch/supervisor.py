"""Start worker processes, watch them, restart one that crashes, and pass signals on."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Final, NamedTuple, Protocol

from search.launch import fork_server
from search.launch.liveness import LivenessFile
from search.worker.events import EpochDone, Event, TrialEnded, WorkerEnded
from search.worker.job import Job

logger = logging.getLogger(__name__)

STOPPING: Final = "stopping: trials are handed back; Ctrl-C once more leaves at once"
LEAVING: Final = "leaving at once; others take the trials over when their leases expire"
_SAME_REQUEST = 2.0
"""Seconds within which a second SIGTERM is taken for the same request."""
_MOST_CRASHES = 7
"""Crashes in a row, without an epoch finished between them, after which a worker is given up."""
_ORPHAN_SECONDS = 8.0
"""Seconds within which a worker whose fork server has died hands its trial back and ends."""
_HINTS: Final = {
    -signal.SIGKILL: "killed, perhaps for want of memory",
    -signal.SIGBUS: "SIGBUS: a file that it had mapped was cut short; if it was the image cache, it is built anew",
}


class Outcome(NamedTuple):
    """How watching workers ended.

    Attributes:
        code: The exit code of a command: 0 when there is nothing left to do or a stop was asked for, 1 when the study
            or the workers fail, 130 after a second request to stop.
        is_stopped: Whether somebody asked to stop.
    """

    code: int
    is_stopped: bool = False


class EventListener(Protocol):
    """Whoever shows people what happens."""

    def show(self, event: Event) -> None:
        """Show an event of a worker."""

    def message(self, line: str) -> None:
        """Show a line of the supervisor's own."""

    def tick(self) -> None:
        """Called about twice a second."""


Start = Callable[[Job, Connection], BaseProcess]
"""Starts a worker process, which tells what happens through the connection."""


def run_worker(job: Job, pipe: Connection) -> None:
    """Where a worker process begins."""
    from search.worker.worker import worker_main  # not above: who only watches needs no torch

    worker_main(job, pipe)


def fork(job: Job, pipe: Connection) -> BaseProcess:
    """Start a worker from the fork server: a fork of this process would share its database connections."""
    return fork_server.fork(run_worker, (job, pipe), name=f"worker-{job.worker}")


class _WorkerProcess:
    """One worker: its process, and how it fares."""

    def __init__(self, job: Job, start: Start) -> None:
        self.job = job
        self._start = start
        self.crashes = 0
        self.trials = 0  # ended by this worker, restarts included
        self.ended: WorkerEnded | None = None
        self.restart_at = 0.0
        self.is_done = False  # its end has been handled, and it is not started again
        self.process: BaseProcess | None = None
        self.pipe: Connection | None = None

    def start(self) -> None:
        job = self.job.after(self.trials)
        self.pipe, theirs = Pipe(duplex=False)
        try:
            self.process = self._start(job, theirs)
        except (OSError, EOFError):  # the machine is full, or the process that it is forked from has just died
            logger.debug("worker %d was not started", job.worker, exc_info=True)
            self.process = None
        finally:
            theirs.close()

    def events(self) -> Iterator[Event]:
        """What has been said since the last time."""
        try:
            while self.pipe is not None and self.pipe.poll():
                yield self.pipe.recv()
        except (EOFError, OSError):
            self.pipe = None

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.is_alive()


class StopRequests:
    """Counts the requests to stop: by signals while they are listened to, or by whoever adds one."""

    def __init__(self) -> None:
        self.count = 0
        self._last = 0.0

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        before, self._last = self._last, time.monotonic()
        # Who ends a command sends SIGTERM to it and to its group; only a person presses Ctrl-C twice.
        if number == signal.SIGTERM and self.count and self._last - before < _SAME_REQUEST:
            return
        self.count += 1

    @contextmanager
    def listening(self) -> Iterator[StopRequests]:
        """Count Ctrl-C and SIGTERM while the block lasts; for the main thread."""
        before = {number: signal.signal(number, self._on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def supervise(
    jobs: Sequence[Job],
    listener: EventListener,
    liveness: LivenessFile | None = None,
    *,
    requests: StopRequests | None = None,
    start: Start = fork,
) -> Outcome:
    """Run the workers until all have ended.

    The first Ctrl-C or SIGTERM asks them to hand their trials back, the second ends them at once. Where others count
    the ``requests`` to stop, no signals are listened to.
    """
    pool = [_WorkerProcess(job, start) for job in jobs]
    liveness = liveness or LivenessFile(None)
    stop_announced = False
    with StopRequests().listening() if requests is None else nullcontext(requests) as signals:
        for worker in pool:
            worker.start()
        try:
            while not all(worker.is_done for worker in pool):
                handles = [worker.process.sentinel for worker in pool if worker.alive and worker.process]
                wait([*handles, *(worker.pipe for worker in pool if worker.pipe is not None)], timeout=0.5)
                for worker in pool:
                    _watch_worker(worker, listener, stopping=signals.count > 0)
                listener.tick()
                liveness.touch()
                if signals.count >= 2:
                    listener.message(LEAVING)
                    return Outcome(130, is_stopped=True)
                if signals.count and not stop_announced:
                    stop_announced = True
                    listener.message(STOPPING)
                    _for_each_running(pool, BaseProcess.terminate)
        finally:
            _for_each_running(pool, BaseProcess.kill)
    if signals.count:
        return Outcome(0, is_stopped=True)
    return Outcome(int(any(worker.ended is None or worker.ended.failing for worker in pool)))


def _for_each_running(pool: Sequence[_WorkerProcess], action: Callable[[BaseProcess], None]) -> None:
    for worker in pool:
        if worker.process is not None and worker.process.is_alive():
            action(worker.process)


def _watch_worker(worker: _WorkerProcess, listener: EventListener, *, stopping: bool) -> None:
    was_alive = worker.alive  # asked first: what a dying worker said last is then read below
    for event in worker.events():
        if isinstance(event, WorkerEnded) and not worker.restart_at:  # else its successor has the last word
            worker.ended = event
        if isinstance(event, EpochDone):
            worker.crashes = 0
        if isinstance(event, TrialEnded) and event.is_over:
            worker.trials += 1
        listener.show(event)
    if was_alive or worker.is_done:
        return
    if stopping or worker.ended is not None:
        worker.is_done = True
    elif not worker.restart_at:
        _handle_crash(worker, listener)
    elif time.monotonic() >= worker.restart_at:
        worker.restart_at = 0.0
        worker.start()


def _handle_crash(worker: _WorkerProcess, listener: EventListener) -> None:
    code = worker.process.exitcode if worker.process else None
    why = "it could not be started" if code is None else _HINTS.get(code, f"exit code {code}")
    worker.crashes += 1
    if worker.crashes > _MOST_CRASHES:
        listener.message(f"worker {worker.job.worker} crashed {worker.crashes} times in a row ({why}); given up")
        worker.is_done = True
        return
    delay = 2.0**worker.crashes
    if code == fork_server.GONE:
        why, delay = "the process that it was forked from is gone", max(delay, _ORPHAN_SECONDS)
    listener.message(f"worker {worker.job.worker} crashed ({why}); starting it again in {delay:.0f} s")
    worker.restart_at = time.monotonic() + delay
