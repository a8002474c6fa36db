"""Have the studies beside a search worked to their end, and collect what their trainings have left behind."""

from collections.abc import Sequence
from dataclasses import dataclass

from optuna.storages import RDBStorage
from rich.console import Console
from trainer.support.text import pluralize
from trainer.training.run_output import RunOutput

from search.config.orders import RetrainOrder
from search.config.study_spec import StudySpec
from search.console import print_line
from search.errors import StudyError
from search.finalization.options import LocalSetup
from search.finalization.retraining_state import (
    LostOutputsError,
    RetrainingState,
    checkpoints_of,
    read_retraining,
)
from search.finalization.studies import enqueue_again
from search.launch.work import work
from search.stores.objects import Store
from search.stores.shared import claim_location


class UnfinishedError(Exception):
    """Trainings are left to do: somebody asked to stop, or workers failed; the same command goes on."""

    def __init__(self, line: str, code: int) -> None:
        """What to tell, and the exit code."""
        super().__init__(line)
        self.code = code


@dataclass(frozen=True)
class RetrainingRunner:
    """Works studies that retrain, and finds what was trained before.

    Attributes:
        storage: Where the studies are.
        store: Where their trainings leave what is kept of them.
        setup: This machine's paths and workers.
        console: Where people read how it goes on.
        is_forced: Whether the command had ``--force``, with which it would begin anew.
    """

    storage: RDBStorage
    store: Store
    setup: LocalSetup
    console: Console
    is_forced: bool

    def confirm(self, spec: StudySpec, announcement: str) -> tuple[RetrainingState, list[RunOutput]]:
        """Have leaders confirmed; returns how they did, and what the folds of the chosen one have left behind.

        Raises:
            StudyError: No leader could be trained in all its folds.
            UnfinishedError: Trainings are left to do.
        """
        while True:
            state = self._complete(spec, announcement)
            orders = state.orders_of(state.section.leaders[state.chosen])
            if (outputs := self._outputs(state, orders)) is not None:
                return state, outputs

    def train(self, spec: StudySpec, orders: Sequence[RetrainOrder], announcement: str) -> list[RunOutput]:
        """Have a configuration trained on everybody; returns what that has left behind.

        Raises:
            StudyError: It could not be trained.
            UnfinishedError: Trainings are left to do.
        """
        before = read_retraining(self.storage, spec.study.name)
        if before is not None and (failed := before.failed(orders)):
            enqueue_again(self.storage, before, failed)
        while True:
            state = self._complete(spec, announcement)
            if failed := state.failed(orders):
                reason = state.trials[failed[0]].user_attrs.get("reason", "somebody ended it")
                raise StudyError(f"the model could not be trained on everybody: {reason}")
            if (outputs := self._outputs(state, orders)) is not None:
                return outputs

    def _complete(self, spec: StudySpec, announcement: str) -> RetrainingState:
        """Have a study worked to its end, if it is not there yet; returns how it stands then.

        Raises:
            UnfinishedError: It was not.
        """
        name = spec.study.name
        if (state := read_retraining(self.storage, name)) is not None and state.is_done_with(spec.retraining):
            return state
        self._message(announcement)
        if state is not None and claim_location(self.storage, state.study, self.store):
            self._message(
                "what earlier trainings left behind is not in this place any more; what is needed is trained again"
            )
        setup = self.setup
        code = work(spec, setup.pool, setup.storage, setup.home, self.console)
        state = read_retraining(self.storage, name)
        if code or state is None or not state.is_done_with(spec.retraining):
            without = " without --force" if self.is_forced else ""
            raise UnfinishedError(f"not finished; the same command{without} goes on from here", code or 130)
        return state

    def _outputs(self, state: RetrainingState, orders: Sequence[RetrainOrder]) -> list[RunOutput] | None:
        """What trainings have left behind; none, where some is lost and has been enqueued again."""
        try:
            return state.outputs(checkpoints_of(state, self.store), orders)
        except LostOutputsError as lost:
            self._message(
                f"once more, since what was left behind is lost: {pluralize(lost.orders, 'training')} ({lost})"
            )
            enqueue_again(self.storage, state, lost.orders)
            return None

    def _message(self, line: str) -> None:
        print_line(self.console, line)
