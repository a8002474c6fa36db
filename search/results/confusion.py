"""What was taken for what, in the best epoch of a trial or out of fold, and how well each class was known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from optuna.trial import FrozenTrial
from trainer.evaluation.out_of_fold import OutOfFold

from search.database.optuna_internals import trial_attributes

CONFUSION: Final = "studyhall:confusion"
"""The trial's system attribute with its :data:`~search.results.history.Cells`; the dashboard shows user attributes."""

OTHERS: Final = "(others)"
"""The class that stands for many in a condensed matrix."""


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

    @property
    def taken_for(self) -> dict[str, str]:
        """What the samples of each class were taken for most, for those that were."""
        mistakes = self.mistakes(len(self.classes) ** 2)
        return {mistake.true: mistake.predicted for mistake in reversed(mistakes)}

    def condensed(self, most: int) -> Confusion:
        """The classes that are in most mistakes, at most so many, and all others as one; whole if it has no more."""
        if len(self.classes) <= most:
            return self
        counts = np.array(self.counts, dtype=np.int64)
        wrong = counts - np.diag(np.diag(counts))
        kept = np.sort(np.argsort(-(wrong.sum(axis=0) + wrong.sum(axis=1)), kind="stable")[: most - 1])
        group = np.full(len(counts), len(kept))
        group[kept] = np.arange(len(kept))
        few = np.zeros((most, most), dtype=np.int64)
        np.add.at(few, (group[:, None], group[None, :]), counts)
        classes = (*(self.classes[each] for each in kept), OTHERS)
        return Confusion(classes, tuple(map(tuple, few.tolist())))


@dataclass(frozen=True)
class ClassScore:
    """How well a class was known; what its samples were taken for most, if anything, and how many it has, if known."""

    name: str
    f1: float
    samples: int | None
    taken_for: str


def trial_confusion(trial: FrozenTrial, classes: Sequence[str]) -> Confusion | None:
    """The matrix of a trial's best epoch; none where it was not kept, as by older versions."""
    cells: Any = trial_attributes(trial).get(CONFUSION)
    if not cells:
        return None
    counts = [[0] * len(classes) for _ in classes]
    for true, predicted, count in cells:
        counts[true][predicted] = count
    return Confusion(tuple(classes), tuple(map(tuple, counts)))


def out_of_fold_confusion(answers: OutOfFold) -> Confusion:
    """The matrix of the held out images of all folds."""
    return _count(answers.classes, answers.labels, answers.predicted)


def factor_confusions(answers: OutOfFold) -> dict[str, Confusion]:
    """The same for the values of each factor of the label, by its name."""
    confusions = {}
    for factor in answers.factors:
        value = np.array(factor.of_class, dtype=np.int64)
        confusions[factor.name] = _count(factor.values, value[answers.labels], value[answers.predicted])
    return confusions


def _count(names: tuple[str, ...], true: NDArray[np.int64], predicted: NDArray[np.int64]) -> Confusion:
    counts = np.zeros((len(names), len(names)), dtype=np.int64)
    np.add.at(counts, (true, predicted), 1)
    return Confusion(names, tuple(map(tuple, counts.tolist())))


def class_scores(trial: FrozenTrial, confusion: Confusion | None) -> list[ClassScore]:
    """The F1 of each class at a trial's best epoch, the worst first."""
    rows = dict(zip(confusion.classes, confusion.counts, strict=True)) if confusion else {}
    taken_for = confusion.taken_for if confusion else {}
    per_class: dict[str, float] = trial.user_attrs.get("per_class_f1", {})
    scores = [
        ClassScore(name, f1, sum(rows[name]) if name in rows else None, taken_for.get(name, ""))
        for name, f1 in per_class.items()
    ]
    return sorted(scores, key=lambda score: score.f1)
