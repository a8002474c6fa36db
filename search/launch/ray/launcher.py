"""``search work --ray``: workers that Ray places on the nodes of a cluster, and starts again where there is room.

Scheduling, placement and restarts over machines are Ray's. Ours is the lease on a trial: a worker that is lost with
its node leaves its trial to the others. On each node an actor watches one worker, see
:mod:`search.launch.ray.node_supervisor`; the command asks each actor for its next events, one call at a time.
"""

from __future__ import annotations

import contextlib
import io
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ray
from ray.exceptions import ActorUnavailableError, RayError
from rich.console import Console
from trainer.config.runtime import Runtime
from trainer.errors import ConfigError, UserError

from search.console import Preparation, print_line, quiet_libraries
from search.database.connection import Database
from search.database.lease import NoTrial
from search.errors import StudyError
from search.launch.liveness import LivenessFile
from search.launch.ray.cluster import (
    LOCAL,
    ClusterGoneError,
    ClusterWatch,
    choose_request,
    connected,
    count_gpus,
    node_name,
    nodes,
    share_of_node,
)
from search.launch.ray.node_supervisor import EventBatch, NodeSupervisor
from search.launch.supervisor import LEAVING, STOPPING, EventListener, Outcome, StopRequests
from search.worker.events import EpochDone, Event, TrialEnded, WorkerEnded, WorkerIdle
from search.worker.job import Job

if TYPE_CHECKING:
    from search.config.study_spec import StudySpec
    from search.launch.workers import Locations, WorkerPool

_WAIT_SECONDS = 10.0
"""Seconds that workers may wait for room before a line says so."""
_RETRY_SECONDS = 2.0
"""Seconds between two tries to reach a worker whose node is gone."""
_MOST_LOSSES = 7
"""Losses in a row, without an epoch finished between them, after which a worker is given up."""
_STUDY_ENDED = {refusal.value for refusal in NoTrial if refusal is not NoTrial.WAIT}
"""Reasons for which a worker ends that hold for all others too."""


@contextlib.contextmanager
def ray_pool(pool: WorkerPool, database: Database, console: Console) -> Iterator[RayPool]:
    """Connect to the cluster; what runs there for this command ends with the block.

    Raises:
        ConfigError: There is no such cluster, or this command cannot use it.
    """
    with connected(pool.ray or LOCAL, database.url):
        yield RayPool(pool, database.home, console)


