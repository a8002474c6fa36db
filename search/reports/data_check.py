"""Look at the data of a study before any training: what is there, how it splits, what is wrong with it."""

from collections import Counter
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from trainer.data.cache.folder import BadImage
from trainer.data.dataset import Dataset
from trainer.data.listing import Correction
from trainer.data.prepare import assemble, decode
from trainer.data.spec import DataSpec
from trainer.errors import DataError
from trainer.imaging.crop import WHOLE, Crop, ImageSize

from search.config.study_spec import StudySpec
from search.console import Preparation
from search.paths import cache_folder, cache_limit
from search.study.class_coverage import missing_classes
from search.study.knob_checks import check_knobs


@dataclass(frozen=True)
class Tally:
    """How many images and groups there are, of one class or of all, on a side or on both."""

    images: int
    groups: int


@dataclass(frozen=True)
class ClassTally:
    """One class, or one value of a factor, and its tallies; extra images are in none of the first three."""

    name: str
    all: Tally
    train: Tally
    validation: Tally
    extra: Tally


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
        all: Images and groups in all, without extra ones.
        warnings: Classes that are missing from a side, and what follows.
        best_f1: The highest macro-F1 that the validation side admits.
        corrections: What tables of corrections changed, of the extra images too.
        factors: What the label is made of; none where it is one thing.
    """

    root: str
    all: Tally
    train: Tally
    validation: Tally
    extra: Tally
    classes: tuple[ClassTally, ...]
    sizes: Extent
    unreadable: tuple[BadImage, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    best_f1: float
    corrections: tuple[Correction, ...] = ()
    factors: tuple[FactorTally, ...] = ()


def check_study(spec: StudySpec, home: Path, console: Console, *, as_json: bool) -> None:
    """Print what the data of a study hold, and whether its knobs fit them; see :func:`run_check`.

    Raises:
        ConfigError: A knob does not fit the data.
        DataError: See :func:`run_check`.
    """
    check_knobs(spec)
    run_check(
        spec.data.model_copy(update={"cache_limit": cache_limit(spec.data.cache_limit)}),
        image_size=spec.image_size,
        crop=spec.crop,
        seed=spec.study.seed,
        cache_dir=cache_folder(home),
        console=console,
        as_json=as_json,
    )


def run_check(  # the command's options
    spec: DataSpec,
    *,
    image_size: ImageSize,
    seed: int,
    cache_dir: Path,
    console: Console,
    as_json: bool,
    crop: Crop = WHOLE,
) -> None:
    """Print what the data of a study hold, without training; workers find the images decoded afterwards.

    Raises:
        DataError: the data break a rule or leak; or, after printing, files are unreadable and `spec` says
            "stop".
    """
    with Preparation(console) as preparation:
        progress = None if as_json else preparation.decoding
        samples, cache, extras = decode(
            spec, image_size=image_size, seed=seed, cache_dir=cache_dir, crop=crop, progress=progress
        )
    data = assemble(samples, cache, spec, seed=seed, extras=extras)
    corrections = (*samples.corrections, *(each for extra in extras for each in extra.samples.corrections))
    check = replace(survey(data, cache.sizes, samples.root), corrections=corrections)
    if as_json:
        console.print_json(data=asdict(check))
    else:
        _print_check(check, console)
    if check.unreadable and spec.on_bad_image == "stop":
        raise DataError(
            f"{len(check.unreadable)} files in {samples.root} cannot be read as images: replace them, or "
            'leave them out with on_bad_image = "skip"'
        )


def survey(data: Dataset, sizes: np.ndarray, root: Path) -> Check:
    """Count images and groups by class and side; ``sizes``: int64 [N, 2], width and height of the originals."""
    warnings, best_f1 = missing_classes(data)
    everything, train, validation, extra = (_tally(data, rows) for rows in _sides(data))
    return Check(
        root=str(root),
        all=everything,
        train=train,
        validation=validation,
        extra=extra,
        classes=_by_name(data, data.classes, data.labels),
        sizes=_extent(sizes),
        unreadable=data.bad,
        notes=data.notes,
        warnings=warnings,
        best_f1=best_f1,
        factors=tuple(
            FactorTally(each.name, _by_name(data, each.values, np.array(each.of_class)[data.labels]))
            for each in data.factors
        ),
    )


def _by_name(data: Dataset, names: tuple[str, ...], labels: np.ndarray) -> tuple[ClassTally, ...]:
    """A tally for each name; labels: int64 [N], index into the names."""
    return tuple(
        ClassTally(name, *(_tally(data, rows[labels[rows] == label]) for rows in _sides(data)))
        for label, name in enumerate(names)
    )


def _sides(data: Dataset) -> tuple[np.ndarray, ...]:
    """The rows of the study's own images, those to train on, those held out, and the extra ones."""
    everything, extra = np.arange(data.own), np.arange(data.own, len(data.labels))
    return everything, data.train[data.train < data.own], data.validation, extra


def _tally(data: Dataset, rows: np.ndarray) -> Tally:
    return Tally(len(rows), len(np.unique(data.groups[rows])))


def _extent(sizes: np.ndarray) -> Extent:
    def pair(values: np.ndarray) -> tuple[int, int]:
        return int(values[0]), int(values[1])

    ((width, height), images), *_ = Counter(map(pair, sizes)).most_common(1)
    return Extent(
        pair(sizes.min(axis=0)), pair(np.median(sizes, axis=0)), pair(sizes.max(axis=0)), (width, height), images
    )


def _print_check(check: Check, console: Console) -> None:
    table = Table(title=escape(check.root), title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("class", overflow="fold")
    has_extra = check.extra.images > 0
    for name in ("images", "groups", "train", "groups", "held out", "groups", *(("extra",) if has_extra else ())):
        table.add_column(name, justify="right")
    _add_rows(table, check.classes, has_extra=has_extra)
    for factor in check.factors:
        table.add_section()
        table.add_row(f"[bold]{escape(factor.name)}[/]")
        _add_rows(table, factor.values, has_extra=has_extra)
    table.add_section()
    table.add_row("all", *_cells(check, has_extra=has_extra), style="bold")
    console.print(table)
    sizes = check.sizes
    console.print(
        f"sizes: smallest {_size(sizes.smallest)}, median {_size(sizes.median)}, largest {_size(sizes.largest)}; "
        f"most common {_size(sizes.most_common)} ({sizes.most_common_images} images)"
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


def _add_rows(table: Table, tallies: tuple[ClassTally, ...], *, has_extra: bool) -> None:
    for row in tallies:
        missing = not ((row.train.images or row.extra.images) and row.validation.images)
        table.add_row(escape(row.name), *_cells(row, has_extra=has_extra), style="yellow" if missing else "")


def _cells(row: ClassTally | Check, *, has_extra: bool) -> list[str]:
    numbers = [n for tally in (row.all, row.train, row.validation) for n in (tally.images, tally.groups)]
    return [f"{n:,}" for n in (*numbers, *((row.extra.images,) if has_extra else ()))]


def _size(size: tuple[int, int]) -> str:
    return f"{size[0]} x {size[1]}"
