"""Learning-rate schedules, timm's and torch's."""

import math
from collections.abc import Mapping
from typing import Any, Protocol

import torch
from timm.scheduler import CosineLRScheduler, StepLRScheduler
from torch import nn
from torch.optim.lr_scheduler import CyclicLR, LRScheduler, OneCycleLR, ReduceLROnPlateau

from trainer.config.train_config import TrainConfig


class _StepwiseRate(Protocol):
    def step_update(self, num_updates: int) -> None:
        """Set the rate for the step after ``num_updates`` steps."""


class Schedule:
    """Sets an optimizer's learning rate.

    All but the plateau are functions of the step, so a resumed run needs no state of them.
    """

    def __init__(
        self, optimizer: torch.optim.Optimizer, rate: _StepwiseRate, plateau: ReduceLROnPlateau | None = None
    ) -> None:
        """Take a rate as a function of the step, and a factor on it that falls with the training loss."""
        self._optimizer = optimizer
        self._rate = rate
        self._plateau = plateau
        self._updates = 0
        self.step_update(0)

    def step_update(self, num_updates: int) -> None:
        """Set the rate for the step after ``num_updates`` steps."""
        self._updates = num_updates
        self._rate.step_update(num_updates)
        if self._plateau is not None:
            for group in self._optimizer.param_groups:
                group["lr"] *= self._plateau.optimizer.param_groups[0]["lr"]

    def end_epoch(self, train_loss: float) -> None:
        """Look at an epoch's training loss."""
        if self._plateau is not None:
            self._plateau.step(train_loss)
            self.step_update(self._updates)

    def state_dict(self) -> dict[str, Any]:
        """What is not a function of the step."""
        if self._plateau is None:
            return {}
        factor = self._plateau.optimizer.param_groups[0]["lr"]
        return {"best": self._plateau.best, "bad": self._plateau.num_bad_epochs, "factor": factor}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from it; the rate is part of the optimizer's state.

        Raises:
            KeyError: It is of another schedule.
        """
        if self._plateau is not None:
            self._plateau.best, self._plateau.num_bad_epochs = state["best"], state["bad"]
            self._plateau.optimizer.param_groups[0]["lr"] = state["factor"]


def create_schedule(config: TrainConfig, optimizer: torch.optim.Optimizer, steps_per_epoch: int) -> Schedule:
    """The learning rate over ``config.epochs``; advanced after every step.

    ``cosine``: linear warm-up, then to zero (arXiv 1608.03983). ``step``: warm-up, then ``step_gamma`` times as much
    after each ``step_size`` epochs. ``constant``: warm-up, then ``lr``. ``plateau``: the same, and ``step_gamma`` times
    as much after more than ``plateau_patience`` epochs without a lower training loss. ``one_cycle``: a cosine up to
    ``lr`` over ``warmup`` and another down to nearly zero (arXiv 1708.07120). ``triangular2``: from ``base_lr`` to
    ``lr`` and back in ``cycle_epochs``, each triangle half as high as the one before (arXiv 1506.01186).

    The horizon is the configuration's, also where a run is stopped earlier: a shorter run is a prefix of a longer one.
    """
    total = config.epochs * steps_per_epoch
    if config.schedule == "triangular2":
        half: Any = config.cycle_epochs * steps_per_epoch / 2  # a number of steps, whole or not
        cyclic = CyclicLR(
            optimizer, config.base_lr, config.lr, step_size_up=half, mode="triangular2", cycle_momentum=False
        )
        return Schedule(optimizer, _TorchSchedule(optimizer, cyclic))
    if config.schedule == "one_cycle":
        rise = max(config.warmup, 2 / (total + 1))  # it divides by the steps of the rise
        cycle = OneCycleLR(optimizer, config.lr, total_steps=total + 1, pct_start=rise, cycle_momentum=False)
        return Schedule(optimizer, _TorchSchedule(optimizer, cycle))
    warmup_steps = round(config.warmup * total)
    warmup: dict[str, Any] = {"warmup_t": warmup_steps, "warmup_lr_init": config.lr / 100, "t_in_epochs": False}
    rate: _StepwiseRate
    if config.schedule == "cosine":
        rate = CosineLRScheduler(optimizer, t_initial=total, **warmup)
    elif config.schedule == "step":
        fall = config.step_size * steps_per_epoch
        # The first fall is after so many epochs, whatever the warm-up.
        rate = StepLRScheduler(optimizer, decay_t=fall, decay_rate=config.step_gamma, warmup_prefix=False, **warmup)
    else:
        rate = StepLRScheduler(optimizer, decay_t=math.inf, decay_rate=1.0, **warmup)
    if config.schedule != "plateau":
        return Schedule(optimizer, rate)
    factor = torch.optim.SGD([nn.Parameter(torch.zeros(()))], lr=1.0)  # a rate of its own that starts at 1
    plateau = ReduceLROnPlateau(factor, factor=config.step_gamma, patience=config.plateau_patience)
    return Schedule(optimizer, rate, plateau)


class _TorchSchedule:
    """One of torch's schedules as a function of the step."""

    def __init__(self, optimizer: torch.optim.Optimizer, schedule: LRScheduler) -> None:
        self._optimizer = optimizer
        self._schedule = schedule

    def step_update(self, num_updates: int) -> None:
        # torch's count steps themselves, in an attribute from which they compute the rate.
        self._schedule.last_epoch = num_updates - 1
        self._schedule._step_count = num_updates + 2  # or it would warn that the optimizer did nothing yet
        self._schedule.step()
        for group in self._optimizer.param_groups:
            group["lr"] *= group.get("lr_scale", 1.0)  # as timm's do
