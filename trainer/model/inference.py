"""The forward pass without gradients that validation and prediction share."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from trainer.config.train_config import Precision
from trainer.model.normalization import Normalization

_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def autocast(device: torch.device, precision: Precision) -> torch.autocast:
    """Torch's mixed precision; with ``fp32`` it does nothing."""
    dtype = _DTYPES[precision] if precision != "fp32" else None
    return torch.autocast(device.type, dtype=dtype, enabled=precision != "fp32")


@torch.inference_mode()
def logits(
    model: nn.Module, normalise: Normalization, batches: Iterable[Tensor], device: torch.device, precision: Precision
) -> Tensor:
    """Run a network, which is left in evaluation mode, over batches of images, uint8 [B, H, W, 3] each.

    Returns:
        float32 [N, C] on ``device``, where the network is too; all batches in order.
    """
    model.eval()
    with autocast(device, precision):
        return torch.cat([model(normalise(batch, device)).float() for batch in batches])
