"""Look at the data of a study before any training: what is there, how it splits, what is wrong with it."""

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from trainer.cache_folder import BadImage
from trainer.dataset import DataSpec
from trainer.errors import DataError
from trainer.prepare import Data, assemble, decode

from search.progress import Preparation


@dataclass(frozen=True)
class Tally:
    """How many images and groups there are, of one class or of all, on a side or on both."""

    images: int
    groups: int


@dataclass(frozen=True)
class ClassTally:
    """One class, or one value of a factor, and its tallies."""

    name: str
    all: Tally
    train: Tally
    validation: Tally


@dataclass(frozen=True)
class FactorTally:
    """One factor of the label, and a tally for each of its values."""

    name: str
    values: tuple[ClassTally, ...]


@dataclass(frozen=True)
class Extent:
    """Widths and heights of the upright originals, in pixels, each as (width, height) taken by itself."""

    smallest: tuple[int, int]
    median: tuple[int, int]
    largest: tuple[int, int]
    most_common: tuple[int, int]
    most_common_images: int


@dataclass(frozen=True)
class Check:
    """What a look at the data found.

    Attributes:
        root: the data folder.
        all: images and groups in all.
        train: those to learn from.
        validation: those held out.
        classes: a tally a class, in the order of the labels.
        sizes: of the images.
        unreadable: the files that are no images.
        notes: what somebody should know.
        warnings: classes that are missing from a side, and what follows.
        best_f1: the highest macro-F1 that the validation side admits.
        factors: what the label is made of; none where it is one thing.
    """

    root: str
    all: Tally
    train: Tally
    validation: Tally
    classes: tuple[ClassTally, ...]
    sizes: Extent
    unreadable: tuple[BadImage, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    best_f1: float
    factors: tuple[FactorTally, ...] = ()


def run_check(  # the command's options
    spec: DataSpec, *, image_size: int, seed: int, cache_dir: Path, console: Console, as_json: bool
) -> None:
    """Print what the data of a study hold, without training; workers find the images decoded afterwards.

    Args:
        spec: the study's data.
        image_size: side of the square images, in pixels.
        seed: of the split.
        cache_dir: folder for the decoded images.
        console: what is printed on.
        as_json: print one JSON object instead of tables.

    Raises:
        DataError: the data break a rule or leak; or, after printing, files are unreadable and `spec` says
            "stop".
    """
    with Preparation(console) as preparation:
        progress = None if as_json else preparation.decoding
        samples, cache = decode(spec, image_size=image_size, seed=seed, cache_dir=cache_dir, progress=progress)
    data = assemble(samples, cache, validation=spec.validation, seed=seed)
    check = survey(data, cache.sizes, samples.root)
    if as_json:
        console.print_json(data=asdict(check))
    else:
        _show(check, console)
    if check.unreadable and spec.on_bad_image == "stop":
        raise DataError(
            f"{len(check.unreadable)} files in {samples.root} cannot be read as images: replace them, or "
            "leave them out with --on-bad-image skip"
        )


def survey(data: Data, sizes: np.ndarray, root: Path) -> Check:
    """Count images and groups by class and side.

    Args:
        data: the prepared data.
        sizes: int64 [N, 2], width and height of the originals.
        root: the data folder.
    """
    everything = np.arange(len(data.labels))
    classes = _by_name(data, data.classes, data.labels)
    unseen = [c.name for c in classes if not c.validation.images]
    unlearnt = [c.name for c in classes if not c.train.images]
    best_f1 = sum(1 for c in classes if c.validation.images and c.train.images) / len(classes)
    return Check(
        root=str(root),
        all=_tally(data, everything),
        train=_tally(data, data.train),
        validation=_tally(data, data.validation),
        classes=classes,
        sizes=_extent(sizes),
        unreadable=data.bad,
        notes=data.notes,
        warnings=_warnings(unseen, unlearnt, len(classes), best_f1),
        best_f1=best_f1,
        factors=tuple(
            FactorTally(each.name, _by_name(data, each.values, np.array(each.of_class)[data.labels]))
            for each in data.factors
        ),
    )


def _by_name(data: Data, names: tuple[str, ...], labels: np.ndarray) -> tuple[ClassTally, ...]:
    """A tally for each name; labels: int64 [N], index into the names."""
    sides = (np.arange(len(labels)), data.train, data.validation)
    return tuple(
        ClassTally(name, *(_tally(data, rows[labels[rows] == label]) for rows in sides))
        for label, name in enumerate(names)
    )


def _tally(data: Data, rows: np.ndarray) -> Tally:
    return Tally(len(rows), len(np.unique(data.groups[rows])))


def _extent(sizes: np.ndarray) -> Extent:
    def pair(values: np.ndarray) -> tuple[int, int]:
        return int(values[0]), int(values[1])

    ((width, height), images), *_ = Counter(map(pair, sizes)).most_common(1)
    return Extent(
        pair(sizes.min(axis=0)),
        pair(np.median(sizes, axis=0)),
        pair(sizes.max(axis=0)),
        (width, height),
        images,
    )


def _warnings(unseen: list[str], unlearnt: list[str], classes: int, best_f1: float) -> tuple[str, ...]:
    warnings = []
    if unseen:
        warnings.append(
            f"no validation image of {', '.join(unseen)}: macro-F1 averages all {classes} classes and such a "
            "class counts 0"
        )
    if unlearnt:
        warnings.append(f"no training image of {', '.join(unlearnt)}: what was never shown cannot be learned")
    if warnings:
        warnings.append(f"macro-F1 cannot exceed {best_f1:.3f}; add people to these classes or remove the classes")
    return tuple(warnings)


def _show(check: Check, console: Console) -> None:
    table = Table(title=escape(check.root), title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("class", overflow="fold")
    for name in ("images", "groups", "train", "groups", "held out", "groups"):
        table.add_column(name, justify="right")
    _add_rows(table, check.classes)
    for factor in check.factors:
        table.add_section()
        table.add_row(f"[bold]{escape(factor.name)}[/]")
        _add_rows(table, factor.values)
    table.add_section()
    table.add_row("all", *_cells(check.all, check.train, check.validation), style="bold")
    console.print(table)
    sizes = check.sizes
    console.print(
        f"sizes: smallest {_by(sizes.smallest)}, median {_by(sizes.median)}, largest {_by(sizes.largest)}; "
        f"most common {_by(sizes.most_common)} ({sizes.most_common_images} images)"
    )
    for note in check.notes:
        console.print(f"note: {escape(note)}")
    for warning in check.warnings:
        console.print(f"[yellow]warning:[/yellow] {escape(warning)}")
    if check.unreadable:
        bad = Table("unreadable file", "reason", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
        for image in check.unreadable:
            bad.add_row(escape(image.path), escape(image.reason))
        console.print(bad)


def _add_rows(table: Table, tallies: tuple[ClassTally, ...]) -> None:
    for row in tallies:
        missing = not (row.train.images and row.validation.images)
        table.add_row(escape(row.name), *_cells(row.all, row.train, row.validation), style="yellow" if missing else "")


def _cells(*tallies: Tally) -> list[str]:
    return [f"{n:,}" for tally in tallies for n in (tally.images, tally.groups)]


def _by(size: tuple[int, int]) -> str:
    return f"{size[0]} x {size[1]}"
