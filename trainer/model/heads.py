"""What the outputs of a network stand for: an output a class, or a group of outputs for each factor of the label.

With a head a factor the network is as any other, with as many outputs as all factors have values together. A class is
a combination of values, and its probability the product of theirs. Where not all combinations are classes, the products
of those that are get divided by their sum; the losses of the factors do not know of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from trainer.config.train_config import TrainConfig
from trainer.data.factors import Factor, check_factors
from trainer.errors import ConfigError


@dataclass(frozen=True)
class Heads:
    """The meaning of a network's outputs.

    Attributes:
        classes: How many there are, C.
        factors: Each has a head of its own, in this order; none: an output a class.
    """

    classes: int
    factors: tuple[Factor, ...] = ()

    @property
    def outputs(self) -> int:
        """How many outputs the network has, K."""
        return sum(self.sizes) if self.factors else self.classes

    @property
    def sizes(self) -> list[int]:
        """How many outputs each factor has."""
        return [len(factor.values) for factor in self.factors]

    def split(self, outputs: Tensor) -> tuple[Tensor, ...]:
        """The outputs of each factor's head: [B, V] each, of [B, K]."""
        parts: tuple[Tensor, ...] = torch.split(outputs, self.sizes, dim=1)
        return parts

    def scores(self, outputs: Tensor) -> Tensor:
        """Scores of the classes, float [B, C] of [B, K], whose softmax is their probabilities.

        They are the outputs themselves; with a head a factor float32, the sum of the factors' log-softmax.
        """
        if not self.factors:
            return outputs
        logarithms = (functional.log_softmax(part.float(), dim=1) for part in self.split(outputs))
        parts = [part[:, list(factor.of_class)] for part, factor in zip(logarithms, self.factors, strict=True)]
        return torch.stack(parts).sum(dim=0)

    def membership(self) -> Tensor:
        """Which output stands for which class: float64 [C, K], 1 where the class has the value, else 0."""
        columns = [functional.one_hot(torch.tensor(each.of_class), len(each.values)) for each in self.factors]
        return torch.cat(columns or [torch.eye(self.classes)], dim=1).double()


def create_heads(config: TrainConfig, classes: int, factors: Sequence[Factor]) -> Heads:
    """The heads of a configuration for so many classes, and the factors that their label is made of.

    Raises:
        ConfigError: There are no factors, or a weight is of none of them.
    """
    if config.heads == "classes":
        return Heads(classes)
    try:
        check_factors([factor.name for factor in factors], config.factor_weights)
    except ValueError as error:
        raise ConfigError(str(error)) from error
    return Heads(classes, tuple(factors))
