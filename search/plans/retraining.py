"""Training leaders again as a kind of study: each training is a trial with its order; and what is enqueued next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Final

import optuna
import sqlalchemy as sa
from optuna.trial import FrozenTrial

from search.config.orders import RetrainOrder, TrialOrder
from search.config.retraining import RetrainingSpec
from search.config.search_space import Value, distributions
from search.config.study_spec import StudySpec
from search.database import schema
from search.database.optuna_internals import study_id
from search.plans import racing
from search.plans.folds import read_folds
from search.plans.orders import enqueue, latest_by_order, order_of
from search.plans.task import METRIC, Task, without_order

if TYPE_CHECKING:
    from trainer.data.dataset import Dataset
    from trainer.data.spec import FoldAssignment

LOSS: Final = "training loss"
"""What a trial's value is called where all groups are trained on: none is left to tell an F1."""

_HOW_TO_READ: Final = """\
### How to read this page

- `finalize` trains configurations of the study {study} again: {what}.
- **A trial's attribute `order`** says which one, and on whom.
- **Look, do not touch**: `finalize --study {study}` goes on from here, and `search work --study {study} --confirm`
  helps."""

_TRAINED_AGAIN: Final = {
    "confirm": "its leaders over folds of people, which tells what to expect of them; the value is the F1 of those who "
    "are held out, at the best epoch",
    "final": "the chosen one on everybody; the value is the training loss, since nobody is left to tell an F1",
}


@dataclass(frozen=True)
class Retraining:
    """A study in which `finalize` trains leaders of a search again, see :class:`search.plans.kind.StudyKind`."""

    spec: StudySpec
    section: RetrainingSpec

    is_closed: ClassVar[bool] = True
    compares: ClassVar[str] = ""
    unit: ClassVar[str] = "trainings"
    next_command: ClassVar[str] = ""

    @property
    def metric(self) -> str:
        """What a trial's value is called."""
        return LOSS if self.section.kind == "final" else METRIC

    @property
    def part_of(self) -> str:
        """The search whose leaders are trained."""
        return self.section.study

    @property
    def steps(self) -> int:
        """Epochs of a full training."""
        return self.spec.epochs

    @property
    def fold_assignment(self) -> FoldAssignment | None:
        """The folds into which the groups are dealt to confirm, in the place of the search's own split."""
        return self.section.fold_assignment(self.spec.study.seed)

    @property
    def trained_backbones(self) -> tuple[str, ...]:
        """The backbones that are trained from here on: those of the leaders alone."""
        found = (leader.params.get("backbone", self.spec.fixed.get("backbone")) for leader in self.section.leaders)
        return tuple(dict.fromkeys(map(str, found)))

    def with_budget(self) -> StudySpec:
        """The same study with a budget of exactly its trainings."""
        return self._with_trials(self.planned(()))

    def enqueue_first(self, connection: sa.Connection, study: optuna.Study, _data: Dataset) -> None:
        """Make a waiting trial of each training that is due at the beginning."""
        self.enqueue_due(connection, study)

    def enqueue_due(self, connection: sa.Connection, study: optuna.Study) -> None:
        """Make a waiting trial of each training that is due by now, and room for them in the budget.

        Where a training has failed others take its place, more than there was a budget for.

        Args:
            connection: Of a transaction that holds the study's lock.
            study: Where; this is its specification as it is stored by now.
        """
        trials = study.get_trials(deepcopy=False)
        there = latest_by_order(trials)
        missing = [order for order in self.due(trials) if order not in there]
        for order in missing:
            self.enqueue(study, order)
        if missing:
            budget, section = self.planned(study.get_trials(deepcopy=False)), self.spec.study
            schema.set_budget(connection, study_id(study), budget, section.timeout, section.max_failures)

    def extend(self, connection: sa.Connection, study: optuna.Study, stored: StudySpec, _data: Dataset) -> StudySpec:
        """The stored study with all that is wanted by now, after what is due has been enqueued."""
        there = stored.retraining
        if there is None:
            return stored
        merged = there.and_also(self.section)
        extended = Retraining(stored.model_copy(update={"retraining": merged}), merged)
        trials = extended.planned(study.get_trials(deepcopy=False))
        spec = extended._with_trials(max(stored.study.trials, trials))
        Retraining(spec, merged).enqueue_due(connection, study)
        study.set_user_attr("spec", spec.model_dump(mode="json"))
        return spec

    def task(self, data: Dataset, order: TrialOrder | None, params: dict[str, Value]) -> Task:
        """What a training trains; ``data`` are dealt into the folds, ``params`` those of the leader.

        Raises:
            StudyError: The trial has no order.
        """
        from trainer.data.prepare import on_everything

        if not isinstance(order, RetrainOrder):
            raise without_order()
        config = self.spec.config(params, order.seed(self.spec.study.seed))
        if order.fold:
            split = data.folds[order.fold - 1]
            data = replace(data, train=split.train, validation=split.validation, folds=())
        else:
            data = on_everything(data)
        return Task({"of": str(order), **params}, config, data, stop_after_epoch=order.epochs or config.epochs)

    def next_step(self) -> str:
        """Nothing: `finalize` goes on by itself."""
        return ""

    def how_to_read(self) -> str:
        """How its page in the dashboard is read, in Markdown."""
        return _HOW_TO_READ.format(study=self.section.study, what=_TRAINED_AGAIN[self.section.kind])

    def compared(self) -> list[str]:
        """It compares nothing."""
        return []

    def sides(self, data: Dataset) -> str:
        """Which images are trained on and which validated on, in words."""
        return f"{len(data.folds)} folds (the table shows the first)" if data.folds else "all are trained on"

    def enqueue(self, study: optuna.Study, order: RetrainOrder) -> None:
        """Make a waiting trial of a training; the caller holds a lock."""
        enqueue(study, order, self.section.params_of(order.trial), distributions(self.spec.space))

    def planned(self, trials: Sequence[FrozenTrial]) -> int:
        """How many trainings there will have been when all is done, if none fails from here on."""
        there = latest_by_order(trials)
        orders = {*there, *self.section.finals}
        scores = read_folds(self.section, trials).scores
        while asked := racing.due(scores, self.section.expected_scores):
            for leader, fold in asked:
                orders.add(RetrainOrder(trial=self.section.leaders[leader].trial, fold=fold + 1))
                scores[leader, fold] = 0.0
        done_again = sum(order_of(trial) is not None for trial in trials) - len(there)
        return len(orders) + done_again

    def due(self, trials: Sequence[FrozenTrial]) -> list[RetrainOrder]:
        """What is to be trained by now, whether it is under way or not."""
        if self.section.kind == "final":
            return list(self.section.finals)
        if not self.section.folds:
            return []
        asked = racing.due(read_folds(self.section, trials).scores, self.section.expected_scores)
        return [RetrainOrder(trial=self.section.leaders[leader].trial, fold=fold + 1) for leader, fold in asked]

    def _with_trials(self, trials: int) -> StudySpec:
        return self.spec.model_copy(update={"study": self.spec.study.model_copy(update={"trials": trials})})
