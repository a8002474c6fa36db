"""Who works for one command: how many workers, on what, for how long, and where they keep what they write."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field
from trainer.config.runtime import Runtime
from trainer.errors import ConfigError
from trainer.support.cpu import available_cores
from trainer.tracking.event_files import check_writable, log_folder

from search.config.sections import LONGEST
from search.database.lease import DURATION
from search.stores.artifacts import artifacts_place, open_artifacts
from search.stores.open import open_store
from search.worker.job import loaders
from search.worker.timeouts import Timeouts


@dataclass(frozen=True)
class Locations:
    """Where workers keep what they write, see :class:`search.worker.job.Job`."""

    checkpoints: str
    logs: Path | None
    artifacts: str

    def prove(self) -> None:
        """Prove that they can be written to, or raise SaveError."""
        open_store(self.checkpoints)
        open_artifacts(self.artifacts).sweep()
        if self.logs:
            check_writable(self.logs)

    def anchored(self) -> Locations:
        """The same places with absolute paths, for processes that run in another folder."""

        def absolute(place: str) -> str:
            return place if "://" in place else str(Path(place).absolute())

        return Locations(absolute(self.checkpoints), self.logs and self.logs.absolute(), absolute(self.artifacts))


@dataclass(frozen=True)
class WorkerPool:
    """How many workers run here, on what, and for how long; the bounds are pydantic's to check.

    Attributes:
        workers: Worker processes on the CPU; none: one a device.
        devices: As :func:`trainer.runtime.devices.choose_devices` takes it.
        trials: Trials that each worker runs at most; none: the study's budget alone.
        timeout: Seconds after which trials are handed back.
        checkpoints: Where resume points lie: a folder, ``s3://bucket/prefix``, or none: beside the embedded database.
        tensorboard: Folder of event files, ``none``, or none given: beside the embedded database.
        wandb: Project at Weights & Biases; none: nothing is sent there.
        memory_limit: Bytes of a device that a worker may use.
        lease: See :class:`Timeouts`, as the next two.
        stall_timeout: Its ``stall``.
        patience: Seconds.
        artifacts: Where the pictures of trials lie, as :func:`search.stores.artifacts.artifacts_place` takes it.
        liveness: A file that is touched while the workers are watched.
        ray: Address of a Ray cluster on whose nodes the workers run; none: on this machine.
        ray_cpus: CPUs that each of them asks Ray for.
    """

    workers: Annotated[int, Field(ge=1, le=256)] | None = None
    devices: str = "auto"
    trials: Annotated[int, Field(ge=1)] | None = None
    timeout: Annotated[float, Field(ge=0)] | None = None
    checkpoints: str | None = None
    tensorboard: str | None = None
    wandb: str | None = None
    memory_limit: Annotated[int, Field(gt=0)] | None = None
    lease: Annotated[float, Field(ge=3, le=LONGEST)] = DURATION
    stall_timeout: Annotated[float, Field(ge=1, le=LONGEST)] = Timeouts.stall
    patience: Annotated[float, Field(ge=1, le=LONGEST)] = Timeouts.patience
    artifacts: str | None = None
    liveness: Path | None = None
    ray: str | None = None
    ray_cpus: Annotated[int, Field(ge=1)] | None = None

    @property
    def timeouts(self) -> Timeouts:
        """How long the workers wait for what."""
        return Timeouts(self.lease, self.stall_timeout, self.patience)

    def runtimes(self, home: Path) -> list[Runtime]:
        """What each worker computes with.

        Raises:
            ConfigError: A device does not exist here.
        """
        from trainer.runtime.devices import choose_devices  # not above: who only watches the workers needs no torch

        devices = choose_devices(self.devices)
        if devices == ("cpu",):
            devices *= self.workers or 1
        elif self.workers is not None and self.workers != len(devices):
            raise ConfigError(
                f"workers = {self.workers} does not go with {len(devices)} CUDA devices, each of which has one worker; "
                "leave workers away, or name a device twice in devices to have two workers on it"
            )
        cores = max(1, available_cores() // len(devices))
        return [self.runtime(device, cores, home) for device in devices]

    def runtime(self, device: str, cores: int, home: Path) -> Runtime:
        """What a worker computes with that has a device and so many cores."""
        return Runtime(
            device=device,
            loader_workers=loaders(device, cores),
            threads=cores,
            memory_limit=self.memory_limit,
            sizes=home / "fitting-sizes.json",
        )

    def locations(self, home: Path) -> Locations:
        """Where the workers keep what they write."""
        return Locations(
            checkpoints=self.checkpoints or str(home / "points"),
            logs=log_folder(self.tensorboard or home / "tensorboard"),
            artifacts=artifacts_place(self.artifacts, home),
        )


def single(device: str, home: Path, memory_limit: int | None = None) -> Runtime:
    """What a command computes with that runs alone, or ConfigError where there is no such device."""
    from trainer.runtime.devices import choose_device

    runtime = WorkerPool(memory_limit=memory_limit).runtime(choose_device(device), available_cores(), home)
    return runtime.model_copy(update={"loader_workers": 0})
