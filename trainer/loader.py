"""Training batches: which images, in which order, augmented how — the same for any number of loader workers."""

from __future__ import annotations

import math
import signal
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from trainer.augment import Augmentation
from trainer.config import Runtime, TrainConfig
from trainer.prepare import Data


class Ticket(NamedTuple):
    """One batch to be made."""

    indices: NDArray[np.int64]  # [B]
    seed: int


def epoch_seed(seed: int, epoch: int, stream: int) -> np.random.SeedSequence:
    """The seed of one stream of draws (0 order, 1 augmentation, 2 mixing, 3 the network's own) in one epoch.

    Each epoch draws from its own seed, so an epoch comes out the same whether or not the run was interrupted before.
    """
    return np.random.SeedSequence((seed, epoch, stream))


def step_seed(seed: int, epoch: int, step: int) -> int:
    """A seed for torch's generators at one step of an epoch, counted from 1 (SeedSequence takes 0 for nothing)."""
    return int(np.random.SeedSequence((seed, epoch, 3, step)).generate_state(1)[0])


class _Order(Sampler[Ticket]):
    """The tickets of the epoch that is set: every image once, in shuffled order, in batches of nearly equal size.

    An incomplete last batch would either lose its images or give batch norm the statistics of a handful.
    """

    def __init__(self, indices: NDArray[np.int64], batch_size: int, seed: int) -> None:
        self._indices = indices
        # At least two images a batch, which is what batch norm needs.
        self._batches = min(math.ceil(len(indices) / batch_size), len(indices) // 2)
        self._seed = seed
        self.epoch = 1

    def __len__(self) -> int:
        return self._batches

    def __iter__(self) -> Iterator[Ticket]:
        order = np.random.default_rng(epoch_seed(self._seed, self.epoch, 0)).permutation(self._indices)
        seeds = epoch_seed(self._seed, self.epoch, 1).generate_state(len(self))
        for batch, seed in zip(np.array_split(order, len(self)), seeds, strict=True):
            yield Ticket(batch, int(seed))


class _Batches(Dataset[tuple[Tensor, Tensor]]):
    def __init__(self, data: Data, augmentation: Augmentation) -> None:
        self._images = data.images
        self._labels = data.labels
        self._augmentation = augmentation

    def __getitem__(self, ticket: Ticket) -> tuple[Tensor, Tensor]:
        images = self._augmentation(self._images[ticket.indices], ticket.seed)
        return torch.from_numpy(images), torch.from_numpy(self._labels[ticket.indices])


def _leave_signals_to_the_parent(_worker: int) -> None:
    # A forked loader inherits its parent's handlers, and a terminal's Ctrl-C reaches it as well.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


class TrainLoader:
    """The training batches of a run: uint8 [B, H, W, 3] and int64 [B], epoch after epoch."""

    def __init__(self, config: TrainConfig, data: Data, runtime: Runtime) -> None:
        self._order = _Order(data.train, config.batch_size, config.seed)
        self._loader: DataLoader[tuple[Tensor, Tensor]] = DataLoader(
            _Batches(data, Augmentation(config.augment)),
            sampler=self._order,
            batch_size=None,  # a ticket is a whole batch
            num_workers=runtime.loader_workers,
            persistent_workers=runtime.loader_workers > 0,
            worker_init_fn=_leave_signals_to_the_parent,
            pin_memory=runtime.device.startswith("cuda"),
            # Its own: from torch's it would draw in each epoch without loader workers and in the first one with them,
            # and what a network drops would depend on that.
            generator=torch.Generator(),
        )

    def __len__(self) -> int:
        return len(self._order)

    def epoch(self, number: int) -> Iterator[tuple[Tensor, Tensor]]:
        """The batches of one epoch, counted from 1."""
        self._order.epoch = number
        return iter(self._loader)

    def close(self) -> None:
        """End the loader workers now; they would else live until the loader is collected. May be called again."""
        iterator, self._loader._iterator = self._loader._iterator, None
        if iterator is not None:
            iterator._shutdown_workers()  # type: ignore[attr-defined]
