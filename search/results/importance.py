"""How much each parameter decides over the F1, once there are trials enough to say so."""

import warnings

import optuna
from optuna.trial import TrialState

ENOUGH = 4
"""Complete trials; fewer say nothing about importance."""


def importances(study: optuna.Study) -> dict[str, float]:
    """The share of each parameter, the largest first; empty where nothing can be said."""
    if len(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))) < ENOUGH:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of the few trials that the caller can count
        try:
            return dict(optuna.importance.get_param_importances(study))
        except (ValueError, RuntimeError):  # all values equal, or no parameter that all trials share
            return {}
