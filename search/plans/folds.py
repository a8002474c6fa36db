"""How leaders do in their folds: the epoch at which each is judged, and its F1 there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from optuna.trial import FrozenTrial, TrialState

from search.config.orders import RetrainOrder
from search.config.retraining import RetrainingSpec
from search.plans import racing
from search.plans.orders import latest_by_order

Curve = Mapping[int, float]
"""F1 of each epoch, from 1."""


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
        return round(median(best_epoch(curve) for curve in self.curves[leader].values()))


def read_folds(wanted: RetrainingSpec, trials: Sequence[FrozenTrial]) -> Folds:
    """Read how the leaders did, from the trials of their folds."""
    there = latest_by_order(trials)
    scores = np.full((len(wanted.leaders), wanted.folds), np.nan)
    curves: list[dict[int, Curve]] = []
    troubles: list[str] = []
    for place, leader in enumerate(wanted.leaders):
        found: dict[int, Curve] = {}
        for fold in range(1, wanted.folds + 1):
            trial = there.get(RetrainOrder(trial=leader.trial, fold=fold))
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
    return {fold: round(median([best[other] for other in best if other != fold] or [best[fold]])) for fold in best}


def best_epoch(curve: Curve) -> int:
    """The epoch of the highest F1, the earliest of equals."""
    return max(curve, key=lambda epoch: (curve[epoch], -epoch))
