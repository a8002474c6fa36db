"""The studies that `finalize` makes of a search, and what they have found: who is chosen, and what its folds said."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import optuna
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState
from trainer.data.dataset import Dataset
from trainer.errors import CheckpointError
from trainer.evaluation.out_of_fold import OutOfFold
from trainer.training.run_output import RunOutput

from search.config.retraining import CONFIRM, FINAL, SUFFIXES, Leader, Order, RetrainingSpec
from search.config.sections import PrunerSection, SamplerSection
from search.config.study_spec import StudySpec
from search.database import lease, schema
from search.database.queries import live_leases, study_key
from search.database.transaction import transaction
from search.errors import StudyError
from search.launch.workers import Locations
from search.plans import racing
from search.plans.retraining import Folds, by_order, due, enqueue, planned, read_folds
from search.stores.artifacts import open_artifacts
from search.stores.checkpoints import Checkpoints, run_identity
from search.stores.objects import Store, open_store
from search.stores.shared import checkpoints_folder
from search.study.study import check_data, delete_study, exists, load_study, read_data, stored_spec


class LostError(Exception):
    """What trainings have left behind is not there any more, or damaged: they are to be done again."""

    def __init__(self, orders: Sequence[Order], reason: str) -> None:
        """Of which orders, and the first reason."""
        super().__init__(reason)
        self.orders = tuple(orders)


def confirming(search: StudySpec, key: str, leaders: Sequence[Leader], folds: int) -> StudySpec:
    """The study in which the leaders of a search are confirmed; ``key`` is the search's."""
    return _retraining(
        search, CONFIRM, RetrainingSpec(kind="confirm", study=search.study.name, key=key, leaders=leaders, folds=folds)
    )


def finishing(search: StudySpec, key: str, leader: Leader, finals: Sequence[Order]) -> StudySpec:
    """The study in which the chosen configuration is trained on everybody."""
    return _retraining(
        search, FINAL, RetrainingSpec(kind="final", study=search.study.name, key=key, leaders=(leader,), finals=finals)
    )


def _retraining(search: StudySpec, suffix: str, retraining: RetrainingSpec) -> StudySpec:
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


@dataclass(frozen=True, eq=False)
class RetrainingState:
    """How a study that retrains stands.

    Attributes:
        study: The study.
        key: Tells it from an earlier one of its name.
        spec: Its specification.
        wanted: What of the search it trains.
        trials: The latest one of each order.
        folds: How the leaders did, where it confirms.
    """

    study: optuna.Study
    key: str
    spec: StudySpec
    wanted: RetrainingSpec
    trials: dict[Order, FrozenTrial]
    folds: Folds

    @property
    def is_done(self) -> bool:
        """Whether nothing is due or under way any more."""
        asked = due(self.wanted, list(self.trials.values()))
        return all(order in self.trials and self.trials[order].state.is_finished() for order in asked)

    def is_done_with(self, asked: RetrainingSpec | None) -> bool:
        """Whether all that somebody asks for is done."""
        return asked is not None and self.is_done and self.wanted.includes(asked)

    @property
    def chosen(self) -> int:
        """The place of the leader that is finalized.

        Raises:
            StudyError: None could be trained in all its folds.
        """
        try:
            return racing.chosen(self.folds.scores, self.wanted.outlook, self._seconds())
        except ValueError as error:
            why = "; ".join(self.folds.troubles[:3])
            raise StudyError(
                f"no leader of {self.wanted.study!r} could be trained in all its folds ({why}); look at "
                f"`search status --study {self.study.study_name}`, or take the best trial at its word with --folds 0"
            ) from error

    def _seconds(self) -> list[float]:
        """What an epoch of each leader takes: the fastest of all with its backbone, as some had a busy machine."""
        fastest: dict[str, float] = {}
        backbones = {leader.trial: self.spec.config(leader.params).backbone for leader in self.wanted.leaders}
        for order, trial in self.trials.items():
            if trial.state == TrialState.COMPLETE:
                seconds = float(trial.user_attrs.get("seconds", 0.0)) / max(1, len(trial.intermediate_values))
                backbone = backbones[order.trial]
                fastest[backbone] = min(seconds, fastest.get(backbone, math.inf))
        return [fastest.get(backbones[leader.trial], math.inf) for leader in self.wanted.leaders]

    def failed(self, orders: Sequence[Order]) -> list[Order]:
        """The orders whose trainings have ended, and not well."""
        return [
            order
            for order in orders
            if order in self.trials
            and self.trials[order].state.is_finished()
            and self.trials[order].state != TrialState.COMPLETE
        ]

    def kept(self, checkpoints: Checkpoints, orders: Sequence[Order]) -> list[RunOutput]:
        """What trainings have left behind, in the order of the orders.

        Raises:
            LostError: Some have left nothing that can be used.
            SaveError: The place cannot be read.
        """
        found: list[RunOutput] = []
        lost: list[Order] = []
        reason = ""
        fingerprint = self.study.user_attrs["data"]
        for order in orders:
            trial = self.trials[order]
            config = order.config(self.spec, self.wanted.params_of(order.trial))
            run = run_identity(self.key, trial.number, config, fingerprint)
            try:
                checkpoint = checkpoints.kept(trial.number, int(trial.user_attrs["attempt"]), run)
                found.append(RunOutput.from_state(checkpoint.state))
            except (CheckpointError, KeyError) as error:
                lost.append(order)
                reason = reason or str(error)
        if lost:
            raise LostError(lost, reason)
        return found

    def orders_of(self, leader: Leader) -> list[Order]:
        """The folds of a leader."""
        return [Order(trial=leader.trial, fold=fold) for fold in range(1, self.wanted.folds + 1)]


