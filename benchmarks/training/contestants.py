"""What the throughput benchmark compares: the bare step, a worker of ours, and a plain DataLoader over the files."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

import albumentations as A  # noqa: N812 - the name its documentation uses
import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader

from benchmarks.service.sleeping import own_server
from search.config.study_spec import StudySpec
from search.database.connection import open_storage
from search.database.lease import Lease, Leases
from search.database.optuna_internals import study_id
from search.database.queries import next_worker_number, study_key
from search.stores.artifacts import open_artifacts
from search.stores.checkpoints import Checkpoints
from search.stores.folder import FolderStore
from search.study.study import ensure_study, load_study
from search.worker.events import EpochDone, Event
from search.worker.signals import Stopper
from search.worker.trial_artifacts import ArtifactWriter
from search.worker.trial_runner import WorkerContext, run_trial
from trainer.batches.loader import Loader
from trainer.batches.mix import cutmix
from trainer.config.runtime import Runtime
from trainer.config.train_config import TrainConfig
from trainer.data.dataset import Dataset
from trainer.data.pixels import Pixels
from trainer.imaging.crop import height_width
from trainer.model.inference import autocast
from trainer.model.network import create_model
from trainer.model.normalization import normalization
from trainer.support.cpu import available_cores
from trainer.tracking.trial_logs import TrackingTargets
from trainer.training.optimizer import create_optimizer
from trainer.training.run import Run

_BARE_IMAGES = 384


@dataclass(frozen=True)
class Case:
    """What is trained.

    Attributes:
        config: The configuration.
        data: Decoded images.
        root: The folder that they come from.
        scratch: A folder for what a worker writes.
    """

    config: TrainConfig
    data: Dataset
    root: Path
    scratch: Path

    @property
    def runtime(self) -> Runtime:
        """This machine's, as a worker that has it to itself would have it."""
        return Runtime(threads=available_cores())


def meaningless(images: Pixels, classes: int = 18) -> Dataset:
    """Images with labels that mean nothing; all are trained on."""
    rows = np.arange(len(images))
    return Dataset(
        images=images,
        labels=rows % classes,
        groups=rows.astype(str),
        paths=rows.astype(str),
        train=rows,
        validation=rows[:0],
        classes=tuple(map(str, range(classes))),
        fingerprint={},
        bad=(),
        notes=(),
    )


class _Step:
    """The training step with nothing around it."""

    def __init__(self, case: Case) -> None:
        torch.set_num_threads(case.runtime.threads)
        self._config = case.config
        self._device = torch.device(case.runtime.device)
        self._model = create_model(case.config, len(case.data.classes)).train()
        self.normalization = normalization(self._model)
        self._optimizer = create_optimizer(case.config, self._model)

    def __call__(self, images: Tensor, targets: Tensor) -> None:
        with autocast(self._device, self._config.precision):
            output = self._model(images)
        functional.cross_entropy(output.float(), targets).backward()
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)


class BareStep:
    """The step over and over on one batch that is normalised and in memory already."""

    def __init__(self, case: Case) -> None:
        self._step = _Step(case)
        size, batch, classes = height_width(case.config.image_size), case.config.batch_size, len(case.data.classes)
        self._images = torch.randn(batch, 3, *size).contiguous(memory_format=torch.channels_last)
        self._targets = functional.one_hot(torch.arange(batch) % classes, classes).float()

    def speed(self) -> float:
        """Images a second."""
        steps = _BARE_IMAGES // len(self._images)
        started = time.perf_counter()
        for _ in range(steps):
            self._step(self._images, self._targets)
        return steps * len(self._images) / (time.perf_counter() - started)


@dataclass(frozen=True)
class TrialTimes:
    """A trial of ours.

    Attributes:
        speed: Training images of all epochs over the seconds of the whole trial.
        epoch_speed: Training images over the seconds of the epochs' training parts.
        seconds_to_first_step: From asking for the trial until its first batch is about to be trained on.
    """

    speed: float
    epoch_speed: float
    seconds_to_first_step: float


class _TimedRun(Run):
    """Notes when its first batch is there."""

    first_batch: float | None = None

    def _next(self, batches: Iterator[tuple[Tensor, Tensor]], mixing: np.random.Generator) -> tuple[Tensor, Tensor]:
        batch = super()._next(batches, mixing)
        if _TimedRun.first_batch is None:
            _TimedRun.first_batch = time.perf_counter()
        return batch


