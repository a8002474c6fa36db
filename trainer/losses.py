"""The training criterion: focal loss over soft targets, which at gamma 0 is cross-entropy.

Focal loss: Lin et al., arXiv 1708.02002. Label smoothing: Szegedy et al., arXiv 1512.00567.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import torch
from torch import Tensor
from torch.nn import functional


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
        """The sum over samples of weight times loss.

        Args:
            logits: Float [B, C].
            targets: Float [B, C], rows sum to 1.

        Returns:
            float32 scalar.
        """

    def weight(self, targets: Tensor) -> Tensor | float:
        """The sum over samples of their weights, for targets [B, C]; a tensor stays on its device."""


@dataclass(frozen=True)
class FocalLoss:
    """Focal loss of soft targets in float32, every sample with weight 1.

    ``-sum_k t_k (1 - p_k)^gamma log p_k``: for a one-hot target this is the published loss, for the two labels of
    CutMix it is the published loss of each label, weighted by its share.

    Attributes:
        gamma: Focusing parameter, >= 0; 0 is cross-entropy exactly.
    """

    gamma: float
    splittable: ClassVar[bool] = True

    def total(self, logits: Tensor, targets: Tensor) -> Tensor:
        """See :meth:`Criterion.total`."""
        if self.gamma == 0:
            return functional.cross_entropy(logits.float(), targets, reduction="sum")
        log_p = functional.log_softmax(logits.float(), dim=1)
        # 1 - p without cancellation. The floor keeps the derivative of x^gamma finite where p is 1 to the last bit.
        miss = (-torch.expm1(log_p)).clamp_min(torch.finfo(torch.float32).tiny)
        return -(targets * miss**self.gamma * log_p).sum()

    def weight(self, targets: Tensor) -> float:
        """The number of samples."""
        return float(len(targets))


def soft_targets(labels: Tensor, classes: int, smoothing: float = 0.0) -> Tensor:
    """One-hot rows, smoothed.

    Args:
        labels: int64 [B].
        classes: C.
        smoothing: Share of each row that is spread evenly over all classes, in [0, 1).

    Returns:
        float32 [B, C]; rows sum to 1.
    """
    rows = functional.one_hot(labels, classes).float()
    return rows * (1 - smoothing) + smoothing / classes if smoothing else rows
