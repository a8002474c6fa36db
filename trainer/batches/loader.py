"""Batches for the runs of a worker: which images, in which order, augmented how; the same whoever makes them.

A loader lives as long as its worker: the processes that make batches, and the validation images on a GPU, serve one run
after the other.
"""

import math
import shutil
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, Self

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader

from trainer.batches.augment import Augmentation
from trainer.batches.sampler import draw_epoch
from trainer.config.runtime import Runtime
from trainer.config.train_config import TrainConfig
from trainer.config.transforms import Augment
from trainer.data.dataset import Dataset
from trainer.imaging.crop import height_width
from trainer.runtime.memory import OutOfMemory, device_memory, try_allocating

SHARED_MEMORY = Path("/dev/shm")
_PREFETCH = 2
"""Batches that each loader process makes before they are asked for (torch's own number)."""


class BatchSpec(NamedTuple):
    """One batch to be made."""

    rows: NDArray[np.int64]  # [B]
    labels: NDArray[np.int64]  # [B]
    samples: NDArray[np.int64]  # [B], what augmentation draws from
    augment: Augment
    seed: int  # of the epoch


def epoch_seed(seed: int, epoch: int, stream: int) -> np.random.SeedSequence:
    """The seed of one stream of draws (0 order, 1 augmentation, 2 mixing, 3 the network's own) in one epoch.

    Each epoch draws from its own seed, so an epoch comes out the same whether or not the run was interrupted before.
    """
    return np.random.SeedSequence((seed, epoch, stream))


def step_seed(seed: int, epoch: int, step: int) -> int:
    """A seed for torch's generators at one step of an epoch, counted from 1 (SeedSequence takes 0 for nothing)."""
    return int(np.random.SeedSequence((seed, epoch, 3, step)).generate_state(1)[0])


