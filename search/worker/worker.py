"""A worker: takes one trial after the other from a study until there are none left or it is asked to stop."""

import os
import platform
import sys
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from multiprocessing.connection import Connection

import optuna
import sqlalchemy as sa
from trainer.batches.loader import Loader
from trainer.errors import UserError
from trainer.tracking.event_files import study_folder
from trainer.tracking.trial_logs import TrackingTargets
from trainer.training.cross_validation import create_run
from trainer.training.run_output import RunWithOutput

from search.console import quiet_libraries
from search.database.connection import open_storage
from search.database.lease import Lease, Leases, NoTrial
from search.database.optuna_internals import study_id
from search.database.queries import counts, next_worker_number, study_key, unfinished
from search.database.retry import DATABASE_ERRORS, DatabaseAwayError, summarize_error, with_retries
from search.errors import StorageError, StudyError
from search.plans.kind import kind_of
from search.stores.artifacts import open_artifacts
from search.stores.checkpoints import Checkpoints
from search.stores.open import open_store
from search.stores.shared import check_location, checkpoints_folder
from search.study.package_versions import installed
from search.study.study import check_data, load_study, read_data, stored_spec
from search.worker.context import WorkerContext
from search.worker.events import Event, Note, TrialEnded, WorkerEnded, WorkerIdle
from search.worker.job import Job
from search.worker.signals import Stopped, Stopper, stop_with_parent
from search.worker.trial_artifacts import ArtifactWriter
from search.worker.trial_record import TrialOutcome
from search.worker.trial_runner import MachineFaultError, run_trial

_POLL = 1.0


def worker_main(job: Job, pipe: Connection) -> None:
    """Entry point of a worker process; tells what happens through the pipe."""
    stopper = Stopper()
    stopper.install()
    quiet_libraries()
    stop_with_parent()
    one_at_a_time = threading.Lock()

    def emit(event: Event) -> None:
        try:
            with one_at_a_time:
                pipe.send(event)
        except OSError:  # nobody watches any more: finish the write at hand, then leave
            stopper.requested = True

    try:
        _work_through(job, stopper, emit)
    except Stopped:
        emit(WorkerEnded(job.worker, "stopped"))
    except DatabaseAwayError as error:
        emit(WorkerEnded(job.worker, str(error), failing=True))
    except (StorageError, MachineFaultError, *DATABASE_ERRORS) as error:
        # The process that watches starts another worker a little later, by when the trouble may be over.
        emit(WorkerIdle(job.worker, f"leaves: {summarize_error(error)}"))
        sys.exit(1)
    except UserError as error:  # what was in order when the command began is so no longer
        emit(WorkerEnded(job.worker, str(error), failing=True))


def _work_through(job: Job, stopper: Stopper, emit: Callable[[Event], None]) -> None:
    def note(line: str) -> None:
        emit(Note(job.worker, line))

    with ExitStack() as whole_work:
        storage = whole_work.enter_context(open_storage(job.database.url, home=job.database.home))
        study = load_study(storage, job.spec.study.name)
        number = study_id(study)

        def begin() -> tuple[optuna.Study, str]:
            worker = next_worker_number(storage.engine, number)
            return load_study(storage, job.spec.study.name, worker=worker), study_key(storage.engine, number)

        study, key = with_retries(begin, seconds=job.timeouts.patience, sleep=stopper.sleep)
        kind = kind_of(job.spec)
        leases = Leases(
            study,
            worker=f"{platform.node()}:{os.getpid()}",
            device=job.runtime.device,
            packages=installed(),
            duration=job.timeouts.lease,
            closed=kind.is_closed,
            more=lambda connection: kind_of(stored_spec(study)).enqueue_due(connection, study),
        )
        folder = checkpoints_folder(study.study_name, key)
        store = open_store(job.checkpoints, folder)
        checkpoints = Checkpoints(store, folder)
        if kind.part_of:
            check_location(storage, study, store)
        data = read_data(job.spec, job.database.home, _decoding(note))
        check_data(study, data, job.spec.data.root)
        loader = whole_work.enter_context(Loader(data, job.runtime, note))
        artifact_writer = None
        if job.artifacts is not None:
            # Whether it can be written to was proved when the command began; later it costs no trial when it cannot.
            artifacts = open_artifacts(job.artifacts, prove=False)
            artifact_writer = ArtifactWriter(artifacts, lambda: stopper.requested, note)
        context = WorkerContext(
            worker=job.worker,
            study=study,
            key=key,
            spec=job.spec,
            data=data,
            runtime=job.runtime,
            checkpoints=checkpoints,
            stopper=stopper,
            emit=emit,
            timeouts=job.timeouts,
            deadline=None if job.deadline is None else time.monotonic() + job.deadline - time.time(),
            artifact_writer=artifact_writer,
            logbook=TrackingTargets(
                job.logs and study_folder(job.logs, study.study_name, key), job.wandb, study.study_name, key
            ),
            run=partial(create_run, loader=loader),
            keep=partial(RunWithOutput, loader=loader),
        )
        WorkerLoop(context, leases, storage.engine, trials=job.trials).run()


