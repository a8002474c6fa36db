"""An ablation as a kind of study: all its runs wait as trials from the beginning, each with its order.

A trial carries its change, its seed and the split that belongs to it, so a worker that joined before the ablation was
extended does the right thing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Final, get_args

import optuna
import sqlalchemy as sa
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState
from trainer.config.train_config import TrainConfig, inactive_knobs
from trainer.errors import OtherSplitError
from trainer.support.markdown import escape

from search.config.ablation import AblationSection
from search.config.format import format_value
from search.config.orders import AblationOrder, TrialOrder
from search.config.search_space import Value
from search.config.sections import SEEDS
from search.config.study_spec import StudySpec
from search.plans.orders import by_order, enqueue
from search.plans.study_kind import StudyKind, Task
from search.results.notes import note_table

if TYPE_CHECKING:
    from trainer.data.dataset import Dataset

_HOW_TO_READ: Final = """\
### How to read this page

- **One change at a time**: every trial is the base or one change to it. Trials of one seed have the same split and the
  same training seed, so they differ in the change alone; between seeds values say little. `search ablate` shows the
  differences with their spread.
- **Value**: validation macro-F1 of a trial's best epoch. The highest value is the luckiest trial's.
- **Step**: epochs completed; the base has {epochs}.
- **A trial's page** has its confusion matrix and learning curve (artifacts) and a note; its attributes `change` and
  `seed` say what it is.
- **Look, do not touch**: a study that is deleted or renamed here, and a trial that is told here, are taken from the
  workers that are at them."""


@dataclass(frozen=True)
class Ablation(StudyKind):
    """A study that makes one change at a time to one configuration."""

    section: AblationSection

    is_closed: ClassVar[bool] = True
    next_command: ClassVar[str] = "search ablate"

    @property
    def compares(self) -> str:
        return self.section.base

    @property
    def seeds(self) -> list[int]:
        """The seeds of its runs: those after the study's own.

        Not that one itself: a base that was the best of many trials on that split with that seed was lucky there, and
        any change to it would look worse than it is.
        """
        return [(self.spec.study.seed + number) % SEEDS for number in range(1, self.section.seeds + 1)]

    def runs(self) -> list[AblationOrder]:
        """All runs in the order of their doing: seed by seed, the base first.

        So the table is balanced whenever somebody looks at it.
        """
        base, changes = self.spec.config({}), self.section.changes.items()
        new = [(knob, value) for knob, values in changes for value in values if value != getattr(base, knob)]
        return [AblationOrder(knob, value, seed) for seed in self.seeds for knob, value in ((None, None), *new)]

    def with_budget(self) -> StudySpec:
        return self.with_trials(len(self.runs()))

    def enqueue_first(self, connection: sa.Connection, study: optuna.Study, data: Dataset) -> None:
        self._enqueue_missing(study, data)

    def extend(self, connection: sa.Connection, study: optuna.Study, stored: StudySpec, data: Dataset) -> StudySpec:
        there = stored.ablation
        if there is None:
            return stored
        merged = there.and_also(self.section.changes, self.section.seeds)
        extended = Ablation(stored.model_copy(update={"ablation": merged}), merged)
        spec = extended.with_budget()
        if Ablation(spec, merged)._enqueue_missing(study, data):
            study.set_user_attr("spec", spec.model_dump(mode="json"))
        return spec

    def task(self, data: Dataset, order: TrialOrder | None, params: dict[str, Value]) -> Task:
        from trainer.data.prepare import resplit

        if not isinstance(order, AblationOrder):
            return super().task(data, order, params)
        again = resplit(data, self.spec.data, order.seed)
        if again.fingerprint.get("split", "") != order.split:
            raise OtherSplitError(
                f"this machine splits the images of seed {order.seed} otherwise than the one that made the study; "
                "install the same versions of scikit-learn and numpy"
            )
        return Task({"seed": order.seed, **order.change}, self.spec.config(order.change, order.seed), again)

    def next_step(self) -> str:
        return f"run `search ablate --study {self.spec.study.name}` to see what they tell"

    def how_to_read(self) -> str:
        return _HOW_TO_READ.format(epochs=self.steps)

    def compared(self) -> list[str]:
        rows = [
            (knob, ", ".join(format_value(value) for value in values)) for knob, values in self.section.changes.items()
        ]
        made = f"The base is {escape(self.section.base)}. These changes were named first; more may have been added:"
        return ["", "### What is compared", "", made, "", *note_table(("knob", "values"), rows)]

    def enqueue_failed(self, study: optuna.Study) -> int:
        """Make a waiting trial of each run that has failed whenever it was tried, and return how many.

        The caller holds a lock.
        """
        failed = [
            order
            for order, trials in by_order(study.get_trials(deepcopy=False), AblationOrder).items()
            if all(trial.state == TrialState.FAIL for trial in trials)
        ]
        for order in failed:
            self._enqueue(study, order)
        return len(failed)

    def _enqueue_missing(self, study: optuna.Study, data: Dataset) -> int:
        """Make a waiting trial of each run that has none yet, and return how many; the caller holds a lock.

        ``data`` is split by the study's own seed.
        """
        from trainer.data.prepare import resplit

        there = by_order(study.get_trials(deepcopy=False), AblationOrder)
        missing = [run for run in self.runs() if run not in there]
        splits = {
            seed: str(resplit(data, self.spec.data, seed).fingerprint.get("split", ""))
            for seed in self.seeds
            if any(run.seed == seed for run in missing)
        }
        for run in missing:
            self._enqueue(study, replace(run, split=splits[run.seed]))
        return len(missing)

    def _enqueue(self, study: optuna.Study, order: AblationOrder) -> None:
        base = self.spec.config({})
        known = {
            knob: [value for value in (getattr(base, knob), *values) if value is not None]
            for knob, values in self.section.changes.items()
        }
        # What the dashboard takes for the range of each knob that is changed.
        distributions = {knob: _distribution(knob, values) for knob, values in known.items() if values}
        config = self.spec.config(order.change, order.seed).model_dump()
        idle = inactive_knobs(config)
        # The dashboard shows them as the trial's parameters; what it does follows from the order.
        params = {name: config[name] for name in distributions if config[name] is not None and name not in idle}
        enqueue(study, order, params, distributions)


def _distribution(knob: str, values: Sequence[Any]) -> BaseDistribution:
    if isinstance(values[0], bool):
        return CategoricalDistribution((False, True))
    if isinstance(values[0], str):
        # All that the knob knows: Optuna lets no choice be added later.
        return CategoricalDistribution(_choices(knob) or tuple(dict.fromkeys(values)))
    if isinstance(values[0], int):
        return IntDistribution(min(values), max(values))
    return FloatDistribution(min(values), max(values))


def _choices(knob: str) -> tuple[str, ...]:
    """The values of a knob of a few names, also where some of them are declared elsewhere; none if any name will do."""

    def names(annotation: object) -> tuple[str, ...]:
        inner = get_args(annotation)
        return tuple(name for each in inner for name in ((each,) if isinstance(each, str) else names(each)))

    return names(TrainConfig.model_fields[knob].annotation)
