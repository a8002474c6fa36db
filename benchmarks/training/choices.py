"""Choices of the trainer that were made by measuring; prints one table for each backbone.

.venv/bin/python -m benchmarks.training.choices WHAT [BACKBONE SIZE PRECISION ...]

WHAT is one of spinning, memory, loaders, order, compile, or all.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from queue import Queue
from threading import Thread

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from torch import Tensor

from benchmarks.figures import Figures, machine
from benchmarks.rehearsal import parse
from benchmarks.training.contestants import BareStep, Case, meaningless
from search.launch.fork_server import ENVIRONMENT
from trainer.batches.loader import Loader
from trainer.config.runtime import Runtime
from trainer.config.train_config import TrainConfig
from trainer.data.dataset import Dataset
from trainer.runtime.memory import keep_freed_memory
from trainer.support.cpu import available_cores
from trainer.training.run import Run

SPINS = ("", "100000", "20000", "10000", "1000")
_BATCH = 64


def main() -> None:
    """Measure what the command line names."""
    options = _options()
    console = Console(width=140)
    console.print(machine())
    for backbone, size, precision in options.cases:
        values = {"backbone": backbone, "image_size": int(size), "precision": precision}
        config = TrainConfig.model_validate({**values, "weights": "none", "batch_size": _BATCH, "epochs": 1000})
        if how := _ELSEWHERE.get(options.what):
            console.print(how(config, options))
            continue
        for what in CHOICES if options.what == "all" else [options.what]:
            console.print(CHOICES[what](config, options).table())


def spinning(config: TrainConfig, options: argparse.Namespace) -> Figures:
    """The bare step alone and beside a busy process, by how often a waiting thread looks before it sleeps."""
    speeds: dict[tuple[str, bool], list[float]] = {each: [] for each in product(options.spins, (False, True))}
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("GOMP_", "OMP_"))}
    for _ in range(options.rounds):
        for (count, busy), values in speeds.items():
            # An empty value is set, so that the trainer does not set its own, and means nothing to libgomp.
            found = _elsewhere("kept", config, options, {**plain, "GOMP_SPINCOUNT": count}, busy)[:-1]
            values.append(statistics.median(found))
    rows = []
    for count in options.spins:
        rows.append((count or "libgomp's own", *(_spread(speeds[count, busy]) for busy in (False, True))))
    return Figures(_title(config), ("GOMP_SPINCOUNT", "alone", "beside a busy process"), tuple(rows))


def memory(config: TrainConfig, options: argparse.Namespace) -> Figures:
    """The bare step by what becomes of freed memory; the ways in turn."""
    huge = ENVIRONMENT["GLIBC_TUNABLES"]
    ways = {
        "handed back: glibc's own way": ("bare", ""),
        "kept": ("kept", ""),
        "kept, in large pages": ("kept", huge),
    }
    speeds: dict[str, list[float]] = {name: [] for name in ways}
    largest = dict.fromkeys(ways, 0.0)
    for _ in range(options.rounds):
        for name, (how, tunables) in ways.items():
            environment = {**os.environ, "GLIBC_TUNABLES": tunables}
            *values, largest[name] = _elsewhere(how, config, options, environment, busy=False)
            speeds[name].append(statistics.median(values))
    own = speeds[next(iter(ways))]
    rows = []
    for name, values in speeds.items():
        ratio = statistics.median(value / before for value, before in zip(values, own, strict=True))
        rows.append((name, _spread(values), f"{ratio:.2f}", f"{largest[name]:.0f}"))
    return Figures(_title(config), ("freed memory", "images/s", "ratio", "largest MB of the process"), tuple(rows))


def bare(config: TrainConfig, options: argparse.Namespace) -> str:
    """Images a second of the bare step, a number a round, and the largest memory in MB; other choices start it."""
    step = BareStep(Case(config, noise(config.image_size, _BATCH), Path(), Path()))
    step.speed()
    speeds = [step.speed() for _ in range(options.rounds)]
    return " ".join(f"{each:.1f}" for each in (*speeds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def kept(config: TrainConfig, options: argparse.Namespace) -> str:
    """The same, as runs have it."""
    keep_freed_memory()
    return bare(config, options)


def _elsewhere(
    how: str, config: TrainConfig, options: argparse.Namespace, environment: dict[str, str], busy: bool
) -> list[float]:
    if options.rehearse and how == "kept":  # each process takes seconds to import; that of "bare" shows that they run
        return [float(each) for each in kept(config, options).split()]
    case = (config.backbone, str(config.image_size), config.precision, "--rounds", str(options.rounds))
    with ExitStack() as stack:
        if busy:
            other = stack.enter_context(subprocess.Popen([sys.executable, "-c", "while True: pass"]))
            stack.callback(other.kill)
        run = [sys.executable, "-m", "benchmarks.training.choices", how, *case]
        output = subprocess.run(run, env=environment, check=True, capture_output=True, text=True).stdout
    return [float(each) for each in output.splitlines()[-1].split()]


class _AheadInAThread(Loader):
    """Makes one batch ahead in a thread of the training process."""

    def epoch(self, config: TrainConfig, number: int) -> Iterator[tuple[Tensor, Tensor]]:
        ready: Queue[tuple[Tensor, Tensor] | None] = Queue(1)
        batches = super().epoch(config, number)

        def make() -> None:
            for batch in batches:
                ready.put(batch)
            ready.put(None)

        Thread(target=make, daemon=True).start()
        while (batch := ready.get()) is not None:
            yield batch


def loaders(config: TrainConfig, options: argparse.Namespace) -> Figures:
    """Epochs over the bare step, by who makes the batches."""
    data = noise(config.image_size, options.images)
    config = config.model_copy(update={"augment": "light", "cutmix_prob": 0.5})
    step = BareStep(Case(config, data, Path(), Path()))
    makers: dict[str, tuple[type[Loader], int]] = {
        "the training process": (Loader, 0),
        "a thread of it, beside the step": (_AheadInAThread, 0),
        "1 process": (Loader, 1),
        "2 processes": (Loader, 2),
    }
    ratios: dict[str, list[float]] = {name: [] for name in makers}
    with ExitStack() as stack:
        epochs = {}
        for name, (kind, workers) in makers.items():
            runtime = Runtime(threads=available_cores(), loader_workers=workers)
            loader = stack.enter_context(kind(data, runtime))
            epochs[name] = stack.enter_context(Run(config, data, runtime, loader=loader)).epochs()
            next(epochs[name])
        step.speed()
        for _ in range(2 * options.rounds):
            for name, each in epochs.items():
                before, result, after = step.speed(), next(each), step.speed()
                ratios[name].append(result.images_per_second / ((before + after) / 2))
    rows = tuple((name, _spread(values, 3)) for name, values in ratios.items())
    return Figures(_title(config), ("batches are made by", "epoch over bare step"), rows)


def order(config: TrainConfig, options: argparse.Namespace) -> Figures:
    """A pass over a map of pixels, by the order of the rows; from the disk, and once it is in memory."""
    size, many = config.image_size, 8 * options.images
    shuffled = np.random.default_rng(0).permutation(many)
    batches = np.split(shuffled, many // _BATCH)
    groups = np.random.default_rng(0).permutation(many // 16).reshape(-1, _BATCH // 16)
    orders = {
        "shuffled": batches,
        "shuffled, each batch read in order": [np.sort(batch) for batch in batches],
        "shuffled by groups of 16": [(16 * batch[:, None] + np.arange(16)).ravel() for batch in groups],
    }
    rows = []
    with tempfile.TemporaryDirectory(prefix="order-", dir=Path.cwd()) as folder:  # /tmp may be in memory
        path = Path(folder, "pixels")
        noise(size, many).images[:].tofile(path)
        for name, batches in orders.items():
            cold, warm = [], []
            for _ in range(options.rounds):
                _forget(path)
                cold.append(_pass(path, size, batches))
                warm.append(_pass(path, size, batches))
            rows.append((name, _spread(cold), _spread(warm)))
    title = f"{many} images of {size} px, images/s, median (least to most)"
    return Figures(title, ("order", "from the disk", "in memory"), tuple(rows))


def _pass(path: Path, size: int, batches: Sequence[NDArray[np.int64]]) -> float:
    pixels = np.memmap(path, np.uint8, "r").reshape(-1, size, size, 3)  # gone at the end: what is mapped stays
    started = time.perf_counter()
    for batch in batches:
        pixels[batch]
    return len(pixels) / (time.perf_counter() - started)


def _forget(path: Path) -> None:
    """Have the kernel drop a file's pages."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def compiled(config: TrainConfig, options: argparse.Namespace) -> Figures:
    """Steps with and without torch.compile, and the seconds until the first epoch of one batch is done."""
    if options.rehearse:
        torch.compiler.set_stance("force_eager")  # the compiler alone takes a minute
    data = noise(config.image_size, _BATCH)
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
        for _ in range(4 * options.rounds):
            for choice, values in speeds.items():
                values.append(next(epochs[choice]).images_per_second)
    ratio = statistics.median(fast / plain for fast, plain in zip(speeds[True], speeds[False], strict=True))
    rows = tuple(
        (name, _spread(speeds[choice]), f"{first[choice]:.1f}", f"{again[choice]:.1f}")
        for name, choice in (("plain", False), ("compiled", True))
    )
    columns = (f"ratio {ratio:.2f}", "images/s", "s of a worker's first run", "of its next")
    return Figures(_title(config), columns, rows)


