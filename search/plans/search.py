"""A search as a kind of study: whoever takes a new trial asks the sampler what to train."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

import optuna
import sqlalchemy as sa

from search.plans.study_kind import StudyKind

if TYPE_CHECKING:
    from trainer.data.dataset import Dataset

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


class Search(StudyKind):
    """A study that searches a space of knobs; its file says how many trials it may have."""

    next_command: ClassVar[str] = "finalize"

    def enqueue_first(self, connection: sa.Connection, study: optuna.Study, data: Dataset) -> None:
        for start in self.spec.start:
            study.enqueue_trial(start, skip_if_exists=True)

    def next_step(self) -> str:
        return f"raise `trials` in its file to go on, or run `finalize --study {self.spec.study.name}`"

    def how_to_read(self) -> str:
        best = "the mean over the folds of their best epochs" if self.spec.data.folds else "its best epoch's"
        return _HOW_TO_READ.format(epochs=self.steps, best=best)
