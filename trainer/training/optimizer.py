"""Optimizers, timm's and torch's."""

import warnings
from typing import Any

import torch
from timm.optim import create_optimizer_v2, list_optimizers, param_groups_weight_decay
from torch import nn

from trainer.config.train_config import TrainConfig
from trainer.errors import ConfigError
from trainer.support.text import describe_error, nearest_names


def check_optimizer(config: TrainConfig) -> None:
    """Ask whether timm has an optimizer of this name that works here, by taking a step with it.

    Raises:
        ConfigError: It has not, or the optimizer needs a package or a kind of step that is not there.
    """
    known = [str(name) for name in list_optimizers()]
    if config.optimizer not in known:
        hint = nearest_names(config.optimizer, known, "timm.optim.list_optimizers() has them all")
        raise ConfigError(f"optimizer {config.optimizer!r} is not one that timm knows; {hint}")
    try:
        model = nn.Linear(4, 2)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # recommendations
            optimizer = create_optimizer(config, model)
            model(torch.ones(2, 4)).sum().backward()
            optimizer.step()
    except Exception as error:  # each says no in its own way: a package, a kernel for GPUs alone, second derivatives
        reason = describe_error(error)[:200]
        raise ConfigError(
            f"optimizer {config.optimizer!r} does not work here ({reason}); choose another one"
        ) from error


def create_optimizer(
    config: TrainConfig, model: nn.Module, head: frozenset[str] = frozenset()
) -> torch.optim.Optimizer:
    """Adam (L2 decay), AdamW (decoupled, arXiv 1711.05101), MADGRAD (arXiv 2101.11075, L2), SGD (Nesterov's, L2), ...

    Norms and biases are not decayed (timm's default). The parameters named in ``head`` have a rate of their own.
    """
    # One kernel for all the weights instead of ten passes over each; timm's own optimizers have none.
    options: dict[str, Any] = {"fused": True} if config.optimizer in ("adam", "adamw", "sgd") else {}
    if config.optimizer == "sgd":
        options |= {"momentum": config.momentum, "nesterov": config.momentum > 0}
    if config.head_lr_factor != 1:
        options["param_group_fn"] = lambda whole: _two_rates(config, whole, head)
    optimizer: torch.optim.Optimizer = create_optimizer_v2(
        model, opt=config.optimizer, lr=config.lr, weight_decay=config.decay, **options
    )
    return optimizer


def _two_rates(config: TrainConfig, model: nn.Module, head: frozenset[str]) -> list[dict[str, Any]]:
    """The parameters by decay as timm has them, those of the head apart: schedules multiply by ``lr_scale``."""
    special = model.no_weight_decay() if hasattr(model, "no_weight_decay") else ()  # type: ignore[operator]
    groups = param_groups_weight_decay(model, config.decay, no_weight_decay_list=special)
    of_head = {id(parameter) for name, parameter in model.named_parameters() if name in head}
    apart: list[dict[str, Any]] = []
    for in_head, scale in ((False, 1.0), (True, config.head_lr_factor)):
        for group in groups:
            if chosen := [each for each in group["params"] if (id(each) in of_head) == in_head]:
                apart.append({**group, "params": chosen, "lr_scale": scale})
    return apart
