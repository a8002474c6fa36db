"""``search work`` and ``search create``: check everything, make the study, start the workers."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import optuna
from optuna.storages import RDBStorage
from optuna.trial import TrialState
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from trainer.config import Runtime, available_cores
from trainer.devices import choose_device
from trainer.model import check_model
from trainer.precision import fastest_precision
from trainer.prepare import Data

from search import lease, worker
from search.errors import StorageError
from search.objective import DATABASE_ERRORS
from search.progress import make_progress
from search.spec import StudySpec
from search.storage import open_storage
from search.study import best_complete, ensure_study, exists, load_study, read_data, stored_spec, value_of
from search.supervisor import supervise
from search.worker import Job


@dataclass(frozen=True)
class Crew:
    """How many workers run here, on what, and for how long.

    Attributes:
        workers: Worker processes.
        device: As :func:`trainer.devices.choose_device` takes it.
        trials: Trials that each worker runs at most; none: the study's budget alone.
        timeout: Seconds after which no trial is started.
    """

    workers: int = 1
    device: str = "auto"
    trials: int | None = None
    timeout: float | None = None


def decode_data(spec: StudySpec, home: Path, console: Console) -> Data:
    """Read and check the study's data, with a bar while images are decoded for the first time."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("decoding images", total=None)
        return read_data(spec, home, lambda done, total: progress.update(task, completed=done, total=total))


def create(spec: StudySpec, storage: RDBStorage, home: Path, device: str, console: Console) -> optuna.Study:
    """Check data, backbones and weights, then make the study or join it.

    Raises:
        UserError: Something does not fit; nothing was made.
    """
    spec = spec.anchored()
    data = decode_data(spec, home, console)
    for note in data.notes:
        console.print(f"note: {note}", markup=False, highlight=False, soft_wrap=True)
    for backbone in spec.backbones:
        check_model(spec.any_config(backbone), len(data.classes))
    if spec.fixed.get("precision", "auto") == "auto" and not exists(storage, spec.study.name):
        runtime = Runtime(device=choose_device(device), threads=available_cores())
        table = {name: fastest_precision(spec.any_config(name), data, runtime) for name in spec.backbones}
        spec = spec.with_fixed(precision=table)
    study, is_new = ensure_study(storage, spec, data)
    if is_new:
        console.print(
            f"study {spec.study.name}: {len(data.images)} images of {len(set(data.groups))} people or groups, "
            f"{len(data.classes)} classes, {len(data.train)} to train on and {len(data.validation)} to validate",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    return study


def work(spec: StudySpec, crew: Crew, storage_url: str | None, home: Path, console: Console) -> int:
    """Make or join the study and run workers until there is nothing left to do.

    Returns:
        The exit code, see :func:`search.supervisor.supervise`.
    """
    worker.quiet_libraries()
    device = choose_device(crew.device)
    with open_storage(storage_url, home=home) as storage:
        study = create(spec, storage, home, device, console)
        # What was settled when the study was made counts for every worker.
        settled = spec.anchored().with_fixed(precision=stored_spec(study).fixed.get("precision", "fp32"))
        now = lease.counts(storage.engine, study._study_id)
        if spec.study.trials < now.budget:
            console.print(
                f"note: the study has a budget of {now.budget} trials, which is never lowered (its file says "
                f"{spec.study.trials})",
                highlight=False,
                soft_wrap=True,
            )
        if now.finished >= now.budget:
            console.print(
                f"all {now.budget} trials of {spec.study.name} are finished; raise `trials` in its file to go on, "
                f"or run `finalize --study {spec.study.name}`",
                highlight=False,
                soft_wrap=True,
            )
            return 0
        jobs = _jobs(settled, crew, device, storage_url, home)
        with make_progress(
            console,
            spec.study.name,
            finished=now.finished,
            budget=now.budget,
            best=(best.number, value_of(best)) if (best := best_complete(study)) else None,
            workers=len(jobs),
        ) as progress:
            code = supervise(jobs, progress)
        try:
            _farewell(load_study(storage, spec.study.name), storage, console, failing=code == 1)
        except DATABASE_ERRORS as error:
            raise StorageError("the database went away; once it is back, `search work` goes on from here") from error
    return code


def _jobs(spec: StudySpec, crew: Crew, device: str, storage_url: str | None, home: Path) -> list[Job]:
    deadline = None if crew.timeout is None else time.time() + crew.timeout
    cores = available_cores()
    loaders = 0 if device == "cpu" else max(1, min(8, cores // crew.workers - 1))
    runtime = Runtime(device=device, loader_workers=loaders, threads=max(1, cores // crew.workers))
    return [Job(number, spec, storage_url, home, runtime, crew.trials, deadline) for number in range(crew.workers)]


def _farewell(study: optuna.Study, storage: RDBStorage, console: Console, *, failing: bool) -> None:
    now = lease.counts(storage.engine, study._study_id)
    best = best_complete(study)
    line = f"{now.finished} of {now.budget} trials are finished"
    if best is not None:
        line += f"; best F1 {value_of(best):.4f} (trial {best.number})"
    console.print(line, highlight=False, soft_wrap=True)
    if failing:
        failed = study.get_trials(deepcopy=False, states=(TrialState.FAIL,))
        if failed:
            console.print(
                f"{len(failed)} trials failed, the last with: {failed[-1].user_attrs.get('reason', 'no reason known')}",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )
    elif best is not None and now.finished >= now.budget:
        console.print(f"next: finalize --study {study.study_name}", highlight=False)
