"""``search status``: how a study stands, for people and for scripts."""

from dataclasses import asdict, dataclass
from typing import Any

import optuna
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState
from rich.console import Console
from rich.table import Table

from search.config.format import format_params
from search.console import print_line
from search.database import queries
from search.database.optuna_internals import study_id, trial_id
from search.plans.kind import kind_of
from search.results.importance import importances
from search.results.range_edges import Edge, edges
from search.study.package_versions import code_note, differences, trials_by_code
from search.study.study import best_complete, load_study, stored_spec, value_of

_LINES = 6  # of a traceback


@dataclass(frozen=True)
class Worker:
    """A worker that holds a live lease; seconds by the database's clock."""

    name: str
    host: str
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
    folds: tuple[float, ...] = ()


@dataclass(frozen=True)
class Failure:
    """The last trial that failed; ``traceback`` holds its last lines."""

    trial: int
    reason: str
    traceback: str


@dataclass(frozen=True)
class Split:
    """A trial whose batches were split for want of memory, which its network's batch norm noticed."""

    trial: int
    parts: int
    f1: float | None


@dataclass(frozen=True)
class Status:
    """How a study stands.

    An ablation has neither a best trial nor importances, ``compares`` says with what: it repeats one configuration with
    many seeds, and its highest F1 is the luckiest of them. Nor does a study that trains leaders again, of the search
    ``retrains``.
    """

    study: str
    budget: int
    finished: int
    states: dict[str, int]
    best: Best | None
    edges: tuple[Edge, ...]
    importances: dict[str, float]
    workers: tuple[Worker, ...]
    last_failure: Failure | None
    bad_images: int
    split: tuple[Split, ...]
    warnings: tuple[str, ...]
    trials_by_code: dict[str, int]
    compares: str = ""
    retrains: str = ""

    def as_json(self) -> dict[str, Any]:
        """The same as plain JSON values."""
        return asdict(self)


def read_status(storage: RDBStorage, name: str) -> Status:
    """Ask the database how a study stands.

    Raises:
        StudyError: There is no such study.
    """
    study = load_study(storage, name)
    counts = queries.counts(storage.engine, study_id(study))
    trials = study.get_trials(deepcopy=False)
    failed = [trial for trial in trials if trial.state == TrialState.FAIL]
    kind = kind_of(stored_spec(study))
    best = None if kind.is_closed else best_complete(study)
    with storage.engine.connect() as connection:
        live = queries.live_leases(connection, study_id(study))
    return Status(
        study=name,
        budget=counts.budget,
        finished=counts.finished,
        states=count_states(trials),
        best=None
        if best is None
        else Best(
            best.number,
            value_of(best),
            int(best.user_attrs.get("best_epoch", 0)),
            dict(best.params),
            tuple(best.user_attrs.get("fold_f1", ())),
        ),
        edges=() if best is None else edges(best),
        importances={} if kind.is_closed else importances(study),
        workers=tuple(live_workers(live, trials)),
        last_failure=_failure(failed[-1]) if failed else None,
        bad_images=len(study.user_attrs.get("bad_images", [])),
        split=tuple(
            Split(trial.number, int(trial.user_attrs["batch_split"]), trial.user_attrs.get("best_f1"))
            for trial in trials
            if "batch_split" in trial.user_attrs
        ),
        warnings=tuple(version_warnings(study, live)),
        trials_by_code=trials_by_code(trials, live),
        compares=kind.compares,
        retrains=kind.part_of,
    )


def count_states(trials: list[FrozenTrial]) -> dict[str, int]:
    """How many trials there are in each state, by its name in lower case."""
    return {state.name.lower(): sum(trial.state == state for trial in trials) for state in TrialState}


def _failure(trial: FrozenTrial) -> Failure:
    attributes = trial.user_attrs
    return Failure(trial.number, attributes.get("reason", "no reason known"), attributes.get("traceback", ""))


def version_warnings(study: optuna.Study, live: list[queries.LiveLease]) -> list[str]:
    """What may make the workers' results differ."""
    lines = differences([study.user_attrs.get("packages", {}), *(each.packages for each in live)])
    return [f"workers and study have more than one version of {line}: results may differ" for line in lines]


def live_workers(leases: list[queries.LiveLease], trials: list[FrozenTrial]) -> list[Worker]:
    """The workers behind live leases, with what their trials have reported last."""
    by_id = {trial_id(trial): trial for trial in trials}
    workers = []
    for live in leases:
        trial = by_id.get(live.trial_id)
        reports = trial.intermediate_values if trial else {}
        last = max(reports, default=0)
        workers.append(
            Worker(
                name=live.worker,
                host=live.worker.rpartition(":")[0],
                device=live.device,
                trial=trial.number if trial else None,
                epoch=last,
                f1=reports.get(last),
                attempt=live.attempt,
                seconds_since_renewal=round(live.seconds_since_renewal, 1),
            )
        )
    return workers


def print_status(status: Status, console: Console) -> None:
    """Print a status for people."""
    counted = ", ".join(f"{count} {state}" for state, count in status.states.items() if count) or "no trials yet"
    console.print(
        f"[bold]{status.study}[/]: {status.finished} of {status.budget} trials finished ({counted})", highlight=False
    )
    if status.bad_images:
        console.print(f"{status.bad_images} unreadable images were left out", highlight=False)
    if status.compares:
        tells = f"`search ablate --study {status.study} --look` tells"
        print_line(console, f"it changes one thing at a time in {status.compares}; {tells}")
    if status.retrains:
        line = f"it trains leaders of {status.retrains} again; `finalize --study {status.retrains}` goes on from there"
        print_line(console, line)
    if status.best:
        best = status.best
        console.print(f"best F1 [bold]{best.f1:.4f}[/] in trial {best.trial}, {_where(best)}:", highlight=False)
        print_line(console, "  " + format_params(best.params))
    for edge in status.edges:
        print_line(console, f"  {edge}", style="yellow")
    if status.importances:
        table = Table("parameter", "importance", box=None, pad_edge=False, header_style="dim")
        for name, share in status.importances.items():
            table.add_row(name, f"{share:.2f}  " + "█" * round(20 * share))
        console.print(table)
    _print_workers(status.workers, console)
    _print_problems(status, console)


def _where(best: Best) -> str:
    if not best.folds:
        return f"epoch {best.epoch}"
    each = ", ".join(f"{f1:.3f}" for f1 in best.folds)
    return f"the mean over {len(best.folds)} folds ({each})"


def _print_workers(workers: tuple[Worker, ...], console: Console) -> None:
    if not workers:
        console.print("no worker is running", highlight=False)
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("worker", "device", "trial", "epoch", "F1", "attempt", "renewed"):
        table.add_column(column)
    for worker in workers:
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


def _print_problems(status: Status, console: Console) -> None:
    if status.split:
        trials = ", ".join(f"{each.trial} (batch_split={each.parts})" for each in status.split)
        print_line(console, f"batches were split for want of memory, and batch norm notices: trials {trials}")
    if note := code_note(status.trials_by_code):
        print_line(console, f"note: {note}", style="yellow")
    for warning in status.warnings:
        print_line(console, f"warning: {warning}", style="yellow")
    if failure := status.last_failure:
        print_line(console, f"last failure: {failure.reason} (trial {failure.trial})", style="red")
        for line in failure.traceback.splitlines()[-_LINES:]:
            print_line(console, f"  {line}", style="dim")
