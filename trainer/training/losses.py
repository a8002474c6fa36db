"""Training criteria over soft targets, in float32.

Focal loss: Lin et al., arXiv 1708.02002; at gamma 0 it is cross-entropy. Symmetric cross-entropy: Wang et al., arXiv
1908.06112. Label smoothing: Szegedy et al., arXiv 1512.00567. Weights by the effective number of samples: Cui et al.,
arXiv 1901.05555.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from trainer.config.loss_knobs import Loss
from trainer.config.train_config import TrainConfig
from trainer.model.heads import Heads


class Criterion(Protocol):
    """A training loss that says how its parts add up to a batch's: ``total(all samples) / weight(all samples)``.

    So a batch may be computed in chunks, each with its own ``total``, under the ``weight`` of the whole. A criterion
    whose ``total`` over all is not the sum of its ``total`` over parts (soft F1, any statistic of the batch) is not
    splittable.
    """

    @property
    def splittable(self) -> bool:
        """Whether the totals of parts add up to the total of the whole."""

    def total(self, logits: Tensor, targets: Tensor) -> Tensor:
        """The sum over samples of weight times loss, a float32 scalar, of floats [B, C]; rows of targets sum to 1."""

    def weight(self, targets: Tensor) -> Tensor | float:
        """The sum over samples of their weights, for targets [B, C]; a tensor stays on its device."""


@dataclass(frozen=True, eq=False)
class _Weighted:
    """What the criteria share.

    Attributes:
        class_weights: float32 [C] on the device of the logits, or none: all classes weigh 1. A sample weighs what its
            targets say, so the two labels of CutMix each count by their class.
    """

    class_weights: Tensor | None = field(default=None, kw_only=True)
    splittable: ClassVar[bool] = True

    def weight(self, targets: Tensor) -> Tensor | float:
        """The sum of the samples' weights."""
        return float(len(targets)) if self.class_weights is None else (targets @ self.class_weights).sum()

    def _weighted(self, targets: Tensor) -> Tensor:
        return targets if self.class_weights is None else targets * self.class_weights


@dataclass(frozen=True, eq=False)
class FocalLoss(_Weighted):
    """Focal loss of soft targets.

    ``-sum_k t_k (1 - p_k)^gamma log p_k``: for a one-hot target this is the published loss, for the two labels of
    CutMix it is the published loss of each label, weighted by its share.

    Attributes:
        gamma: Focusing parameter, >= 0; 0 is cross-entropy exactly.
    """

    gamma: float = 0.0

    def total(self, logits: Tensor, targets: Tensor) -> Tensor:
        """See :meth:`Criterion.total`."""
        if self.gamma == 0:
            return functional.cross_entropy(logits.float(), targets, self.class_weights, reduction="sum")
        log_p = functional.log_softmax(logits.float(), dim=1)
        # 1 - p without cancellation. The floor keeps the derivative of x^gamma finite where p is 1 to the last bit.
        miss = (-torch.expm1(log_p)).clamp_min(torch.finfo(torch.float32).tiny)
        return -(self._weighted(targets) * miss**self.gamma * log_p).sum()


@dataclass(frozen=True, eq=False)
class SymmetricCrossEntropy(_Weighted):
    """``alpha`` >= 0 times cross-entropy plus ``beta`` >= 0 times the same with prediction and target exchanged.

    The second part is bounded, so a wrong label pulls less. The logarithm of a target of 0 is that of 1e-4, as in the
    authors' program.
    """

    alpha: float = 1.0
    beta: float = 1.0

    def total(self, logits: Tensor, targets: Tensor) -> Tensor:
        """See :meth:`Criterion.total`."""
        forward = functional.cross_entropy(logits.float(), targets, self.class_weights, reduction="sum")
        log_targets = targets.clamp_min(1e-4).log()
        reverse = -(functional.softmax(logits.float(), dim=1) * log_targets).sum(dim=1)
        samples = self._weighted(targets).sum(dim=1)
        return self.alpha * forward + self.beta * (samples * reverse).sum()


@dataclass(frozen=True, eq=False)
class SoftF1(_Weighted):
    """One minus macro-F1 with probabilities in the place of counts; of the whole batch, so it cannot be split.

    For one-hot predictions and targets it is the metric: a class that is neither predicted nor there counts as 0.
    """

    splittable: ClassVar[bool] = False

    def total(self, logits: Tensor, targets: Tensor) -> Tensor:
        """See :meth:`Criterion.total`."""
        probabilities = functional.softmax(logits.float(), dim=1)
        hits = (probabilities * targets).sum(dim=0)
        there = probabilities.sum(dim=0) + targets.sum(dim=0)
        f1 = (2 * hits / there.clamp_min(torch.finfo(torch.float32).tiny)).mean()
        return (1 - f1) * self.weight(targets)


