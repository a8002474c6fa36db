"""Normalization of pixels on the device, before a network."""

import functools
from dataclasses import dataclass

import timm
import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Normalization:
    """Per-channel mean and standard deviation of pixels in [0, 1] that are brought to 0 and 1 (RGB)."""

    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    def __call__(self, images: Tensor, device: torch.device) -> Tensor:
        """Move a batch, uint8 [B, H, W, 3], to the device: normalised, float32 [B, 3, H, W] in channels-last memory."""
        # By whole rows of pixels: along three channels alone nothing can be vectorised. In place, since another copy of
        # the batch would be the largest tensor of many a forward pass.
        rows = images.to(device, non_blocking=True).flatten(2).float()
        rows.sub_(_row_of(self.mean, images.shape[2], device)).div_(_row_of(self.std, images.shape[2], device))
        # Bytes in this order, seen as [B, 3, H, W], are channels-last already.
        return rows.view(images.shape).permute(0, 3, 1, 2)


@functools.lru_cache(maxsize=64)
def _row_of(values: tuple[float, float, float], pixels: int, device: torch.device) -> Tensor:
    # Kept, since a copy to a GPU makes the host wait, and this would be two a step.
    with torch.inference_mode(False):  # whoever asks first, training may use it later
        return (torch.tensor(values, device=device) * 255).repeat(pixels)


def normalization(model: nn.Module) -> Normalization:
    """The normalization that belongs to a timm model."""
    settings = timm.data.resolve_model_data_config(model)  # type: ignore[no-untyped-call]
    return Normalization(tuple(settings["mean"]), tuple(settings["std"]))