CHOICES: dict[str, Callable[[TrainConfig, argparse.Namespace], Figures]] = {
    "spinning": spinning,
    "memory": memory,
    "loaders": loaders,
    "order": order,
    "compile": compiled,
}
_ELSEWHERE = {"bare": bare, "kept": kept}


def noise(size: int, images: int) -> Dataset:
    """Random pixels and labels; all are trained on."""
    pixels = np.random.default_rng(0).integers(0, 256, (images, size, size, 3), dtype=np.uint8)
    return meaningless(pixels)


def _title(config: TrainConfig) -> str:
    return f"{config.backbone}@{config.image_size} {config.precision}, median (least to most)"


def _spread(values: Sequence[float], digits: int = 0) -> str:
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", metavar="WHAT", choices=(*CHOICES, *_ELSEWHERE, "all"))
    parser.add_argument("cases", metavar="BACKBONE SIZE PRECISION", nargs="*")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--images", type=int, default=1024, help="of loaders; order has eight times as many")
    parser.add_argument("--spins", nargs="+", default=SPINS, help="values of GOMP_SPINCOUNT")
    options = parse(parser, "all test_resnet 32 fp32 --rounds 1 --images 128 --spins 1000")
    if len(options.cases) % 3:
        parser.error("a case is a backbone, a size and a precision")
    words = options.cases or ["lcnet_050", "96", "fp32", "resnet10t", "96", "bf16"]
    options.cases = list(zip(*[iter(words)] * 3, strict=True))
    return options


if __name__ == "__main__":
    main()
