"""The trainings of a study that retrains, as trials in the database: each with its orders; and what is ordered next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

import numpy as np
import optuna
import sqlalchemy as sa
from optuna.trial import FrozenTrial, TrialState, create_trial

from search.config.retraining import Order, RetrainingSpec
from search.config.search_space import distributions
from search.config.study_spec import StudySpec
from search.database import schema
from search.plans import racing

ORDER: Final = "studyhall:order"
"""The trial's system attribute with its orders."""

Curve = Mapping[int, float]
"""F1 of each epoch, from 1."""


def order_of(trial: FrozenTrial) -> Order | None:
    """What a trial was told to do; none: it is none of a study that retrains."""
    told = trial.system_attrs.get(ORDER)
    return None if told is None else Order.model_validate(told)


def by_order(trials: Sequence[FrozenTrial]) -> dict[Order, FrozenTrial]:
    """The latest trial of each order; there are more where one's result was lost."""
    return {order: trial for trial in trials if (order := order_of(trial)) is not None}


def enqueue_due(connection: sa.Connection, study: optuna.Study, spec: StudySpec) -> None:
    """Make a waiting trial of each training that is due by now, and room for them in the budget.

    Where a training has failed others take its place, more than there was a budget for.

    Args:
        connection: Of a transaction that holds a lock.
        study: Where.
        spec: Its specification, as it is stored by now.
    """
    if spec.retraining is None:
        return
    trials = study.get_trials(deepcopy=False)
    there = by_order(trials)
    missing = [order for order in due(spec.retraining, trials) if order not in there]
    for order in missing:
        enqueue(study, spec, order)
    if missing:
        budget, section = planned(spec.retraining, study.get_trials(deepcopy=False)), spec.study
        schema.set_budget(connection, study._study_id, budget, section.timeout, section.max_failures)


def enqueue(study: optuna.Study, spec: StudySpec, order: Order) -> None:
    """Make a waiting trial with these orders; the caller holds a lock."""
    if spec.retraining is None:
        raise ValueError(f"study {study.study_name!r} does not retrain")
    params = spec.retraining.params_of(order.trial)
    known = distributions(spec.space)
    trial = create_trial(
        state=TrialState.WAITING,
        params=params,
        distributions={name: known[name] for name in params},
        user_attrs={"order": str(order)},
        system_attrs={ORDER: order.model_dump()},
    )
    study._storage.create_new_trial(study._study_id, template_trial=trial)


def planned(wanted: RetrainingSpec, trials: Sequence[FrozenTrial]) -> int:
    """How many trainings there will have been when all is done, if none fails from here on."""
    there = by_order(trials)
    orders = {*there, *wanted.finals}
    scores = read_folds(wanted, trials).scores
    while asked := racing.due(scores, wanted.expected_scores):
        for leader, fold in asked:
            orders.add(Order(trial=wanted.leaders[leader].trial, fold=fold + 1))
            scores[leader, fold] = 0.0
    done_again = sum(order_of(trial) is not None for trial in trials) - len(there)
    return len(orders) + done_again


def due(wanted: RetrainingSpec, trials: Sequence[FrozenTrial]) -> list[Order]:
    """What is to be trained by now, whether it is under way or not."""
    if wanted.kind == "final":
        return list(wanted.finals)
    if not wanted.folds:
        return []
    asked = racing.due(read_folds(wanted, trials).scores, wanted.expected_scores)
    return [Order(trial=wanted.leaders[leader].trial, fold=fold + 1) for leader, fold in asked]


@dataclass(frozen=True, eq=False)
class Folds:
    """How the leaders did in their folds.

    A fold is judged by its F1 at the epoch at which the leader's other folds were best, in the median: at an epoch of
    its own choice it would look better than the network that is trained in the end.

    Attributes:
        curves: Of each leader, by fold, from 1: F1 of each epoch of those that are complete.
        scores: float64 [L, K], F1 of leader l in fold k; not a number where it is not there yet, minus infinity where
            it could not be trained.
        troubles: Why folds could not be trained, a line each.
    """

    curves: tuple[Mapping[int, Curve], ...]
    scores: racing.Table
    troubles: tuple[str, ...]

    def judged_at(self, leader: int) -> dict[int, int]:
        """The epoch at which each fold of a leader is judged."""
        return judged_at(self.curves[leader])

    def epochs(self, leader: int) -> int:
        """The median of the best epochs of a leader's folds: so long the model is trained on everybody."""
        return _middle([best_epoch(curve) for curve in self.curves[leader].values()])


def read_folds(wanted: RetrainingSpec, trials: Sequence[FrozenTrial]) -> Folds:
    """Read how the leaders did, from the trials of their folds."""
    there = by_order(trials)
    scores = np.full((len(wanted.leaders), wanted.folds), np.nan)
    curves: list[dict[int, Curve]] = []
    troubles: list[str] = []
    for place, leader in enumerate(wanted.leaders):
        found: dict[int, Curve] = {}
        for fold in range(1, wanted.folds + 1):
            trial = there.get(Order(trial=leader.trial, fold=fold))
            if trial is None or not trial.state.is_finished():
                continue
            if trial.state == TrialState.COMPLETE and trial.intermediate_values:
                found[fold] = dict(trial.intermediate_values)
            else:
                scores[place, fold - 1] = -np.inf
                reason = trial.user_attrs.get("reason", "somebody ended it")
                troubles.append(f"trial {leader.trial} in fold {fold}: {reason}")
        for fold, epoch in judged_at(found).items():
            scores[place, fold - 1] = found[fold][min(epoch, max(found[fold]))]
        curves.append(found)
    return Folds(tuple(curves), scores, tuple(troubles))


def judged_at(curves: Mapping[int, Curve]) -> dict[int, int]:
    """The epoch at which each fold is judged: where the others were best, in the median; a single one at its own."""
    best = {fold: best_epoch(curve) for fold, curve in curves.items()}
    return {fold: _middle([best[other] for other in best if other != fold] or [best[fold]]) for fold in best}


def best_epoch(curve: Curve) -> int:
    """The epoch of the highest F1, the earliest of equals."""
    return max(curve, key=lambda epoch: (curve[epoch], -epoch))


def _middle(epochs: Sequence[int]) -> int:
    return round(median(epochs))
