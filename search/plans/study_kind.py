"""What a study is: a search, an ablation or a retraining. All that differs between them is asked of its kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

import optuna
import sqlalchemy as sa

from search.config.ablation import Change
from search.config.orders import TrialOrder
from search.config.search_space import Value
from search.config.study_spec import StudySpec
from search.errors import StudyError

if TYPE_CHECKING:
    from trainer.config.train_config import TrainConfig
    from trainer.data.dataset import Dataset
    from trainer.data.spec import FoldAssignment

METRIC: Final = "macro-F1"
LOSS: Final = "training loss"
"""What a trial's value is called where all groups are trained on: none is left to tell an F1."""


@dataclass(frozen=True)
class Task:
    """What a trial trains.

    Attributes:
        shown: What people are told of it.
        config: What determines its result.
        data: On what; in an ablation split by the seed of the run.
        stop_after_epoch: The epoch after which it ends and its network is kept; None: it ends with its last epoch, and
            the network is not kept.
    """

    shown: Mapping[str, Change]
    config: TrainConfig
    data: Dataset
    stop_after_epoch: int | None = None


@dataclass(frozen=True)
class StudyKind:
    """A kind of study. A fourth one is a subclass that overrides what differs, and a line in `kind_of`."""

    spec: StudySpec

    is_closed: ClassVar[bool] = False
    """Whether all its trials carry orders, and nobody adds another; then none of them is the best."""
    unit: ClassVar[str] = "trials"
    """What its trials are called, in the plural."""
    next_command: ClassVar[str] = ""
    """The command that comes after its trials; empty: one that goes on by itself."""

    @property
    def metric(self) -> str:
        """What a trial's value is called in the dashboard and in Optuna's tables and charts."""
        return METRIC

    @property
    def part_of(self) -> str:
        """The search that it belongs to; empty: it stands by itself."""
        return ""

    @property
    def compares(self) -> str:
        """With what it compares changes, in words; empty: it compares none."""
        return ""

    @property
    def steps(self) -> int:
        """Epochs of a full trial, those of all its folds together."""
        return self.spec.epochs * (self.spec.data.folds or 1)

    @property
    def fold_assignment(self) -> FoldAssignment | None:
        """Folds that take the place of the split that its file asks for."""
        return None

    @property
    def trained_backbones(self) -> tuple[str, ...]:
        """The backbones that are trained from here on."""
        return self.spec.backbones

    def with_budget(self) -> StudySpec:
        """The same study with the budget that it begins with."""
        return self.spec

    def enqueue_first(self, connection: sa.Connection, study: optuna.Study, data: Dataset) -> None:
        """Make the trials that wait from the beginning; the transaction holds a lock."""

    def enqueue_due(self, connection: sa.Connection, study: optuna.Study) -> None:
        """Make the trials that are due by now; the transaction holds the study's lock."""

    def extend(self, connection: sa.Connection, study: optuna.Study, stored: StudySpec, data: Dataset) -> StudySpec:
        """Join a study that is there: what it is from here on, after what is new of this one has been enqueued."""
        return self.spec

    def task(self, data: Dataset, order: TrialOrder | None, params: dict[str, Value]) -> Task:
        """What a trial trains.

        Args:
            data: Of the study.
            order: Of the trial, where it has one.
            params: Its parameters.

        Raises:
            StudyError: It has no order, as all trials of a closed study have: it was enqueued by hand.
            OtherSplitError: This machine would split the images otherwise than the one that made the study.
        """
        if self.is_closed:
            raise StudyError("this trial has no orders, as all of this study have: it was enqueued by hand")
        return Task(params, self.spec.config(params), data)

    def next_step(self) -> str:
        """What people are told to do when its trials are finished; empty: nothing."""
        return ""

    def how_to_read(self) -> str:
        """How its page in the dashboard is read, in Markdown."""
        raise NotImplementedError

    def compared(self) -> list[str]:
        """What it compares, as lines of Markdown."""
        return []

    def sides(self, data: Dataset) -> str:
        """Which images are trained on and which validated on, in words."""
        if data.folds:
            return f"{len(data.folds)} folds, each held out once by every trial (the table shows the first)"
        return f"{len(data.train) - data.extra} images to train on, {len(data.validation)} to validate"

    def with_trials(self, trials: int) -> StudySpec:
        """The same study with this budget of trials."""
        return self.spec.model_copy(update={"study": self.spec.study.model_copy(update={"trials": trials})})
