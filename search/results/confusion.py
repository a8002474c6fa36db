"""What the best epoch of a trial took for what, and how well it knew each class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from optuna.trial import FrozenTrial

from search.database.optuna_internals import trial_attributes

CONFUSION: Final = "studyhall:confusion"
"""The trial's system attribute with its :data:`~search.results.history.Cells`; the dashboard shows user attributes."""


@dataclass(frozen=True)
class Mistake:
    """Samples of one class that were taken for another; ``share`` of all samples of the true class."""

    true: str
    predicted: str
    count: int
    share: float


@dataclass(frozen=True)
class Confusion:
    """A confusion matrix: rows are true classes, columns predicted ones, in the order of ``classes``."""

    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    def mistakes(self, most: int) -> list[Mistake]:
        """The most frequent mistakes, the worst first."""
        found = [
            Mistake(self.classes[true], self.classes[predicted], count, count / sum(row))
            for true, row in enumerate(self.counts)
            for predicted, count in enumerate(row)
            if count and true != predicted
        ]
        return sorted(found, key=lambda mistake: (-mistake.count, -mistake.share))[:most]


@dataclass(frozen=True)
class ClassScore:
    """How well a class was known; what its samples were taken for most, if anything, and how many it has, if known."""

    name: str
    f1: float
    samples: int | None
    taken_for: str


def confusion_of(trial: FrozenTrial, classes: Sequence[str]) -> Confusion | None:
    """The matrix of a trial's best epoch; none where it was not kept, as by older versions."""
    cells: Any = trial_attributes(trial).get(CONFUSION)
    if not cells:
        return None
    counts = [[0] * len(classes) for _ in classes]
    for true, predicted, count in cells:
        counts[true][predicted] = count
    return Confusion(tuple(classes), tuple(map(tuple, counts)))


def class_scores(trial: FrozenTrial, confusion: Confusion | None) -> list[ClassScore]:
    """The F1 of each class at a trial's best epoch, the worst first."""
    rows = dict(zip(confusion.classes, confusion.counts, strict=True)) if confusion else {}
    mistakes = confusion.mistakes(len(rows) ** 2) if confusion else []
    taken = {mistake.true: mistake.predicted for mistake in reversed(mistakes)}
    per_class: dict[str, float] = trial.user_attrs.get("per_class_f1", {})
    scores = [
        ClassScore(name, f1, sum(rows[name]) if name in rows else None, taken.get(name, ""))
        for name, f1 in per_class.items()
    ]
    return sorted(scores, key=lambda score: score.f1)
