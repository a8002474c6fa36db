"""``search work``: have the study made, start the workers, and say how it ends."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import optuna
from optuna.storages import RDBStorage
from optuna.trial import TrialState
from rich.console import Console
from trainer.errors import ConfigError

from search.config.study_spec import StudySpec
from search.console import Preparation, print_line, quiet_libraries
from search.database import queries
from search.database.connection import Database, StudyStorage
from search.database.optuna_internals import study_id
from search.database.retry import DATABASE_ERRORS, DatabaseAwayError, within
from search.errors import StudyError
from search.launch.liveness import LivenessFile
from search.launch.progress import make_progress
from search.launch.setup_process import SetupFailedError, SetupRequest, make_study
from search.launch.supervisor import Outcome, supervise
from search.launch.workers import WorkerPool
from search.plans.kind import kind_of
from search.stores.open import open_store
from search.stores.shared import check_location
from search.study.study import load_study, stored_spec
from search.worker.job import Job

if TYPE_CHECKING:
    from search.launch.ray.launcher import RayPool

_FINAL_SECONDS = 10.0
"""Seconds that a command which ends waits to hear how the study stands."""


def work(spec: StudySpec, pool: WorkerPool, storage: StudyStorage, console: Console) -> Outcome:
    """Make or join the study and run workers until there is nothing left to do."""
    quiet_libraries()
    database = storage.database
    locations = pool.locations(database.home)
    with nullcontext() if pool.ray is None else _ray_pool(pool, database, console) as ray_pool:
        if ray_pool is not None and ray_pool.elsewhere:
            ray_pool.create(spec, database, locations.anchored())
            runtimes = ray_pool.runtimes
        else:
            locations.prove()
            request = SetupRequest(spec, database, pool, None if ray_pool is None else ray_pool.runtimes)
            with Preparation(console) as preparation:
                try:
                    runtimes = make_study(request, preparation)
                except SetupFailedError as error:
                    preparation.message(str(error))
                    return Outcome(1)
        study = load_study(storage, spec.study.name)
        # What was settled when the study was made counts for every worker.
        made = stored_spec(study)
        kind = kind_of(made)
        fixed = {name: made.fixed[name] for name in ("precision", "batch_size") if name in made.fixed}
        settled = spec.anchored().with_pixels(made.data.pixels).with_fixed(**{"precision": "fp32", **fixed})
        now = queries.counts(storage.engine, study_id(study))
        if spec.study.trials < now.budget and not kind.is_closed:
            print_line(
                console,
                f"note: the study has a budget of {now.budget} trials, which is never lowered (its file says "
                f"{spec.study.trials})",
            )
        if now.finished >= now.budget:
            if step := kind.next_step():
                print_line(console, f"all {now.budget} trials of {spec.study.name} are finished; {step}")
            return Outcome(0)
        if kind.part_of and not (ray_pool is not None and ray_pool.elsewhere):
            check_location(storage, study, open_store(locations.checkpoints))
        deadline = None if pool.timeout is None else time.time() + pool.timeout
        locations = locations if ray_pool is None else locations.anchored()
        jobs = [
            Job(
                worker=number,
                spec=settled,
                database=database,
                checkpoints=locations.checkpoints,
                runtime=runtime,
                timeouts=pool.timeouts,
                trials=pool.trials,
                deadline=deadline,
                logs=locations.logs,
                wandb=pool.wandb,
                artifacts=locations.artifacts,
            )
            for number, runtime in enumerate(runtimes)
        ]
        with make_progress(
            console, spec, finished=now.finished, budget=now.budget, best=now.best, workers=len(jobs)
        ) as progress:
            watch = supervise if ray_pool is None else ray_pool.supervise
            outcome = watch(jobs, progress, LivenessFile(pool.liveness))
        try:
            lines = within(lambda: _final_lines(storage, study, failing=outcome.code == 1), seconds=_FINAL_SECONDS)
        except (StudyError, KeyError):  # somebody deleted it, and a worker has said so
            lines = []
        except (DatabaseAwayError, *DATABASE_ERRORS):
            lines = ["the database is away; once it is back, `search work` goes on from here"]
        for line in lines:
            print_line(console, line)
    return outcome


def _ray_pool(pool: WorkerPool, database: Database, console: Console) -> AbstractContextManager[RayPool]:
    try:
        from search.launch.ray.launcher import ray_pool
    except ModuleNotFoundError as error:
        if error.name != "ray":
            raise
        raise ConfigError('ray needs its package; run: pip install "studyhall[ray]"') from error
    return ray_pool(pool, database, console)


def _final_lines(storage: RDBStorage, study: optuna.Study, *, failing: bool) -> list[str]:
    """How the study stands when the workers have ended."""
    now = queries.counts(storage.engine, study_id(study))
    kind = kind_of(stored_spec(study))
    line = f"{now.finished} of {now.budget} {kind.unit} are finished"
    if not kind.next_command:
        return [line]
    if now.best is not None and not kind.is_closed:
        line += f"; best F1 {now.best[1]:.4f} (trial {now.best[0]})"
    if failing and (failed := study.get_trials(deepcopy=False, states=(TrialState.FAIL,))):
        reason = failed[-1].user_attrs.get("reason", "no reason known")
        return [line, f"{len(failed)} trials failed, the last with: {reason}"]
    if now.best is not None and (kind.is_closed or now.finished >= now.budget):
        return [line, f"next: {kind.next_command} --study {study.study_name}"]
    return [line]
