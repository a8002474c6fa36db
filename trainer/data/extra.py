"""Extra images: trained on beside the study's own, never validated on, and none of a group that is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trainer.data.cache.folder import BadImage
from trainer.data.cache.open import ImageCache
from trainer.data.duplicates import connected_groups
from trainer.data.pixels import ConcatPixels, Pixels
from trainer.data.samples import Samples, read_samples
from trainer.data.spec import DataSpec
from trainer.errors import DataError
from trainer.support.text import pluralize, shorten_list, suggest


@dataclass(frozen=True, eq=False)
class ExtraImages:
    """A set of extra images.

    Attributes:
        samples: as they were listed, labelled with the study's classes.
        cache: the decoded ones of them.
    """

    samples: Samples
    cache: ImageCache


@dataclass(frozen=True, eq=False)
class SelectedExtra:
    """The extra images of a study that can be trained on, of all sets together.

    Attributes:
        table: a row an image, as :class:`trainer.data.samples.Samples` has it.
        digests: of the bytes of their files.
        images: the study's own, and these behind them.
        bad: files that could not be read and were left out.
        notes: what somebody should know, a sentence each.
    """

    table: pd.DataFrame
    digests: tuple[str, ...]
    images: Pixels
    bad: tuple[BadImage, ...]
    notes: tuple[str, ...]


def read_extras(spec: DataSpec, classes: tuple[str, ...]) -> tuple[Samples, ...]:
    """List the extra images of a study, labelled with its classes, by their names; no image is opened.

    Where a folder names no groups, each image is a group of its own, which is no group of another folder's.

    Args:
        spec: the study's data.
        classes: the study's.

    Raises:
        DataError: see :func:`trainer.data.samples.read_samples`; or a class is none of the study's.
    """
    return tuple(_read(spec, number, classes) for number in range(len(spec.extra)))


def _read(spec: DataSpec, number: int, classes: tuple[str, ...]) -> Samples:
    extra = spec.extra[number]
    samples = read_samples(extra)
    present = sorted(set(samples.table["label"]))
    for name in (samples.classes[label] for label in present):
        if name not in classes:
            raise DataError(f"extra data {samples.root}: {name!r} is no class of the study{suggest(name, classes)}")
    label_of = {label: classes.index(samples.classes[label]) for label in present}
    table = samples.table.assign(label=samples.table["label"].map(label_of).astype("int64"))
    if not extra.names_groups:
        table = table.assign(group=f"extra {number + 1}: " + table["group"])
    return replace(samples, table=table, classes=classes)


def select_extra(
    own: ImageCache, groups: Sequence[str], validation: NDArray[np.int64], extras: Sequence[ExtraImages]
) -> SelectedExtra | None:
    """Choose the extra images that show nothing of what is validated on; the split stays the one without them.

    Left out is an image whose group has the name of one on the validation side, or shares a file with such a group byte
    for byte, directly or by way of other groups; and one that is an image of the study's own, byte for byte, which is
    trained on already. Notes tell how many.

    Args:
        own: the study's own images.
        groups: the names of their groups, before those that share a file were joined.
        validation: rows of them that are validated on, int64 [n].
        extras: the sets of extra images.

    Returns:
        None where there is no set.
    """
    if not extras:
        return None
    tables = [_decoded(extra) for extra in extras]
    table = pd.concat(tables, ignore_index=True)
    digests = [digest for extra in extras for digest in extra.cache.digests]
    one = connected_groups([*groups, *table["group"]], [*own.digests, *digests])
    held = {one[row] for row in validation.tolist()}
    leaks = np.array([group in held for group in one[len(groups) :]], dtype=bool)
    known = set(own.digests)
    twice = np.array([digest in known for digest in digests], dtype=bool) & ~leaks
    kept = ~leaks & ~twice
    ends = np.cumsum([len(each) for each in tables])[:-1]
    notes = [
        note
        for extra, each, *out in zip(extras, tables, np.split(leaks, ends), np.split(twice, ends), strict=True)
        for note in _notes(extra, each, *out)
    ]
    return SelectedExtra(
        table=table[kept].reset_index(drop=True),
        digests=tuple(digest for digest, keep in zip(digests, kept, strict=True) if keep),
        images=ConcatPixels(
            [own.images, *(extra.cache.images for extra in extras)],
            np.concatenate([np.arange(len(groups)), len(groups) + np.flatnonzero(kept)]),
        ),
        bad=tuple(bad for extra in extras for bad in extra.cache.bad),
        notes=tuple(notes),
    )


def _decoded(extra: ExtraImages) -> pd.DataFrame:
    table = extra.samples.table
    return table[table["path"].isin(extra.cache.paths)]


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
