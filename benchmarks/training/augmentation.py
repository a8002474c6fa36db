"""What augmentation costs an image, by transform and by preset, on drawn people.

.venv/bin/python -m benchmarks.training.augmentation --size 96
"""

from __future__ import annotations

import argparse
import statistics
import time

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.table import Table

from benchmarks.rehearsal import parse
from trainer.batches.augment import Augmentation
from trainer.config.transforms import PRESETS, TRANSFORMS, Augment
from trainer.synthetic.person import draw_person
from trainer.synthetic.portrait import draw_portrait


def main() -> None:
    """Print a table: microseconds an image of each transform when it happens, and of each preset as it stands."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=96, help="pixels a side")
    parser.add_argument("--images", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=15)
    options = parse(parser, "--size 32 --images 2 --rounds 1")
    size, rounds = options.size, options.rounds
    cv2.setNumThreads(0)  # as the loader does
    images = portraits(options.images, size)
    always = {name: (kind(p=1),) for name, kind in TRANSFORMS.items() if name != "flip"}
    augments: dict[str, Augment] = {**always, **{f"preset {name}": name for name in PRESETS if name != "none"}}
    times = {name: [] for name in augments}
    made = {name: Augmentation(augment) for name, augment in augments.items()}
    for count in range(rounds + 1):  # in turn, so that another process hits all of them
        for name, augmentation in made.items():
            seconds = measured(augmentation, images, count)
            if count:  # the first makes the pipeline
                times[name].append(seconds / len(images) * 1e6)
    table = Table("", "us an image", "least", title=f"{size} x {size} pixels, one core, median of {rounds} rounds")
    for name, each in times.items():
        table.add_row(name, f"{statistics.median(each):.0f}", f"{min(each):.0f}")
    Console().print(table)


def measured(augmentation: Augmentation, images: NDArray[np.uint8], seed: int) -> float:
    """Seconds for the batch."""
    started = time.perf_counter()
    augmentation(images, seed, np.arange(len(images)))
    return time.perf_counter() - started


def portraits(count: int, size: int, seed: int = 0) -> NDArray[np.uint8]:
    """Drawn people of all groups, with and without masks, squashed to squares: uint8 [count, size, size, 3]."""
    pictures = []
    for number in range(count):
        rng = np.random.default_rng((seed, number))
        person = draw_person(rng, number % 6)
        picture = draw_portrait(person, number % 3, (3 * size // 2, 2 * size), rng)
        pictures.append(np.asarray(picture.resize((size, size), Image.Resampling.LANCZOS)))
    return np.stack(pictures)


if __name__ == "__main__":
    main()
