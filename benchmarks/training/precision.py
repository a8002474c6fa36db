"""Training steps a second in float32 and bfloat16, in turn, for a few backbones on this machine's CPU.

.venv/bin/python -m benchmarks.training.precision
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.rehearsal import parse
from trainer.config.runtime import Runtime
from trainer.config.train_config import Precision, TrainConfig
from trainer.data.dataset import Dataset
from trainer.training.run import Run

BACKBONES = {"resnet10t": 96, "resnet18": 64, "lcnet_050": 64, "tf_efficientnet_lite0": 64, "test_resnet": 64}
BATCH = 64
PRECISIONS: tuple[Precision, ...] = ("fp32", "bf16")


def main() -> None:
    """Print a table: images a second, median over the rounds, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("backbones", nargs="*", default=list(BACKBONES), help=", ".join(BACKBONES))
    parser.add_argument("--rounds", type=int, default=5)
    options = parse(parser, "test_resnet --rounds 1")
    if unknown := [name for name in options.backbones if name not in BACKBONES]:
        parser.error(f"{unknown[0]!r} is none of {', '.join(BACKBONES)}")
    title = f"one thread, batch {BATCH}, median of {options.rounds}"
    table = Table("backbone", "px", *PRECISIONS, "bf16 / fp32", title=title)
    for backbone in options.backbones:
        size = BACKBONES[backbone]
        runs = {
            precision: Run(
                TrainConfig(
                    backbone=backbone,
                    weights="none",
                    image_size=size,
                    batch_size=BATCH,
                    augment="none",
                    precision=precision,
                ),
                one_batch(size),
                Runtime(threads=1),
            )
            for precision in PRECISIONS
        }
        speeds: dict[str, list[float]] = {precision: [] for precision in PRECISIONS}
        for count in range(options.rounds + 1):
            for precision, run in runs.items():
                started = time.perf_counter()
                next(run.epochs())
                if count:  # the first prepares kernels
                    speeds[precision].append(BATCH / (time.perf_counter() - started))
        fp32, bf16 = (statistics.median(speeds[precision]) for precision in PRECISIONS)
        table.add_row(backbone, str(size), f"{fp32:.0f}", f"{bf16:.0f}", f"{bf16 / fp32:.2f}")
    Console().print(table)


def one_batch(size: int) -> Dataset:
    """Random pixels and labels: one batch to train on, none to validate."""
    rng = np.random.default_rng(0)
    numbers = np.arange(BATCH)
    return Dataset(
        images=rng.integers(0, 256, (BATCH, size, size, 3), dtype=np.uint8),
        labels=rng.integers(0, 18, BATCH),
        groups=numbers.astype(str),
        paths=numbers.astype(str),
        train=numbers,
        validation=numbers[:0],
        classes=tuple(map(str, range(18))),
        fingerprint={},
        bad=(),
        notes=(),
    )


if __name__ == "__main__":
    main()
