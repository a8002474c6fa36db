"""``search work --ray``: workers that Ray places on the nodes of a cluster, and starts again where there is room.

Scheduling, placement and restarts over machines are Ray's. Ours is the lease on a trial: a worker that is lost with
its node leaves its trial to the others. On each node a foreman (an actor) watches one worker, see
:mod:`search.launch.ray.node_supervisor`; the command asks each foreman for news, one question at a time.
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
from trainer.config.train_config import Runtime
from trainer.errors import ConfigError, UserError

from search.console import Preparation, print_line, quiet_libraries
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
    here,
    nodes,
    share_of_node,
)
from search.launch.ray.node_supervisor import News, NodeSupervisor
from search.launch.supervisor import LEAVING, STOPPING, Requests, Watcher
from search.worker.events import EpochDone, Event, TrialEnded, WorkerEnded, WorkerIdle
from search.worker.job import Job

if TYPE_CHECKING:
    from search.config.study_spec import StudySpec
    from search.launch.workers import Locations, WorkerPool

_QUIET = 10.0
"""Seconds that workers may wait for room before a line says so."""
_AGAIN = 2.0
"""Seconds between two tries to reach a worker whose node is gone."""
_LOSSES = 7
"""Losses in a row, without an epoch finished between them, after which a worker is given up."""
_OVER = {refusal.value for refusal in NoTrial if refusal is not NoTrial.WAIT}
"""Reasons for which a worker ends that hold for all others too."""


@contextlib.contextmanager
def ray_pool(pool: WorkerPool, storage_url: str | None, home: Path, console: Console) -> Iterator[RayPool]:
    """Connect to the cluster; what runs there for this command ends with the block.

    Raises:
        ConfigError: There is no such cluster, or this command cannot use it.
    """
    with connected(pool.ray or LOCAL, storage_url):
        yield RayPool(pool, home, console)


class RayPool:
    """Workers on a cluster, from the making of their study to their end.

    Attributes:
        runtimes: What each worker computes with; on its node it may have more threads.
        elsewhere: Whether they may run on other machines than this one.
    """

    def __init__(self, pool: WorkerPool, home: Path, console: Console) -> None:
        self._request = choose_request(pool.devices, pool.ray_cpus)
        self._patience = pool.timeouts.patience
        self._home = home
        self._console = console
        gpus = count_gpus() if self._request.gpus else 0
        runtime = pool.runtime("cuda:0" if self._request.gpus else "cpu", self._request.cpus, home)
        self.runtimes = [runtime] * (pool.workers or gpus or 1)
        self.elsewhere = pool.ray != LOCAL
        self._own_points = pool.checkpoints is None
        if not self.elsewhere and not any(map(self._request.fits, nodes())):
            raise ConfigError(f"--ray local: this machine cannot hold a worker that asks for {self._request}")

    def create(self, spec: StudySpec, storage_url: str | None, locations: Locations) -> None:
        """Check and make the study, or join it, on a node as the workers will have: data and devices are there.

        Raises:
            UserError: Something does not fit; nothing was made.
            SystemExit: There is no such node, or it failed.
        """
        # A process that has used a GPU keeps some of its memory: it ends with the task.
        task = ray.remote(max_calls=1)(_create).options(**self._request.options)
        answer = task.remote(spec.anchored(), storage_url, self._home, self.runtimes[0], locations)
        watch = ClusterWatch(self._request, self._patience, self._message)
        if self._own_points:
            self._message(
                f"note: resume points lie in {locations.checkpoints} on each node; unless the nodes share it, trials "
                "of a node that goes begin anew: name a shared folder or S3 with --resume-points"
            )
        try:
            while not ray.wait([answer], timeout=0.5)[0]:
                watch.check()
            said, mistake = ray.get(answer)
        except ClusterGoneError as error:
            self._message(str(error))
            raise SystemExit(1) from error
        except RayError as error:
            self._message(f"the study cannot be made on a node of the cluster: {_last_line(error)}")
            raise SystemExit(1) from error
        if said:
            self._message(said)
        if mistake:
            raise StudyError(mistake)

    def supervise(self, jobs: Sequence[Job], watcher: Watcher, liveness: LivenessFile) -> int:
        """What :func:`search.launch.supervisor.supervise` does, on the cluster.

        Workers for which there is no room wait in Ray's queue.
        """
        actor = ray.remote(_NodeSupervisorActor).options(**self._request.options, max_restarts=-1, max_concurrency=4)
        deadline = min((job.deadline for job in jobs if job.deadline is not None), default=None)
        # The clocks of the nodes may differ: when time is up is for this process to say.
        members = [_RayWorker(replace(job, deadline=None), actor.remote()) for job in jobs]
        shift = _RayPoolState(members, watcher, str(self._request))
        watch = ClusterWatch(self._request, self._patience, watcher.message)
        with Requests().listening() as requests:
            try:
                while not all(member.settled for member in members):
                    shift.listen()
                    watcher.tick()
                    liveness.touch()
                    watch.check()
                    if requests.count >= 2:
                        watcher.message(LEAVING)
                        return 130
                    if requests.count:
                        shift.stop(STOPPING)
                    elif deadline is not None and time.time() >= deadline:
                        shift.stop("the time is up: trials are handed back")
            except ClusterGoneError as error:
                watcher.message(f"{error}; others take the trials over when their leases expire")
                return 1
            finally:
                for member in members:
                    member.leave()
        return 0 if requests.count else int(any(member.failing for member in members))

    def _message(self, line: str) -> None:
        print_line(self._console, line)


def _create(
    spec: StudySpec, storage_url: str | None, home: Path, runtime: Runtime, locations: Locations
) -> tuple[str, str | None]:
    """Check and make the study on this node; what there is to say, and what the user must mend."""
    from search.study.create import create_here  # not above: the command and the foremen need no torch

    quiet_libraries()
    console = Console(file=io.StringIO(), width=200)
    mistake = None
    try:
        locations.prove()
        create_here(spec, storage_url, home, share_of_node(runtime), Preparation(console))
    except UserError as error:
        mistake = f"{error} (on {here()})"
    return console.file.getvalue().rstrip(), mistake  # type: ignore[attr-defined]


class _NodeSupervisorActor(NodeSupervisor):
    """The actor."""

    def begin_here(self, job: Job) -> tuple[str, str]:
        """Start the worker with its share of this node; returns what ``begin`` does, and the node."""
        return self.begin(replace(job, runtime=share_of_node(job.runtime))), here()


@dataclass
class _RayWorker:
    """One worker: its actor, and how it fares."""

    job: Job
    actor: Any
    question: Any = None  # to the actor, not answered yet
    again: float = 0.0  # when to ask next
    reached: bool = False  # else Ray has found no room for it yet, or its node is gone
    life: str = ""
    place: str = ""
    seen: int = 0
    trials: int = 0  # ended by this worker, wherever it was
    losses: int = 0
    settled: bool = False
    failing: bool = False

    def ask(self) -> None:
        if self.reached:
            self.question = self.actor.news.remote(self.seen)
        else:
            self.question = self.actor.begin_here.remote(self.job.after(self.trials))

    def settle(self, *, failing: bool = False) -> None:
        self.settled, self.failing, self.question = True, failing, None
        self.leave()  # makes room for those that wait

    def leave(self) -> None:
        with contextlib.suppress(RayError, ValueError):
            ray.kill(self.actor)


@dataclass
class _RayPoolState:
    """All members, and what has been said of them."""

    members: list[_RayWorker]
    watcher: Watcher
    request: str
    stopping: bool = False
    over: bool = False
    waiting: int = 0  # members without a place at the last count
    since: float = field(default_factory=time.monotonic)
    told: bool = False

    def listen(self) -> None:
        """Take in the next answer, or wait half a second for one."""
        now = time.monotonic()
        for member in self.members:
            if member.question is None and not member.settled and now >= member.again:
                member.ask()
        questions = {member.question: member for member in self.members if member.question is not None}
        if questions:
            for question in ray.wait(list(questions), num_returns=1, timeout=0.5)[0]:
                self._follow(questions[question])
        else:
            time.sleep(0.5)
        if self.over or self.stopping:
            for member in self.members:
                if not member.settled and not member.reached:
                    member.settle()
        self._count_waiting()

    def stop(self, line: str) -> None:
        """Ask everybody to hand back, once."""
        if self.stopping:
            return
        self.stopping = True
        self.watcher.message(line)
        for member in self.members:
            if member.reached and not member.settled:
                member.actor.stop.remote()

    def _follow(self, member: _RayWorker) -> None:
        question, member.question = member.question, None
        try:
            answer = ray.get(question)
        except ActorUnavailableError:
            self._lost(member)
            return
        except RayError as error:
            self._give_up(member, f"given up: {_last_line(error)}")
            return
        if isinstance(answer, News):
            for item in answer.items:
                self._take(member, item)
            member.seen = answer.count
            if answer.code is not None:
                member.settle(failing=answer.code != 0)
            return
        if self.stopping:  # it began after everybody was asked
            member.settle()
            return
        before, (member.life, member.place) = member.life, answer
        member.reached = True
        if member.life != before:  # else it was only the network
            member.seen = 0
        self.watcher.message(f"worker {member.job.worker}  on {member.place}")

    def _take(self, member: _RayWorker, item: Event | str) -> None:
        if isinstance(item, str):
            self.watcher.message(item)
            return
        if isinstance(item, WorkerEnded):
            self.over |= item.reason in _OVER
        if isinstance(item, EpochDone):
            member.losses = 0
        if isinstance(item, TrialEnded) and item.is_over:
            member.trials += 1
        self.watcher.show(item)

    def _lost(self, member: _RayWorker) -> None:
        member.again = time.monotonic() + _AGAIN
        if not member.reached:
            return
        member.reached = False
        member.losses += 1
        if self.over or self.stopping:
            return
        if member.losses > _LOSSES:
            self._give_up(member, f"lost {member.losses} times in a row; given up")
            return
        lost = f"lost with {member.place}; Ray starts it again where there is room"
        self.watcher.show(WorkerIdle(member.job.worker, lost))

    def _give_up(self, member: _RayWorker, reason: str) -> None:
        self.watcher.show(WorkerEnded(member.job.worker, reason, failing=True))
        member.settle(failing=True)

    def _count_waiting(self) -> None:
        waiting = sum(not member.settled and not member.reached for member in self.members)
        if waiting != self.waiting:
            self.waiting, self.since, self.told = waiting, time.monotonic(), False
        elif waiting and not self.told and time.monotonic() - self.since > _QUIET:
            self.told = True
            self.watcher.message(
                f"{waiting} of {len(self.members)} workers wait until Ray finds room for them ({self.request} each)"
            )


def _last_line(error: RayError) -> str:
    """Ray's messages end with the cause, after the whole way there."""
    lines = str(error).strip().splitlines()
    return lines[-1].strip() if lines else type(error).__name__
