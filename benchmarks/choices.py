"""Choices of the trainer that were made by measuring: how long threads spin, who makes batches, torch.compile.

.venv/bin/python -m benchmarks.choices spinning | loaders | compile [BACKBONE SIZE PRECISION ...]
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from rich.console import Console

from benchmarks.contestants import BareStep, Case, meaningless
from benchmarks.figures import Figures, machine
from trainer.config import Runtime, TrainConfig
from trainer.cores import available_cores
from trainer.loop import Run
from trainer.prepare import Data

ROUNDS = 5
SPINS = ("", "100000", "10000", "1000", "0")
_IMAGES = 1024


def main() -> None:
    """Measure what the command line names."""
    what, *arguments = sys.argv[1:]
    cases = list(zip(*[iter(arguments)] * 3, strict=True)) or [("lcnet_050", "96", "fp32"), ("resnet10t", "96", "bf16")]
    console = Console()
    console.print(machine())
    for backbone, size, precision in cases:
        values = {"backbone": backbone, "image_size": int(size), "precision": precision}
        config = TrainConfig.model_validate({**values, "weights": "none", "batch_size": 64, "epochs": 1000})
        console.print({"spinning": spinning, "loaders": loaders, "compile": compiled, "bare": bare}[what](config))


def bare(config: TrainConfig) -> str:
    """Images a second of the bare step, a number a round; what `spinning` starts."""
    step = BareStep(Case(config, noise(config.image_size, 64), Path(), Path()))
    step.speed()
    return " ".join(f"{step.speed():.1f}" for _ in range(ROUNDS))


def spinning(config: TrainConfig) -> object:
    """The bare step alone and beside a busy process, by how often a waiting thread looks before it sleeps."""
    rows = []
    for count in SPINS:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("GOMP_", "OMP_"))}
        # An empty value is set, so that the trainer does not set its own, and means nothing to libgomp.
        environment["GOMP_SPINCOUNT"] = count
        rows.append((count or "libgomp's own", *(_bare_elsewhere(config, environment, busy) for busy in (False, True))))
    return Figures(_title(config), ("GOMP_SPINCOUNT", "alone", "beside a busy process"), tuple(rows)).table()


def _bare_elsewhere(config: TrainConfig, environment: dict[str, str], busy: bool) -> str:
    case = (config.backbone, str(config.image_size), config.precision)
    with ExitStack() as stack:
        if busy:
            other = stack.enter_context(subprocess.Popen([sys.executable, "-c", "while True: pass"]))
            stack.callback(other.kill)
        run = [sys.executable, "-m", "benchmarks.choices", "bare", *case]
        output = subprocess.run(run, env=environment, check=True, capture_output=True, text=True).stdout
    return _spread([float(each) for each in output.splitlines()[-1].split()])


def loaders(config: TrainConfig) -> object:
    """Epochs with the training process and with loader processes making the batches, over the bare step."""
    data = noise(config.image_size, _IMAGES)
    config = config.model_copy(update={"augment": "light", "cutmix_prob": 0.5})
    step = BareStep(Case(config, data, Path(), Path()))
    counts = (0, 1, 2)
    ratios: dict[int, list[float]] = {count: [] for count in counts}
    with ExitStack() as stack:
        runtimes = [Runtime(threads=available_cores(), loader_workers=count) for count in counts]
        runs = [stack.enter_context(Run(config, data, runtime)) for runtime in runtimes]
        epochs = [run.epochs() for run in runs]
        for each in epochs:
            next(each)
        step.speed()
        for _ in range(ROUNDS):
            for count, each in zip(counts, epochs, strict=True):
                whole = step.speed()
                ratios[count].append(next(each).images_per_second / whole)
    rows = tuple((str(count), _spread(values, 3)) for count, values in ratios.items())
    return Figures(_title(config), ("loader processes", "epoch over bare step"), rows).table()


def compiled(config: TrainConfig) -> object:
    """Steps with and without torch.compile, and the seconds until the first epoch of one batch is done."""
    data = noise(config.image_size, 64)
    first, again, epochs = {}, {}, {}
    with ExitStack() as stack:
        for choice in (False, True):
            chosen = config.model_copy(update={"compile": choice, "augment": "none"})
            for times in (first, again):  # the second run of a process finds the compiled program
                started = time.perf_counter()
                epochs[choice] = stack.enter_context(Run(chosen, data, Runtime(threads=available_cores()))).epochs()
                next(epochs[choice])
                times[choice] = time.perf_counter() - started
        speeds: dict[bool, list[float]] = {False: [], True: []}
        for _ in range(4 * ROUNDS):
            for choice, values in speeds.items():
                values.append(next(epochs[choice]).images_per_second)
    ratio = statistics.median(fast / plain for fast, plain in zip(speeds[True], speeds[False], strict=True))
    rows = tuple(
        (name, _spread(speeds[choice]), f"{first[choice]:.1f}", f"{again[choice]:.1f}")
        for name, choice in (("plain", False), ("compiled", True))
    )
    columns = (f"ratio {ratio:.2f}", "images/s", "s of a worker's first run", "of its next")
    return Figures(_title(config), columns, rows).table()


def noise(size: int, images: int) -> Data:
    """Random pixels and labels; all are trained on."""
    pixels = np.random.default_rng(0).integers(0, 256, (images, size, size, 3), dtype=np.uint8)
    return meaningless(pixels)


def _title(config: TrainConfig) -> str:
    return f"{config.backbone}@{config.image_size} {config.precision}, median (least to most)"


def _spread(values: Sequence[float], digits: int = 0) -> str:
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


if __name__ == "__main__":
    main()
