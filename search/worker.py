"""A worker: takes one trial after the other from a study until there are none left or it is asked to stop."""

from __future__ import annotations

import logging
import os
import platform
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from pathlib import Path

import optuna
import sqlalchemy as sa
from trainer.config import Runtime
from trainer.errors import UserError

from search.errors import StorageError
from search.events import Event, TrialEnded, WorkerEnded, WorkerIdle
from search.lease import Lease, LeaseLost, Leases, Refusal, Renewal, counts
from search.objective import DATABASE_ERRORS, Bench, begin, run_trial
from search.signals import Stopped, Stopper
from search.spec import StudySpec
from search.storage import open_storage
from search.study import best_complete, check_data, load_study, read_data, value_of

_POLL = 1.0


@dataclass(frozen=True)
class Job:
    """What a worker process is started with.

    Attributes:
        worker: Its number in this command, from 0.
        spec: The study, with this machine's paths.
        storage: URL, or none for the embedded server in ``home``.
        home: Folder of the embedded server and the image cache.
        runtime: Device and threads.
        trials: Trials that this worker runs at most.
        deadline: Unix time after which it starts no trial.
    """

    worker: int
    spec: StudySpec
    storage: str | None
    home: Path
    runtime: Runtime
    trials: int | None = None
    deadline: float | None = None


def worker_main(job: Job, pipe: Connection) -> None:
    """Entry point of a worker process; tells what happens through the pipe."""
    stopper = Stopper()
    stopper.install()
    quiet_libraries()
    _stop_with_parent()

    def emit(event: Event) -> None:
        try:
            pipe.send(event)
        except OSError:  # nobody watches any more: finish the write at hand, then leave
            stopper.requested = True

    try:
        _work_through(job, stopper, emit)
    except (StorageError, *DATABASE_ERRORS) as error:
        # The process that watches starts another worker a little later, by when the database may be back.
        emit(WorkerIdle(job.worker, f"the database went away: {_first_line(error)}"))
        sys.exit(1)
    except UserError as error:  # what was in order when the command began is so no longer
        emit(WorkerEnded(job.worker, str(error), failing=True))


def _first_line(error: Exception) -> str:
    """What is worth telling of an error that may come with SQL, parameters and causes."""
    return (str(error.__cause__ or error).strip().splitlines() or [type(error).__name__])[0]


def _work_through(job: Job, stopper: Stopper, emit: Callable[[Event], None]) -> None:
    with open_storage(job.storage, home=job.home) as storage:
        study = load_study(storage, job.spec.study.name)
        leases = Leases(
            storage.engine,
            study._study_id,
            worker=f"{platform.node()}:{os.getpid()}",
            device=job.runtime.device,
        )
        study = load_study(storage, job.spec.study.name, worker=leases.enlist())
        spec = job.spec
        data = read_data(spec, job.home)
        check_data(study, data, spec.data.root)
        bench = Bench(job.worker, study, spec, data, job.runtime, stopper, emit)
        _Loop(bench, leases, storage.engine, job).run()


def quiet_libraries() -> None:
    """Keep libraries from writing into the progress display."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    # What it has to say when the hub cannot be reached ends up in our own line.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)


def _stop_with_parent() -> None:
    """Hand the trial back when the process that watches dies, however it dies."""
    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


class _Loop:
    def __init__(self, bench: Bench, leases: Leases, engine: sa.Engine, job: Job) -> None:
        self._bench = bench
        self._leases = leases
        self._engine = engine
        self._job = job
        self._trials = 0

    def run(self) -> None:
        try:
            while isinstance(claim := self._claim(), Lease):
                self._work(claim)
        except Stopped:
            self._bench.emit(WorkerEnded(self._bench.worker, "stopped; its trial was handed back"))
            return
        reason = claim if isinstance(claim, str) else claim.value
        self._bench.emit(WorkerEnded(self._bench.worker, reason, failing=claim is Refusal.FAILING))

    def _claim(self) -> Lease | Refusal | str:
        told = False
        while True:
            if self._bench.stopper.requested:
                raise Stopped
            if self._job.trials is not None and self._trials >= self._job.trials:
                return "its own number of trials is reached"
            if self._job.deadline is not None and time.time() >= self._job.deadline:
                return "its time is up"
            claim = self._leases.claim()
            if claim is not Refusal.WAIT:
                return claim
            if not told:
                self._bench.emit(WorkerIdle(self._bench.worker, claim.value))
                told = True
            with self._bench.stopper.interruptible():
                time.sleep(_POLL)

    def _work(self, lease: Lease) -> None:
        try:
            with Renewal(lease):
                trial = begin(self._bench, lease)
                if trial is None:
                    return
                ending = run_trial(self._bench, trial, lease)
        except LeaseLost:
            return
        except (Stopped, *DATABASE_ERRORS):
            # Not the trial's fault: another worker shall go on with it at once. Whatever else comes this far counts
            # as a death of the worker, so that a trial which kills its workers is given up in the end.
            with suppress(*DATABASE_ERRORS):
                lease.hand_back()
            raise
        self._trials += ending.outcome != "lost"
        now = counts(self._engine, self._bench.study._study_id)
        best = best_complete(self._bench.study)
        self._bench.emit(
            TrialEnded(
                worker=self._bench.worker,
                number=trial.number,
                outcome=ending.outcome,
                value=ending.value,
                reason=ending.reason,
                finished=now.finished,
                budget=now.budget,
                best=None if best is None else (best.number, value_of(best)),
            )
        )
