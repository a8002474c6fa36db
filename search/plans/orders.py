"""Trials with orders in the database: how an order is read, and how a waiting trial is made of one."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import optuna
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from search.config.orders import AblationOrder, RetrainOrder, TrialOrder, read_order
from search.database.optuna_internals import create_waiting_trial, trial_attributes

_Order = TypeVar("_Order", AblationOrder, RetrainOrder)


def order_of(trial: FrozenTrial) -> TrialOrder | None:
    """What a trial was told to do; None: it is one of a search, or was enqueued by hand."""
    return read_order(trial_attributes(trial))


def by_order(trials: Sequence[FrozenTrial], kind: type[_Order]) -> dict[_Order, list[FrozenTrial]]:
    """The trials of each order of a kind, as they were made; more than one where it was enqueued again."""
    found: dict[_Order, list[FrozenTrial]] = {}
    for trial in trials:
        if isinstance(order := order_of(trial), kind):
            found.setdefault(order, []).append(trial)
    return found


def latest_by_order(trials: Sequence[FrozenTrial]) -> dict[RetrainOrder, FrozenTrial]:
    """The latest trial of each training; there are more where one's result was lost."""
    return {order: found[-1] for order, found in by_order(trials, RetrainOrder).items()}


def enqueue(
    study: optuna.Study, order: TrialOrder, params: Mapping[str, Any], distributions: Mapping[str, BaseDistribution]
) -> None:
    """Make a waiting trial with an order; the caller holds the study's lock.

    ``params`` are what the dashboard shows as its parameters, ``distributions`` the range of each of them, at least.
    """
    trial = create_trial(
        state=TrialState.WAITING,
        params=dict(params),
        distributions={name: distributions[name] for name in params},
        user_attrs=order.labels,
        system_attrs={order.KEY: order.as_json()},
    )
    create_waiting_trial(study, trial)
