"""How the studies stand in which `finalize` retrains: what is done, who is chosen, and what trainings left behind."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import optuna
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState
from trainer.errors import CheckpointError
from trainer.training.run_output import RunOutput

from search.config.orders import RetrainOrder
from search.config.retraining import SUFFIXES, Leader, RetrainingSpec
from search.config.study_spec import StudySpec
from search.database.optuna_internals import study_id
from search.database.queries import study_key
from search.errors import StudyError
from search.plans import racing
from search.plans.folds import Folds, read_folds
from search.plans.kind import kind_of
from search.plans.orders import latest_by_order
from search.plans.retraining import Retraining
from search.stores.checkpoints import Checkpoints, run_identity
from search.stores.objects import Store
from search.stores.shared import checkpoints_folder
from search.study.study import exists, load_study, stored_spec


class LostOutputsError(Exception):
    """What trainings have left behind is not there any more, or damaged: they are to be done again."""

    def __init__(self, orders: Sequence[RetrainOrder], reason: str) -> None:
        """Of which orders, and the first reason."""
        super().__init__(reason)
        self.orders = tuple(orders)


@dataclass(frozen=True, eq=False)
class RetrainingState:
    """How a study that retrains stands; ``key`` tells it from an earlier one of its name.

    Of each order ``trials`` has the latest one; ``folds`` says how the leaders did, where it confirms.
    """

    study: optuna.Study
    key: str
    kind: Retraining
    trials: dict[RetrainOrder, FrozenTrial]
    folds: Folds

    @property
    def spec(self) -> StudySpec:
        """Its specification."""
        return self.kind.spec

    @property
    def section(self) -> RetrainingSpec:
        """What of the search it trains."""
        return self.kind.section

    @property
    def is_done(self) -> bool:
        """Whether nothing is due or under way any more."""
        orders = self.kind.due(list(self.trials.values()))
        return all(order in self.trials and self.trials[order].state.is_finished() for order in orders)

    def is_done_with(self, requested: RetrainingSpec | None) -> bool:
        """Whether all that somebody requests is done."""
        return requested is not None and self.is_done and self.section.includes(requested)

    def has(self, leaders: Sequence[Leader]) -> bool:
        """Whether these are among its leaders."""
        return {leader.trial for leader in leaders} <= {leader.trial for leader in self.section.leaders}

    @property
    def chosen(self) -> int:
        """The index of the leader that is finalized.

        Raises:
            StudyError: None could be trained in all its folds.
        """
        try:
            return racing.chosen(self.folds.scores, self.section.expected_scores, self._epoch_seconds())
        except ValueError as error:
            why = "; ".join(self.folds.troubles[:3])
            raise StudyError(
                f"no leader of {self.section.study!r} could be trained in all its folds ({why}); look at "
                f"`search status --study {self.study.study_name}`, or take the best trial at its word with folds = 0"
            ) from error

    def _epoch_seconds(self) -> list[float]:
        """What an epoch of each leader takes: the fastest of all with its backbone, as some had a busy machine."""
        fastest: dict[str, float] = {}
        backbones = {leader.trial: self.spec.config(leader.params).backbone for leader in self.section.leaders}
        for order, trial in self.trials.items():
            if trial.state == TrialState.COMPLETE:
                seconds = float(trial.user_attrs.get("seconds", 0.0)) / max(1, len(trial.intermediate_values))
                backbone = backbones[order.trial]
                fastest[backbone] = min(seconds, fastest.get(backbone, math.inf))
        return [fastest.get(backbones[leader.trial], math.inf) for leader in self.section.leaders]

    def failed(self, orders: Sequence[RetrainOrder]) -> list[RetrainOrder]:
        """The orders whose trainings have ended, and not well."""
        bad = (TrialState.FAIL, TrialState.PRUNED)
        return [order for order in orders if order in self.trials and self.trials[order].state in bad]

    def outputs(self, checkpoints: Checkpoints, orders: Sequence[RetrainOrder]) -> list[RunOutput]:
        """What trainings have left behind, in the order of the orders.

        Raises:
            LostOutputsError: Some have left nothing that can be used.
            SaveError: The place cannot be read.
        """
        outputs: list[RunOutput] = []
        lost: dict[RetrainOrder, str] = {}
        fingerprint = self.study.user_attrs["data"]
        for order in orders:
            trial = self.trials[order]
            config = self.spec.config(self.section.params_of(order.trial), order.seed(self.spec.study.seed))
            run = run_identity(self.key, trial.number, config, fingerprint)
            try:
                checkpoint = checkpoints.load_output(trial.number, int(trial.user_attrs["attempt"]), run)
                outputs.append(RunOutput.from_state(checkpoint.state))
            except (CheckpointError, KeyError) as error:
                lost[order] = str(error)
        if lost:
            raise LostOutputsError(tuple(lost), next(iter(lost.values())))
        return outputs

    def orders_of(self, leader: Leader) -> list[RetrainOrder]:
        """The folds of a leader."""
        return [RetrainOrder(trial=leader.trial, fold=fold) for fold in range(1, self.section.folds + 1)]


def read_retraining(storage: RDBStorage, name: str) -> RetrainingState | None:
    """Read how a study that retrains stands; none: there is no such study."""
    if not exists(storage, name):
        return None
    study = load_study(storage, name)
    kind = kind_of(stored_spec(study))
    if not isinstance(kind, Retraining):
        return None
    trials = study.get_trials(deepcopy=False)
    return RetrainingState(
        study=study,
        key=study_key(storage.engine, study_id(study)),
        kind=kind,
        trials=latest_by_order(trials),
        folds=read_folds(kind.section, trials),
    )


def checkpoints_of(state: RetrainingState, store: Store) -> Checkpoints:
    """Where the trainings of a study left what is kept of them."""
    return Checkpoints(store, checkpoints_folder(state.study.study_name, state.key))


def find_retraining(storage: RDBStorage, study: str) -> StudySpec:
    """What `finalize` has under way of a study: the confirmation of its leaders, else the training on everybody.

    Raises:
        StudyError: Nothing is under way.
    """
    for suffix in SUFFIXES:
        state = read_retraining(storage, f"{study}{suffix}")
        if state is not None and not state.is_done:
            return state.spec
    raise StudyError(
        f"there is nothing to help with: nothing of {study!r} is being trained again; `finalize --study {study}` begins"
    )