class LivingWorker:
    """A worker as `search work` has them, with its database, resume points and pictures; it runs one trial a call."""

    def __init__(self, case: Case, epochs: int, trials: int) -> None:
        self._case = case
        self._epochs = epochs
        self._speeds: list[float] = []
        self._stack = ExitStack()
        home, url, _ = self._stack.enter_context(own_server())
        storage = self._stack.enter_context(open_storage(url))
        spec = _spec(case, trials)
        made, _ = ensure_study(storage, spec, case.data)
        study = load_study(storage, spec.study.name, worker=next_worker_number(storage.engine, study_id(made)))
        key = study_key(storage.engine, study_id(study))
        self._leases = Leases(study, worker="throughput", device="cpu")
        loader = self._stack.enter_context(Loader(case.data, case.runtime))
        self._context = WorkerContext(
            worker=0,
            study=study,
            key=key,
            spec=spec,
            data=case.data,
            runtime=case.runtime,
            checkpoints=Checkpoints(FolderStore(home / "points"), "throughput"),
            stopper=Stopper(),
            emit=self._hear,
            artifact_writer=ArtifactWriter(open_artifacts(str(home / "artifacts")), lambda: False, lambda _: None),
            logbook=TrackingTargets(home / "tensorboard"),
            run=partial(_TimedRun, loader=loader),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def trial(self) -> TrialTimes:
        """Run one trial from its claim to its end."""
        self._speeds, _TimedRun.first_batch = [], None
        images = len(self._case.data.train)
        started = time.perf_counter()
        claim = self._leases.claim(uuid.uuid4().hex)
        if not isinstance(claim, Lease):
            raise RuntimeError(f"no trial to claim: {claim.value}")
        number, outcome = run_trial(self._context, claim)
        seconds = time.perf_counter() - started
        if outcome.kind != "complete" or _TimedRun.first_batch is None:
            raise RuntimeError(f"trial {number} ended as {outcome.kind}: {outcome.reason}")
        return TrialTimes(
            speed=self._epochs * images / seconds,
            epoch_speed=len(self._speeds) / sum(1 / speed for speed in self._speeds),
            seconds_to_first_step=_TimedRun.first_batch - started,
        )

    def _hear(self, event: Event) -> None:
        if isinstance(event, EpochDone):
            self._speeds.append(event.images_per_second)


def _spec(case: Case, trials: int) -> StudySpec:
    fixed = case.config.model_dump(mode="json", exclude_unset=True)  # a default may need what this data lacks
    values: dict[str, Any] = {
        "study": {"name": "throughput", "trials": trials},
        "data": {"layout": "competition", "root": str(case.root)},
        "space": {"lr": {"low": 1e-4, "high": 1e-3, "log": True}},
        "fixed": fixed,
        "sampler": {"kind": "random"},
        "pruner": {"kind": "none"},
    }
    return StudySpec.model_validate(values)


class _Files(torch.utils.data.Dataset[tuple[np.ndarray, int]]):
    """The files of the training images, decoded whenever they are asked for."""

    def __init__(self, case: Case) -> None:
        self._paths = [str(case.root / path) for path in _paths(case)]
        self._labels = case.data.labels[case.data.train]
        self._size = height_width(case.config.image_size)[::-1]  # width first, as OpenCV wants it
        self._transform = A.Compose(
            [
                A.HorizontalFlip(p=0.5),
                A.Rotate(limit=10, border_mode=2, p=0.5),
                A.ColorJitter(brightness=0.2, contrast=0.2, saturation=0.2, hue=0.02, p=0.5),
            ]
        )

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: int) -> tuple[np.ndarray, int]:
        pixels = cv2.imread(self._paths[index], cv2.IMREAD_COLOR_RGB)
        if pixels is None:
            raise ValueError(f"{self._paths[index]} cannot be read")
        pixels = cv2.resize(pixels, self._size, interpolation=cv2.INTER_AREA)
        return self._transform(image=pixels)["image"], int(self._labels[index])


def _paths(case: Case) -> list[str]:
    return [str(path) for path in case.data.paths[case.data.train]]


class PlainLoader:
    """What one writes first: a DataLoader of two processes that decode the files, and the same step."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._step = _Step(case)
        self._loader = DataLoader(
            _Files(case), batch_size=case.config.batch_size, shuffle=True, num_workers=2, persistent_workers=True
        )
        self._mixing = np.random.default_rng(0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        iterator, self._loader._iterator = self._loader._iterator, None
        if iterator is not None:
            iterator._shutdown_workers()  # type: ignore[attr-defined]

    def epoch(self) -> float:
        """Train an epoch: images a second."""
        started = time.perf_counter()
        for images, labels in self._loader:
            targets = functional.one_hot(labels, len(self._case.data.classes)).float()
            if self._mixing.uniform() < self._case.config.cutmix_prob:
                _, targets = cutmix(images.permute(0, 3, 1, 2), targets, self._mixing)
            self._step(self._step.normalization(images, torch.device("cpu")), targets)
        return len(self._case.data.train) / (time.perf_counter() - started)
