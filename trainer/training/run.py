"""Train a configuration: a generator of one result an epoch, so the caller reports, prunes and stops as it likes."""

from __future__ import annotations

import copy
import math
import os
import time
from collections.abc import Callable, Generator, Iterator
from typing import Any, Self

import numpy as np
import torch
from timm.utils import ModelEmaV3
from torch import Tensor, nn

from trainer.batches.loader import Loader, epoch_seed, steps_per_epoch
from trainer.batches.mix import cutmix, mirror, mixup
from trainer.batches.sampler import quotas
from trainer.config.runtime import Runtime
from trainer.config.train_config import TrainConfig
from trainer.config.transforms import flip_share
from trainer.data.dataset import Dataset
from trainer.data.fit import check_fit
from trainer.errors import CheckpointError, ConfigError, DataError, Diverged, DoesNotFit
from trainer.imaging.crop import format_size, height_width
from trainer.model.freezing import Freezing
from trainer.model.heads import create_heads
from trainer.model.network import compile_model, seeded_model
from trainer.model.normalization import Normalization, normalization
from trainer.runtime.devices import choose_device
from trainer.runtime.memory import OutOfMemory, keep_freed_memory, limit_memory, try_allocating
from trainer.support.cpu import compute_threads
from trainer.support.text import describe_error
from trainer.training.early_stopping import EarlyStopping
from trainer.training.epoch_result import EpochResult
from trainer.training.losses import Criterion, create_criterion, soft_targets
from trainer.training.lr_schedule import create_schedule
from trainer.training.metrics import Scores
from trainer.training.running_loss import RunningLoss
from trainer.training.step import TrainingStep
from trainer.training.validation import Validation


def train(config: TrainConfig, data: Dataset, runtime: Runtime) -> Generator[EpochResult]:
    """Train and yield one :class:`EpochResult` an epoch; closing the generator stops the run.

    Raises:
        ConfigError: The images have another size than the configuration, a knob does not fit the data, or there is no
            such device.
        DataError: There are fewer than two training images.
        WeightsError: The backbone or its weights cannot be had.
        Diverged: The loss became infinite or not a number.
        DoesNotFit: The device's memory is too small.
    """
    shape, wanted = data.images[data.train[:1]].shape[1:3], height_width(config.image_size)
    if shape != wanted:
        raise ConfigError(
            f"image_size {format_size(config.image_size)}: these images have {format_size(shape)}; prepare them with "
            "image_size=config.image_size"
        )
    device = choose_device(runtime.device)
    return _epochs_then_close(Run(config, data, runtime.model_copy(update={"device": device})))


def _epochs_then_close(run: Run) -> Generator[EpochResult]:
    with run:
        yield from run.epochs()


