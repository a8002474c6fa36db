"""The studies that `finalize` makes beside a search: made, worked to their end, enqueued again, and deleted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from optuna.trial import TrialState
from rich.console import Console
from trainer.support.text import pluralize
from trainer.training.run_output import RunOutput

from search.config.orders import RetrainOrder
from search.config.retraining import CONFIRM, FINAL, SUFFIXES, Leader, RetrainingSpec
from search.config.sections import PrunerSection, SamplerSection
from search.config.study_spec import StudySpec
from search.console import print_line
from search.database import lease, schema
from search.database.connection import StudyStorage
from search.database.optuna_internals import study_id
from search.database.queries import live_leases
from search.database.transaction import transaction
from search.errors import StudyError
from search.finalization.plan import LocalSetup
from search.finalization.retraining_state import LostOutputsError, RetrainingState, checkpoints_of, read_retraining
from search.launch.supervisor import Outcome
from search.launch.work import work
from search.launch.workers import Locations
from search.plans.kind import kind_of
from search.plans.orders import latest_by_order
from search.plans.retraining import Retraining
from search.stores.artifacts import open_artifacts
from search.stores.objects import Store
from search.stores.open import open_store
from search.stores.shared import claim_location
from search.study.delete import delete_study
from search.study.study import stored_spec


def confirm_spec(search: StudySpec, key: str, leaders: Sequence[Leader], folds: int) -> StudySpec:
    """The study in which the leaders of a search are confirmed; ``key`` is the search's."""
    return _retraining_spec(
        search, CONFIRM, RetrainingSpec(kind="confirm", study=search.study.name, key=key, leaders=leaders, folds=folds)
    )


def final_spec(search: StudySpec, key: str, leader: Leader, finals: Sequence[RetrainOrder]) -> StudySpec:
    """The study in which the chosen configuration is trained on everybody."""
    return _retraining_spec(
        search, FINAL, RetrainingSpec(kind="final", study=search.study.name, key=key, leaders=(leader,), finals=finals)
    )


def _retraining_spec(search: StudySpec, suffix: str, retraining: RetrainingSpec) -> StudySpec:
    study = search.study.model_copy(update={"name": f"{search.study.name}{suffix}", "timeout": None})
    return search.model_copy(
        update={
            "study": study,
            "start": (),
            "sampler": SamplerSection(kind="random"),
            "pruner": PrunerSection(kind="none"),
            "retraining": retraining,
        }
    )


class UnfinishedError(Exception):
    """Trainings are left to do: somebody asked to stop, or workers failed; the same command goes on."""

    def __init__(self, line: str, outcome: Outcome) -> None:
        """What to tell, and how the workers ended."""
        super().__init__(line)
        self.is_stopped = outcome.is_stopped
        self.code = outcome.code or 130


@dataclass(frozen=True)
class RetrainingRunner:
    """Works studies that retrain, and finds what was trained before.

    ``is_forced`` says whether all is trained again, so that the same once more would begin anew.
    """

    storage: StudyStorage
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
        print_line(self.console, announcement)
        if state is not None and claim_location(self.storage, state.study, self.store):
            line = "what earlier trainings left behind is not in this place any more; what is needed is trained again"
            print_line(self.console, line)
        outcome = work(spec, self.setup.pool, self.storage, self.console)
        state = read_retraining(self.storage, name)
        if outcome.code or outcome.is_stopped or state is None or not state.is_done_with(spec.retraining):
            without = " without force" if self.is_forced else ""
            raise UnfinishedError(f"not finished; the same again{without} goes on from here", outcome)
        return state

    def _outputs(self, state: RetrainingState, orders: Sequence[RetrainOrder]) -> list[RunOutput] | None:
        """What trainings have left behind; none, where some is lost and has been enqueued again."""
        try:
            return state.outputs(checkpoints_of(state, self.store), orders)
        except LostOutputsError as lost:
            line = f"once more, since what was left behind is lost: {pluralize(lost.orders, 'training')} ({lost})"
            print_line(self.console, line)
            enqueue_again(self.storage, state, lost.orders)
            return None


def enqueue_again(storage: StudyStorage, state: RetrainingState, orders: Sequence[RetrainOrder]) -> None:
    """Have trainings done once more; of those that failed the failure is forgiven.

    What somebody else has enqueued again since ``state`` was read is not enqueued twice.
    """
    study = state.study
    with transaction(storage) as connection:
        lease.lock(connection, study_id(study))
        stored = kind_of(stored_spec(study))  # others may have added leaders
        kind = stored if isinstance(stored, Retraining) else state.kind
        spec, now = kind.spec, latest_by_order(study.get_trials(deepcopy=False))
        again = [order for order in orders if now[order].number == state.trials[order].number]
        for order in again:
            kind.enqueue(study, order)
        failed = sum(now[order].state == TrialState.FAIL for order in again)
        section = spec.study.model_copy(
            update={
                "trials": kind.planned(study.get_trials(deepcopy=False)),
                "max_failures": spec.study.max_failures + failed,
            }
        )
        schema.set_budget(connection, study_id(study), section.trials, section.timeout, section.max_failures)
        study.set_user_attr("spec", spec.model_copy(update={"study": section}).model_dump(mode="json"))


def delete_retrainings(
    storage: StudyStorage, study: str, locations: Locations, *, only: Callable[[RetrainingState], bool] = lambda _: True
) -> None:
    """Delete what was retrained of a search: the studies, and what their trainings have left behind.

    Raises:
        SaveError: One of the places cannot be used.
        StudyError: Somebody trains for it; nothing is deleted.
    """
    states = [read_retraining(storage, f"{study}{suffix}") for suffix in SUFFIXES]
    unwanted = [state for state in states if state is not None and only(state)]
    with storage.engine.connect() as connection:
        for state in unwanted:
            if live := live_leases(connection, study_id(state.study)):
                raise StudyError(
                    f"{live[0].worker} is training for {state.study.study_name!r}; stop it or let it finish; if it "
                    "is dead, wait for the end of its lease"
                )
    for state in unwanted:
        checkpoints_of(state, open_store(locations.checkpoints)).clear()
        delete_study(storage, state.study.study_name, open_artifacts(locations.artifacts))
