"""What the dashboard shows of a trial that ends: two pictures and a note, never at the cost of the trial."""

import io
import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from trainer.errors import SaveError

from search.database.optuna_internals import artifact_attribute
from search.results.history import TrialHistory
from search.stores.artifacts import Artifacts

logger = logging.getLogger(__name__)

_NAMES: Final = ("confusion", "learning-curve")
_SECONDS: Final = 20.0
"""For drawing and uploading, which take tenths of one: a store that hangs must not hold a trial up."""
_HURRIED_SECONDS: Final = 2.0
"""The same for a worker that was asked to stop, which is killed after ten."""


@dataclass(frozen=True)
class TrialArtifacts:
    """What is written to the database with a trial's end so that the dashboard and reports show it.

    Attributes:
        trial: System attributes of the trial: the pictures' metadata, and the confusion matrix for reports.
        note: System attributes of the study: the trial's note.
    """

    trial: Mapping[str, object]
    note: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class ArtifactKey:
    """Names the pictures of an attempt, so that a later attempt can tell their ids, and nobody else."""

    study: str
    trial: int
    attempt: int

    def ids(self, attempt: int | None = None) -> tuple[str, ...]:
        """The ids of an attempt's pictures, this one's if none is named."""
        prefix = f"{self.study}/{self.trial}/{attempt or self.attempt}"
        return tuple(str(uuid.uuid5(uuid.NAMESPACE_OID, f"{prefix}/{name}")) for name in _NAMES)


@dataclass(frozen=True)
class Picture:
    """A picture that lies where it belongs."""

    artifact_id: str
    name: str
    trial: int

    def as_attribute(self) -> dict[str, str]:
        """Its metadata as a system attribute of its trial."""
        return artifact_attribute(self.artifact_id, f"trial-{self.trial:05d}-{self.name}.png", "image/png")


class ArtifactWriter:
    """Draws the pictures of one worker's trials and puts them where they lie.

    The bytes are there before the database hears of them, and they are removed again when it never does: by whoever
    lost the trial, or by the attempt after one that was killed in between. ``hurried`` tells whether the worker was
    asked to stop.
    """

    def __init__(self, artifacts: Artifacts, hurried: Callable[[], bool], message: Callable[[str], None]) -> None:
        self._artifacts = artifacts
        self._hurried = hurried
        self._message = message
        self._writing: threading.Thread | None = None
        self._failing = False

    def write(self, key: ArtifactKey, history: TrialHistory, classes: Sequence[str], *, epochs: int) -> list[Picture]:
        """Draw a trial's pictures and put them there, in bounded time; none if there is nothing to show, or no way to.

        ``classes`` are in the order of the labels, ``epochs`` those of a whole trial.
        """
        if self._writing is not None and self._writing.is_alive():
            return []  # the last trial's upload still hangs
        outcome: list[list[Picture] | Exception] = []
        decided = threading.Lock()

        def work() -> None:
            found: list[Picture] | Exception
            try:
                found = self._draw_and_write(key, history, classes, epochs)
            except Exception as error:  # noqa: BLE001 - told below; no picture is worth a trial
                found = error
            with decided:
                outcome.append(found)
            if outcome[0] is not found or isinstance(found, Exception):
                self._remove(key)

        self._writing = self._bounded(work)
        with decided:
            if not outcome:
                outcome.append(SaveError("the artifact store does not answer"))
        if isinstance(error := outcome[0], list):
            self._failing = False
            return error
        logger.debug("trial %d has no pictures", key.trial, exc_info=error)
        if not self._failing:
            why = str(error) if isinstance(error, SaveError) else f"{type(error).__name__}: {error}"
            self._message(f"trial {key.trial} ends without its pictures, as will others while this lasts: {why}")
        self._failing = True
        return []

    def remove(self, key: ArtifactKey) -> None:
        """Remove an attempt's pictures, of which the database has not heard, in bounded time."""
        self._bounded(lambda: self._remove(key))

    def _remove(self, key: ArtifactKey) -> None:
        try:
            for each in key.ids():
                self._artifacts.remove(each)
        except SaveError as error:
            logger.warning("pictures of trial %d were left behind: %s", key.trial, error)

    def _bounded(self, action: Callable[[], None]) -> threading.Thread:
        """Do something with the store, and come back in time also where it goes on by itself."""
        thread = threading.Thread(target=action, name="pictures", daemon=True)
        begun = time.monotonic()
        thread.start()
        while thread.is_alive() and time.monotonic() - begun < (_HURRIED_SECONDS if self._hurried() else _SECONDS):
            thread.join(timeout=0.1)
        return thread

    def _draw_and_write(
        self, key: ArtifactKey, history: TrialHistory, classes: Sequence[str], epochs: int
    ) -> list[Picture]:
        from search.results import plots  # matplotlib: only in workers, and only once there is something to draw

        for earlier in range(1, key.attempt):
            for each in key.ids(earlier):
                self._artifacts.remove(each)
        if history.best is None:
            return []
        title = f"Trial {key.trial}: macro-F1 {history.best.best_f1:.4f} {history.best.where}"
        folds = bool(history.best.fold_f1)
        drawn = {
            "learning-curve": plots.curve_picture(title, history.reports, history.losses, epochs=epochs, folds=folds)
        }
        if history.best.confusion:
            drawn["confusion"] = plots.confusion_picture(title, classes, history.best.confusion)
        written = []
        for name, artifact_id in zip(_NAMES, key.ids(), strict=True):
            if name in drawn:
                self._artifacts.write(artifact_id, io.BytesIO(drawn[name]))
                written.append(Picture(artifact_id, name, key.trial))
        return written
