"""A trial as it stands in the database, and all that its worker writes there: each time one transaction."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import optuna
import sqlalchemy as sa
from optuna.trial import TrialState
from sqlalchemy import text

from search.config.search_space import Value, suggest
from search.config.study_spec import StudySpec
from search.database.lease import Lease, LeaseLost
from search.database.optuna_internals import last_read, read_trial, stored_trial, study_id
from search.plans.kind import kind_of
from search.plans.orders import order_of
from search.worker.events import Outcome
from search.worker.reporter import Pruned, Report
from search.worker.trial_artifacts import TrialArtifacts

# Optuna's tables (optuna_internals.SCHEMA): all in one statement each, where it would take three for each attribute.
_SET_ATTRIBUTES, _SET_SYSTEM_ATTRIBUTES = (
    text(
        f"INSERT INTO {table} (trial_id, key, value_json)"
        " SELECT :trial, key, value FROM unnest(cast(:keys AS text[]), cast(:values AS text[])) AS new (key, value)"
        " ON CONFLICT (trial_id, key) DO UPDATE SET value_json = excluded.value_json"
    )
    for table in ("trial_user_attributes", "trial_system_attributes")
)
# What people have written about the trial meanwhile stays.
_ADD_NOTE = text(
    "INSERT INTO study_system_attributes (study_id, key, value_json)"
    " SELECT :study, key, value FROM unnest(cast(:keys AS text[]), cast(:values AS text[])) AS new (key, value)"
    " WHERE NOT EXISTS (SELECT 1 FROM study_system_attributes WHERE study_id = :study AND key = :first)"
    " ON CONFLICT (study_id, key) DO NOTHING"
)


@dataclass(frozen=True)
class TrialOutcome:
    """How a trial ended here; ``constraint`` names what keeps the sampler from taking it for a success."""

    kind: Outcome
    value: float | None = None
    reason: str = ""
    constraint: str = ""
    traceback: str = ""


class TrialRecord:
    """What a worker reads and writes of a trial under its lease.

    Every method may be called again when it failed for want of an answer, and raises LeaseLost when the trial is
    somebody else's.

    Attributes:
        params: The parameters that it has so far.
        reported: The epochs that the database has heard of, and their F1.
        order: What it is to do in an ablation or a retraining; None in a search.
    """

    def __init__(self, study: optuna.Study, spec: StudySpec, lease: Lease) -> None:
        self._study = study
        self._spec = spec
        self._lease = lease
        self._id = lease.claim.trial_id
        self._known: optuna.Trial | None = read_trial(study, self._id)
        self.number: int = self._known.number
        self.params: dict[str, Value] = dict(self._known.params)
        self.reported: dict[int, float] = dict(last_read(self._known).intermediate_values)
        self.order = order_of(last_read(self._known))

    def suggest(self) -> dict[str, Value]:
        """The trial's parameters: those that it has, else new ones."""
        with self._writing() as (trial, _):
            self.params = suggest(trial, self._spec.space, self._spec.fixed)
        return self.params

    def report(self, report: Report) -> None:
        """Write the F1 of an epoch and ask the pruner, which may raise :class:`Pruned`.

        Without an F1 only the lease hears that there is progress.
        """
        if report.epoch < max(self.reported, default=0):
            return
        if (f1 := report.f1) is None:
            with self._writing(reporting=report.own, progress=report.own):
                return
        # What others trained is reported for them: until this attempt has a resume point of its own, theirs counts.
        new = report.epoch not in self.reported
        with self._writing(reporting=report.own, progress=report.own and new) as (trial, _):
            if report.epoch not in last_read(trial).intermediate_values:
                trial.report(f1, step=report.epoch)
            # In the same transaction, since pruners keep their rungs with the trial.
            prune = report.epoch < kind_of(self._spec).steps and trial.should_prune()
        self.reported[report.epoch] = f1
        if prune:
            raise Pruned(report.epoch, self._why_pruned(report.epoch, f1))

    def end(self, outcome: TrialOutcome, attributes: Mapping[str, object], artifacts: TrialArtifacts) -> None:
        """End the trial: its state, its attributes, what the dashboard shows of it, and its lease, all at once."""
        try:
            with self._writing(ending=True) as (trial, connection):
                if outcome.constraint:
                    trial.set_constraint(outcome.constraint, 1.0)
                if outcome.kind == "complete":
                    self._study.tell(trial, outcome.value, TrialState.COMPLETE)
                else:
                    self._study.tell(trial, state=TrialState.PRUNED if outcome.kind == "pruned" else TrialState.FAIL)
                rows = {**attributes, "attempt": self._lease.claim.attempt}
                connection.execute(_SET_ATTRIBUTES, {"trial": self._id, **_columns(rows)})
                if artifacts.trial:
                    connection.execute(_SET_SYSTEM_ATTRIBUTES, {"trial": self._id, **_columns(artifacts.trial)})
                if artifacts.note:
                    note = {"study": study_id(self._study), "first": next(iter(artifacts.note))}
                    connection.execute(_ADD_NOTE, {**note, **_columns(artifacts.note)})
        except LeaseLost as lost:
            # Perhaps because this very transaction was committed before and only the answer was lost.
            try:
                stored = stored_trial(self._study, self._id)
            except KeyError:  # the study was deleted
                raise lost from None
            if not (stored.state.is_finished() and stored.user_attrs.get("attempt") == self._lease.claim.attempt):
                raise

    def is_finished(self) -> bool:
        """Whether somebody has ended the trial."""
        return stored_trial(self._study, self._id).state.is_finished()

    @contextmanager
    def _writing(self, **held: bool) -> Iterator[tuple[optuna.Trial, sa.Connection]]:
        """Write in one transaction under the lease.

        After an error Optuna may remember more of the trial than was committed, so it is read anew.
        """
        trial, self._known = self._known or read_trial(self._study, self._id), None
        with self._lease.held(**held) as connection:
            yield trial, connection
        self._known = trial

    def _why_pruned(self, epoch: int, f1: float) -> str:
        others = [
            other.intermediate_values[epoch]
            for other in self._study.get_trials(deepcopy=False)
            if epoch in other.intermediate_values and other.number != self.number
        ]
        rank = 1 + sum(value > f1 for value in others)
        return f"epoch {epoch}: F1 {f1:.3f} ranks {rank} of {len(others) + 1} at this epoch ({self._spec.pruner.kind})"


def _columns(rows: Mapping[str, object]) -> dict[str, list[str]]:
    return {"keys": list(rows), "values": [json.dumps(value) for value in rows.values()]}
