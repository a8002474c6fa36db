"""What a study is: a search, an ablation or a retraining. All that differs between them is asked of its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import optuna
import sqlalchemy as sa

from search.config.orders import TrialOrder
from search.config.search_space import Value
from search.config.study_spec import StudySpec
from search.plans.ablation import Ablation
from search.plans.retraining import Retraining
from search.plans.search import Search
from search.plans.task import Task

if TYPE_CHECKING:
    from trainer.data.dataset import Dataset
    from trainer.data.spec import FoldAssignment


class StudyKind(Protocol):
    """A kind of study. A fourth one is a class with these members, and a line in :func:`kind_of`."""

    @property
    def spec(self) -> StudySpec:
        """The study."""

    @property
    def metric(self) -> str:
        """What a trial's value is called in the dashboard and in Optuna's tables and charts."""

    @property
    def is_closed(self) -> bool:
        """Whether all its trials carry orders, and nobody adds another; then none of them is the best."""

    @property
    def part_of(self) -> str:
        """The search that it belongs to; empty: it stands by itself."""

    @property
    def compares(self) -> str:
        """With what it compares changes, in words; empty: it compares none."""

    @property
    def unit(self) -> str:
        """What its trials are called, in the plural."""

    @property
    def next_command(self) -> str:
        """The command that comes after its trials; empty: one that goes on by itself."""

    @property
    def steps(self) -> int:
        """Epochs of a full trial."""

    @property
    def fold_assignment(self) -> FoldAssignment | None:
        """Folds that take the place of the split that its file asks for."""

    @property
    def trained_backbones(self) -> tuple[str, ...]:
        """The backbones that are trained from here on."""

    def with_budget(self) -> StudySpec:
        """The same study with the budget that it begins with."""

    def enqueue_first(self, connection: sa.Connection, study: optuna.Study, data: Dataset) -> None:
        """Make the trials that wait from the beginning; the transaction holds a lock."""

    def enqueue_due(self, connection: sa.Connection, study: optuna.Study) -> None:
        """Make the trials that are due by now; the transaction holds the study's lock."""

    def extend(self, connection: sa.Connection, study: optuna.Study, stored: StudySpec, data: Dataset) -> StudySpec:
        """Join a study that is there: what it is from here on, after what is new of this one has been enqueued."""

    def task(self, data: Dataset, order: TrialOrder | None, params: dict[str, Value]) -> Task:
        """What a trial trains.

        Args:
            data: Of the study.
            order: Of the trial, where it has one.
            params: Its parameters.
        """

    def next_step(self) -> str:
        """What people are told to do when its trials are finished; empty: nothing."""

    def how_to_read(self) -> str:
        """How its page in the dashboard is read, in Markdown."""

    def compared(self) -> list[str]:
        """What it compares, as lines of Markdown."""

    def sides(self, data: Dataset) -> str:
        """Which images are trained on and which validated on, in words."""


def kind_of(spec: StudySpec) -> StudyKind:
    """The kind of a study; this is the one place that chooses."""
    if spec.ablation is not None:
        return Ablation(spec, spec.ablation)
    if spec.retraining is not None:
        return Retraining(spec, spec.retraining)
    return Search(spec)