def read_retrained(storage: RDBStorage, name: str) -> RetrainingState | None:
    """Read how a study that retrains stands; none: there is no such study."""
    if not exists(storage, name):
        return None
    study = load_study(storage, name)
    spec = stored_spec(study)
    if spec.retraining is None:
        return None
    trials = study.get_trials(deepcopy=False)
    return RetrainingState(
        study=study,
        key=study_key(storage.engine, study._study_id),
        spec=spec,
        wanted=spec.retraining,
        trials=by_order(trials),
        folds=read_folds(spec.retraining, trials),
    )


def checkpoints_of(found: RetrainingState, store: Store) -> Checkpoints:
    """Where the trainings of a study left what is kept of them."""
    return Checkpoints(store, checkpoints_folder(found.study.study_name, found.key))


def forget(
    storage: RDBStorage, study: str, locations: Locations, *, only: Callable[[RetrainingState], bool] = lambda _: True
) -> None:
    """Delete what was retrained of a search: the studies, and what their trainings have left behind.

    Raises:
        SaveError: One of the places cannot be used.
        StudyError: Somebody trains for it; nothing is deleted.
    """
    there = [read_retrained(storage, f"{study}{suffix}") for suffix in SUFFIXES]
    gone = [found for found in there if found is not None and only(found)]
    with storage.engine.connect() as connection:
        for found in gone:
            if live := live_leases(connection, found.study._study_id):
                raise StudyError(
                    f"{live[0].worker} is training for {found.study.study_name!r}; stop it or let it finish; if it "
                    "is dead, wait for the end of its lease"
                )
    for found in gone:
        checkpoints_of(found, open_store(locations.checkpoints)).clear()
        delete_study(storage, found.study.study_name, open_artifacts(locations.artifacts))


