"""From a data folder to what training consumes: samples, decoded images, a split, and a fingerprint."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from trainer.cache import ImageCache, Settled, open_cache
from trainer.cache_build import Progress
from trainer.cache_folder import BadImage
from trainer.dataset import DataSpec, Samples, read_samples
from trainer.duplicates import join_groups
from trainer.errors import DataError
from trainer.listing import count, first
from trainer.pixels import Pixels
from trainer.split import Split, check_split, hold_out, subsample

_SHOWN_BAD = 10
_HASHES = {
    "paths": "the files (their paths)",
    "labels": "the labels",
    "groups": "the groups",
    "split": "the split into train and validation",
    "content": "the content of the image files",
}
_COUNTS = {
    "images": "images",
    "groups_count": "groups",
    "classes": "classes",
    "train_count": "training images",
    "validation_count": "validation images",
    "skipped": "unreadable files left out",
}


@dataclass(frozen=True, eq=False)
class Data:
    """What training consumes; row i of every array is the same image.

    Attributes:
        images: N of them, uint8 [N, S, S, 3], RGB: mapped from disk, or made when they are asked for.
        labels: int64 [N], index into `classes`.
        groups: str [N], who must stand on one side only.
        paths: str [N], relative to the data folder, ascending.
        train: int64 [n_train], row numbers, ascending.
        validation: int64 [n_validation], row numbers, ascending.
        classes: names of the classes, also of those without an image.
        fingerprint: counts, and a short hash each of paths, labels, groups, split and content; fit for JSON.
        bad: files that could not be read and were left out.
        notes: what somebody should know about the data and how this machine keeps them, a sentence each.
        pixels: whether the images are as decoded or were packed, which moves numbers.
        given_split: whether the data folder itself says which image is on which side.
    """

    images: Pixels
    labels: np.ndarray
    groups: np.ndarray
    paths: np.ndarray
    train: np.ndarray
    validation: np.ndarray
    classes: tuple[str, ...]
    fingerprint: dict[str, str | int]
    bad: tuple[BadImage, ...]
    notes: tuple[str, ...]
    pixels: Settled = "exact"
    given_split: bool = False


def prepare(  # each is a decision of the caller's
    spec: DataSpec,
    *,
    image_size: int,
    seed: int,
    cache_dir: Path,
    fraction: float = 1.0,
    progress: Progress | None = None,
) -> Data:
    """Read, decode and split a data folder; the images are decoded once per host.

    Args:
        spec: where the data are.
        image_size: side of the square images, in pixels.
        seed: of the split, and of the choice of groups when `fraction` is below 1.
        cache_dir: folder for the decoded images.
        fraction: share of the groups that is used.
        progress: called with (done, total) while images are decoded.

    Raises:
        DataError: the data break a rule, an image is unreadable and `spec` says "stop", or the split leaks.
    """
    samples, cache = decode(
        spec, image_size=image_size, seed=seed, cache_dir=cache_dir, fraction=fraction, progress=progress
    )
    if cache.bad and spec.on_bad_image == "stop":
        raise DataError(describe_bad(cache.bad, samples.root))
    data = assemble(samples, cache, validation=spec.validation, seed=seed)
    if not data.bad:
        return data
    note = f"{count(data.bad, 'unreadable file')} left out: {first([image.path for image in data.bad])}"
    return replace(data, notes=(*data.notes, note))


def decode(  # as above
    spec: DataSpec,
    *,
    image_size: int,
    seed: int,
    cache_dir: Path,
    fraction: float = 1.0,
    progress: Progress | None = None,
) -> tuple[Samples, ImageCache]:
    """The first half of :func:`prepare`: samples and decoded images; unreadable files are only recorded."""
    samples = read_samples(spec)
    if fraction < 1:
        table = subsample(samples.table, fraction, seed)
        note = f"only {table['group'].nunique()} of {samples.table['group'].nunique()} groups are used"
        samples = Samples(samples.root, table, samples.classes, (*samples.notes, note))
    paths = samples.table["path"].tolist()
    cache = open_cache(
        samples.root,
        paths,
        image_size=image_size,
        cache_dir=cache_dir,
        pixels=spec.pixels,
        limit=spec.cache_limit,
        progress=progress,
    )
    return samples, cache


def assemble(samples: Samples, cache: ImageCache, *, validation: float, seed: int) -> Data:
    """The second half of :func:`prepare`: join groups with a file in common, split, take the fingerprint.

    Args:
        samples: the labelled images.
        cache: the decoded ones of them; the others are left out.
        validation: share that is held out.
        seed: of the split.

    Raises:
        DataError: the split leaks, or too few groups are left.
    """
    table = samples.table[samples.table["path"].isin(cache.paths)].reset_index(drop=True)
    groups, notes = join_groups(table, cache.digests)
    table = table.assign(group=groups)
    split = _checked_split(table, validation, seed)
    labels = table["label"].to_numpy(dtype=np.int64)
    return Data(
        images=cache.images,
        labels=labels,
        groups=np.array(groups, dtype=np.str_),
        paths=np.array(cache.paths, dtype=np.str_),
        train=split.train,
        validation=split.validation,
        classes=samples.classes,
        fingerprint={
            "images": len(table),
            "groups_count": len(set(groups)),
            "classes": len(samples.classes),
            "skipped": len(cache.bad),
            "paths": _short_hash(cache.paths),
            "labels": _short_hash([*samples.classes, "", *map(str, labels)]),
            "groups": _short_hash(groups),
            **_facts(split),
            "content": _short_hash(cache.digests),
        },
        bad=cache.bad,
        notes=(*samples.notes, *notes, *cache.notes),
        pixels=cache.pixels,
        given_split="side" in table,
    )


def resplit(data: Data, validation: float, seed: int) -> Data:
    """The same images, split by another seed; equal to what :func:`prepare` makes with it.

    Nothing is read and no pixel is copied: 0.3 s for 19,000 images of 2,700 people. Data that bring their own split
    have no other and come back as they are.

    Args:
        data: as :func:`prepare` made them.
        validation: share that is held out.
        seed: of the split.

    Raises:
        DataError: there are too few groups.
    """
    if data.given_split:
        return data
    table = pd.DataFrame({"label": data.labels, "group": data.groups.astype(object)})
    split = _checked_split(table, validation, seed)
    return replace(
        data, train=split.train, validation=split.validation, fingerprint={**data.fingerprint, **_facts(split)}
    )


def describe_bad(bad: tuple[BadImage, ...], root: Path) -> str:
    """The message for unreadable files: how many, the first ten with their reasons, and what to do."""
    lines = [f"{count(bad, 'file')} in {root} cannot be read as images:"]
    lines += [f"  {image.path}: {image.reason}" for image in bad[:_SHOWN_BAD]]
    if len(bad) > _SHOWN_BAD:
        lines.append(f"  and {len(bad) - _SHOWN_BAD} more")
    lines.append("replace them, or leave them out with --on-bad-image skip")
    return "\n".join(lines)


def fingerprint_differences(stored: Mapping[str, str | int], mine: Mapping[str, str | int]) -> list[str]:
    """What differs between two fingerprints, a line each for a person to read; empty if nothing does."""
    lines = [
        f"{name}: {stored.get(key, 'not recorded')} in the study, {mine.get(key, 'not recorded')} here"
        for key, name in _COUNTS.items()
        if stored.get(key) != mine.get(key)
    ]
    lines += [
        f"{name} differ{'s' if key in ('split', 'content') else ''}"
        for key, name in _HASHES.items()
        if stored.get(key) != mine.get(key)
    ]
    return lines


def _checked_split(table: pd.DataFrame, validation: float, seed: int) -> Split:
    split = hold_out(table, validation, seed)
    check_split(table, split)
    return split


def _facts(split: Split) -> dict[str, str | int]:
    """What the fingerprint knows of a split."""
    return {
        "train_count": len(split.train),
        "validation_count": len(split.validation),
        "split": _short_hash(map(str, split.validation)),
    }


def _short_hash(values: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(values).encode()).hexdigest()[:16]
