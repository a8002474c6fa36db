"""The training criterion: focal loss over soft targets, which at gamma 0 is cross-entropy.

Focal loss: Lin et al., arXiv 1708.02002. Label smoothing: Szegedy et al., arXiv 1512.00567.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def focal_loss(logits: Tensor, targets: Tensor, gamma: float) -> Tensor:
    """Focal loss of soft targets, averaged over the batch, in float32.

    ``-sum_k t_k (1 - p_k)^gamma log p_k``: for a one-hot target this is the published loss, for the two labels of
    CutMix it is the published loss of each label, weighted by its share.

    Args:
        logits: Float [B, C].
        targets: Float [B, C], rows sum to 1.
        gamma: Focusing parameter, >= 0; 0 is cross-entropy exactly.
    """
    if gamma == 0:
        return functional.cross_entropy(logits.float(), targets)
    log_p = functional.log_softmax(logits.float(), dim=1)
    # 1 - p without cancellation. The floor keeps the derivative of x^gamma finite where p is 1 to the last bit.
    miss = (-torch.expm1(log_p)).clamp_min(torch.finfo(torch.float32).tiny)
    return -(targets * miss**gamma * log_p).sum(dim=1).mean()


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
