"""One optimizer step on one batch, in as many chunks as the memory asks for.

Gradients of the chunks add up, and the loss of each is divided by the weight of the whole batch, so a split batch gives
the step of the whole one. Only batch norm notices: it normalises each chunk by itself.
"""

import math

import torch
from torch import Tensor, nn

from trainer.batches.loader import step_seed
from trainer.config.runtime import Runtime
from trainer.config.train_config import TrainConfig
from trainer.errors import DoesNotFit
from trainer.imaging.crop import format_size
from trainer.model.inference import autocast
from trainer.model.normalization import Normalization
from trainer.model.weights import head_parameters
from trainer.runtime.batch_sizes import FittingSizes
from trainer.runtime.memory import OutOfMemory, declared_limit, free_memory, training_limit, try_allocating
from trainer.support.text import pluralize
from trainer.training.losses import Criterion
from trainer.training.optimizer import create_optimizer


class TrainingStep:
    """Forward, backward and the optimizer's step of a network.

    Attributes:
        split: Into how many chunks a batch is split; it only grows, when a batch does not fit.
        has_batch_norm: Whether a chunk's result depends on what else is in it.
        optimizer: The optimizer.
        scaler: Scales the loss where gradients are computed in half precision.
    """

    def __init__(
        self,
        model: nn.Module,
        normalization: Normalization,
        criterion: Criterion,
        config: TrainConfig,
        runtime: Runtime,
    ) -> None:
        self._model = model
        self._normalisation = normalization
        self._criterion = criterion
        self._config = config
        self._device = torch.device(runtime.device)
        self._limit = declared_limit(runtime)
        self._sizes = FittingSizes(config, runtime)
        self._statistics = _BatchNormStatistics(model)
        self.split = 1
        self.has_batch_norm = bool(self._statistics.modules)
        self.optimizer = create_optimizer(config, model, head_parameters(model))
        # Half-precision gradients underflow without scaling; the other precisions have float32's range.
        self.scaler = torch.amp.GradScaler(self._device.type, enabled=config.precision == "fp16")

    def start_split(self, batch: int) -> None:
        """Split from the first step on where this machine knows that ``batch`` images do not fit at a time."""
        if self._criterion.splittable:
            self.split = max(1, min(self._sizes.split(batch), self._max_chunks(batch)))

    def __call__(self, images: Tensor, targets: Tensor, epoch: int, step: int) -> tuple[Tensor, Tensor | float]:
        """Train on one batch on the device, uint8 [B, H, W, 3] and float [B, C], at a step of an epoch (both from 1).

        Returns:
            The criterion's total (on the device) and weight.

        Raises:
            DoesNotFit: Not even the smallest chunk fits, or the criterion cannot be split.
        """
        weight = self._criterion.weight(targets)
        self._statistics.save()
        failed = 0
        while True:
            total = try_allocating(lambda: self._gradients(images, targets, weight, epoch, step))
            if not isinstance(total, OutOfMemory):
                break
            failed = self._largest_chunk(len(images))
            self.optimizer.zero_grad(set_to_none=True)
            self._statistics.restore()
            free_memory()
            self._split_further(len(images), total.reason)
        if failed:
            self._sizes.note(fits=self._largest_chunk(len(images)), fails=failed)
        # A step that fails half-way has changed some of the weights, so it cannot be done again.
        applied = try_allocating(self._apply)
        if isinstance(applied, OutOfMemory):
            raise DoesNotFit(f"the optimizer's state does not fit on {self._device} ({applied.reason})")
        return total, weight

    def _gradients(self, images: Tensor, targets: Tensor, weight: Tensor | float, epoch: int, step: int) -> Tensor:
        chunks = self._chunks(len(images))
        if self.split > 1:
            # A seed of its own for each split step, so that it does not matter what a failed attempt has drawn, nor
            # whether the split was found in this step or known before the first.
            torch.manual_seed(step_seed(self._config.seed, epoch, step))
        summed = torch.zeros((), device=self._device)
        for pixels, rows in zip(images.tensor_split(chunks), targets.tensor_split(chunks), strict=True):
            with training_limit(self._model, self._limit):
                with autocast(self._device, self._config.precision):
                    output = self._model(self._normalisation(pixels, self._device))
                total = self._criterion.total(output, rows)
                self.scaler.scale(total / weight).backward()  # type: ignore[no-untyped-call]
            summed += total.detach()
        return summed

    def _apply(self) -> None:
        if self._config.clip_grad is not None:
            self.scaler.unscale_(self.optimizer)
            nn.utils.clip_grad_norm_(self._model.parameters(), self._config.clip_grad)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.optimizer.zero_grad(set_to_none=True)

    def _max_chunks(self, batch: int) -> int:
        """Batch norm needs two images: of one that has shrunk to a single pixel there is nothing to normalise."""
        return max(1, batch // 2 if self.has_batch_norm else batch)

    def _chunks(self, batch: int) -> int:
        return min(self.split, self._max_chunks(batch))

    def _largest_chunk(self, batch: int) -> int:
        return math.ceil(batch / self._chunks(batch))

    def _split_further(self, batch: int, reason: str) -> None:
        chunks, size = self._chunks(batch), self._largest_chunk(batch)
        what = f"{pluralize(size, 'image')} of {format_size(self._config.image_size)}"
        what += f" at a time do{'es' if size == 1 else ''} not fit on {self._device}"
        if not self._criterion.splittable:
            raise DoesNotFit(f"{what}, and {type(self._criterion).__name__} needs the whole batch at once ({reason})")
        if chunks == self._max_chunks(batch):
            raise DoesNotFit(f"{what}, and the batch cannot be split any further ({reason})")
        self.split = min(2 * chunks, self._max_chunks(batch))


class _BatchNormStatistics:
    """The running statistics of a network's batch norms, which an attempt that fails half-way has already moved."""

    def __init__(self, model: nn.Module) -> None:
        self.modules = [module for module in model.modules() if _uses_batch_statistics(module)]
        buffers = [buffer for module in self.modules for buffer in module.buffers(recurse=False)]
        # One copy a type instead of one a buffer: a network has hundreds, and this happens at every step.
        types = sorted({buffer.dtype for buffer in buffers}, key=str)
        self._buffers = [[buffer for buffer in buffers if buffer.dtype == dtype] for dtype in types]
        self._saved: list[Tensor] = []

    def save(self) -> None:
        self._saved = [torch.cat([buffer.flatten() for buffer in group]) for group in self._buffers]

    def restore(self) -> None:
        for group, saved in zip(self._buffers, self._saved, strict=True):
            start = 0
            for buffer in group:
                buffer.copy_(saved[start : start + buffer.numel()].view_as(buffer))
                start += buffer.numel()


def _uses_batch_statistics(module: nn.Module) -> bool:
    # By its buffer, since some norms of timm (EvoNorm-B) are batch norms without being torch's.
    return isinstance(module, nn.modules.batchnorm._BatchNorm) or getattr(module, "running_var", None) is not None
