"""A model as a tree: networks at the leaves, which look at images, and above them what makes one answer of several.

Everything above the leaves is arithmetic on probabilities; a leaf computes with torch or with ONNX.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from trainer.data.factors import Factor
from trainer.saved_model.manifest import EnsembleInfo, ModelInfo, Voting
from trainer.saved_model.tree import ModelTree

Probabilities = NDArray[np.float64]
Compute = Callable[[NDArray[np.uint8]], Probabilities]
"""Probabilities of the classes, [B, C], of images as they were resized, uint8 [B, H, W, 3]."""
_TIE_BREAK: Final = 1e-6
"""What the mean of the probabilities counts beside the share of votes: less than any vote."""


@dataclass(frozen=True, eq=False)
class Network:
    """One network, and what it says of a batch."""

    info: ModelInfo
    compute: Compute

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self.info.classes

    @property
    def networks(self) -> tuple[Network, ...]:
        """All networks of the model."""
        return (self,)

    def probabilities(self, outputs: Mapping[Network, Probabilities]) -> Probabilities:
        """Probabilities of the classes, [N, C], out of the outputs of each network for the same N images."""
        return outputs[self]


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Several networks of the same classes.

    ``soft`` voting takes the mean of their probabilities; ``hard`` the share of their votes, and between classes with
    as many votes that mean decides.
    """

    members: tuple[Network, ...]
    voting: Voting

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self.members[0].classes

    @property
    def networks(self) -> tuple[Network, ...]:
        """All networks of the model."""
        return self.members

    def probabilities(self, outputs: Mapping[Network, Probabilities]) -> Probabilities:
        """Probabilities of the classes, [N, C], out of the outputs of each network for the same N images."""
        each = np.stack([member.probabilities(outputs) for member in self.members])
        soft: Probabilities = each.mean(axis=0)
        if self.voting == "soft":
            return soft
        votes = np.eye(len(self.classes))[each.argmax(axis=2)].mean(axis=0)
        mixed: Probabilities = (votes + _TIE_BREAK * soft) / (1 + _TIE_BREAK)
        return mixed


@dataclass(frozen=True, eq=False)
class Joined:
    """A network or an ensemble for each factor that the label's classes are made of, in their order."""

    classes: tuple[str, ...]
    factors: tuple[Factor, ...]
    members: tuple[Network | Ensemble, ...]

    @property
    def networks(self) -> tuple[Network, ...]:
        """All networks of the model."""
        return tuple(network for member in self.members for network in member.networks)

    def probabilities(self, outputs: Mapping[Network, Probabilities]) -> Probabilities:
        """Probabilities of the classes, [N, C], out of the outputs of each network for the same N images.

        The product of the members' probabilities of the class's values, divided by its sum over the classes: where
        not all combinations are classes, those that are share the rest.
        """
        logarithms = np.zeros(())
        for member, factor in zip(self.members, self.factors, strict=True):
            values = np.maximum(member.probabilities(outputs), np.finfo(np.float64).tiny)  # of 0 there is no logarithm
            logarithms = logarithms + np.log(values)[:, list(factor.of_class)]
        products = np.exp(logarithms - logarithms.max(axis=1, keepdims=True))
        shares: Probabilities = products / products.sum(axis=1, keepdims=True)
        return shares


Predictor = Network | Ensemble | Joined


def build_predictor(tree: ModelTree, start: Callable[[Path, ModelInfo], Compute]) -> Predictor:
    """Make a predictor of a model folder; ``start`` loads each of its networks."""
    if isinstance(tree.info, ModelInfo):
        return Network(tree.info, start(tree.folder, tree.info))
    members = [build_predictor(member, start) for member in tree.members]
    if isinstance(tree.info, EnsembleInfo):
        return Ensemble(tuple(each for each in members if isinstance(each, Network)), tree.info.voting)
    parts = tuple(each for each in members if not isinstance(each, Joined))
    return Joined(tree.info.classes, tree.info.factors, parts)
