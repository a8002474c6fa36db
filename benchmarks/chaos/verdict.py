"""What must be true after the chaos: of the study, of each report in it, and of what is left on the machine."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from benchmarks.chaos.plan import Plan, Tally
from benchmarks.chaos.stage import EPOCHS, STUDY, Stage
from search.config.load import parse_spec
from search.config.study_spec import StudySpec
from search.database.connection import open_storage
from search.launch.workers import WorkerPool
from search.study.study import load_study, read_data, stored_spec
from trainer.config.runtime import Runtime
from trainer.data.dataset import Dataset
from trainer.support.cpu import available_cores
from trainer.training.run import Run

FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)

_LEAVE = 20.0  # seconds within which the workers of a killed command must be gone
_SETTLE = 10.0  # seconds that the last processes and connections have to go away
_UNFINISHED = re.compile(r"\.(partial|tmp|new)$")
_SHARED = re.compile(r"^torch_(\d+)_")


@dataclass(frozen=True)
class Check:
    """A line of the table."""

    what: str
    wanted: str
    seen: str
    ok: bool


def check_blows(tally: Tally, plan: Plan) -> list[Check]:
    """Whether all that was planned has been done, and how the command took it."""
    kills, restarts, epochs = sum(tally.kills.values()), sum(tally.restarts.values()), tally.frozen_epochs
    trained = sum(count > 0 for count in epochs.values())
    thawed = "kept it" if not tally.lost else "lost it, went on" if tally.went_on else "lost it"
    lingered = f"{tally.lingered:.1f} s, {tally.orphans} orphans"
    return [
        _at_least("workers killed", plan.kills, kills),
        _at_least("commands killed", plan.command_kills, tally.command_kills),
        Check("their workers end by themselves", f"within {_LEAVE:.0f} s", lingered, tally.lingered <= _LEAVE),
        _at_least("PostgreSQL restarts", plan.restarts, restarts),
        _equal(f"workers that trained while PostgreSQL was frozen for {plan.freeze:.0f} s", plan.workers, trained),
        _equal("worker frozen until its trial was taken over", "lost it, went on", thawed),
        Check("other ends of the command", "none", "; ".join(tally.ends) or "none", not tally.ends),
    ]


def check_study(stage: Stage, tally: Tally, plan: Plan) -> list[Check]:
    """The trials, and the reports of every one that was hit against those of an undisturbed run."""
    with open_storage(stage.database.url) as storage:
        study = load_study(storage, STUDY)
        trials, spec = study.get_trials(), stored_spec(study)
    states = Counter(trial.state for trial in trials)
    others = ", ".join(f"{count} {state.name}" for state, count in states.items() if state not in FINISHED)
    numbers = [trial.number for trial in trials]
    both = f"{states[TrialState.COMPLETE]} complete, {states[TrialState.PRUNED]} pruned"
    finished = states[TrialState.COMPLETE] + states[TrialState.PRUNED]
    return [
        Check("finished trials", str(plan.trials), f"{finished} ({both})", finished == plan.trials),
        Check("running, waiting, failed trials", "none", others or "none", not others),
        _equal("trial numbers", f"0 to {plan.trials - 1}, each once", _range(numbers)),
        _equal("trials with a gap in their reports", 0, sum(not _is_whole(trial) for trial in trials)),
        _check_reports(stage, spec, [trial for trial in trials if _was_hit(trial, tally)], plan),
    ]


def check_machine(stage: Stage) -> list[Check]:
    """Processes, connections, leases and files that should be gone, and lines that should not be in the log."""
    deadline = time.monotonic() + _SETTLE
    while (processes := stage.processes()) and time.monotonic() < deadline:
        time.sleep(0.2)
    clients = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    while (connections := stage.database.ask(clients)[0][0]) and time.monotonic() < deadline:
        time.sleep(0.2)
    leases = stage.database.ask("SELECT count(*) FROM studyhall_lease")
    files = [path for path in stage.home.rglob("*") if path.is_file()]
    checkpoints = [path for path in files if stage.home / "points" in path.parents]
    unfinished = [path for path in files if _UNFINISHED.search(path.name)]
    temporary = list((stage.folder / "tmp").iterdir())
    shared = [path for path in Path("/dev/shm").glob("torch_*") if _owner(path) in stage.pids]
    return [
        _none("processes left", [f"{process.pid} {process.name()}" for process in processes]),
        _equal("connections to PostgreSQL", 0, connections),
        _equal("leases", 0, leases[0][0] if leases else 0),
        _none("resume points", [path.name for path in checkpoints]),
        _none("half-written files", [path.name for path in unfinished]),
        _none("temporary files", [path.name for path in temporary]),
        _none("files in shared memory", [path.name for path in shared]),
        _none("take-overs behind the last finished epoch", [f"trial {number}" for number in stage.log.fallen_back]),
        _equal("tracebacks in the log", 0, stage.log.tracebacks),
    ]


def reported_epochs(stage: Stage) -> int:
    """Epochs that stand in the study."""
    return int(stage.database.ask("SELECT count(*) FROM trial_intermediate_values")[0][0])


def _check_reports(stage: Stage, spec: StudySpec, trials: list[FrozenTrial], plan: Plan) -> Check:
    runtime = WorkerPool(workers=plan.workers, devices="cpu").runtimes(stage.home)[0]
    train = partial(_train, json.dumps(spec.model_dump(mode="json")), stage.home, runtime)
    params, epochs = [trial.params for trial in trials], [len(trial.intermediate_values) for trial in trials]
    if available_cores() == 1:
        undisturbed = list(map(train, params, epochs))
    else:
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            undisturbed = list(pool.map(train, params, epochs))
    pairs = list(zip(trials, undisturbed, strict=True))
    wrong = [trial.number for trial, right in pairs if trial.intermediate_values != right]
    seen = f"{len(trials) - len(wrong)} of {len(trials)} ({sum(epochs)} epochs)" + (f", not {wrong}" if wrong else "")
    return Check("trials that were hit, bit for bit as undisturbed", f"all {len(trials)}", seen, not wrong)


def _train(spec: str, home: Path, runtime: Runtime, params: dict[str, Any], epochs: int) -> dict[int, float]:
    """The F1 of the first epochs of a configuration, in a run that nobody disturbs."""
    study, data = _read(spec, home)
    with Run(study.config(params), data, runtime) as run:
        results = islice(run.epochs(), epochs)
        return {result.epoch: result.validation.f1 for result in results if result.validation is not None}


@lru_cache(maxsize=1)
def _read(spec: str, home: Path) -> tuple[StudySpec, Dataset]:
    study = parse_spec(json.loads(spec), "the study")
    return study, read_data(study, home)


def _was_hit(trial: FrozenTrial, tally: Tally) -> bool:
    return trial.number in tally.struck or trial.user_attrs.get("attempt", 1) > 1


def _is_whole(trial: FrozenTrial) -> bool:
    reports = trial.intermediate_values
    if sorted(reports) != list(range(1, len(reports) + 1)) or not reports:
        return False
    return trial.state != TrialState.COMPLETE or (len(reports) == EPOCHS and trial.value == max(reports.values()))


def _range(numbers: list[int]) -> str:
    whole = sorted(numbers) == list(range(len(numbers)))
    return f"0 to {len(numbers) - 1}, each once" if whole else f"{sorted(numbers)}"


def _owner(path: Path) -> int:
    match = _SHARED.match(path.name)
    return int(match[1]) if match else 0


def _equal(what: str, wanted: object, seen: object) -> Check:
    return Check(what, str(wanted), str(seen), wanted == seen)


def _at_least(what: str, wanted: int, seen: int) -> Check:
    return Check(what, f"at least {wanted}", str(seen), seen >= wanted)


def _none(what: str, seen: list[str]) -> Check:
    return Check(what, "none", ", ".join(seen) or "none", not seen)