def out_of_fold(found: RetrainingState, leader: int, kept: Sequence[RunOutput], data: Dataset) -> OutOfFold:
    """Put together what the networks of a leader's folds said of the people whom they had not seen.

    Each at the epoch at which the fold is judged, see :class:`search.plans.retraining.Folds`.

    Args:
        found: The study that confirms.
        leader: The place of the leader.
        kept: Of its folds, in their order.
        data: Dealt into these folds.
    """
    epochs = found.folds.judged_at(leader)
    rows = np.concatenate([split.validation for split in data.folds])
    folds = np.concatenate([np.full(len(split.validation), i + 1) for i, split in enumerate(data.folds)])
    scores = np.concatenate(
        [each.outputs[min(epochs[i + 1], len(each.outputs)) - 1].float().numpy() for i, each in enumerate(kept)]
    )
    order = np.argsort(rows, kind="stable")
    rows = rows[order]
    return OutOfFold(
        classes=data.classes,
        factors=data.factors,
        paths=data.paths[rows],
        groups=data.groups[rows],
        labels=data.labels[rows],
        folds=folds[order].astype(np.int64),
        scores=scores[order],
    )


def order_again(storage: RDBStorage, found: RetrainingState, orders: Sequence[Order]) -> None:
    """Have trainings done once more; of those that failed the failure is forgiven.

    What somebody else has ordered again since ``found`` was read is not ordered twice.
    """
    study = found.study
    with transaction(storage) as connection:
        lease.lock(connection, study._study_id)
        spec, now = stored_spec(study), by_order(study.get_trials(deepcopy=False))
        again = [order for order in orders if now[order].number == found.trials[order].number]
        for order in again:
            enqueue(study, spec, order)
        failed = sum(now[order].state == TrialState.FAIL for order in again)
        section = spec.study.model_copy(
            update={
                "trials": planned(spec.retraining or found.wanted, study.get_trials(deepcopy=False)),
                "max_failures": spec.study.max_failures + failed,
            }
        )
        schema.set_budget(connection, study._study_id, section.trials, section.timeout, section.max_failures)
        study.set_user_attr("spec", spec.model_copy(update={"study": section}).model_dump(mode="json"))


def read_out_of_fold(
    storage: RDBStorage, name: str, store: Store, home: Path, *, root: Path | None = None, trial: int | None = None
) -> OutOfFold:
    """Read what the networks of a confirmed leader said of people whom they had not seen.

    Args:
        storage: Where the study is.
        name: The search.
        store: Where its trainings left what is kept of them.
        home: Folder of the image cache.
        root: Where the images are; none: where the study has them.
        trial: Of the leader; none: the chosen one.

    Raises:
        UserError: Its leaders are not confirmed, or the data or what was left behind are not there.
    """
    found = read_retrained(storage, f"{name}{CONFIRM}")
    if found is None or not found.is_done:
        raise StudyError(f"the leaders of {name!r} are not confirmed yet; run `finalize --study {name}` first")
    leaders = [leader.trial for leader in found.wanted.leaders]
    if trial is not None and trial not in leaders:
        raise StudyError(f"trial {trial} of {name!r} was not confirmed; there are {', '.join(map(str, leaders))}")
    place = found.chosen if trial is None else leaders.index(trial)
    spec = found.spec.with_data(root, None)
    data = read_data(spec, home)
    check_data(found.study, data, spec.data.root)
    try:
        kept = found.kept(checkpoints_of(found, store), found.orders_of(found.wanted.leaders[place]))
    except (LostError, KeyError) as error:
        raise StudyError(
            f"what the folds of trial {leaders[place]} left behind is not there ({error}); name the place of the "
            f"resume points with --resume-points, or have all trained again: finalize --study {name} --force"
        ) from error
    return out_of_fold(found, place, kept, data)


def find_retraining(study: str, storage_url: str | None, home: Path) -> StudySpec:
    """What `finalize` has under way of a study: the confirmation of its leaders, else the training on everybody.

    Raises:
        StudyError: Nothing is under way.
        StorageError: The storage does not answer.
    """
    from search.database.connection import open_storage

    with open_storage(storage_url, home=home) as storage:
        for suffix in SUFFIXES:
            found = read_retrained(storage, f"{study}{suffix}")
            if found is not None and not found.is_done:
                return found.spec
    raise StudyError(
        f"there is nothing to help with: nothing of {study!r} is being trained again; `finalize --study {study}` begins"
    )
