"""Extra images: trained on beside the study's own, never validated on, and none of a group that is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trainer.data.cache.open import ImageCache
from trainer.data.dataset import Dataset
from trainer.data.duplicates import connected_groups
from trainer.data.fingerprint import extra_fingerprint
from trainer.data.pixels import ConcatPixels
from trainer.data.samples import Samples, read_samples
from trainer.data.spec import DataSpec
from trainer.data.split import Split
from trainer.errors import DataError
from trainer.support.text import pluralize, shorten_list, suggest


@dataclass(frozen=True, eq=False)
class ExtraImages:
    """A set of extra images, labelled with the study's classes: as they were listed, and the decoded ones of them."""

    samples: Samples
    cache: ImageCache


def read_extras(spec: DataSpec, classes: tuple[str, ...]) -> tuple[Samples, ...]:
    """List the extra images of a study, labelled with its classes, by their names; no image is opened.

    Where a folder names no groups, each image is a group of its own, which is no group of another folder's.

    Raises:
        DataError: see :func:`trainer.data.samples.read_samples`; or a class is none of the study's.
    """
    listed = []
    for number, extra in enumerate(spec.extra, start=1):
        samples = read_samples(extra)
        present = sorted(set(samples.table["label"]))
        for name in (samples.classes[label] for label in present):
            if name not in classes:
                raise DataError(f"extra data {samples.root}: {name!r} is no class of the study{suggest(name, classes)}")
        label_of = {label: classes.index(samples.classes[label]) for label in present}
        table = samples.table.assign(label=samples.table["label"].map(label_of).astype("int64"))
        if not extra.names_groups:
            table = table.assign(group=f"extra {number}: " + table["group"])
        listed.append(replace(samples, table=table, classes=classes))
    return tuple(listed)


def with_extra(data: Dataset, groups: Sequence[str], digests: Sequence[str], extras: Sequence[ExtraImages]) -> Dataset:
    """The data, and behind the study's own images the extra ones that show nothing of what is validated on.

    The split stays the one without them. Left out is an image whose group has the name of one on the validation side,
    or shares a file with such a group byte for byte, directly or by way of other groups; and one that is an image of
    the study's own, byte for byte, which is trained on already. Notes tell how many.

    Args:
        data: the study's own images.
        groups: the names of their groups, before those that share a file were joined.
        digests: of the bytes of their files.
        extras: the sets of extra images.
    """
    if not extras:
        return data
    tables = [each.samples.table[each.samples.table["path"].isin(each.cache.paths)] for each in extras]
    table = pd.concat(tables, ignore_index=True)
    extra_digests = [digest for each in extras for digest in each.cache.digests]
    one = connected_groups([*groups, *table["group"]], [*digests, *extra_digests])
    validation = np.concatenate([data.validation, *(fold.validation for fold in data.folds)])
    held = {one[row] for row in validation.tolist()}
    leaks = np.array([group in held for group in one[len(groups) :]], dtype=bool)
    twice = np.isin(extra_digests, digests) & ~leaks
    ends = np.cumsum([len(each) for each in tables])[:-1]
    notes = [
        note
        for extra, each, *out in zip(extras, tables, np.split(leaks, ends), np.split(twice, ends), strict=True)
        for note in _notes(extra, each, *out)
    ]
    kept = np.flatnonzero(~leaks & ~twice)
    table = table.iloc[kept]
    labels = table["label"].to_numpy(dtype=np.int64)
    ordered = table["ordered"].to_numpy(dtype=np.float64) if "ordered" in table else np.full(len(table), np.nan)
    boxes = [each.cache.boxes for each in extras if each.cache.boxes is not None]
    content = [*(extra_digests[row] for row in kept), *boxes]
    rows = np.arange(len(groups), len(groups) + len(table), dtype=np.int64)
    parts = [data.images, *(each.cache.images for each in extras)]
    return replace(
        data,
        images=ConcatPixels(parts, np.concatenate([np.arange(len(groups)), len(groups) + kept])),
        labels=np.concatenate([data.labels, labels]),
        groups=np.concatenate([data.groups, np.array(table["group"], dtype=np.str_)]),
        paths=np.concatenate([data.paths, np.array(table["path"], dtype=np.str_)]),
        train=np.concatenate([data.train, rows]),
        folds=tuple(Split(np.concatenate([fold.train, rows]), fold.validation) for fold in data.folds),
        fingerprint={**data.fingerprint, **extra_fingerprint(table, labels, ordered, content)},
        bad=(*data.bad, *(bad for each in extras for bad in each.cache.bad)),
        notes=(*data.notes, *notes),
        extra=len(table),
        ordered=None if data.ordered is None else np.concatenate([data.ordered, ordered]),
        given_split=True,
    )


def _notes(extra: ExtraImages, table: pd.DataFrame, leaks: NDArray[np.bool_], twice: NDArray[np.bool_]) -> list[str]:
    where = f"extra data {extra.samples.root}"
    notes = [f"{where}: {note}" for note in (*extra.samples.notes, *extra.cache.notes)]
    for out, why in (
        (leaks, "whose group or file is on the validation side"),
        (twice, "which the study trains on already"),
    ):
        if left_out := table["path"][out].tolist():
            notes.append(f"{where}: {pluralize(left_out, 'image')} left out, {why}: {shorten_list(left_out)}")
    return notes
