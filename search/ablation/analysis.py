"""What an ablation has found: the difference that each change makes, paired by seed, and how sure that is."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, stdev
from typing import Any, Final

import optuna
from optuna.trial import FrozenTrial, TrialState
from scipy.special import stdtrit

from search.config.ablation import Change
from search.config.orders import AblationOrder
from search.config.study_spec import StudySpec
from search.errors import StudyError
from search.plans.ablation import Ablation
from search.plans.kind import kind_of
from search.plans.orders import by_order
from search.study.study import value_of

CONFIDENCE: Final = 0.95
MANY_CHANGES: Final = 5
"""Changes from which it must be expected that one without an effect looks as if it had one."""


@dataclass(frozen=True)
class Estimate:
    """A mean of paired differences, its standard error s / sqrt(n) and interval of 95 %; a single one has neither."""

    mean: float
    standard_error: float | None = None
    low: float | None = None
    high: float | None = None


def estimate(differences: Sequence[float], overlap: float = 0.0) -> Estimate:
    """The mean of paired differences with an interval after Student.

    Hold-outs that are drawn again and again from the same people share many of them, and so do the training sides: the
    differences are less independent than they look, and s / sqrt(n) alone would promise too much. The interval's
    variance is therefore s^2 (1/n + overlap), after Nadeau and Bengio, Inference for the Generalization Error, Machine
    Learning 52 (2003), page 248. ``overlap``: images to validate per image to train on, where each seed has a split of
    its own; 0: all share one.
    """
    mean = fmean(differences)
    count = len(differences)
    if count < 2:
        return Estimate(mean)
    spread = stdev(differences)
    # A difference of F1 cannot be larger than 1.
    half = float(stdtrit(count - 1, (1 + CONFIDENCE) / 2)) * spread * math.sqrt(1 / count + overlap)
    return Estimate(mean, spread / math.sqrt(count), max(mean - half, -1.0), min(mean + half, 1.0))


@dataclass(frozen=True)
class Repetition:
    """One complete run; ``difference`` to the base of its seed, where that is complete as well."""

    trial: int
    seed: int
    f1: float
    difference: float | None


@dataclass(frozen=True)
class Row:
    """What is known of one change of a knob to a value, from its complete runs.

    Attributes:
        is_base: Whether the base has this value anyway; then it has no runs of its own.
        planned: Its runs when all is done.
        difference: To the base, over the seeds that both have completed.
        time: Seconds an epoch to those of the base, over pairs that the same device of the same host has run.
    """

    knob: str
    value: Change
    is_base: bool
    planned: int
    f1: float | None
    difference: Estimate | None
    time: float | None
    runs: tuple[Repetition, ...]


@dataclass(frozen=True)
class Base:
    """What everything is compared with: its ``origin`` in words, the ``deviation`` of its F1 from seed to seed."""

    study: str
    trial: int | None
    origin: str
    fixed: Mapping[str, Any]
    planned: int
    f1: float | None
    deviation: float | None
    runs: tuple[Repetition, ...]


@dataclass(frozen=True)
class Problem:
    """A run that ended and has no score, or one that is to be taken with care."""

    trial: int
    change: str
    seed: int
    outcome: str
    reason: str


@dataclass(frozen=True)
class Differences:
    """The whole comparison; seeds as they were drawn, ``redrawn`` whether each of them has a split of its own."""

    study: str
    base: Base
    rows: tuple[Row, ...]
    seeds: tuple[int, ...]
    redrawn: bool
    planned: int
    complete: int
    left: int
    troubles: tuple[Problem, ...]

    def as_json(self) -> dict[str, Any]:
        """The same as plain JSON values."""
        return {**asdict(self), "confidence": CONFIDENCE}

    @property
    def notes(self) -> list[str]:
        """What somebody must know who reads the numbers, a sentence each."""
        count = len(self.seeds)
        lines = []
        if count == 1:
            lines.append("one seed has no spread: a difference may be luck alone; --seeds 3 or more tells")
        else:
            why = (
                "is wider than the standard error alone would make it, since the hold-outs share images"
                if self.redrawn
                else "says nothing about other images, since the data bring their own split and only the seed differs"
            )
            lines.append(f"differences are paired by seed; the interval of 95 % (Student's t) {why}")
        if count == 2:
            lines.append(
                "two seeds hardly tell a spread, so these intervals are very wide; --seeds 3 or more tells more"
            )
        changed = sum(not row.is_base for row in self.rows)
        if changed >= MANY_CHANGES:
            lines.append(f"of {changed} changes that do nothing, one in twenty still has an interval beside 0")
        return lines


def read_differences(study: optuna.Study, spec: StudySpec) -> Differences:
    """Compare what is complete by now.

    Raises:
        StudyError: The study is no ablation.
    """
    kind = kind_of(spec)
    if not isinstance(kind, Ablation):
        raise StudyError(
            f"study {study.study_name!r} searches and compares nothing; `search ablate` makes one that does"
        )
    attempts = by_order(study.get_trials(deepcopy=False), AblationOrder)
    # Of a run that was made again after it had failed, the trial that counts.
    trials = {
        order: next((trial for trial in each if trial.state == TrialState.COMPLETE), each[-1])
        for order, each in attempts.items()
    }
    planned = kind.runs()
    complete = {each: trials[each] for each in planned if each in trials and trials[each].state == TrialState.COMPLETE}
    redrawn = len({order.split for order in trials}) > 1
    sides = study.user_attrs.get("data", {})
    overlap = sides.get("validation_count", 0) / max(sides.get("train_count", 0), 1) if redrawn else 0.0
    base = {run.seed: trial for run, trial in complete.items() if run.knob is None}
    base_runs = tuple(Repetition(trial.number, seed, value_of(trial), None) for seed, trial in base.items())
    scores = [run.f1 for run in base_runs]
    return Differences(
        study=study.study_name,
        base=Base(
            study=kind.section.study,
            trial=kind.section.trial,
            origin=kind.section.base,
            fixed=spec.fixed,
            planned=kind.section.seeds,
            f1=fmean(scores) if scores else None,
            deviation=stdev(scores) if len(scores) > 1 else None,
            runs=base_runs,
        ),
        rows=tuple(_rows(kind, complete, base, overlap)),
        seeds=tuple(kind.seeds),
        redrawn=redrawn,
        planned=len(planned),
        complete=len(complete),
        left=sum(each not in trials or not trials[each].state.is_finished() for each in planned),
        troubles=tuple(_problems(planned, trials)),
    )


def _rows(
    kind: Ablation, complete: Mapping[AblationOrder, FrozenTrial], base: Mapping[int, FrozenTrial], overlap: float
) -> Iterator[Row]:
    configured = kind.spec.config({})
    base_f1 = {seed: value_of(trial) for seed, trial in base.items()}
    for knob, values in kind.section.changes.items():
        for value in values:
            changed = {run.seed: trial for run, trial in complete.items() if (run.knob, run.value) == (knob, value)}
            f1 = {seed: value_of(trial) for seed, trial in changed.items()}
            runs = tuple(
                Repetition(trial.number, seed, f1[seed], f1[seed] - base_f1[seed] if seed in base else None)
                for seed, trial in changed.items()
            )
            differences = [run.difference for run in runs if run.difference is not None]
            yield Row(
                knob=knob,
                value=value,
                is_base=value == getattr(configured, knob),
                planned=kind.section.seeds,
                f1=fmean(f1.values()) if f1 else None,
                difference=estimate(differences, overlap) if differences else None,
                time=_time_ratio(changed, base),
                runs=runs,
            )


def _time_ratio(changed: Mapping[int, FrozenTrial], base: Mapping[int, FrozenTrial]) -> float | None:
    same = [seed for seed in changed if seed in base and _device(changed[seed]) == _device(base[seed])]
    before = sum(_epoch_seconds(base[seed]) for seed in same)
    return sum(_epoch_seconds(changed[seed]) for seed in same) / before if before > 0 else None


def _device(trial: FrozenTrial) -> tuple[Any, Any]:
    return trial.user_attrs.get("host"), trial.user_attrs.get("device")


def _epoch_seconds(trial: FrozenTrial) -> float:
    """Training and validation."""
    return float(trial.user_attrs.get("seconds", 0.0)) / max(len(trial.intermediate_values), 1)


def _problems(planned: Sequence[AblationOrder], trials: Mapping[AblationOrder, FrozenTrial]) -> list[Problem]:
    problems = []
    for run in planned:
        trial = trials.get(run)
        if trial is None or not trial.state.is_finished():
            continue
        attributes = trial.user_attrs
        if trial.state != TrialState.COMPLETE:
            outcome = "failed" if trial.state == TrialState.FAIL else "pruned"
            reason = attributes.get("reason", "no reason known")
        elif "batch_split" in attributes:
            outcome = "complete"
            reason = f"batches were split into {attributes['batch_split']} parts for want of memory: batch norm notices"
        else:
            continue
        problems.append(Problem(trial.number, str(run), run.seed, outcome, reason))
    return problems
