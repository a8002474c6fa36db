"""What the dashboard's pictures and TensorBoard's files cost a trial, beside its training.

.venv/bin/python -m benchmarks.service.exhibits test_resnet resnet10t
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.rehearsal import parse
from benchmarks.service.points import random_data
from search.results.history import TrialHistory
from search.stores.artifacts import open_artifacts
from search.worker.trial_artifacts import ArtifactKey, ArtifactWriter
from trainer.config.runtime import Runtime
from trainer.config.train_config import TrainConfig
from trainer.support.cpu import available_cores
from trainer.tracking.tensorboard import TrialLog
from trainer.training.run import Run


def main() -> None:
    """Measure the backbones of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("backbones", nargs="*", default=["test_resnet"])
    parser.add_argument("--size", type=int, default=96, help="pixels a side")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--times", type=int, default=10, help="of which the median is taken")
    options = parse(parser, "test_resnet --size 32 --epochs 1 --times 1")
    columns = (
        "training s",
        "pictures, the first ms",
        "the next ms",
        "log ms",
        "share of the next trials",
        "KB a trial",
    )
    table = Table("backbone", *columns)
    for backbone in options.backbones:
        training, first, following, log, size = measure(backbone, options.size, options.epochs, options.times)
        share = f"{(following + log) / (training * 1000 + following + log):.1%}"
        figures = (f"{training:.1f}", f"{first:.0f}", f"{following:.0f}", f"{log:.1f}", share, f"{size / 1000:.0f}")
        table.add_row(backbone, *figures)
    Console().print(table)


def measure(backbone: str, pixels: int, epochs: int, times: int) -> tuple[float, float, float, float, int]:
    """Seconds of training; milliseconds of the first pictures, of the later ones (median) and of the log; bytes."""
    config = TrainConfig(backbone=backbone, weights="none", image_size=pixels, batch_size=32, epochs=epochs)
    data = random_data(pixels)
    half = len(data.images) // 2
    rows = np.arange(len(data.images), dtype=np.int64)
    data = type(data)(**{**vars(data), "train": rows[:half], "validation": rows[half:]})
    history, training, log_seconds = TrialHistory(), 0.0, 0.0
    with tempfile.TemporaryDirectory() as name, TrialLog(Path(name) / "log", data.classes, sys.exit) as log:
        started = time.perf_counter()
        log.open(1, 0, {"lr": 0.001})
        log_seconds += time.perf_counter() - started
        with Run(config, data, Runtime(threads=available_cores())) as run:
            watched: list[float] = []

            def watch(*batch: object) -> None:
                begun = time.perf_counter()
                log.batch(*batch)  # type: ignore[arg-type]
                watched.append(time.perf_counter() - begun)

            run.on_batch = watch
            for result in run.epochs():
                training += result.seconds
                scores = result.validation
                started = time.perf_counter()
                log.epoch(result, scores.f1 if scores else 0.0)
                log_seconds += time.perf_counter() - started
                history.add_epoch(result, scores.f1 if scores else 0.0, data.classes)
        log_seconds += sum(watched)
        training -= sum(watched)
        artifact_writer = ArtifactWriter(open_artifacts(str(Path(name) / "artifacts")), lambda: False, sys.exit)
        writes = []
        for trial in range(times + 1):
            started = time.perf_counter()
            artifact_writer.write(ArtifactKey("benchmark", trial, 1), history, data.classes, epochs=epochs)
            writes.append(1000 * (time.perf_counter() - started))
        pictures = [path.stat().st_size for path in (Path(name) / "artifacts").iterdir()]
        size = sum(pictures) // (times + 1) + sum(path.stat().st_size for path in (Path(name) / "log").iterdir())
    return training, writes[0], statistics.median(writes[1:]), 1000 * log_seconds, size


if __name__ == "__main__":
    main()
