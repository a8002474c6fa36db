"""What a command costs before its first trial: seconds, memory, and a whole trial with its worker's start.

.venv/bin/python -m benchmarks.service.startup [--data FOLDER] [--code FOLDER ...] [--rounds 3]

Each round and each code in turn: `search work` with one and with two workers, on a study of its own. The images are
decoded and the database is made before; a database server is started and stopped with each command.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console

from benchmarks.figures import Figures, machine, start_as_workers_do
from benchmarks.rehearsal import parse
from benchmarks.training.choices import noise
from benchmarks.training.contestants import BareStep, Case
from trainer.config.train_config import TrainConfig
from trainer.data.prepare import prepare
from trainer.data.spec import DataSpec
from trainer.runtime.memory import keep_freed_memory
from trainer.synthetic.dataset import draw_competition

EPOCHS = 3
_CONFIG = {"weights": "none", "batch_size": 64, "precision": "bf16"}
_STUDY = """
[study]
name = "{name}"
trials = {trials}

[data]
layout = "competition"
root = "{root}"

[space]
lr = {{ low = 1e-4, high = 1e-3, log = true }}

[fixed]
{fixed}
cutmix_prob = 0.5

[pruner]
kind = "none"
"""
_COMMAND = [sys.executable, "-c", "from search.cli.main import main; main()", "work", "--study"]


@dataclass(frozen=True)
class Start:
    """A command from its start to its end.

    Attributes:
        first: Seconds until its first trial has begun.
        trial: Seconds until its first trial is told to be complete.
        memory: Of all its processes once each worker has done an epoch; bytes, shared pages by their share (PSS).
    """

    first: float
    trial: float
    memory: int


def main() -> None:
    """Measure and print."""
    start_as_workers_do()
    options = _options()
    keep_freed_memory()
    console = Console(width=140)
    config = {"backbone": options.backbone, "image_size": options.size, **_CONFIG}
    step = BareStep(Case(TrainConfig.model_validate(config), noise(options.size, 64), Path(), Path()))
    step.speed()
    starts: dict[tuple[Path, int], list[Start]] = {
        each: [] for each in itertools.product(options.code, options.workers)
    }
    bare = []
    with tempfile.TemporaryDirectory(prefix="start-") as folder:
        root = options.data or Path(folder, "drawn", "train")
        if options.data is None:
            draw_competition(root.parent, people=240, eval_people=1, size=(192, 256))
        spec = DataSpec(layout="competition", root=root)
        images = EPOCHS * len(prepare(spec, image_size=options.size, seed=42, cache_dir=Path(folder, "cache")).train)
        for number in range(0 if options.rehearse else -1, options.rounds):  # what decodes the images is not counted
            for (code, count), done in starts.items():
                home = Path(folder, f"home-{options.code.index(code)}")
                start = measure(home, code, config, root, count, f"s{number + 1}-{count}")
                bare.append(step.speed())
                console.print(f"{code.name} {count} worker(s): {start}, bare step {bare[-1]:.0f}", highlight=False)
                if number >= 0:
                    done.append(start)
    console.print(machine())
    console.print(_figures(starts, images, statistics.median(bare)).table())


def measure(home: Path, code: Path, config: dict[str, Any], root: Path, workers: int, name: str) -> Start:
    """Run a study of a trial a worker, from the command's start to its end."""
    (home / "studies").mkdir(parents=True, exist_ok=True)
    fixed = "\n".join(f"{key} = {value!r}" for key, value in {**config, "epochs": EPOCHS}.items())
    study = _STUDY.format(name=name, trials=workers, root=root.absolute(), fixed=fixed)
    (home / "studies" / f"{name}.toml").write_text(study, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "GLIBC_TUNABLES"}
    environment |= {"PYTHONPATH": str(code), "STUDY_HOME": str(home / "s"), "PYTHONUNBUFFERED": "1", "COLUMNS": "200"}
    started = time.perf_counter()
    with subprocess.Popen(
        [*_COMMAND, name, "--workers", str(workers)],
        cwd=home,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            return _watch(process, started, workers)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)


def _watch(process: subprocess.Popen[str], started: float, workers: int) -> Start:
    first = trial = 0.0
    memory = 0
    lines: list[str] = []
    advanced: set[str] = set()
    for line in process.stdout or ():
        now = time.perf_counter() - started
        lines.append(line)
        if not (found := re.search(r"(worker \d+)  trial +\d+  (epoch|complete)?", line)):
            continue
        worker, what = found.groups()
        first = first or now
        if what == "epoch":
            advanced.add(worker)
            if len(advanced) == workers and not memory:
                memory = _proportional_set(process.pid)
        if what == "complete":
            trial = trial or now
    if process.wait() or not (first and trial and memory):
        raise RuntimeError(f"search work ended with {process.returncode}:\n{''.join(lines)}")
    return Start(first, trial, memory)


def _proportional_set(pid: int) -> int:
    total = 0
    command = psutil.Process(pid)
    for process in (command, *command.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            total += process.memory_full_info().pss
    return total


def _figures(starts: dict[tuple[Path, int], list[Start]], images: int, bare: float) -> Figures:
    rows = []
    for (code, count), done in starts.items():
        first, trial, memory = (
            statistics.median(getattr(each, name) for each in done) for name in ("first", "trial", "memory")
        )
        ratio = f"{images / trial / bare:.3f}" if count == 1 else ""
        rows.append((code.name, str(count), f"{first:.1f}", f"{trial:.1f}", ratio, f"{memory / 1e6:.0f}"))
    columns = ("code", "workers", "s to the first trial", "to its end", "over the bare step", "MB in all")
    title = f"{EPOCHS} epochs, {images // EPOCHS} images, median of {len(next(iter(starts.values())))}"
    return Figures(title, columns, tuple(rows))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, help="a folder in the competition's layout; without it one is drawn")
    parser.add_argument("--code", type=Path, nargs="+", default=[Path.cwd()], help="checkouts to compare")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], help="of the commands, in turn")
    parser.add_argument("--backbone", default="resnet10t")
    parser.add_argument("--size", type=int, default=96, help="pixels a side")
    tiny = "--data FOLDER/drawn/train --rounds 1 --workers 1 --backbone test_resnet --size 32"
    return parse(parser, tiny, lambda folder: draw_competition(folder / "drawn", people=24, eval_people=1))


if __name__ == "__main__":
    main()
