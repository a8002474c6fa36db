"""What a resume point costs: bytes, milliseconds to save and to read, and how long training waits for one.

.venv/bin/python -m benchmarks.service.points resnet10t tf_efficientnet_lite0 resnet50
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.rehearsal import parse
from search.stores.checkpoints import Checkpoints
from search.stores.folder import FolderStore
from search.worker.checkpoint_writer import CheckpointWriter
from trainer.config.runtime import Runtime
from trainer.config.train_config import TrainConfig
from trainer.data.dataset import Dataset
from trainer.support.cpu import available_cores
from trainer.training.checkpoint import Checkpoint, snapshot
from trainer.training.run import Run

_IMAGES, _CLASSES = 128, 18


def main() -> None:
    """Measure the backbones of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("backbones", nargs="*", default=["resnet10t"])
    parser.add_argument("--times", type=int, default=7, help="of which the median is taken")
    parser.add_argument("--size", type=int, default=96, help="pixels a side")
    options = parse(parser, "test_resnet --size 32 --times 1")
    costs = Table("backbone", "MB", "save ms", "read and load ms")
    waits = Table(
        "backbone",
        f"epoch of {_IMAGES} images, ms",
        "wait, saved between epochs",
        "wait, saved beside the next",
        "epoch and wait, saved between",
        "epoch and wait, saved beside",
    )
    for backbone in options.backbones:
        costs.add_row(backbone, *(f"{figure:.1f}" for figure in measure(backbone, options.size, options.times)))
        waits.add_row(backbone, *(f"{figure:.1f}" for figure in stall(backbone, options.size, options.times)))
    Console().print(costs, waits)


def stall(backbone: str, size: int, times: int) -> list[float]:
    """Medians of milliseconds: an epoch without any point, the waits of both ways, an epoch and its wait of both ways.

    The three take turns, an epoch each. What is written beside an epoch takes cores from it, so the sum counts.
    """
    config = TrainConfig(backbone=backbone, weights="none", image_size=size, batch_size=64, epochs=3 * times + 1)
    writer = CheckpointWriter()
    waits: dict[str, list[float]] = {"none": [], "between": [], "beside": []}
    cycles: dict[str, list[float]] = {"none": [], "between": [], "beside": []}
    with (
        tempfile.TemporaryDirectory() as folder,
        Run(config, random_data(size), Runtime(threads=available_cores())) as run,
    ):
        checkpoints = Checkpoints(FolderStore(Path(folder)), "benchmark")
        epochs = run.epochs()
        next(epochs)  # the first takes longer
        for way in ["none", "between", "beside"] * times:
            started = time.perf_counter()
            point = Checkpoint(run={}, attempt=1, epoch=run.epoch, notes={}, state={})
            if way == "between":
                checkpoints.save(0, replace(point, state=run.state_dict()))
            elif way == "beside":
                writer.begin(partial(_save, checkpoints, point, snapshot(run.state_dict())), lambda: None)
            waits[way].append(1000 * (time.perf_counter() - started))
            next(epochs)
            writer.wait()
            cycles[way].append(1000 * (time.perf_counter() - started))
    both = [statistics.median(found[way]) for found in (waits, cycles) for way in ("between", "beside")]
    return [statistics.median(cycles["none"]), *both]


def _save(checkpoints: Checkpoints, point: Checkpoint, state: Callable[[], dict[str, Any]]) -> None:
    checkpoints.save(0, replace(point, state=state()))


def measure(backbone: str, size: int, times: int) -> tuple[float, float, float]:
    """Megabytes, and medians of milliseconds: to save, to read and load."""
    config = TrainConfig(backbone=backbone, weights="none", image_size=size, batch_size=64, epochs=times)
    data, runtime = random_data(size), Runtime(threads=available_cores())
    saves, loads = [], []
    with (
        tempfile.TemporaryDirectory() as folder,
        Run(config, data, runtime) as run,
        Run(config, data, runtime) as other,
    ):
        checkpoints = Checkpoints(FolderStore(Path(folder)), "benchmark")
        for _ in run.epochs():
            started = time.perf_counter()
            checkpoints.save(0, Checkpoint(run={}, attempt=1, epoch=run.epoch, notes={}, state=run.state_dict()))
            saves.append(1000 * (time.perf_counter() - started))
            started = time.perf_counter()
            point, why = checkpoints.load(0, {}, since=1)
            if point is None:
                raise RuntimeError(why)
            other.load_state_dict(point.state)
            loads.append(1000 * (time.perf_counter() - started))
        (file,) = Path(folder).rglob("*.point")
        return file.stat().st_size / 1e6, statistics.median(saves), statistics.median(loads)


def random_data(size: int) -> Dataset:
    """Images of noise; what they show does not matter here."""
    rng = np.random.default_rng(0)
    rows = np.arange(_IMAGES, dtype=np.int64)
    names = np.array([str(row) for row in rows])
    return Dataset(
        images=rng.integers(0, 256, (_IMAGES, size, size, 3), dtype=np.uint8),
        labels=rows % _CLASSES,
        groups=names,
        paths=names,
        train=rows,
        validation=rows[:0],
        classes=tuple(str(label) for label in range(_CLASSES)),
        fingerprint={},
        bad=(),
        notes=(),
    )


if __name__ == "__main__":
    main()
