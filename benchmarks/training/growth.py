"""How the cache of images grows with the data: ``make bench-growth``.

For 1, 4 and 16 times a drawn set: seconds to build each kind of cache, seconds of one pass over all images in shuffled
batches of 64 and of an epoch of training on them, and the memory of 1, 2 and 4 processes that read all images.
"""

from __future__ import annotations

import argparse
import functools
import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.rehearsal import parse
from trainer.data.cache.folder import used_bytes
from trainer.data.cache.open import ImageCache, open_cache
from trainer.support.cpu import available_cores
from trainer.synthetic.dataset import draw_competition

BATCH = 64
SIZES = (1, 4, 16)
PROCESSES = (1, 2, 4)
IMAGE_SIZE = 96
BACKBONE = "lcnet_050"
PEOPLE = 120
KINDS: dict[str, dict[str, object]] = {
    "pixels": {"pixels": "exact"},
    "packed": {"pixels": "packed"},
    "decode": {"pixels": "exact", "limit": 0},
}
_MAPS = ("images.rgb", "images.jpegs")


@dataclass(frozen=True)
class Growth:
    """One kind of cache of one size of data.

    Attributes:
        times: how many times the drawn set.
        images: in all.
        kind: how the images are held.
        bytes: of the cache on disk.
        build: seconds from nothing to an open cache.
        again: seconds to open it once more.
        look: seconds of a pass over all images, in one process.
        epoch: seconds of training on all images for an epoch, the second of a run.
    """

    times: int
    images: int
    kind: str
    bytes: int
    build: float
    again: float
    look: float
    epoch: float


@dataclass(frozen=True)
class Memory:
    """What processes that have read all images hold, in bytes, shared pages counted by their share (PSS).

    Attributes:
        kind: how the images are held.
        processes: how many there are.
        own: of each process, without the map: mean.
        images: of the map, all processes together.
    """

    kind: str
    processes: int
    own: float
    images: int


def grow(root: Path, times: int) -> list[str]:
    """Link the drawn images under other names until there are ``times`` as many, and list all.

    Args:
        root: of the drawn training set.
        times: how many of each there shall be.
    """
    drawn = sorted(path for path in (root / "images").rglob("*.*") if path.is_file() and path.name[0] != ".")
    names = []
    for copy in range(times):
        for path in drawn:
            folder = root / f"copy{copy:02d}" / path.parent.name
            folder.mkdir(parents=True, exist_ok=True)
            link = folder / path.name
            if not link.exists():
                os.link(path, link)
            names.append(link.relative_to(root).as_posix())
    return sorted(names)


def one_pass(cache: ImageCache, seed: int = 0) -> float:
    """Seconds to fetch all images in shuffled batches."""
    order = np.random.default_rng(seed).permutation(len(cache.images))
    started = time.perf_counter()
    for start in range(0, len(order), BATCH):
        cache.images[order[start : start + BATCH]].sum()  # looked at, so that every page is really there
    return time.perf_counter() - started


def train_epoch(cache: ImageCache) -> float:
    """Seconds of the second epoch of a run over all images, of labels that mean nothing."""
    # Not above: the processes whose memory is measured import this module, and need no torch.
    from benchmarks.training.contestants import meaningless
    from trainer.config.runtime import Runtime
    from trainer.config.train_config import TrainConfig
    from trainer.training.run import train

    config = TrainConfig(backbone=BACKBONE, weights="none", image_size=IMAGE_SIZE, batch_size=BATCH, epochs=2)
    return list(train(config, meaningless(cache.images), Runtime(threads=available_cores())))[-1].seconds


def measure(opened: Callable[[], ImageCache], kind: str, times: int, cache_dir: Path) -> Growth:
    """Build a cache, open it again, and read all of it."""
    started = time.perf_counter()
    opened()
    built = time.perf_counter()
    cache = opened()
    again = time.perf_counter() - built
    return Growth(
        times=times,
        images=len(cache.images),
        kind=kind,
        bytes=used_bytes(cache_dir),
        build=built - started,
        again=again,
        look=one_pass(cache),
        epoch=train_epoch(cache),
    )


def measure_memory(opened: Callable[[], ImageCache], kind: str, counts: Sequence[int]) -> list[Memory]:
    """Let processes read all images, and ask the kernel what they hold while all of them live."""
    found = []
    for count in counts:
        held = _held(opened, count)
        own = sum(each for each, _ in held) / count
        found.append(Memory(kind, count, own, sum(images for _, images in held)))
    return found


