"""What the benchmarks of the service share: a study whose training only sleeps, a server to itself, a stopwatch."""

from __future__ import annotations

import random
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import numpy as np

from search.config.load import load_spec
from search.config.study_spec import StudySpec
from search.postgres.server import embedded_server, server_state, stop_server
from search.stores.checkpoints import Checkpoints
from search.worker.reporter import TrialReporter
from search.worker.trial_record import TrialRecord
from search.worker.trial_runner import _TrialRunner
from search.worker.worker import WorkerLoop
from trainer.config.runtime import Runtime
from trainer.config.train_config import TrainConfig
from trainer.data.dataset import Dataset
from trainer.training.epoch_result import EpochResult
from trainer.training.metrics import Scores

FLAGSHIP = Path(__file__).parents[2] / "studies" / "mask-f1.toml"

Lap = tuple[float, float]
"""When something began, on the monotonic clock that all processes share, and how many seconds it took."""


def make_spec(
    name: str, trials: int, epochs: int, *, sampler: Literal["random", "tpe"], pruner: Literal["none", "asha"]
) -> StudySpec:
    """The flagship's five parameters, with another budget."""
    spec = load_spec(str(FLAGSHIP)).model_dump()
    spec |= {"start": (), "pruner": {"kind": pruner}, "fixed": {"weights": "none", "epochs": epochs}}
    spec["study"] = {"name": name, "trials": trials, "seed": 42}
    spec["sampler"] = {"kind": sampler}
    return StudySpec.model_validate(spec)


def no_images(classes: int = 18) -> Dataset:
    """Data of which only the names of the classes are used."""
    nothing = np.zeros(0, dtype=np.int64)
    names = tuple(f"class {number}" for number in range(classes))
    return Dataset(nothing, nothing, nothing, nothing, nothing, nothing, names, {}, (), ())


def random_f1(config: TrainConfig) -> float:
    """An F1 that looks random and belongs to the configuration."""
    return random.Random(config.model_dump_json()).uniform(0.2, 0.7)


class SleepingRun:
    """Stands in for trainer.training.run.Run: epochs that sleep, F1 that rises to ``f1`` in equal steps."""

    has_batch_norm = False
    stopped_early = ""
    batch_split = 1

    def __init__(self, config: TrainConfig, data: Dataset, *, f1: float, seconds: float, laps: list[Lap]) -> None:
        self._epochs = config.epochs
        self._classes = len(data.classes)
        self._f1 = f1
        self._seconds = seconds
        self._laps = laps
        self.epoch = 0
        self.steps = 0

    def epochs(self) -> Iterator[EpochResult]:
        """One result after each nap."""
        while self.epoch < self._epochs:
            began = time.monotonic()
            if self._seconds:
                time.sleep(self._seconds)
            seconds = time.monotonic() - began
            self._laps.append((began, seconds))
            self.epoch += 1
            self.steps += 1
            f1 = self._f1 * self.epoch / self._epochs
            scores = Scores(1.0, f1, f1, (f1,) * self._classes, ((0,) * self._classes,) * self._classes)
            yield EpochResult(self.epoch, 1.0, scores, 0.1, 100.0, seconds)

    def state_dict(self) -> dict[str, Any]:
        """As small as a state can be."""
        return {"epoch": self.epoch}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on after that epoch."""
        self.epoch = state["epoch"]

    def close(self) -> None:
        """There is nothing to free."""

    def __enter__(self) -> SleepingRun:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()


def sleeping(
    seconds: float, laps: list[Lap], f1: Callable[[TrainConfig], float] = random_f1
) -> Callable[[TrainConfig, Dataset, Runtime], Any]:
    """What a bench makes its runs with; each epoch is added to ``laps``."""
    return lambda config, data, runtime: SleepingRun(config, data, f1=f1(config), seconds=seconds, laps=laps)


# What a worker does between two epochs and two trials; `report` is done by the reporter's thread.
STEPS = {
    "open": (TrialRecord, "__init__"),
    "suggest": (TrialRecord, "suggest"),
    "resume point": (_TrialRunner, "_save"),
    "report": (TrialRecord, "report"),
    "hear": (TrialReporter, "wait_for_answer"),
    "settle": (TrialReporter, "flush"),
    "end": (TrialRecord, "end"),
    "forget": (Checkpoints, "forget"),
    "announce": (WorkerLoop, "_report_end"),
}


@dataclass
class Stopwatch:
    """How long the steps of trials take, by their name."""

    laps: dict[str, list[Lap]] = field(default_factory=dict)
    _here: threading.local = field(default_factory=threading.local)

    @property
    def step(self) -> str:
        """What this thread is doing."""
        return str(getattr(self._here, "step", ""))

    @contextmanager
    def lap(self, name: str) -> Iterator[None]:
        """Time the block."""
        outer, self._here.step = self.step, name
        began = time.monotonic()
        try:
            yield
        finally:
            self._here.step = outer
            self.laps.setdefault(name, []).append((began, time.monotonic() - began))

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, timed."""

        def wrapper(*arguments: object, **more: object) -> object:
            with self.lap(name):
                return function(*arguments, **more)

        return wrapper

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Time the ``STEPS`` of all trials of this process while the block lasts."""
        plain = {name: vars(owner)[method] for name, (owner, method) in STEPS.items()}
        for name, (owner, method) in STEPS.items():
            setattr(owner, method, self.timed(name, plain[name]))
        try:
            yield
        finally:
            for name, (owner, method) in STEPS.items():
                setattr(owner, method, plain[name])

    def take(self) -> dict[str, list[Lap]]:
        """What was timed since the last call."""
        taken, self.laps = self.laps, {}
        return taken


@contextmanager
def own_server() -> Iterator[tuple[Path, str, int]]:
    """A folder, and the URL and process id of a PostgreSQL of its own; both are gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="scale-"))
    try:
        with embedded_server(home) as url:
            pid = server_state(home).pid
            if pid is None:
                raise RuntimeError("the server has no process")
            yield home, url, pid
    finally:
        data = server_state(home).data
        stop_server(home, force=True)
        shutil.rmtree(data.parent, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)
