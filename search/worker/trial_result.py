"""What has come of a trial in one worker, and what is written of it at its end."""

import platform

from search.database.lease import Claim
from search.database.optuna_internals import artifact_page, note_attributes, study_id
from search.results.confusion import CONFUSION
from search.results.history import TrialHistory
from search.results.notes import trial_note
from search.worker.context import WorkerContext
from search.worker.trial_artifacts import ArtifactKey, TrialArtifacts
from search.worker.trial_record import TrialOutcome, TrialRecord


class TrialResult:
    """What has come of a trial by now.

    Attributes:
        history: Its epochs, those of earlier attempts included.
        batch_split: Parts of a batch, where that changes the result, else 1.
        stopped_early: Why training ended before its horizon; empty where it did not.
    """

    def __init__(self, context: WorkerContext, record: TrialRecord, claim: Claim) -> None:
        self._context = context
        self._record = record
        self._claim = claim
        self._artifact_key: ArtifactKey | None = None
        self.history = TrialHistory()
        self.batch_split = 1
        self.stopped_early = ""

    @property
    def best_f1(self) -> float | None:
        """That of its best epoch; None before there is one."""
        return self.history.best.best_f1 if self.history.best else None

    def attributes(self, outcome: TrialOutcome) -> dict[str, object]:
        """The user attributes that the trial gets at its end."""
        place = {"host": platform.node(), "device": self._context.runtime.device}
        unusual = {
            "stopped_early": self.stopped_early,
            "batch_split": self.batch_split if self.batch_split > 1 else None,
            "reason": outcome.reason,
            "traceback": outcome.traceback,
        }
        return {**self.history.as_attributes(), **place, **{key: value for key, value in unusual.items() if value}}

    def artifacts(self, outcome: TrialOutcome, attributes: dict[str, object]) -> TrialArtifacts:
        """Put there what the dashboard shows of the trial that ends; whatever fails here is no reason to lose it."""
        context, record, claim = self._context, self._record, self._claim
        of_trial: dict[str, object] = {CONFUSION: self.history.best.confusion} if self.history.best else {}
        if context.artifact_writer is None:
            return TrialArtifacts(of_trial)
        self._artifact_key = ArtifactKey(context.key, record.number, claim.attempt)
        classes = context.data.classes
        epochs = max(context.kind.steps, *self.history.reports, 0)  # an ablation may change them
        pictures = context.artifact_writer.write(self._artifact_key, self.history, classes, epochs=epochs)
        for each in pictures:
            of_trial |= each.as_attribute()
        written = {**attributes, "attempt": claim.attempt}
        study = study_id(context.study)
        pages = {each.name: artifact_page(study, claim.trial_id, each.artifact_id) for each in pictures}
        note = trial_note(outcome.kind, record.params, self.history, written, classes, pages)
        return TrialArtifacts(of_trial, note_attributes(note, claim.trial_id))

    def remove_artifacts(self) -> None:
        """Remove the pictures of a trial that is somebody else's."""
        if self._artifact_key and self._context.artifact_writer:
            self._context.artifact_writer.remove(self._artifact_key)
