"""One worker on a node of a Ray cluster, and what watches it there; knows nothing of Ray itself."""

import itertools
import os
import threading
import uuid
from collections import deque
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from search.launch.supervisor import StopRequests, run_worker, supervise
from search.worker.events import Event
from search.worker.job import Job

_MOST_KEPT = 1000
"""Events that are kept for a command that is slow to ask for them."""
_POLL_SECONDS = 30.0
"""Seconds after which a call for events returns even if there are none."""


@dataclass(frozen=True)
class EventBatch:
    """What a node supervisor has to tell: events and lines of its own, in order.

    Attributes:
        items: What is new.
        count: How many there have been, these included; to be named in the next question.
        code: The exit code once the worker has ended, as :func:`search.launch.supervisor.supervise` gives it.
    """

    items: tuple[Event | str, ...]
    count: int
    code: int | None


class NodeSupervisor:
    """Starts one worker as a process of its own, watches it, and keeps what it says until somebody asks.

    Its methods are called from several threads: one waits for news while another asks to stop.
    """

    def __init__(self) -> None:
        self._instance = uuid.uuid4().hex
        self._requests = StopRequests()
        self._changed = threading.Condition()
        self._items: deque[Event | str] = deque(maxlen=_MOST_KEPT)
        self._count = 0
        self._code: int | None = None
        self._thread: threading.Thread | None = None

    def begin(self, job: Job) -> str:
        """Start the worker, unless it was started before; returns what tells this supervisor from its successor."""
        with self._changed:
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, args=(job,), name="watch", daemon=True)
                self._thread.start()
        return self._instance

    def next_events(self, seen: int) -> EventBatch:
        """Wait for something to tell after the first ``seen`` items; after a while the answer is that there is none."""
        with self._changed:
            self._changed.wait_for(lambda: self._count > seen or self._code is not None, _POLL_SECONDS)
            gone = self._count - len(self._items)
            items = tuple(itertools.islice(self._items, max(0, seen - gone), None))
            return EventBatch(items, self._count, self._code)

    def stop(self) -> None:
        """Ask the worker to hand its trial back."""
        self._requests.count += 1

    def show(self, event: Event) -> None:
        """Keep an event of the worker."""
        self._store(event)

    def message(self, line: str) -> None:
        """Keep a line of the supervisor's; the command itself says that everybody stops."""
        if not self._requests.count:
            self._store(line)

    def tick(self) -> None:
        """Nothing to redraw."""

    def _store(self, item: Event | str) -> None:
        with self._changed:
            self._items.append(item)
            self._count += 1
            self._changed.notify_all()

    def _watch(self, job: Job) -> None:
        code = 1
        try:
            code = supervise([job], self, requests=self._requests, start=_start_apart).code
        except Exception as error:  # noqa: BLE001 - told to the command, which nobody else could do
            self.message(f"worker {job.worker} cannot be started: {error!r}")
        finally:
            with self._changed:
                self._code = code
                self._changed.notify_all()


def _start_apart(job: Job, pipe: Connection) -> BaseProcess:
    """Start a worker that outlives its supervisor for as long as it takes to hand its trial back.

    When an actor ends, Ray kills its child processes and its process group. A child of multiprocessing's fork server in
    a session of its own is neither; it notices by itself that the supervisor is gone.
    """
    process = get_context("forkserver").Process(target=_run_worker_apart, args=(job, pipe), name=f"worker-{job.worker}")
    process.start()
    return process


def _run_worker_apart(job: Job, pipe: Connection) -> None:
    os.setsid()
    run_worker(job, pipe)
