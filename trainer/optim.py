"""Optimizer and learning-rate schedule, both timm's."""

from __future__ import annotations

from typing import Any

import torch
from timm.optim import create_optimizer_v2
from timm.scheduler import CosineLRScheduler
from torch import nn

from trainer.config import TrainConfig


def create_optimizer(config: TrainConfig, model: nn.Module) -> torch.optim.Optimizer:
    """Adam (L2 decay), AdamW (decoupled, arXiv 1711.05101) or MADGRAD (arXiv 2101.11075, L2).

    Norms and biases are not decayed (timm's default).
    """
    # One kernel for all the weights instead of ten passes over each; MADGRAD is timm's own and has none.
    options: dict[str, Any] = {} if config.optimizer == "madgrad" else {"fused": True}
    optimizer: torch.optim.Optimizer = create_optimizer_v2(
        model, opt=config.optimizer, lr=config.lr, weight_decay=config.decay, **options
    )
    return optimizer


def create_schedule(config: TrainConfig, optimizer: torch.optim.Optimizer, steps_per_epoch: int) -> CosineLRScheduler:
    """Linear warm-up, then cosine to zero (arXiv 1608.03983) over ``config.epochs``; advanced after every step.

    The horizon is the configuration's, also where a run is stopped earlier: a shorter run is a prefix of a longer one.
    """
    total = config.epochs * steps_per_epoch
    warmup = round(config.warmup * total)
    schedule = CosineLRScheduler(
        optimizer, t_initial=total, warmup_t=warmup, warmup_lr_init=config.lr / 100, t_in_epochs=False
    )
    schedule.step_update(0)
    return schedule
