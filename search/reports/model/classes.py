"""What the held out images say of each class: how well it is known, what it is taken for, and where to be careful."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from trainer.evaluation.assessment import Assessment, Interval
from trainer.evaluation.out_of_fold import OutOfFold

from search.results.confusion import Confusion

FEW_PEOPLE: Final = 20
"""Of fewer an interval says little, however narrow it looks."""
LOW_SHARE: Final = 0.75
"""Of the mean of the classes; a class below that is a weak one."""
WIDE: Final = 0.3
"""Between the ends of an interval; beyond that nobody knows much."""

OTHERS: Final = "(others)"


@dataclass(frozen=True)
class ClassFigure:
    """One class.

    Attributes:
        name: Its name.
        f1: With its interval.
        people: How many it was seen of.
        images: How many of them were held out, which all were once.
        taken_for: What its images were taken for most; empty: they were not.
        weak: Why to be careful with it, in a few words each.
    """

    name: str
    f1: Interval
    people: int
    images: int
    taken_for: str
    weak: tuple[str, ...]


def class_figures(assessed: Assessment, confusion: Confusion, who: str = "people") -> list[ClassFigure]:
    """All classes, the worst first; ``who`` are held out together: people, or images where nobody knows of any."""
    mistakes = confusion.mistakes(len(confusion.classes) ** 2)
    taken = {mistake.true: mistake.predicted for mistake in reversed(mistakes)}
    figures = []
    for name, row in zip(confusion.classes, confusion.counts, strict=True):
        f1, people = assessed.per_class_f1[name], assessed.class_people.get(name, 0)
        weak = _weak(f1, people, assessed, who)
        figures.append(ClassFigure(name, f1, people, sum(row), taken.get(name, ""), weak))
    return sorted(figures, key=lambda figure: figure.f1.value)


def _weak(f1: Interval, people: int, assessed: Assessment, who: str) -> tuple[str, ...]:
    mean = sum(each.value for each in assessed.per_class_f1.values()) / max(len(assessed.per_class_f1), 1)
    reasons = {
        "low F1": f1.value < LOW_SHARE * mean,
        "wide interval": f1.high - f1.low > WIDE,
        f"few {who}": people < FEW_PEOPLE,
    }
    return tuple(reason for reason, is_so in reasons.items() if is_so)


def confusion_of(answers: OutOfFold) -> Confusion:
    """Who was taken for whom: rows are true classes."""
    return _counted(answers.classes, answers.labels, answers.predicted)


def factor_confusions(answers: OutOfFold) -> dict[str, Confusion]:
    """The same for the values of each factor of the label, by its name."""
    confusions = {}
    for factor in answers.factors:
        value = np.array(factor.of_class, dtype=np.int64)
        confusions[factor.name] = _counted(factor.values, value[answers.labels], value[answers.predicted])
    return confusions


def condensed(confusion: Confusion, most: int) -> Confusion:
    """The classes that are in most mistakes, at most so many, and all others as one; whole where there are no more."""
    if len(confusion.classes) <= most:
        return confusion
    counts = np.array(confusion.counts, dtype=np.int64)
    wrong = counts - np.diag(np.diag(counts))
    kept = np.sort(np.argsort(-(wrong.sum(axis=0) + wrong.sum(axis=1)), kind="stable")[: most - 1])
    group = np.full(len(counts), len(kept))
    group[kept] = np.arange(len(kept))
    few = np.zeros((most, most), dtype=np.int64)
    np.add.at(few, (group[:, None], group[None, :]), counts)
    classes = (*(confusion.classes[each] for each in kept), OTHERS)
    return replace(confusion, classes=classes, counts=tuple(map(tuple, few.tolist())))


def _counted(names: tuple[str, ...], true: NDArray[np.int64], predicted: NDArray[np.int64]) -> Confusion:
    counts = np.zeros((len(names), len(names)), dtype=np.int64)
    np.add.at(counts, (true, predicted), 1)
    return Confusion(names, tuple(map(tuple, counts.tolist())))
