"""What a resume point costs: bytes and milliseconds to save and to read, beside an epoch's training.

.venv/bin/python -m benchmarks.points resnet10t tf_efficientnet_lite0 resnet50
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from search.points import FolderStore
from search.resume import ResumePoints
from trainer.checkpoint import Point
from trainer.config import Runtime, TrainConfig
from trainer.cores import available_cores
from trainer.loop import Run
from trainer.prepare import Data

_IMAGES, _CLASSES, _SIZE, _TIMES = 128, 18, 96, 5


def main() -> None:
    """Measure the backbones of the command line."""
    table = Table("backbone", "MB", "save ms", "read and load ms", f"epoch of {_IMAGES} images, ms")
    for backbone in sys.argv[1:] or ["resnet10t"]:
        table.add_row(backbone, *(f"{figure:.1f}" for figure in measure(backbone)))
    Console().print(table)


def measure(backbone: str) -> tuple[float, float, float, float]:
    """Megabytes, and medians of milliseconds: to save, to read and load, to train an epoch."""
    config = TrainConfig(backbone=backbone, weights="none", image_size=_SIZE, batch_size=64, epochs=_TIMES)
    data, runtime = random_data(), Runtime(threads=available_cores())
    saves, loads, epochs = [], [], []
    with (
        tempfile.TemporaryDirectory() as folder,
        Run(config, data, runtime) as run,
        Run(config, data, runtime) as other,
    ):
        points = ResumePoints(FolderStore(Path(folder)), "benchmark")
        for result in run.epochs():
            epochs.append(1000 * result.seconds)
            started = time.perf_counter()
            points.save(0, Point(run={}, attempt=1, epoch=run.epoch, notes={}, state=run.state_dict()))
            saves.append(1000 * (time.perf_counter() - started))
            started = time.perf_counter()
            point, why = points.load(0, {}, since=1)
            if point is None:
                raise RuntimeError(why)
            other.load_state_dict(point.state)
            loads.append(1000 * (time.perf_counter() - started))
        (file,) = Path(folder).rglob("*.point")
        save, load, epoch = (statistics.median(times) for times in (saves, loads, epochs))
        return file.stat().st_size / 1e6, save, load, epoch


def random_data() -> Data:
    """Images of noise; what they show does not matter here."""
    rng = np.random.default_rng(0)
    rows = np.arange(_IMAGES, dtype=np.int64)
    names = np.array([str(row) for row in rows])
    return Data(
        images=rng.integers(0, 256, (_IMAGES, _SIZE, _SIZE, 3), dtype=np.uint8),
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