class RayPool:
    """Workers on a cluster, from the making of their study to their end.

    Attributes:
        runtimes: What each worker computes with; on its node it may have more threads.
        elsewhere: Whether they may run on other machines than this one.
    """

    def __init__(self, pool: WorkerPool, home: Path, console: Console) -> None:
        self._request = choose_request(pool.devices, pool.ray_cpus)
        self._patience = pool.timeouts.patience
        self._console = console
        gpus = count_gpus() if self._request.gpus else 0
        runtime = pool.runtime("cuda:0" if self._request.gpus else "cpu", self._request.cpus, home)
        self.runtimes = [runtime] * (pool.workers or gpus or 1)
        self.elsewhere = pool.ray != LOCAL
        self._default_checkpoints = pool.checkpoints is None
        if not self.elsewhere and not any(map(self._request.fits, nodes())):
            raise ConfigError(f"ray local: this machine cannot hold a worker that asks for {self._request}")

    def create(self, spec: StudySpec, database: Database, locations: Locations) -> None:
        """Check and make the study, or join it, on a node as the workers will have: data and devices are there.

        Raises:
            UserError: Something does not fit; nothing was made.
            SystemExit: There is no such node, or it failed.
        """
        # A process that has used a GPU keeps some of its memory: it ends with the task.
        task = ray.remote(max_calls=1)(_create_on_node).options(**self._request.options)
        answer = task.remote(spec.anchored(), database, self.runtimes[0], locations)
        watch = ClusterWatch(self._request, self._patience, self._message)
        if self._default_checkpoints:
            self._message(
                f"note: resume points lie in {locations.checkpoints} on each node; unless the nodes share it, trials "
                "of a node that goes begin anew: name a shared folder or S3 for them"
            )
        try:
            while not ray.wait([answer], timeout=0.5)[0]:
                watch.check()
            output, mistake = ray.get(answer)
        except ClusterGoneError as error:
            self._message(str(error))
            raise SystemExit(1) from error
        except RayError as error:
            self._message(f"the study cannot be made on a node of the cluster: {_last_line(error)}")
            raise SystemExit(1) from error
        if output:
            self._message(output)
        if mistake:
            raise StudyError(mistake)

    def supervise(self, jobs: Sequence[Job], listener: EventListener, liveness: LivenessFile) -> Outcome:
        """What :func:`search.launch.supervisor.supervise` does, on the cluster.

        Workers for which there is no room wait in Ray's queue.
        """
        actor = ray.remote(_NodeSupervisorActor).options(**self._request.options, max_restarts=-1, max_concurrency=4)
        deadline = min((job.deadline for job in jobs if job.deadline is not None), default=None)
        # The clocks of the nodes may differ: when time is up is for this process to say.
        workers = [_RayWorker(replace(job, deadline=None), actor.remote()) for job in jobs]
        state = _RayPoolState(workers, listener, str(self._request))
        watch = ClusterWatch(self._request, self._patience, listener.message)
        with StopRequests().listening() as requests:
            try:
                while not all(worker.is_done for worker in workers):
                    state.poll()
                    listener.tick()
                    liveness.touch()
                    watch.check()
                    if requests.count >= 2:
                        listener.message(LEAVING)
                        return Outcome(130, is_stopped=True)
                    if requests.count:
                        state.stop(STOPPING)
                    elif deadline is not None and time.time() >= deadline:
                        state.stop("the time is up: trials are handed back")
            except ClusterGoneError as error:
                listener.message(f"{error}; others take the trials over when their leases expire")
                return Outcome(1)
            finally:
                for worker in workers:
                    worker.kill_actor()
        if requests.count:
            return Outcome(0, is_stopped=True)
        return Outcome(int(any(worker.failing for worker in workers)))

    def _message(self, line: str) -> None:
        print_line(self._console, line)


def _create_on_node(
    spec: StudySpec, database: Database, runtime: Runtime, locations: Locations
) -> tuple[str, str | None]:
    """Check and make the study on this node; what there is to say, and what the user must mend."""
    from search.study.create import create_here  # not above: the command and the actors need no torch

    quiet_libraries()
    console = Console(file=io.StringIO(), width=200)
    mistake = None
    try:
        locations.prove()
        create_here(spec, database, share_of_node(runtime), Preparation(console))
    except UserError as error:
        mistake = f"{error} (on {node_name()})"
    return console.file.getvalue().rstrip(), mistake  # type: ignore[attr-defined]


class _NodeSupervisorActor(NodeSupervisor):
    """The actor."""

    def begin_on_node(self, job: Job) -> tuple[str, str]:
        """Start the worker with its share of this node; returns what ``begin`` does, and the node."""
        return self.begin(replace(job, runtime=share_of_node(job.runtime))), node_name()


@dataclass
class _RayWorker:
    """One worker: its actor, and how it fares."""

    job: Job
    actor: Any
    call: Any = None  # to the actor, not answered yet
    retry_at: float = 0.0  # when to ask next
    is_reached: bool = False  # else Ray has found no room for it yet, or its node is gone
    instance: str = ""
    node: str = ""
    seen: int = 0
    trials: int = 0  # ended by this worker, wherever it was
    losses: int = 0
    is_done: bool = False
    failing: bool = False

    def send_call(self) -> None:
        if self.is_reached:
            self.call = self.actor.next_events.remote(self.seen)
        else:
            self.call = self.actor.begin_on_node.remote(self.job.after(self.trials))

    def finish(self, *, failing: bool = False) -> None:
        self.is_done, self.failing, self.call = True, failing, None
        self.kill_actor()  # makes room for those that wait

    def kill_actor(self) -> None:
        with contextlib.suppress(RayError, ValueError):
            ray.kill(self.actor)