@dataclass(frozen=True, eq=False)
class Mixture:
    """Two criteria with the same class weights; the second counts with ``share`` in [0, 1], the first with the rest."""

    first: Criterion
    second: Criterion
    share: float

    @property
    def splittable(self) -> bool:
        """Whether both are."""
        return self.first.splittable and self.second.splittable

    def total(self, logits: Tensor, targets: Tensor) -> Tensor:
        """See :meth:`Criterion.total`."""
        parts = self.first.total(logits, targets), self.second.total(logits, targets)
        return (1 - self.share) * parts[0] + self.share * parts[1]

    def weight(self, targets: Tensor) -> Tensor | float:
        """The same of both."""
        return self.first.weight(targets)


@dataclass(frozen=True, eq=False)
class PerFactor:
    """A criterion for each head of a network with a head a factor: their weighted mean.

    A target of a factor's value is the sum of the targets of the classes with that value, so soft targets stay what
    they are. Of each sample each factor's loss counts by the factor's weight and the weight of the value: totals and
    weights of the factors are added up, and both are sums over samples, so that a split batch gives what the whole
    one does. The logits are those of all heads, float [B, K]; the targets those of the classes, float [B, C].

    Attributes:
        heads: Which logits are whose.
        parts: The criteria of the factors.
        shares: The weights of the factors.
        membership: float64 [C, K] on the device of the logits.
    """

    heads: Heads
    parts: tuple[Criterion, ...]
    shares: tuple[float, ...]
    membership: Tensor

    @property
    def splittable(self) -> bool:
        """Whether all of them are."""
        return all(part.splittable for part in self.parts)

    def total(self, logits: Tensor, targets: Tensor) -> Tensor:
        """See :meth:`Criterion.total`."""
        each = zip(self.parts, self.shares, self.heads.split(logits), self._targets(targets), strict=True)
        return torch.stack([share * part.total(outputs, rows) for part, share, outputs, rows in each]).sum()

    def weight(self, targets: Tensor) -> Tensor | float:
        """The same sum of their weights."""
        each = zip(self.parts, self.shares, self._targets(targets), strict=True)
        return sum((share * part.weight(rows) for part, share, rows in each), start=0.0)

    def _targets(self, targets: Tensor) -> tuple[Tensor, ...]:
        # In double precision, since a GPU would round single ones to eleven bits in a product of matrices.
        return self.heads.split((targets.double() @ self.membership).float())


def create_criterion(
    config: TrainConfig, counts: Sequence[int] | NDArray[np.int64], device: torch.device, heads: Heads | None = None
) -> Criterion:
    """The criterion of a configuration, for ``counts`` training images of each class; by default with one head."""
    if heads is None or not heads.factors:
        return _of_classes(config, counts, device)
    images = np.split(np.asarray(counts) @ heads.membership().long().numpy(), np.cumsum(heads.sizes)[:-1])
    return PerFactor(
        heads,
        tuple(_of_classes(config, each, device) for each in images),
        tuple(config.factor_weights.get(factor.name, 1.0) for factor in heads.factors),
        heads.membership().to(device),
    )


def _of_classes(config: TrainConfig, counts: Sequence[int] | NDArray[np.int64], device: torch.device) -> Criterion:
    weights = class_weights(config, counts)
    placed = None if weights is None else weights.to(device)

    def one(kind: Loss) -> Criterion:
        if kind == "symmetric":
            return SymmetricCrossEntropy(config.symmetric_alpha, config.symmetric_beta, class_weights=placed)
        if kind == "soft_f1":
            return SoftF1(class_weights=placed)
        return FocalLoss(config.focal_gamma if kind == "focal" else 0.0, class_weights=placed)

    if config.second_loss == "none":
        return one(config.loss)
    return Mixture(one(config.loss), one(config.second_loss), config.second_loss_share)


def class_weights(config: TrainConfig, counts: Sequence[int] | NDArray[np.int64]) -> Tensor | None:
    """Weights of the classes, float32 [C], the mean over all training images 1; none where all are the same.

    ``inverse``: 1 / images. ``effective``: 1 / effective number of images, ``(1 - beta^n) / (1 - beta)``: near
    ``inverse`` for beta near 1, flat at 0. A class without images weighs what one with a single image does.
    """
    if config.class_weights == "none":
        return None
    images = np.maximum(np.asarray(counts, dtype=np.float64), 1)
    if config.class_weights == "effective":
        beta = config.class_weight_beta
        images = (1 - beta**images) / (1 - beta)
    weights = 1 / images
    return torch.tensor(weights * np.sum(counts) / np.sum(weights * counts), dtype=torch.float32)


def soft_targets(labels: Tensor, classes: int, smoothing: float = 0.0) -> Tensor:
    """One-hot rows of labels int64 [B], float32 [B, C]; a share ``smoothing`` in [0, 1) of each is spread evenly."""
    rows = functional.one_hot(labels, classes).float()
    return rows * (1 - smoothing) + smoothing / classes if smoothing else rows
