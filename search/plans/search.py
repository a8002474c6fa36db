"""A search as a kind of study: whoever takes a new trial asks the sampler what to train."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

import optuna
import sqlalchemy as sa

from search.config.orders import TrialOrder
from search.config.search_space import Value
from search.config.study_spec import StudySpec
from search.plans.task import METRIC, Task
from search.results.notes import sides_of

if TYPE_CHECKING:
    from trainer.data.dataset import Dataset
    from trainer.data.spec import FoldAssignment


_HOW_TO_READ: Final = """\
### How to read this page

- **Value**: validation macro-F1, the mean over all classes. Of a *complete* trial it is {best}; of a *pruned*
  one its last report's (its best is the attribute `best_f1`).
- **Step**: epochs completed, from 1 to {epochs}.
- **The leader** is the complete trial with the highest value. The best of many trials on one split is an optimist:
  `finalize` confirms the leaders over folds of people, and trains the one it chooses on all the data.
- **A trial's page** has its confusion matrix and learning curve (artifacts) and a note.
- **Look, do not touch**: a study that is deleted or renamed here, and a trial that is told here, are taken from the
  workers that are at them. `search work` and the study file change a study."""


@dataclass(frozen=True)
class Search:
    """A study that searches a space of knobs, see :class:`search.plans.kind.StudyKind`."""

    spec: StudySpec

    metric: ClassVar[str] = METRIC
    is_closed: ClassVar[bool] = False
    part_of: ClassVar[str] = ""
    compares: ClassVar[str] = ""
    unit: ClassVar[str] = "trials"
    next_command: ClassVar[str] = "finalize"
    fold_assignment: ClassVar[FoldAssignment | None] = None

    @property
    def steps(self) -> int:
        """Epochs of a full trial, those of all its folds together."""
        return self.spec.epochs * (self.spec.data.folds or 1)

    @property
    def trained_backbones(self) -> tuple[str, ...]:
        """The backbones that are trained from here on."""
        return self.spec.backbones

    def with_budget(self) -> StudySpec:
        """The same study: its file says how many trials it may have."""
        return self.spec

    def enqueue_first(self, _connection: sa.Connection, study: optuna.Study, _data: Dataset) -> None:
        """Make a waiting trial of each configuration that the study file starts with."""
        for start in self.spec.start:
            study.enqueue_trial(start, skip_if_exists=True)

    def enqueue_due(self, _connection: sa.Connection, study: optuna.Study) -> None:
        """Workers make trials as they ask for them."""

    def extend(self, _connection: sa.Connection, _study: optuna.Study, _stored: StudySpec, _data: Dataset) -> StudySpec:
        """The study as its file has it by now: its budget may have been raised."""
        return self.spec

    def task(self, data: Dataset, _order: TrialOrder | None, params: dict[str, Value]) -> Task:
        """What a trial with these parameters trains."""
        return Task(params, self.spec.config(params), data)

    def next_step(self) -> str:
        """What to do when its trials are finished."""
        return f"raise `trials` in its file to go on, or run `finalize --study {self.spec.study.name}`"

    def how_to_read(self) -> str:
        """How its page in the dashboard is read, in Markdown."""
        best = "the mean over the folds of their best epochs" if self.spec.data.folds else "its best epoch's"
        return _HOW_TO_READ.format(epochs=self.steps, best=best)

    def compared(self) -> list[str]:
        """It compares nothing."""
        return []

    def sides(self, data: Dataset) -> str:
        """Which images are trained on and which validated on, in words."""
        return sides_of(data)
