"""What the held out images say of each class: how well it is known, what it is taken for, and where to be careful."""

from dataclasses import dataclass
from typing import Final

from trainer.evaluation.assessment import Assessment, Interval

from search.results.confusion import Confusion

FEW_PEOPLE: Final = 20
"""Of fewer an interval says little, however narrow it looks."""
LOW_SHARE: Final = 0.75
"""Of the mean of the classes; a class below that is a weak one."""
WIDE: Final = 0.3
"""Between the ends of an interval; beyond that nobody knows much."""


@dataclass(frozen=True)
class ClassFigure:
    """One class.

    Attributes:
        name: Its name.
        f1: With its interval.
        people: How many it was seen of.
        images: How many of them were held out, which all were once.
        taken_for: What its images were taken for most; empty: they were not.
        weaknesses: Why to be careful with it, in a few words each.
    """

    name: str
    f1: Interval
    people: int
    images: int
    taken_for: str
    weaknesses: tuple[str, ...]


def class_figures(assessed: Assessment, confusion: Confusion, unit: str = "people") -> list[ClassFigure]:
    """All classes, the worst first; ``unit`` is held out together: people, or images where nobody knows of any."""
    taken_for = confusion.taken_for
    figures = []
    for name, row in zip(confusion.classes, confusion.counts, strict=True):
        f1, people = assessed.per_class_f1[name], assessed.class_people.get(name, 0)
        weaknesses = _weaknesses(f1, people, assessed, unit)
        figures.append(ClassFigure(name, f1, people, sum(row), taken_for.get(name, ""), weaknesses))
    return sorted(figures, key=lambda figure: figure.f1.value)


def _weaknesses(f1: Interval, people: int, assessed: Assessment, unit: str) -> tuple[str, ...]:
    mean = sum(each.value for each in assessed.per_class_f1.values()) / max(len(assessed.per_class_f1), 1)
    reasons = {
        "low F1": f1.value < LOW_SHARE * mean,
        "wide interval": f1.high - f1.low > WIDE,
        f"few {unit}": people < FEW_PEOPLE,
    }
    return tuple(reason for reason, is_so in reasons.items() if is_so)
