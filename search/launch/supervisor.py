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
from typing import Final, Protocol

from search.launch import fork_server
from search.launch.liveness import LivenessFile
from search.worker.events import EpochDone, Event, TrialEnded, WorkerEnded
from search.worker.job import Job

logger = logging.getLogger(__name__)

STOPPING: Final = "stopping: trials are handed back; Ctrl-C once more leaves at once"
LEAVING: Final = "leaving at once; others take the trials over when their leases expire"
_ONE_REQUEST = 2.0
"""Seconds within which a second SIGTERM is taken for the same request."""
_CRASHES = 7
"""Crashes in a row, without an epoch finished between them, after which a worker is given up."""


_ORPHANED = 8.0
"""Seconds within which a worker whose zygote has died hands its trial back and ends."""


_HINTS: Final = {
    -signal.SIGKILL: "killed, perhaps for want of memory",
    -signal.SIGBUS: "SIGBUS: a file that it had mapped was cut short; if it was the image cache, it is built anew",
}


class Watcher(Protocol):
    """Whoever shows people what happens."""

    def show(self, event: Event) -> None:
        """Show an event of a worker."""

    def message(self, line: str) -> None:
        """Show a line of the supervisor's own."""

    def tick(self) -> None:
        """Called about twice a second."""


Start = Callable[[Job, Connection], BaseProcess]
"""Starts a worker process, which tells what happens through the connection."""


def enter(job: Job, pipe: Connection) -> None:
    """Where a worker process begins."""
    from search.worker.worker import worker_main  # not above: who only watches needs no torch

    worker_main(job, pipe)


def fork(job: Job, pipe: Connection) -> BaseProcess:
    """Start a worker from the zygote: a fork of this process would share its database connections."""
    return fork_server.fork(enter, (job, pipe), name=f"worker-{job.worker}")


class _WorkerProcess:
    """One worker: its process, and how it fares."""

    def __init__(self, job: Job, start: Start) -> None:
        self.job = job
        self._start = start
        self.crashes = 0
        self.trials = 0  # ended by this worker, restarts included
        self.ended: WorkerEnded | None = None
        self.restart_at = 0.0
        self.settled = False  # its death has been followed up, and it is not started again
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


class Requests:
    """Counts the requests to stop: by signals while they are listened to, or by whoever adds one."""

    def __init__(self) -> None:
        self.count = 0
        self._since = 0.0

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        before, self._since = self._since, time.monotonic()
        # Who ends a command sends SIGTERM to it and to its group; only a person presses Ctrl-C twice.
        if number == signal.SIGTERM and self.count and self._since - before < _ONE_REQUEST:
            return
        self.count += 1

    @contextmanager
    def listening(self) -> Iterator[Requests]:
        """Count Ctrl-C and SIGTERM while the block lasts; for the main thread."""
        before = {number: signal.signal(number, self._on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def supervise(
    jobs: Sequence[Job],
    watcher: Watcher,
    liveness: LivenessFile | None = None,
    *,
    requests: Requests | None = None,
    start: Start = fork,
) -> int:
    """Run the workers until all have ended.

    The first Ctrl-C or SIGTERM asks them to hand their trials back, the second ends them at once.

    Args:
        jobs: What each worker is started with.
        watcher: Who shows what happens.
        liveness: Who is told, all the time, that this goes on.
        requests: To stop, counted by others; none: signals are listened to.
        start: How a worker process is started.

    Returns:
        The exit code: 0 when there is nothing left to do or a stop was asked for, 1 when the study or the workers fail.
    """
    pool = [_WorkerProcess(job, start) for job in jobs]
    liveness = liveness or LivenessFile(None)
    asked = False
    with Requests().listening() if requests is None else nullcontext(requests) as signals:
        for member in pool:
            member.start()
        try:
            while not all(member.settled for member in pool):
                handles = [member.process.sentinel for member in pool if member.alive and member.process]
                wait([*handles, *(member.pipe for member in pool if member.pipe is not None)], timeout=0.5)
                for member in pool:
                    _follow(member, watcher, stopping=signals.count > 0)
                watcher.tick()
                liveness.touch()
                if signals.count >= 2:
                    watcher.message(LEAVING)
                    return 130
                if signals.count and not asked:
                    asked = True
                    watcher.message(STOPPING)
                    _each(pool, BaseProcess.terminate)
        finally:
            _each(pool, BaseProcess.kill)
    if signals.count:
        return 0
    return int(any(member.ended is None or member.ended.failing for member in pool))


def _each(pool: Sequence[_WorkerProcess], action: Callable[[BaseProcess], None]) -> None:
    for member in pool:
        if member.process is not None and member.process.is_alive():
            action(member.process)


def _follow(member: _WorkerProcess, watcher: Watcher, *, stopping: bool) -> None:
    was_alive = member.alive  # asked first: what a dying worker said last is then read below
    for event in member.events():
        if isinstance(event, WorkerEnded) and not member.restart_at:  # else its successor has the last word
            member.ended = event
        if isinstance(event, EpochDone):
            member.crashes = 0
        if isinstance(event, TrialEnded) and event.is_over:
            member.trials += 1
        watcher.show(event)
    if was_alive or member.settled:
        return
    if stopping or member.ended is not None:
        member.settled = True
    elif not member.restart_at:
        _after_a_crash(member, watcher)
    elif time.monotonic() >= member.restart_at:
        member.restart_at = 0.0
        member.start()


def _after_a_crash(member: _WorkerProcess, watcher: Watcher) -> None:
    code = member.process.exitcode if member.process else None
    why = "it could not be started" if code is None else _HINTS.get(code, f"exit code {code}")
    member.crashes += 1
    if member.crashes > _CRASHES:
        watcher.message(f"worker {member.job.worker} crashed {member.crashes} times in a row ({why}); given up")
        member.settled = True
        return
    delay = 2.0**member.crashes
    if code == fork_server.GONE:
        why, delay = "the process that it was forked from is gone", max(delay, _ORPHANED)
    watcher.message(f"worker {member.job.worker} crashed ({why}); starting it again in {delay:.0f} s")
    member.restart_at = time.monotonic() + delay
