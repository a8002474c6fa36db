"""``search report``: one page about a study that opens anywhere, also without a network."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import optuna
import plotly.graph_objects as go
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState, create_trial
from trainer.config.train_config import inactive_knobs
from trainer.errors import SaveError
from trainer.support.atomic import saving, write_whole

from search.ablation.analysis import Differences, read_differences
from search.ablation.table import cells, describe, settings
from search.config.study_spec import StudySpec
from search.database import queries
from search.database.optuna_internals import study_id
from search.errors import StudyError
from search.plans.kind import kind_of
from search.reports import charts
from search.reports.page import fill
from search.reports.status import count_states, live_workers, version_warnings
from search.results.confusion import Confusion, class_scores, trial_confusion
from search.results.history import MOST_CLASSES
from search.results.importance import ENOUGH, importances
from search.results.range_edges import edges
from search.study.package_versions import code_note, trials_by_code
from search.study.study import load_study, stored_spec, value_of

STANDARD_OUTPUT: Final = Path("-")
_LEADERS = 10
_MOST_PROBLEMS = 50
_MOST_MISTAKES = 10


@dataclass(frozen=True)
class Machine:
    """What one kind of device of one host has done."""

    host: str
    device: str
    trials: int
    epochs: int
    seconds: float
    images_per_second: float


@dataclass(frozen=True)
class Problem:
    """A trial that failed, or that was pruned for another reason than its F1."""

    trial: int
    outcome: str
    reason: str
    host: str
    traceback: str


def write_report(storage: RDBStorage, name: str, output: Path) -> None:
    """Write the page about a study, whole or not at all; ``-`` stands for standard output.

    Raises:
        StudyError: There is no such study.
        SaveError: The page cannot be written.
    """
    if output == STANDARD_OUTPUT:
        page = render(gather(storage, name)).encode()
        with saving(output):
            sys.stdout.buffer.write(page)
            sys.stdout.buffer.flush()
        return
    if output.is_dir():
        raise SaveError(f"{output} is a folder; name a file, for example {output / 'report.html'}")
    write_whole(output, render(gather(storage, name)))


def gather(storage: RDBStorage, name: str) -> dict[str, Any]:
    """All that the page tells, read once, so that its parts agree while the study goes on.

    Raises:
        StudyError: There is no such study.
    """
    stored = load_study(storage, name)
    allowance = queries.allowance(storage.engine, study_id(stored))
    with storage.engine.connect() as connection:
        live = queries.live_leases(connection, study_id(stored))
    trials = stored.get_trials(deepcopy=False)
    spec = stored_spec(stored)
    kind = kind_of(spec)
    if kind.part_of:
        raise StudyError(
            f"study {name!r} is a part of finalizing {kind.part_of!r}; the model's page is report.html in its "
            f"folder, for example models/{kind.part_of}/latest"
        )
    data = stored.user_attrs["data"]
    compared = read_differences(stored, spec) if kind.compares else None
    leaders = _leaders(trials) if compared is None else []  # nor a best one: it would be the luckiest seed
    best = leaders[0] if leaders else None
    confusion = trial_confusion(best, stored.user_attrs["classes"]) if best else None
    states = count_states(trials)
    by_code = trials_by_code(trials, live)
    return {
        "name": name,
        "allowance": allowance,
        "states": states,
        "finished": states["complete"] + states["pruned"],
        "trials": trials,
        "seconds": sum(float(trial.user_attrs.get("seconds", 0)) for trial in trials),
        "lasted": _wall_seconds(trials),
        "data": data,
        "folds": spec.data.folds,
        "knows_groups": spec.data.knows_groups(data.get("images", 0), data.get("groups_count", 0)),
        "bad_images": len(stored.user_attrs.get("bad_images", [])),
        "best": best,
        "best_f1": value_of(best) if best else None,
        "edges": edges(best) if best else (),
        "warnings": [line for line in (code_note(by_code), *version_warnings(stored, live)) if line],
        "space": spec.space,
        "fixed": _fixed(spec, best),
        "leaders": leaders[:_LEADERS],
        "compared": compared,
        "differences": [] if compared is None else [cells(row) for row in compared.rows],
        "base": "" if compared is None else f"{describe(compared.base)}; {settings(compared.base.fixed)}",
        "workers": live_workers(live, trials),
        "machines": _machines(trials),
        "troubles": _problems(trials),
        "most_troubles": _MOST_PROBLEMS,
        "confusion": confusion,
        "mistakes": confusion.mistakes(_MOST_MISTAKES) if confusion else [],
        "class_scores": class_scores(best, confusion) if best else [],
        "enough": ENOUGH,
        "most_classes": MOST_CLASSES,
        "figures": _figures(trials, best, confusion) if compared is None else _ablation_figures(trials, compared),
    }


def render(content: dict[str, Any]) -> str:
    """The page as HTML."""
    return fill("report.html.j2", content)


def _snapshot(trials: list[FrozenTrial]) -> optuna.Study:
    """The same trials without their attributes, which Optuna's charts copy many times over and do not show."""
    study = optuna.create_study(direction="maximize", storage=optuna.storages.InMemoryStorage())
    study.add_trials(
        create_trial(
            state=trial.state,
            value=trial.value,
            params=trial.params,
            distributions=trial.distributions,
            intermediate_values=trial.intermediate_values,
        )
        for trial in trials
    )
    return study


