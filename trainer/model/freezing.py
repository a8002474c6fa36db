"""A backbone that stays as it was, for all epochs or the first ones, while its new head is trained."""

import math

from torch import nn

from trainer.config.train_config import TrainConfig
from trainer.model.weights import head_parameters


class Freezing:
    """Holds a network's backbone still.

    A frozen backbone's weights have no gradients, so its backward pass costs nothing, and its norms use and keep the
    statistics that they have: not one number of it moves. Drop path is off in it, dropout stays.
    """

    def __init__(self, config: TrainConfig, model: nn.Module) -> None:
        self._model = model
        self._epochs = {"none": 0.0, "backbone": math.inf, "first": float(config.freeze_epochs)}[config.freeze]
        head = head_parameters(model)
        self._weights = [parameter for name, parameter in model.named_parameters() if name not in head]
        self._modules = [
            module
            for name, module in model.named_modules()
            if name and not any(each.startswith(f"{name}.") for each in head) and not isinstance(module, nn.Dropout)
        ]

    def begin(self, epoch: int) -> None:
        """Set the network to training as it is done in an epoch, counted from 1."""
        frozen = epoch <= self._epochs
        self._model.train()
        if self._epochs:
            for parameter in self._weights:
                parameter.requires_grad_(not frozen)
        if frozen:
            for module in self._modules:
                module.training = False