@dataclass
class _RayPoolState:
    """All workers, and what has been told of them."""

    workers: list[_RayWorker]
    listener: EventListener
    request: str
    stopping: bool = False
    study_ended: bool = False
    waiting: int = 0  # workers without a node at the last count
    since: float = field(default_factory=time.monotonic)
    is_announced: bool = False

    def poll(self) -> None:
        """Take in the next answer, or wait half a second for one."""
        now = time.monotonic()
        for worker in self.workers:
            if worker.call is None and not worker.is_done and now >= worker.retry_at:
                worker.send_call()
        pending = {worker.call: worker for worker in self.workers if worker.call is not None}
        if pending:
            for call in ray.wait(list(pending), num_returns=1, timeout=0.5)[0]:
                self._handle_result(pending[call])
        else:
            time.sleep(0.5)
        if self.study_ended or self.stopping:
            for worker in self.workers:
                if not worker.is_done and not worker.is_reached:
                    worker.finish()
        self._count_waiting()

    def stop(self, line: str) -> None:
        """Ask everybody to hand back, once."""
        if self.stopping:
            return
        self.stopping = True
        self.listener.message(line)
        for worker in self.workers:
            if worker.is_reached and not worker.is_done:
                worker.actor.stop.remote()

    def _handle_result(self, worker: _RayWorker) -> None:
        call, worker.call = worker.call, None
        try:
            answer = ray.get(call)
        except ActorUnavailableError:
            self._handle_loss(worker)
            return
        except RayError as error:
            self._give_up(worker, f"given up: {_last_line(error)}")
            return
        if isinstance(answer, EventBatch):
            for item in answer.items:
                self._handle_item(worker, item)
            worker.seen = answer.count
            if answer.code is not None:
                worker.finish(failing=answer.code != 0)
            return
        if self.stopping:  # it began after everybody was asked
            worker.finish()
            return
        before, (worker.instance, worker.node) = worker.instance, answer
        worker.is_reached = True
        if worker.instance != before:  # else it was only the network
            worker.seen = 0
        self.listener.message(f"worker {worker.job.worker}  on {worker.node}")

    def _handle_item(self, worker: _RayWorker, item: Event | str) -> None:
        if isinstance(item, str):
            self.listener.message(item)
            return
        if isinstance(item, WorkerEnded):
            self.study_ended |= item.reason in _STUDY_ENDED
        if isinstance(item, EpochDone):
            worker.losses = 0
        if isinstance(item, TrialEnded) and item.is_over:
            worker.trials += 1
        self.listener.show(item)

    def _handle_loss(self, worker: _RayWorker) -> None:
        worker.retry_at = time.monotonic() + _RETRY_SECONDS
        if not worker.is_reached:
            return
        worker.is_reached = False
        worker.losses += 1
        if self.study_ended or self.stopping:
            return
        if worker.losses > _MOST_LOSSES:
            self._give_up(worker, f"lost {worker.losses} times in a row; given up")
            return
        lost = f"lost with {worker.node}; Ray starts it again where there is room"
        self.listener.show(WorkerIdle(worker.job.worker, lost))

    def _give_up(self, worker: _RayWorker, reason: str) -> None:
        self.listener.show(WorkerEnded(worker.job.worker, reason, failing=True))
        worker.finish(failing=True)

    def _count_waiting(self) -> None:
        waiting = sum(not worker.is_done and not worker.is_reached for worker in self.workers)
        if waiting != self.waiting:
            self.waiting, self.since, self.is_announced = waiting, time.monotonic(), False
        elif waiting and not self.is_announced and time.monotonic() - self.since > _WAIT_SECONDS:
            self.is_announced = True
            self.listener.message(
                f"{waiting} of {len(self.workers)} workers wait until Ray finds room for them ({self.request} each)"
            )


def _last_line(error: RayError) -> str:
    """Ray's messages end with the cause, after the whole way there."""
    lines = str(error).strip().splitlines()
    return lines[-1].strip() if lines else type(error).__name__
