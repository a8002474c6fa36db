"""One trial: suggest, train, report, prune, tell."""

from __future__ import annotations

import logging
import platform
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

import optuna
from optuna.exceptions import StorageInternalError
from optuna.trial import TrialState
from sqlalchemy.exc import SQLAlchemyError
from trainer.config import Runtime
from trainer.errors import Diverged
from trainer.loop import EpochResult, train
from trainer.metrics import Scores
from trainer.prepare import Data

from search.events import EpochDone, Event, Outcome, TrialStarted
from search.lease import MAX_ATTEMPTS, Lease, LeaseLost
from search.signals import Stopper
from search.space import suggest
from search.spec import StudySpec

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ending:
    """How a trial ended here."""

    outcome: Outcome
    value: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class Bench:
    """What a worker has at hand for every trial."""

    worker: int
    study: optuna.Study
    spec: StudySpec
    data: Data
    runtime: Runtime
    stopper: Stopper
    emit: Callable[[Event], None]


class _Pruned(Exception):  # noqa: N818 - the pruner's decision, not an error
    pass


DATABASE_ERRORS = (SQLAlchemyError, StorageInternalError)
"""What a database that goes away raises, by itself and through Optuna; never a trial's fault."""


def run_trial(bench: Bench, trial: optuna.Trial, lease: Lease) -> Ending:
    """Run a leased trial to its end and tell the study how it ended.

    Whatever is wrong with the configuration ends the trial, not the worker.

    Raises:
        Stopped: The worker was asked to stop; the trial is untold.
        SQLAlchemyError, StorageInternalError: The database went away; the trial is untold.
    """
    attempt = _Attempt(bench, trial, lease)
    try:
        try:
            if lease.attempts > MAX_ATTEMPTS:
                raise RuntimeError(f"{MAX_ATTEMPTS} workers died in this trial")
            attempt.train()
            ending = Ending("complete", attempt.best_value)
        except _Pruned as decision:
            ending = Ending("pruned", attempt.best_value, str(decision))
        except Diverged as error:
            # TPE ranks pruned trials by their latest step first; the constraint keeps a late divergence from looking
            # like a success.
            with lease.held():
                trial.set_constraint("diverged", 1.0)
            ending = Ending("pruned", attempt.best_value, f"diverged: {error}")
        except (LeaseLost, *DATABASE_ERRORS):
            raise
        except Exception as error:
            logger.debug("trial %d failed", trial.number, exc_info=True)
            ending = Ending("failed", None, " ".join(f"{type(error).__name__}: {error}".split())[:500])
            with lease.held():
                trial.set_user_attr("traceback", "".join(traceback.format_exception(error)[-8:])[-4000:])
        attempt.tell(ending)
    except LeaseLost:
        return Ending("lost", None, "another worker has taken it over")
    return ending


class _Attempt:
    """One worker's go at a trial."""

    def __init__(self, bench: Bench, trial: optuna.Trial, lease: Lease) -> None:
        self._bench = bench
        self._trial = trial
        self._lease = lease
        self._started = time.monotonic()
        self._best: tuple[int, Scores] | None = None
        self._speeds: list[float] = []

    @property
    def best_value(self) -> float | None:
        return self._best[1].f1 if self._best else None

    def train(self) -> None:
        bench = self._bench
        with self._lease.held():
            params = suggest(self._trial, bench.spec.space)
        bench.emit(TrialStarted(bench.worker, self._trial.number, params, self._lease.attempts))
        config = bench.spec.config(params)
        epochs = train(config, bench.data, bench.runtime)
        while True:
            with bench.stopper.interruptible():
                result = next(epochs, None)
            if result is None:
                return
            self._take(result, config.epochs)

    def _take(self, result: EpochResult, epochs: int) -> None:
        scores = result.validation
        if scores is None:
            raise RuntimeError("a trial needs validation samples")
        self._speeds.append(result.images_per_second)
        if self._best is None or scores.f1 > self._best[1].f1:
            self._best = (result.epoch, scores)
        trial = self._trial
        # A trial that was taken over starts again at its first epoch; what was reported then stands.
        reported = _reported(trial)
        if result.epoch >= max(reported, default=0):
            with self._lease.held():
                if result.epoch not in reported:
                    trial.report(scores.f1, step=result.epoch)
                # Inside, since pruners keep their rungs with the trial.
                prune = result.epoch < epochs and trial.should_prune()
            if prune:
                raise _Pruned(self._why_pruned(result.epoch, scores.f1))
        self._bench.emit(
            EpochDone(self._bench.worker, trial.number, result.epoch, epochs, scores.f1, result.images_per_second)
        )

    def _why_pruned(self, epoch: int, f1: float) -> str:
        others = [
            other.intermediate_values[epoch]
            for other in self._bench.study.get_trials(deepcopy=False)
            if epoch in other.intermediate_values and other.number != self._trial.number
        ]
        rank = 1 + sum(value > f1 for value in others)
        kind = self._bench.spec.pruner.kind
        return f"epoch {epoch}: F1 {f1:.3f} ranks {rank} of {len(others) + 1} at this epoch ({kind})"

    def tell(self, ending: Ending) -> None:
        study, trial, lease = self._bench.study, self._trial, self._lease
        for key, value in self._attributes(ending).items():
            with lease.held():
                trial.set_user_attr(key, value)
        with lease.held():
            if ending.outcome == "complete":
                study.tell(trial, ending.value, TrialState.COMPLETE)
            else:
                study.tell(trial, state=TrialState.PRUNED if ending.outcome == "pruned" else TrialState.FAIL)
        lease.drop()

    def _attributes(self, ending: Ending) -> dict[str, object]:
        attributes: dict[str, object] = {
            "seconds": round(time.monotonic() - self._started, 3),
            "host": platform.node(),
            "device": self._bench.runtime.device,
        }
        if self._best is not None:
            epoch, scores = self._best
            attributes |= {
                "best_epoch": epoch,
                "best_f1": scores.f1,
                "accuracy": scores.accuracy,
                "per_class_f1": dict(zip(self._bench.data.classes, scores.per_class_f1, strict=True)),
                "images_per_second": round(sum(self._speeds) / len(self._speeds), 1),
            }
        if ending.reason:
            attributes["reason"] = ending.reason
        return attributes


def _reported(trial: optuna.Trial) -> set[int]:
    """The epochs that have been reported for a trial."""
    return set(trial.storage.get_trial(trial._trial_id).intermediate_values)


def begin(bench: Bench, lease: Lease) -> optuna.Trial | None:
    """Get the trial of a lease, new or taken over; none if somebody else was quicker.

    Raises:
        LeaseLost: The lease is gone.
    """
    study, storage = bench.study, bench.study._storage
    if lease.trial_id is None:
        trial = study.ask()  # outside the study's lock: asking takes time
        if not lease.fill(trial._trial_id):
            return None
    else:
        with lease.held():
            # False where the trial is running already: it was taken over.
            storage.set_trial_state_values(lease.trial_id, TrialState.RUNNING)
        study.get_trials(deepcopy=False)  # Optuna's cache writes only to trials that it has seen
        trial = optuna.Trial(study, lease.trial_id)
    return trial
