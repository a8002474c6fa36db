"""``search status``: how a study stands, for people and for scripts."""

from __future__ import annotations

import warnings
from dataclasses import asdict, dataclass
from typing import Any

import optuna
from optuna.storages import RDBStorage
from optuna.trial import TrialState
from rich.console import Console
from rich.table import Table
from rich.text import Text

from search import lease
from search.progress import show_params
from search.study import best_complete, load_study, value_of

# Fewer complete trials say nothing about importance.
_ENOUGH_FOR_IMPORTANCE = 4


@dataclass(frozen=True)
class Worker:
    """A worker that holds a live lease; seconds by the database's clock."""

    name: str
    device: str
    trial: int | None
    epoch: int
    f1: float | None
    attempt: int
    seconds_since_renewal: float


@dataclass(frozen=True)
class Best:
    """The best complete trial."""

    trial: int
    f1: float
    epoch: int
    params: dict[str, Any]


@dataclass(frozen=True)
class Status:
    """How a study stands."""

    study: str
    budget: int
    finished: int
    states: dict[str, int]
    best: Best | None
    importances: dict[str, float]
    workers: tuple[Worker, ...]
    last_failure: str | None
    bad_images: int

    def as_json(self) -> dict[str, Any]:
        """The same as plain JSON values."""
        return asdict(self)


def read_status(storage: RDBStorage, name: str) -> Status:
    """Ask the database how a study stands.

    Raises:
        StudyError: There is no such study.
    """
    study = load_study(storage, name)
    counts = lease.counts(storage.engine, study._study_id)
    trials = study.get_trials(deepcopy=False)
    states = {state.name.lower(): sum(trial.state == state for trial in trials) for state in TrialState}
    failed = [trial for trial in trials if trial.state == TrialState.FAIL]
    best = best_complete(study)
    return Status(
        study=name,
        budget=counts.budget,
        finished=counts.finished,
        states=states,
        best=None
        if best is None
        else Best(best.number, value_of(best), int(best.user_attrs.get("best_epoch", 0)), dict(best.params)),
        importances=_importances(study, states["complete"]),
        workers=tuple(_workers(storage, study)),
        last_failure=failed[-1].user_attrs.get("reason", "no reason known") if failed else None,
        bad_images=len(study.user_attrs.get("bad_images", [])),
    )


def _importances(study: optuna.Study, complete: int) -> dict[str, float]:
    if complete < _ENOUGH_FOR_IMPORTANCE:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of the few trials that the caller can count
        try:
            return dict(optuna.importance.get_param_importances(study))
        except (ValueError, RuntimeError):  # all values equal, or no parameter that all trials share
            return {}


def _workers(storage: RDBStorage, study: optuna.Study) -> list[Worker]:
    trials = {trial._trial_id: trial for trial in study.get_trials(deepcopy=False)}
    workers = []
    for live in lease.live_leases(storage.engine, study._study_id):
        trial = trials.get(live.trial_id) if live.trial_id is not None else None
        reports = trial.intermediate_values if trial else {}
        last = max(reports, default=0)
        workers.append(
            Worker(
                name=live.worker,
                device=live.device,
                trial=trial.number if trial else None,
                epoch=last,
                f1=reports.get(last),
                attempt=live.attempts,
                seconds_since_renewal=round(live.seconds_since_renewal, 1),
            )
        )
    return workers


def print_status(status: Status, console: Console) -> None:
    """Print a status for people."""
    counted = ", ".join(f"{count} {state}" for state, count in status.states.items() if count) or "no trials yet"
    console.print(
        f"[bold]{status.study}[/]: {status.finished} of {status.budget} trials finished ({counted})",
        highlight=False,
    )
    if status.bad_images:
        console.print(f"{status.bad_images} unreadable images were left out", highlight=False)
    if status.best:
        console.print(
            f"best F1 [bold]{status.best.f1:.4f}[/] in trial {status.best.trial}, epoch {status.best.epoch}:",
            highlight=False,
        )
        console.print(Text("  " + show_params(status.best.params)), soft_wrap=True)
    if status.importances:
        table = Table("parameter", "importance", box=None, pad_edge=False, header_style="dim")
        for name, share in status.importances.items():
            table.add_row(name, f"{share:.2f}  " + "█" * round(20 * share))
        console.print(table)
    if status.workers:
        table = Table(box=None, pad_edge=False, header_style="dim")
        for column in ("worker", "device", "trial", "epoch", "F1", "attempt", "renewed"):
            table.add_column(column)
        for worker in status.workers:
            table.add_row(
                worker.name,
                worker.device,
                "-" if worker.trial is None else str(worker.trial),
                str(worker.epoch or "-"),
                "-" if worker.f1 is None else f"{worker.f1:.4f}",
                str(worker.attempt),
                f"{worker.seconds_since_renewal:.0f} s ago",
            )
        console.print(table)
    else:
        console.print("no worker is running", highlight=False)
    if status.last_failure:
        console.print(Text(f"last failure: {status.last_failure}", style="red"), soft_wrap=True)