def _held(opened: Callable[[], ImageCache], count: int) -> list[tuple[int, int]]:
    context = multiprocessing.get_context("spawn")
    pipes, processes = [], []
    for _ in range(count):
        mine, theirs = context.Pipe()
        process = context.Process(target=_reader, args=(opened, theirs))
        process.start()
        pipes.append(mine)
        processes.append(process)
    for word in ("ready", "measure"):  # measured when all have read everything
        for pipe in pipes:
            pipe.recv() if word == "ready" else pipe.send(None)
    held = [pipe.recv() for pipe in pipes]
    for pipe, process in zip(pipes, processes, strict=True):
        pipe.send(None)
        process.join()
    return held


def _reader(opened: Callable[[], ImageCache], pipe: Connection) -> None:
    cache = opened()
    one_pass(cache, os.getpid())
    pipe.send("ready")
    pipe.recv()
    pipe.send(proportional_set(os.getpid()))
    pipe.recv()


def proportional_set(pid: int) -> tuple[int, int]:
    """The proportional set size of a process in bytes: without the mapped images, and of them alone.

    See https://docs.kernel.org/filesystems/proc.html, ``smaps``.
    """
    own = images = 0
    mapped = False
    for line in Path(f"/proc/{pid}/smaps").read_text(encoding="utf-8").splitlines():
        first = line.split()[0]
        if not first.endswith(":"):
            mapped = line.endswith(_MAPS)
        elif first == "Pss:":
            kilobytes = int(line.split()[1])
            images += kilobytes if mapped else 0
            own += 0 if mapped else kilobytes
    return own * 1024, images * 1024


def run(
    folder: Path, *, people: int, sizes: Sequence[int], processes: Sequence[int]
) -> tuple[list[Growth], list[Memory]]:
    """Draw people and measure all kinds of caches of all sizes.

    Args:
        folder: an empty one, for images and caches.
        people: in the set, seven images each.
        sizes: how many times the set.
        processes: how many read all images at once.
    """
    draw_competition(folder / "drawn", people=people, eval_people=1, size=(384, 512))
    root = folder / "drawn" / "train"
    growths, memories = [], []
    for times in sizes:
        paths = grow(root, times)
        for kind, options in KINDS.items():
            cache_dir = folder / f"{kind}-{times}"
            opened = functools.partial(open_cache, root, paths, image_size=IMAGE_SIZE, cache_dir=cache_dir, **options)
            growths.append(measure(opened, kind, times, cache_dir))
            if times == max(sizes):
                memories += measure_memory(opened, kind, processes)
    return growths, memories


def show(growths: Sequence[Growth], memories: Sequence[Memory], console: Console) -> None:
    """Print what was measured."""
    table = Table(title=f"Growth ({available_cores()} cores)")
    for name in (
        "images",
        "kind",
        "cache, MB",
        "build, s",
        "build, images/s",
        "open again, s",
        "pass, s",
        "pass, images/s",
        "training epoch, s",
        "images/s",
    ):
        table.add_column(name, justify="left" if name == "kind" else "right")
    for row in growths:
        table.add_row(
            f"{row.times} x {row.images // row.times:,}",
            row.kind,
            f"{row.bytes / 1e6:.1f}",
            f"{row.build:.1f}",
            f"{row.images / row.build:,.0f}",
            f"{row.again:.2f}",
            f"{row.look:.2f}",
            f"{row.images / row.look:,.0f}",
            f"{row.epoch:.1f}",
            f"{row.images / row.epoch:,.0f}",
        )
    console.print(table)
    table = Table(title="Memory of processes that have read all images (PSS, MB)")
    for name in ("kind", "processes", "map, all together", "map, a process", "else, a process"):
        table.add_column(name, justify="left" if name == "kind" else "right")
    for held in memories:
        share = held.images / held.processes
        sizes = (f"{size / 1e6:.1f}" for size in (held.images, share, held.own))
        table.add_row(held.kind, str(held.processes), *sizes)
    console.print(table)


def main() -> None:
    """Measure and print; ``--json FILE`` keeps the numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=PEOPLE, help="in the drawn set, seven images each")
    parser.add_argument("--json", type=Path, help="a file for the numbers")
    parser.add_argument("--times", type=int, nargs="+", default=SIZES, help="how many times the drawn set")
    parser.add_argument("--processes", type=int, nargs="+", default=PROCESSES, help="whose memory is measured")
    arguments = parse(parser, "--people 1 --times 1 2 --processes 1 --json FOLDER/growth.json")
    with tempfile.TemporaryDirectory(prefix="growth-") as folder:
        growths, memories = run(
            Path(folder), people=arguments.people, sizes=arguments.times, processes=arguments.processes
        )
    show(growths, memories, Console())
    if arguments.json:
        values = {"growth": [asdict(row) for row in growths], "memory": [asdict(row) for row in memories]}
        arguments.json.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
