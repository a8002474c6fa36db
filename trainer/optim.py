"""Optimizer and learning-rate schedule, timm's and torch's."""

from __future__ import annotations

import math
from typing import Any, Protocol

import torch
from timm.optim import create_optimizer_v2
from timm.scheduler import CosineLRScheduler, StepLRScheduler
from torch import nn
from torch.optim.lr_scheduler import CyclicLR, LRScheduler, OneCycleLR

from trainer.config import TrainConfig


class Schedule(Protocol):
    """Sets an optimizer's learning rate; a function of the step alone, so a resumed run needs no state of it."""

    def step_update(self, num_updates: int) -> None:
        """Set the rate for the step after ``num_updates`` steps."""


def create_optimizer(config: TrainConfig, model: nn.Module) -> torch.optim.Optimizer:
    """Adam (L2 decay), AdamW (decoupled, arXiv 1711.05101), MADGRAD (arXiv 2101.11075, L2) or SGD (Nesterov's, L2).

    Norms and biases are not decayed (timm's default).
    """
    # One kernel for all the weights instead of ten passes over each; MADGRAD is timm's own and has none.
    options: dict[str, Any] = {} if config.optimizer == "madgrad" else {"fused": True}
    if config.optimizer == "sgd":
        options["momentum"] = config.momentum
    optimizer: torch.optim.Optimizer = create_optimizer_v2(
        model, opt=config.optimizer, lr=config.lr, weight_decay=config.decay, **options
    )
    return optimizer


def create_schedule(config: TrainConfig, optimizer: torch.optim.Optimizer, steps_per_epoch: int) -> Schedule:
    """The learning rate over ``config.epochs``; advanced after every step.

    ``cosine``: linear warm-up, then to zero (arXiv 1608.03983). ``step``: warm-up, then ``step_gamma`` times as much
    after each ``step_size`` epochs. ``constant``: warm-up, then ``lr``. ``one_cycle``: a cosine up to ``lr`` over
    ``warmup`` and another down to nearly zero (arXiv 1708.07120). ``triangular2``: from ``base_lr`` to ``lr`` and back
    in ``cycle_epochs``, each triangle half as high as the one before (arXiv 1506.01186).

    The horizon is the configuration's, also where a run is stopped earlier: a shorter run is a prefix of a longer one.
    """
    total = config.epochs * steps_per_epoch
    if config.schedule == "triangular2":
        half: Any = config.cycle_epochs * steps_per_epoch / 2  # a number of steps, whole or not
        cyclic = CyclicLR(
            optimizer, config.base_lr, config.lr, step_size_up=half, mode="triangular2", cycle_momentum=False
        )
        return _ByStep(cyclic)
    if config.schedule == "one_cycle":
        rise = max(config.warmup, 2 / (total + 1))  # it divides by the steps of the rise
        return _ByStep(OneCycleLR(optimizer, config.lr, total_steps=total + 1, pct_start=rise, cycle_momentum=False))
    warmup: dict[str, Any] = {
        "warmup_t": round(config.warmup * total),
        "warmup_lr_init": config.lr / 100,
        "t_in_epochs": False,
    }
    schedule: Schedule
    if config.schedule == "cosine":
        schedule = CosineLRScheduler(optimizer, t_initial=total, **warmup)
    elif config.schedule == "step":
        fall = config.step_size * steps_per_epoch
        # The first fall is after so many epochs, whatever the warm-up.
        schedule = StepLRScheduler(optimizer, decay_t=fall, decay_rate=config.step_gamma, warmup_prefix=False, **warmup)
    else:
        schedule = StepLRScheduler(optimizer, decay_t=math.inf, decay_rate=1.0, **warmup)
    schedule.step_update(0)
    return schedule


class _ByStep:
    """One of torch's schedules as a function of the step."""

    def __init__(self, schedule: LRScheduler) -> None:
        self._schedule = schedule

    def step_update(self, num_updates: int) -> None:
        """See :class:`Schedule`."""
        # torch's count steps themselves, in an attribute from which they compute the rate.
        self._schedule.last_epoch = num_updates - 1
        self._schedule._step_count = num_updates + 1  # or it would warn that the optimizer did nothing yet
        self._schedule.step()