def _leaders(trials: list[FrozenTrial]) -> list[FrozenTrial]:
    """The complete trials, the best first, the earliest of equals."""
    complete = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    return sorted(complete, key=lambda trial: (-value_of(trial), trial.number))


def _wall_seconds(trials: list[FrozenTrial]) -> float | None:
    """Seconds from the first trial's start to the last one's end, by the workers' clocks."""
    starts = [trial.datetime_start for trial in trials if trial.datetime_start and trial.datetime_complete]
    ends = [trial.datetime_complete for trial in trials if trial.datetime_complete]
    return max((max(ends) - min(starts)) / timedelta(seconds=1), 0.0) if starts and ends else None


def _fixed(spec: StudySpec, best: FrozenTrial | None) -> list[tuple[str, Any, bool]]:
    """What was not searched: name, value, and whether the study file names it; as the best trial had it."""
    if best is None:
        return [(name, value, True) for name, value in spec.fixed.items()]
    config = spec.config(best.params).model_dump()
    # What has no meaning there is no part of it.
    for name in {"seed", *best.params, *spec.space, *inactive_knobs(config)}:
        config.pop(name, None)
    rows = [(name, value, name in spec.fixed) for name, value in config.items()]
    return sorted(rows, key=lambda row: not row[2])


def _machines(trials: Iterable[FrozenTrial]) -> list[Machine]:
    groups: dict[tuple[str, str], list[FrozenTrial]] = {}
    for trial in trials:
        if "host" in trial.user_attrs:
            groups.setdefault((trial.user_attrs["host"], trial.user_attrs.get("device", "")), []).append(trial)
    machines = []
    for (host, device), done in sorted(groups.items()):
        speeds = [trial.user_attrs["images_per_second"] for trial in done if "images_per_second" in trial.user_attrs]
        machines.append(
            Machine(
                host=host,
                device=device,
                trials=len(done),
                epochs=sum(len(trial.intermediate_values) for trial in done),
                seconds=sum(float(trial.user_attrs.get("seconds", 0)) for trial in done),
                images_per_second=sum(speeds) / len(speeds) if speeds else 0.0,
            )
        )
    return machines


def _problems(trials: Iterable[FrozenTrial]) -> list[Problem]:
    """The latest first."""
    return [
        Problem(
            trial=trial.number,
            outcome="failed" if trial.state == TrialState.FAIL else "pruned",
            reason=trial.user_attrs.get("reason", "no reason known"),
            host=trial.user_attrs.get("host", ""),
            traceback=trial.user_attrs.get("traceback", ""),
        )
        for trial in reversed(list(trials))
        if trial.state == TrialState.FAIL or any(value > 0 for value in trial.constraints.values())
    ]


def _ablation_figures(trials: list[FrozenTrial], compared: Differences) -> dict[str, go.Figure]:
    """The charts of an ablation."""
    figures = {}
    if any(row.difference is not None for row in compared.rows):
        figures["differences"] = charts.differences(compared.rows)
    if any(trial.intermediate_values for trial in trials):
        figures["curves"] = charts.learning_curves(trials, None)
    return figures


def _figures(trials: list[FrozenTrial], best: FrozenTrial | None, confusion: Confusion | None) -> dict[str, go.Figure]:
    """The charts that there is something to draw in."""
    study = _snapshot(trials)
    figures = {}
    if best is not None:
        figures["history"] = charts.history(study)
        figures["parallel"] = charts.parallel_coordinates(study)
    if importances(study):
        figures["importances"] = charts.importances(study)
    if any(trial.intermediate_values for trial in trials):
        figures["curves"] = charts.learning_curves(trials, None if best is None else best.number)
    if confusion is not None:
        figures["confusion"] = charts.confusion_matrix(confusion)
    return figures
