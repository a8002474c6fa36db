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
from search.plans.study_kind import LOSS, METRIC, StudyKind, Task

if TYPE_CHECKING:
    from trainer.data.dataset import Dataset
    from trainer.data.spec import FoldAssignment

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
class Retraining(StudyKind):
    """A study in which `finalize` trains leaders of a search again."""

    section: RetrainingSpec

    is_closed: ClassVar[bool] = True
    unit: ClassVar[str] = "trainings"

    @property
    def metric(self) -> str:
        return LOSS if self.section.kind == "final" else METRIC

    @property
    def part_of(self) -> str:
        return self.section.study

    @property
    def steps(self) -> int:
        return self.spec.epochs

    @property
    def fold_assignment(self) -> FoldAssignment | None:
        return self.section.fold_assignment(self.spec.study.seed)

    @property
    def trained_backbones(self) -> tuple[str, ...]:
        found = (leader.params.get("backbone", self.spec.fixed.get("backbone")) for leader in self.section.leaders)
        return tuple(dict.fromkeys(map(str, found)))

    def with_budget(self) -> StudySpec:
        return self.with_trials(self.planned(()))

    def enqueue_first(self, connection: sa.Connection, study: optuna.Study, data: Dataset) -> None:
        self.enqueue_due(connection, study)

    def enqueue_due(self, connection: sa.Connection, study: optuna.Study) -> None:
        # Where a training has failed others take its place, more than there was a budget for.
        trials = study.get_trials(deepcopy=False)
        there = latest_by_order(trials)
        missing = [order for order in self.due(trials) if order not in there]
        for order in missing:
            self.enqueue(study, order)
        if missing:
            budget, section = self.planned(study.get_trials(deepcopy=False)), self.spec.study
            schema.set_budget(connection, study_id(study), budget, section.timeout, section.max_failures)

    def extend(self, connection: sa.Connection, study: optuna.Study, stored: StudySpec, data: Dataset) -> StudySpec:
        there = stored.retraining
        if there is None:
            return stored
        merged = there.and_also(self.section)
        extended = Retraining(stored.model_copy(update={"retraining": merged}), merged)
        trials = extended.planned(study.get_trials(deepcopy=False))
        spec = extended.with_trials(max(stored.study.trials, trials))
        Retraining(spec, merged).enqueue_due(connection, study)
        study.set_user_attr("spec", spec.model_dump(mode="json"))
        return spec

    def task(self, data: Dataset, order: TrialOrder | None, params: dict[str, Value]) -> Task:
        from trainer.data.prepare import on_everything

        if not isinstance(order, RetrainOrder):
            return super().task(data, order, params)
        config = self.spec.config(params, order.seed(self.spec.study.seed))
        if order.fold:
            split = data.folds[order.fold - 1]
            data = replace(data, train=split.train, validation=split.validation, folds=())
        else:
            data = on_everything(data)
        return Task({"of": str(order), **params}, config, data, stop_after_epoch=order.epochs or config.epochs)

    def how_to_read(self) -> str:
        return _HOW_TO_READ.format(study=self.section.study, what=_TRAINED_AGAIN[self.section.kind])

    def sides(self, data: Dataset) -> str:
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