def _decoding(note: Callable[[str], None]) -> Callable[[int, int], None]:
    """Tell once that images are decoded, which was done when the command began."""
    announced = False

    def progress(_done: int, total: int) -> None:
        nonlocal announced
        if not announced:
            announced = True
            note(f"reads all {total} images again: what was made of them is not there")

    return progress


class WorkerLoop:
    """Trial after trial, until there are none left."""

    def __init__(self, context: WorkerContext, leases: Leases, engine: sa.Engine, *, trials: int | None = None) -> None:
        self._context = context
        self._leases = leases
        self._engine = engine
        self._most = trials
        self._trials = 0

    def run(self) -> None:
        """Work until the budget is spent, the time is up, or somebody asks to stop.

        Raises:
            DatabaseAwayError, MachineFaultError: See :func:`search.worker.trial_runner.run_trial`.
            StudyError: The study was deleted.
        """
        context = self._context
        try:
            self._sweep()
            while isinstance(claim := self._claim(), Lease):
                number, outcome = run_trial(context, claim)
                self._report_end(number, outcome)
            self._sweep()
        except Stopped:
            context.emit(WorkerEnded(context.worker, "stopped; its trial was handed back"))
            return
        reason = claim if isinstance(claim, str) else claim.value
        context.emit(WorkerEnded(context.worker, reason, failing=claim is NoTrial.FAILING))

    def _sweep(self) -> None:
        """Remove the resume points that dead workers left of trials that are finished by now."""
        number = study_id(self._context.study)
        self._context.checkpoints.sweep(lambda: self._context.with_retries(lambda: unfinished(self._engine, number)))

    def _claim(self) -> Lease | NoTrial | str:
        context, announced = self._context, False
        while True:
            if context.stopper.requested:
                raise Stopped
            if self._most is not None and self._trials >= self._most:
                return "its own number of trials is reached"
            if context.deadline is not None and time.monotonic() >= context.deadline:
                return "its time is up"
            try:
                claim = context.with_retries(partial(self._leases.claim, uuid.uuid4().hex))
            except KeyError as error:
                raise StudyError(
                    f"study {context.study.study_name!r} was deleted while this worker was at it"
                ) from error
            if claim is not NoTrial.WAIT:
                return claim
            if not announced:
                context.emit(WorkerIdle(context.worker, claim.value))
                announced = True
            context.stopper.sleep(_POLL)

    def _report_end(self, number: int, end: TrialOutcome) -> None:
        context = self._context
        self._trials += end.kind in ("complete", "pruned", "failed")
        now = context.with_retries(lambda: counts(self._engine, study_id(context.study)))
        context.emit(
            TrialEnded(context.worker, number, end.kind, end.value, end.reason, now.finished, now.budget, now.best)
        )
