"""``report.html`` of a model folder: what may be expected of the model, on one page that opens anywhere."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import plotly.graph_objects as go
from trainer.support.atomic import write_whole

from search.reports import charts
from search.reports.model import charts as model_charts
from search.reports.model.content import LeaderRow, ModelReport, class_figures
from search.reports.model.gallery import MOST_OF_ONE_PERSON, confidently_wrong
from search.reports.page import fill
from search.results.confusion import Confusion, factor_confusions, out_of_fold_confusion
from search.results.history import MOST_CLASSES

PAGE_FILE: Final = "report.html"
_MISTAKES = 10
_CLASSES_AT_ONCE = 40
_CLASSES_OF_MANY = 20
"""Where there are more than can be shown at once; a click unfolds the others."""
_DRAWN_OF_MANY = 30
"""Classes of a matrix of more than can be read."""


@dataclass(frozen=True)
class ScoreAxis:
    """A scale of macro-F1 on which figures and intervals are drawn; all positions in per cent of its width."""

    low: float
    high: float

    @classmethod
    def around(cls, *values: float) -> ScoreAxis:
        """One that holds all these values with some room, between whole twentieths."""
        low, high = math.floor(20 * min(values) - 0.4) / 20, math.ceil(20 * max(values) + 0.4) / 20
        return cls(max(low, 0.0), min(high, 1.0))

    def position(self, value: float) -> float:
        """The position of a value."""
        return round(100 * (value - self.low) / (self.high - self.low), 3)

    @property
    def ticks(self) -> list[float]:
        """Round values along it, at most eight."""
        step = next(step for step in (0.05, 0.1, 0.2) if (self.high - self.low) / step < 8)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [round(step * number, 2) for number in range(first, last + 1)]


def write_model_page(folder: Path, report: ModelReport) -> None:
    """Write ``report.html`` into a model folder.

    Raises:
        SaveError: It cannot be written.
    """
    write_whole(folder / PAGE_FILE, render(report))


def render(report: ModelReport) -> str:
    """The page as HTML."""
    assessed, answers = report.assessment, report.out_of_fold
    confusion = None if answers is None else out_of_fold_confusion(answers)
    drawn = confusion
    if confusion is not None and len(confusion.classes) > MOST_CLASSES:
        drawn = confusion.condensed(_DRAWN_OF_MANY)
    axis = gallery = None
    if assessed is not None:
        f1 = assessed.f1
        axis = ScoreAxis.around(report.claimed, f1.value, f1.low, f1.high, *assessed.new_f1)
    if answers is not None:
        gallery = confidently_wrong(answers, report.root, 1.0 if assessed is None else assessed.temperature)
    content: dict[str, Any] = {
        "report": report,
        "assessed": assessed,
        "axis": axis,
        "drawn": drawn,
        "mistakes": [] if confusion is None else confusion.mistakes(_MISTAKES),
        "classes": [] if assessed is None or confusion is None else class_figures(assessed, confusion, report.unit),
        "at_once": _CLASSES_AT_ONCE if len(report.classes) <= _CLASSES_AT_ONCE else _CLASSES_OF_MANY,
        "factors": {} if answers is None else factor_confusions(answers),
        "gallery": gallery,
        "of_one_person": MOST_OF_ONE_PERSON,
        "folds": max((len(leader.fold_f1) for leader in report.leaders), default=0),
        "differing": differing_parameters(report.leaders),
        "figures": _figures(report, drawn),
    }
    return fill("model.html.j2", content)


def differing_parameters(leaders: tuple[LeaderRow, ...]) -> list[str]:
    """The parameters in which leaders differ, in the order in which they were suggested."""
    names = dict.fromkeys(name for leader in leaders for name in leader.parameters)
    return [name for name in names if len({repr(leader.parameters.get(name)) for leader in leaders}) > 1]


def _figures(report: ModelReport, confusion: Confusion | None) -> dict[str, go.Figure]:
    """The charts that there is something to draw in."""
    figures = {}
    if confusion is not None:
        figures["confusion"] = charts.confusion_matrix(confusion)
    if report.out_of_fold is not None and report.assessment is not None:
        figures["reliability"] = model_charts.reliability_chart(report.out_of_fold, report.assessment.temperature)
    if any(report.curves.values()):
        figures["curves"] = model_charts.fold_curves(report.curves, report.epochs)
    return figures
