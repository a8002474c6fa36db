"""How much of the hardware's speed reaches a trial: a whole epoch and a whole trial beside the bare training step.

.venv/bin/python -m benchmarks.training.throughput [--data FOLDER] [--write docs/performance.md]

In each round, in turn and for each backbone: the bare step, a trial of a worker that has run one before, the bare step
again, and an epoch of a plain DataLoader. Ratios are to the bare step of the same round.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from benchmarks.figures import Figures, machine, replace_section, start_as_workers_do
from benchmarks.rehearsal import parse
from benchmarks.training.contestants import BareStep, Case, LivingWorker, PlainLoader
from benchmarks.training.epoch_profile import profile
from trainer.config.runtime import Runtime
from trainer.config.train_config import TrainConfig
from trainer.data.dataset import Dataset
from trainer.data.prepare import prepare
from trainer.data.spec import DataSpec
from trainer.support.cpu import available_cores
from trainer.synthetic.dataset import draw_competition
from trainer.training.precision import fastest_precision

BACKBONES = {
    "resnet10t": (96, 1.0),
    "lcnet_050": (96, 1.0),
    "tf_efficientnet_lite0": (96, 0.25),
    "resnet18": (128, 0.5),
}
"""Pixels a side, and the share of the people that is used: slow backbones would take hours."""
_OTHERS = (32, 1.0)
EPOCHS = 3


@dataclass
class Round:
    """One round of a backbone, in training images a second but for the last.

    Attributes:
        bare: The bare step, before and after the trial.
        epoch: The training part of the trial's epochs.
        trial: The whole trial, from asking for it to its end in the database.
        plain: An epoch of the plain DataLoader.
        first_step: Seconds from asking for the trial to its first training step.
    """

    bare: float
    epoch: float
    trial: float
    plain: float
    first_step: float


def main() -> None:
    """Measure, print, and write into a document if asked to."""
    start_as_workers_do()
    options = _options()
    console = Console()
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="throughput-")))
        root = options.data or scratch / "drawn"
        if options.data is None:
            draw_competition(root, people=300, size=(384, 512))
        figures, profiles = [], []
        for backbone in options.backbones:
            config, data = _case(backbone, root, scratch, options.fraction)
            rounds = measure(Case(config, data, root, scratch), options.rounds, console)
            figures.append((config, len(data.train), rounds))
            profiles.append((config, profile(config, data, Runtime(threads=available_cores()))))
    sections = {"throughput": speeds(figures), "profile": shares(profiles)}
    for name, section in sections.items():
        console.print(section.table())
        if options.write:
            replace_section(options.write, name, f"{machine()}\n\n{section.markdown()}")


def measure(case: Case, rounds: int, console: Console) -> list[Round]:
    """Run the contestants in turn; what they do first is not counted."""
    with LivingWorker(case, EPOCHS, trials=rounds + 1) as worker, PlainLoader(case) as plain:
        bare = BareStep(case)
        bare.speed(), worker.trial(), plain.epoch()
        done = []
        for number in range(rounds):
            before, trial, after = bare.speed(), worker.trial(), bare.speed()
            done.append(
                Round((before + after) / 2, trial.epoch_speed, trial.speed, plain.epoch(), trial.seconds_to_first_step)
            )
            console.print(f"{case.config.backbone} {number + 1}/{rounds}: {done[-1]}", highlight=False)
    return done


def speeds(figures: Sequence[tuple[TrainConfig, int, list[Round]]]) -> Figures:
    """The table of ratios."""
    rows = []
    for config, images, rounds in figures:
        ratios = [_ratio([getattr(each, name) / each.bare for each in rounds]) for name in ("epoch", "trial", "plain")]
        bare = statistics.median(each.bare for each in rounds)
        first = statistics.median(each.first_step for each in rounds)
        rows.append(
            (
                f"{config.backbone}@{config.image_size} {config.precision}",
                f"{images}",
                f"{bare:.0f}",
                *ratios,
                f"{first:.2f}",
            )
        )
    return Figures(
        title=f"images a second over those of the bare step: median (least to most) of {len(figures[0][2])} rounds",
        columns=(
            "backbone",
            "images",
            "bare step, images/s",
            "our epoch",
            f"our trial of {EPOCHS} epochs",
            "plain DataLoader's epoch",
            "s to the first step",
        ),
        rows=tuple(rows),
    )


def shares(profiles: Sequence[tuple[TrainConfig, dict[str, float]]]) -> Figures:
    """The table of where the time of an epoch goes."""
    stages = list(profiles[0][1])
    rows = []
    for stage in stages:
        seconds = [times[stage] / sum(times.values()) for _, times in profiles]
        rows.append((stage, *(f"{share:.1%}" for share in seconds)))
    return Figures(
        title="where the time of an epoch goes",
        columns=("", *(f"{config.backbone}@{config.image_size}" for config, _ in profiles)),
        rows=tuple(rows),
    )


def _ratio(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.3f} ({min(values):.2f} to {max(values):.2f})"


def _case(backbone: str, root: Path, scratch: Path, fraction: float) -> tuple[TrainConfig, Dataset]:
    size, share = BACKBONES.get(backbone, _OTHERS)
    spec = DataSpec(layout="competition", root=root)
    data = prepare(spec, image_size=size, seed=0, cache_dir=scratch / "cache", fraction=share * fraction)
    values = {
        "backbone": backbone,
        "weights": "none",
        "image_size": size,
        "batch_size": 64,
        "cutmix_prob": 0.5,
        "epochs": EPOCHS,
    }
    config = TrainConfig.model_validate(values)
    precision = fastest_precision(config, data, Runtime(threads=available_cores()))
    return config.model_copy(update={"precision": precision}), data


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, help="a folder in the competition's layout; without it one is drawn")
    parser.add_argument("--fraction", type=float, default=1.0, help="share of its people that is used")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", type=Path, help="a document with a section for these figures")
    parser.add_argument("backbones", nargs="*", default=list(BACKBONES), help=", ".join(BACKBONES))
    return parse(parser, "test_resnet --data FOLDER/drawn/train --rounds 1 --write FOLDER/performance.md", _prepare)


def _prepare(folder: Path) -> None:
    draw_competition(folder / "drawn", people=24, eval_people=1)
    shutil.copy("docs/performance.md", folder)


if __name__ == "__main__":
    main()
