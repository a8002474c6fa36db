"""Train a configuration: a generator of one result an epoch, so the caller reports, prunes and stops as it likes."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from trainer.config import Precision, Runtime, TrainConfig
from trainer.cutmix import cutmix
from trainer.errors import DataError, Diverged
from trainer.inference import autocast, logits
from trainer.loader import TrainLoader, epoch_seed
from trainer.losses import focal_loss, soft_targets
from trainer.metrics import Scores, score
from trainer.model import Normalisation, create_model, normalisation
from trainer.optim import create_optimizer, create_schedule
from trainer.prepare import Data


@dataclass(frozen=True)
class EpochResult:
    """What one epoch gave.

    Attributes:
        epoch: Epochs completed, from 1.
        train_loss: The criterion, mean over the epoch's training images.
        validation: Scores over all validation samples; none where there are no validation samples.
        lr: Learning rate of the epoch's last step.
        images_per_second: Training images over the seconds of the training part.
        seconds: The whole epoch, validation included.
    """

    epoch: int
    train_loss: float
    validation: Scores | None
    lr: float
    images_per_second: float
    seconds: float


def train(config: TrainConfig, data: Data, runtime: Runtime) -> Iterator[EpochResult]:
    """Train and yield one :class:`EpochResult` an epoch; closing the generator stops the run.

    Raises:
        WeightsError: The backbone or its weights cannot be had.
        Diverged: The loss became infinite or not a number.
    """
    return Run(config, data, runtime).epochs()


class Run:
    """One training run; holds the network, which a caller that finishes the run may keep.

    Seeds torch's global generators and sets its thread count: one process trains one run at a time.
    """

    def __init__(self, config: TrainConfig, data: Data, runtime: Runtime) -> None:
        if len(data.train) < 2:
            raise DataError(f"{len(data.train)} training images are too few; a run needs at least 2")
        _apply(config, runtime)
        self.config = config
        self._data = data
        self._device = torch.device(runtime.device)
        torch.manual_seed(int(epoch_seed(config.seed, 0, 3).generate_state(1)[0]))
        self.model = create_model(config, len(data.classes)).to(self._device)
        self.normalisation = normalisation(self.model)
        self._loader = TrainLoader(config, data, runtime)
        self._optimizer = create_optimizer(config, self.model)
        self._schedule = create_schedule(config, self._optimizer, len(self._loader))
        # Half-precision gradients underflow without scaling; the other precisions have float32's range.
        self._scaler = torch.amp.GradScaler(self._device.type, enabled=config.precision == "fp16")

    def epochs(self) -> Iterator[EpochResult]:
        """Train one epoch after the other up to the configuration's horizon."""
        for epoch in range(1, self.config.epochs + 1):
            started = time.perf_counter()
            train_loss, images = self._train_epoch(epoch)
            trained = time.perf_counter()
            validation = None
            if len(self._data.validation):
                validation = evaluate(
                    self.model,
                    self.normalisation,
                    self._data,
                    self._device,
                    batch_size=2 * self.config.batch_size,
                    precision=self.config.precision,
                )
            losses = {"training": train_loss} | ({"validation": validation.loss} if validation else {})
            for name, loss in losses.items():
                if not math.isfinite(loss):
                    raise Diverged(f"the {name} loss is {loss} in epoch {epoch}")
            yield EpochResult(
                epoch=epoch,
                train_loss=train_loss,
                validation=validation,
                lr=self._last_lr,
                images_per_second=images / (trained - started),
                seconds=time.perf_counter() - started,
            )

    def _train_epoch(self, epoch: int) -> tuple[float, int]:
        config, classes = self.config, len(self._data.classes)
        # Dropout and drop path draw from torch's generator; a seed of its own makes each epoch repeatable by itself.
        torch.manual_seed(int(epoch_seed(config.seed, epoch, 3).generate_state(1)[0]))
        mixing = np.random.default_rng(epoch_seed(config.seed, epoch, 2))
        self.model.train()
        total = torch.zeros((), device=self._device)
        images_seen = 0
        for step, (batch, labels) in enumerate(self._loader.epoch(epoch), start=(epoch - 1) * len(self._loader)):
            images = self.normalisation(batch, self._device)
            targets = soft_targets(labels.to(self._device, non_blocking=True), classes, config.label_smoothing)
            if mixing.uniform() < config.cutmix_prob:
                images, targets = cutmix(images, targets, mixing)
            with autocast(self._device, config.precision):
                output = self.model(images)
            loss = focal_loss(output, targets, config.focal_gamma)
            self._scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
            self._last_lr = float(self._optimizer.param_groups[0]["lr"])
            self._scaler.step(self._optimizer)
            self._scaler.update()
            self._optimizer.zero_grad(set_to_none=True)
            self._schedule.step_update(step + 1)
            total += loss.detach() * len(labels)  # summed on the device: one synchronisation an epoch, not a step
            images_seen += len(labels)
        return float(total) / images_seen, images_seen


def evaluate(
    model: nn.Module,
    normalise: Normalisation,
    data: Data,
    device: torch.device,
    *,
    batch_size: int,
    precision: Precision,
) -> Scores:
    """Score a network on all validation samples, without augmentation, on their true labels."""
    batches = (
        torch.from_numpy(data.images[data.validation[start : start + batch_size]])
        for start in range(0, len(data.validation), batch_size)
    )
    output = logits(model, normalise, batches, device, precision)
    truth = data.labels[data.validation]
    loss = functional.cross_entropy(output, torch.from_numpy(truth).to(device))
    return score(truth, output.argmax(dim=1).cpu().numpy(), len(data.classes), float(loss))


def _apply(config: TrainConfig, runtime: Runtime) -> None:
    torch.set_num_threads(runtime.threads)
    cuda = runtime.device.startswith("cuda")
    if config.deterministic and cuda:
        # cuBLAS reads this when its first handle is made; without it torch refuses deterministic matrix products.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(config.deterministic)
    torch.backends.cudnn.benchmark = cuda and not config.deterministic
    torch.set_float32_matmul_precision("highest" if config.deterministic or not cuda else "high")
