"""The studies that `finalize` makes beside a search: their specifications, enqueueing again, and deleting them."""

from collections.abc import Callable, Sequence

from optuna.storages import RDBStorage
from optuna.trial import TrialState

from search.config.orders import RetrainOrder
from search.config.retraining import CONFIRM, FINAL, SUFFIXES, Leader, RetrainingSpec
from search.config.sections import PrunerSection, SamplerSection
from search.config.study_spec import StudySpec
from search.database import lease, schema
from search.database.optuna_internals import study_id
from search.database.queries import live_leases
from search.database.transaction import transaction
from search.errors import StudyError
from search.finalization.retraining_state import RetrainingState, checkpoints_of, read_retraining
from search.launch.workers import Locations
from search.plans.kind import kind_of
from search.plans.orders import latest_by_order
from search.plans.retraining import Retraining
from search.stores.artifacts import open_artifacts
from search.stores.open import open_store
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


def enqueue_again(storage: RDBStorage, state: RetrainingState, orders: Sequence[RetrainOrder]) -> None:
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
    storage: RDBStorage, study: str, locations: Locations, *, only: Callable[[RetrainingState], bool] = lambda _: True
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