class Run:
    """One training run; holds the network, which a caller that finishes the run may keep.

    Seeds torch's global generators and sets its thread count: one process trains one run at a time.

    Attributes:
        config: What is trained.
        model: The network that is trained.
        heads: What its outputs stand for.
        normalization: What belongs before it.
        has_batch_norm: Whether the network normalises by batch, so that splitting one changes its result.
        epoch: Epochs completed.
        steps: Batches done here, of training and of validation; another thread may watch it for progress.
        on_batch: Called with each training batch just before its step: uint8 [B, H, W, 3] and the targets, float
            [B, K]; it changes neither.
    """

    def __init__(
        self,
        config: TrainConfig,
        data: Dataset,
        runtime: Runtime,
        criterion: Criterion | None = None,
        loader: Loader | None = None,
    ) -> None:
        """Set up a run, with its configuration's loss and a loader of its own unless others are given.

        A loader that is given is of these images and this runtime, and outlives the run.

        Raises:
            DataError: There are fewer than two training images.
            WeightsError: The backbone or its weights cannot be had.
            DoesNotFit: The network alone is too large for the device.
            ConfigError: It is to be compiled, and has a memory limit on the CPU; a knob does not fit the data; or it is
                to have a head a factor, and the data have none.
        """
        check_fit(config, data.classes, data.ordinal_factor)
        drawn = quotas(config, data)
        if drawn.images < 2:
            raise DataError(f"{drawn.images} training images are too few; a run needs at least 2")
        self._images = drawn.images
        self._steps = steps_per_epoch(config, drawn.images)
        _configure_torch(config, runtime)
        self.config = config
        self._data = data
        self._device = torch.device(runtime.device)
        seed = int(epoch_seed(config.seed, 0, 3).generate_state(1)[0])
        self.heads = create_heads(config, len(data.classes), data.factors)
        model = seeded_model(config, self.heads.outputs, seed)
        moved = try_allocating(lambda: model.to(self._device))
        if isinstance(moved, OutOfMemory):
            raise DoesNotFit(f"backbone {config.backbone!r} does not fit on {self._device} ({moved.reason})")
        self.model = moved
        # Copied before the network is compiled: both would share what was compiled.
        self._average = ModelEmaV3(self.model, decay=config.ema_decay, use_warmup=True) if config.ema_decay else None
        if config.compile:
            compile_model(self.model, runtime)
        of_backbone = config.normalisation == "backbone"
        self.normalization = normalization(self.model) if of_backbone else Normalization(*data.statistics)
        self._loader = loader or Loader(data, runtime)
        self._loader.use_dataset(data)
        self._closes_loader = loader is None
        self._criterion = criterion or create_criterion(config, drawn.of_classes, self._device, self.heads)
        self._step = TrainingStep(self.model, self.normalization, self._criterion, config, runtime)
        self._step.start_split(math.ceil(self._images / self._steps))
        self.has_batch_norm = self._step.has_batch_norm
        self._schedule = create_schedule(config, self._step.optimizer, self._steps)
        self._freezing = Freezing(config, self.model)
        self._stopping = EarlyStopping(config)
        self._validation = Validation(config, data, runtime, self._loader, self.heads, self.normalization)
        self.epoch = 0
        self.steps = 0
        self.on_batch: Callable[[Tensor, Tensor], None] | None = None
        self._between_epochs = True

    @property
    def batch_split(self) -> int:
        """Into how many chunks a training batch is split; 1: it is trained on as a whole."""
        return self._step.split

    @property
    def validation_batch(self) -> int:
        """Images that validation takes at a time; halved where they do not fit."""
        return self._validation.batch_size

    @property
    def outputs(self) -> Tensor:
        """Logits of the classes for the validation samples after the last epoch, float32 [V, C]."""
        return self._validation.outputs

    @property
    def final_model(self) -> nn.Module:
        """The network that is validated and kept: the moving average of the one that is trained, if there is one."""
        return self.model if self._average is None else self._average.module

    @property
    def stopped_early(self) -> str:
        """Why the run has ended before its horizon, in words; empty: it has not."""
        return self._stopping.reason

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the loader processes of a loader of its own; the network can still be used. May be called again."""
        if self._closes_loader:
            self._loader.close()

    def epochs(self) -> Iterator[EpochResult]:
        """Train one epoch after the other, from the next one up to the configuration's horizon.

        Raises:
            Diverged: The loss became infinite or not a number: on the CPU at that step, on CUDA some steps later.
            DoesNotFit: The device's memory is too small.
        """
        while self.epoch < self.config.epochs and not self.stopped_early:
            self._must_be_between_epochs()
            self._between_epochs = False
            started = time.perf_counter()
            train_loss, lr = self._train_epoch(self.epoch + 1)
            trained = time.perf_counter()
            scores = self._validate(self.epoch + 1) if len(self._data.validation) else None
            self.epoch += 1
            self._schedule.end_epoch(train_loss)
            if scores is not None:
                self._stopping.update(scores.f1, train_loss, scores.loss)
            self._between_epochs = True
            speed, seconds = self._images / (trained - started), time.perf_counter() - started
            yield EpochResult(self.epoch, train_loss, scores, lr, images_per_second=speed, seconds=seconds)

    def state_dict(self) -> dict[str, Any]:
        """All that the rest of the run depends on, in tensors and plain containers.

        The tensors are the run's own: store or copy them before it goes on.

        Raises:
            RuntimeError: An epoch was broken off, so what the run holds is of no use.
        """
        self._must_be_between_epochs()
        # No state of a generator: order, augmentation and mixing draw from (seed, epoch), torch's generators are seeded
        # at the start of each epoch (or split step), and validation draws nothing.
        return {
            "run": self._identity(),
            "epoch": self.epoch,
            "model": self.model.state_dict(),
            "average": {} if self._average is None else self._average.module.state_dict(),
            "optimizer": self._step.optimizer.state_dict(),
            "schedule": self._schedule.state_dict(),
            "stopping": self._stopping.state_dict(),
            "scaler": self._step.scaler.state_dict(),
            "batch_split": self._step.split,
            "validation_batch": self.validation_batch,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`state_dict` of a run of the same configuration gave; on CPU bit for bit.

        Raises:
            CheckpointError: The state is not one of this run; this run must not be used any more.
        """
        try:
            if different := [key for key, value in self._identity().items() if state["run"].get(key) != value]:
                raise CheckpointError(f"the resume point is of another run (it differs in {', '.join(different)})")
            numbers = {key: state[key] for key in ("epoch", "batch_split", "validation_batch")}
            if any(type(number) is not int or number < (key != "epoch") for key, number in numbers.items()):
                raise CheckpointError(f"the resume point's numbers are not ones that a run can have: {numbers}")
            self.model.load_state_dict(state["model"])
            if self._average is not None:
                self._average.module.load_state_dict(state["average"])
            # The optimizer takes the tensors as they are, and would write into the caller's.
            self._step.optimizer.load_state_dict(copy.deepcopy(state["optimizer"]))
            self._step.scaler.load_state_dict(state["scaler"])
            self._schedule.load_state_dict(state["schedule"])
            self._stopping.load_state_dict(state["stopping"])
        except (AttributeError, KeyError, TypeError, ValueError, RuntimeError) as error:
            reason = describe_error(error, typed=True)[:200]
            raise CheckpointError(f"the resume point does not fit this run ({reason})") from error
        self.epoch, self._step.split = numbers["epoch"], numbers["batch_split"]
        self._validation.batch_size = numbers["validation_batch"]
        self._between_epochs = True

    def _identity(self) -> dict[str, Any]:
        # Where the first weights came from does not matter any more, and may be another path on another machine.
        return self.config.model_dump(mode="json", exclude={"weights"}) | {
            "criterion": type(self._criterion).__name__,
            "classes": len(self._data.classes),
            "training images": len(self._data.train),
        }

    def _must_be_between_epochs(self) -> None:
        if not self._between_epochs:
            raise RuntimeError("the run was broken off within an epoch; make a new one and load its last state")

    def _train_epoch(self, epoch: int) -> tuple[float, float]:
        # Dropout and drop path draw from torch's generator; a seed of its own makes each epoch repeatable by itself.
        torch.manual_seed(int(epoch_seed(self.config.seed, epoch, 3).generate_state(1)[0]))
        mixing = np.random.default_rng(epoch_seed(self.config.seed, epoch, 2))
        self._freezing.begin(epoch)
        loss = RunningLoss(self._device)
        lr = 0.0
        batches = self._loader.epoch(self.config, epoch)
        for step in range(1, self._steps + 1):
            images, targets = self._next(batches, mixing)
            if self.on_batch is not None:
                self.on_batch(images, targets)
            lr = float(self._step.optimizer.param_groups[0]["lr"])
            batch_total, batch_weight = self._step(images, targets, epoch, step)
            if self._average is not None:
                self._average.update(self.model, step=(epoch - 1) * self._steps + step)
            self._schedule.step_update((epoch - 1) * self._steps + step)
            loss.add(batch_total, batch_weight)
            self.steps += 1
            known = loss.mean() if step == self._steps else loss.glance(step)
            if not math.isfinite(known):
                raise Diverged(
                    f"the training loss is {known} in epoch {epoch}, noticed at step {step} of {self._steps}"
                )
        next(batches, None)  # there is none: loader processes go on to the next epoch from here
        return loss.mean(), lr

    def _next(self, batches: Iterator[tuple[Tensor, Tensor]], mixing: np.random.Generator) -> tuple[Tensor, Tensor]:
        batch = try_allocating(lambda: self._mixed(*next(batches), mixing))
        if isinstance(batch, OutOfMemory):
            raise DoesNotFit(f"the pixels of a batch do not fit on {self._device} ({batch.reason})")
        return batch

    def _mixed(self, images: Tensor, labels: Tensor, mixing: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Mirror and mix a batch as bytes, before it is split and normalised: pairs are made over the whole batch."""
        config = self.config
        targets = soft_targets(labels, len(self._data.classes), config.label_smoothing)
        if share := flip_share(config.augment):
            mirror(images, mixing, share)
        if mixing.uniform() < config.cutmix_prob:
            _, targets = cutmix(images.permute(0, 3, 1, 2), targets, mixing, config.cutmix_shape)
        elif mixing.uniform() < config.mixup_prob:
            images, targets = mixup(images, targets, config.mixup_alpha, mixing)
        return images, targets

    def _validate(self, epoch: int) -> Scores:
        return self._validation(self.final_model, epoch, self._count_batch)

    def _count_batch(self) -> None:
        self.steps += 1


def _configure_torch(config: TrainConfig, runtime: Runtime) -> None:
    torch.set_num_threads(compute_threads(runtime.threads))
    limit_memory(runtime)
    cuda = runtime.device.startswith("cuda")
    if not cuda:
        keep_freed_memory()
    if config.deterministic and cuda:
        # cuBLAS reads this when its first handle is made; without it torch refuses deterministic matrix products.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(config.deterministic)
    torch.backends.cudnn.benchmark = cuda and not config.deterministic
    torch.set_float32_matmul_precision("highest" if config.deterministic or not cuda else "high")
