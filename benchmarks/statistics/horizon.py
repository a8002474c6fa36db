"""For how many epochs to train on everybody: ``python -m benchmarks.statistics.horizon [--data DIR]``.

The median best epoch of the folds was found on four fifths of the people. On all of them an epoch has a quarter more
steps: should it be as many epochs, or as many steps? Asked one level down, where somebody is held out to tell: of four
fifths of the people four fifths are trained on and tell the best epoch (the median over folds), then all four fifths
are trained on, and the F1 on the last fifth is read at that epoch and at four fifths of it.
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, median, stdev

import numpy as np
from rich.console import Console

from benchmarks.rehearsal import parse
from trainer.config.runtime import Runtime
from trainer.config.train_config import TrainConfig
from trainer.data.dataset import Dataset
from trainer.data.prepare import prepare
from trainer.data.spec import DataSpec, FoldAssignment
from trainer.support.cpu import available_cores
from trainer.synthetic.dataset import draw_competition
from trainer.training.run import train

_FOLDS = 5
_SIZE = 48


def main() -> None:
    """Train on both and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="a folder in the competition's layout; without it people are drawn")
    parser.add_argument("--people", type=int, default=160, help="people who are drawn")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--lrs", type=float, nargs="+", default=[1e-3, 3e-3, 1e-2])
    parser.add_argument("--backbone", default="test_resnet")
    asked = parse(parser, "--people 12 --epochs 1 --lrs 1e-3")
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory() as folder:
        root = asked.data
        if root is None:
            draw_competition(Path(folder) / "drawn", people=asked.people, eval_people=2, size=(48, 64))
            root = Path(folder) / "drawn" / "train"
        spec = DataSpec(layout="competition", root=root)
        data = prepare(
            spec, image_size=_SIZE, seed=0, cache_dir=Path(folder) / "cache", fold_assignment=FoldAssignment(_FOLDS, 0)
        )
        head = "| lr | best epoch on 64 % | F1 on 80 % at that epoch | at four fifths of it | at the end | at best |"
        console.print(head, soft_wrap=True)
        console.print("|---|---|---|---|---|---|")
        differences: list[float] = []
        for lr in asked.lrs:
            config = TrainConfig(
                backbone=asked.backbone,
                weights="none",
                image_size=_SIZE,
                batch_size=32,
                epochs=asked.epochs,
                lr=lr,
                optimizer="adamw",
                precision="fp32",
            )
            few = [_curve(config, _fewer(each, fold)) for fold, each in enumerate(_folds(data))]
            many = [_curve(config, each) for each in _folds(data)]
            epochs = round(median(int(np.argmax(curve)) + 1 for curve in few))
            fewer = max(1, round(0.8 * epochs))
            read = {epoch: [curve[epoch - 1] for curve in many] for epoch in (epochs, fewer, asked.epochs)}
            differences += [one - other for one, other in zip(read[fewer], read[epochs], strict=True)]
            best = mean(max(curve) for curve in many)
            cells = (epochs, *(f"{mean(read[epoch]):.4f}" for epoch in (epochs, fewer, asked.epochs)), f"{best:.4f}")
            console.print(f"| {lr:g} | " + " | ".join(map(str, cells)) + " |")
    spread = stdev(differences) / len(differences) ** 0.5
    console.print(
        f"\nas many steps instead of as many epochs: {mean(differences):+.4f} ± {spread:.4f} ({len(differences)} folds)"
    )


def _folds(data: Dataset) -> Iterator[Dataset]:
    for split in data.folds:
        yield dataclasses.replace(data, train=split.train, validation=split.validation, folds=())


def _fewer(data: Dataset, fold: int) -> Dataset:
    """The same with four fifths of the people who are trained on."""
    people = np.unique(data.groups[data.train])
    kept = np.random.default_rng(fold).permutation(people)[: round(0.8 * len(people))]
    return dataclasses.replace(data, train=data.train[np.isin(data.groups[data.train], kept)])


def _curve(config: TrainConfig, data: Dataset) -> list[float]:
    """F1 of each epoch."""
    runtime = Runtime(threads=available_cores())
    return [result.validation.f1 for result in train(config, data, runtime) if result.validation is not None]


if __name__ == "__main__":
    main()