def steps_per_epoch(config: TrainConfig, images: int) -> int:
    """How many batches so many training images make: at least two images in each, which is what batch norm needs."""
    return min(math.ceil(images / config.batch_size), images // 2)


def batch_specs(config: TrainConfig, data: Dataset, epoch: int) -> list[BatchSpec]:
    """An epoch, counted from 1: its images in shuffled order, in batches of nearly equal size.

    An incomplete last batch would either lose its images or give batch norm the statistics of a handful.
    """
    rows, samples = draw_epoch(config, data, np.random.default_rng(epoch_seed(config.seed, epoch, 0)))
    labels = data.training_labels(config.train_cut)
    seed = int(epoch_seed(config.seed, epoch, 1).generate_state(1, np.uint64)[0])
    steps = steps_per_epoch(config, len(rows))
    batches = np.array_split(rows, steps)
    numbers = batches if samples is rows else np.array_split(samples, steps)
    return [
        BatchSpec(batch, labels[batch], number, config.augment, seed)
        for batch, number in zip(batches, numbers, strict=True)
    ]


class _BatchDataset(torch.utils.data.Dataset[tuple[Tensor, Tensor]]):
    """Makes a batch from its specification: uint8 [B, H, W, 3] and int64 [B]."""

    def __init__(self, data: Dataset) -> None:
        self._images = data.images
        self._augmentations: dict[Augment, Augmentation] = {}

    def __getitem__(self, spec: BatchSpec) -> tuple[Tensor, Tensor]:
        if spec.augment not in self._augmentations:
            self._augmentations[spec.augment] = Augmentation(spec.augment)
        images = self._augmentations[spec.augment](self._images[spec.rows], spec.seed, spec.samples)
        return torch.from_numpy(images), torch.from_numpy(spec.labels)


class Loader:
    """The batches of a worker's runs.

    Args:
        data: Of all the runs.
        runtime: With how many processes, and for which device.
        message: Called with a line for people.
    """

    def __init__(self, data: Dataset, runtime: Runtime, message: Callable[[str], None] = lambda _: None) -> None:
        # A forked process that has inherited OpenCV's pool waits for threads that it does not have. Without one nothing
        # is lost: images are small here, and each loader process has a core.
        cv2.setNumThreads(0)
        self._data = data
        self._device = torch.device(runtime.device)
        self._message = message
        self._warned = False
        self._batches = _BatchDataset(data)
        self._workers = runtime.loader_workers
        self._specs: list[BatchSpec] = []  # of the epoch that the processes work on
        self._processes: DataLoader[tuple[Tensor, Tensor]] | None = None
        self._validation: Tensor | None = None
        self._has_tried_validation = False
        self._largest = 0.05 * device_memory(runtime)  # bytes of a GPU that validation images may take for good

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def epoch(self, config: TrainConfig, number: int) -> Iterator[tuple[Tensor, Tensor]]:
        """The training batches of a run's epoch, counted from 1, on the device.

        The epoch before must be at its end, or abandoned for good: one run at a time.

        Yields:
            Images, uint8 [B, H, W, 3], the caller's to change; and labels, int64 [B].

        Raises:
            torch.OutOfMemoryError: A batch does not fit on the device.
        """
        specs = batch_specs(config, self._data, number)
        if self._workers and self._fits_shared_memory(config, specs):
            self._specs[:] = specs
            batches: Iterable[tuple[Tensor, Tensor]] = self._with_processes()
        else:
            batches = map(self._batches.__getitem__, specs)
        return iter(batches) if self._device.type == "cpu" else self._on_device(batches)

    def validation(self, start: int, stop: int) -> Tensor:
        """Validation images ``start`` to ``stop``: uint8 [B, H, W, 3].

        On a GPU they are kept there if they fit; what is not kept is handed out on the CPU.
        """
        if self._device.type != "cpu" and not self._has_tried_validation:
            self._has_tried_validation = True
            self._validation = self._all_validation()
        if self._validation is not None:
            return self._validation[start:stop]
        return torch.from_numpy(self._data.images[self._data.validation[start:stop]])

    def use_dataset(self, data: Dataset) -> None:
        """Serve another split of the same images from the next epoch on; the processes that make batches stay.

        Raises:
            ValueError: They are other images.
        """
        if data.images is not self._data.images or data.labels is not self._data.labels:
            raise ValueError("a loader serves splits of the same images only")
        if not np.array_equal(data.validation, self._data.validation):
            self._validation, self._has_tried_validation = None, False
        self._data = data

    def close(self) -> None:
        """End the loader processes now; they would else live until the loader is collected. May be called again."""
        iterator = None if self._processes is None else self._processes._iterator
        self._processes, self._validation = None, None
        if iterator is not None:
            iterator._shutdown_workers()  # type: ignore[attr-defined]

    def _with_processes(self) -> DataLoader[tuple[Tensor, Tensor]]:
        if self._processes is None:
            self._processes = DataLoader(
                self._batches,
                sampler=self._specs,
                batch_size=None,  # a specification is a whole batch
                num_workers=self._workers,
                prefetch_factor=_PREFETCH,
                persistent_workers=True,
                # Forked, since any other start would send it a copy of the decoded images.
                multiprocessing_context="fork" if sys.platform == "linux" else None,
                worker_init_fn=_init_process,
                pin_memory=self._device.type == "cuda",
                # Its own: from torch's it would draw in each epoch without loader processes and in the first one with
                # them, and what a network drops would depend on that.
                generator=torch.Generator(),
            )
        return self._processes

    def _fits_shared_memory(self, config: TrainConfig, specs: list[BatchSpec]) -> bool:
        """Whether the shared memory has room for the batches that processes hand over; without it they would die."""
        size = 3 * math.prod(height_width(config.image_size)) * max(len(spec.rows) for spec in specs)  # bytes
        need = size * (self._workers * _PREFETCH + 2)  # and the one being taken, and the one being trained on
        free = _free_shared_memory()
        if free is None or free >= need:
            return True
        if not self._warned:
            self._warned = True
            self._message(
                f"{SHARED_MEMORY} has {free / 1e6:.0f} MB free and {self._workers} loader processes need "
                f"{need / 1e6:.0f} MB: batches are made without them, which is slower; give the container more "
                "(docker run --shm-size, shm_size in Compose)"
            )
        return False

    def _on_device(self, batches: Iterable[tuple[Tensor, Tensor]]) -> Iterator[tuple[Tensor, Tensor]]:
        """Copy batches on a stream of their own while the GPU, which the host is ahead of, trains on the last one."""
        compute = torch.cuda.current_stream(self._device)
        copies = torch.cuda.Stream(self._device)  # type: ignore[no-untyped-call]
        for batch in batches:
            with torch.cuda.stream(copies):
                images, labels = (each.to(self._device, non_blocking=True) for each in batch)
            compute.wait_stream(copies)
            for each in (images, labels):
                each.record_stream(compute)  # or its memory could be given to the next copy too early
            yield images, labels

    def _all_validation(self) -> Tensor | None:
        rows = self._data.validation
        if not len(rows) or self._data.images[rows[:1]].nbytes * len(rows) > self._largest:
            return None
        kept = try_allocating(lambda: torch.from_numpy(self._data.images[rows]).to(self._device))
        return None if isinstance(kept, OutOfMemory) else kept


def _init_process(_worker: int) -> None:
    """Make a forked process a good loader."""
    # It inherits its parent's handlers, and a terminal's Ctrl-C reaches it as well.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _free_shared_memory() -> int | None:
    try:
        return shutil.disk_usage(SHARED_MEMORY).free
    except OSError:
        return None
