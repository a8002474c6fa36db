"""The fingerprint of a data set: counts and short hashes by which two machines tell whether theirs are the same."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trainer.data.cache.open import ImageCache
from trainer.data.samples import Samples
from trainer.data.split import Split

_HASHES: Final = {
    "paths": "the files (their paths)",
    "labels": "the labels",
    "strata": "the labels of all factors",
    "groups": "the groups",
    "split": "the split into train and validation",
    "content": "the content of the image files",
    "ordered": "the values of the ordered factor",
    "extra_paths": "the extra images (their paths)",
    "extra_labels": "the labels of the extra images",
    "extra_content": "the content of the extra images",
    "boxes": "the boxes",
}
_COUNTS: Final = {
    "images": "images",
    "groups_count": "groups",
    "classes": "classes",
    "train_count": "training images",
    "validation_count": "validation images",
    "skipped": "unreadable files left out",
    "extra_count": "extra images",
}


def fingerprint(
    samples: Samples, table: pd.DataFrame, cache: ImageCache, splits: tuple[Split, ...]
) -> dict[str, str | int]:
    """The fingerprint of a study's own images, fit for JSON.

    The table has the decoded ones, with their groups after those that share a file were joined.
    """
    groups, labels = table["group"].tolist(), table["label"].to_numpy(dtype=np.int64)
    values: dict[str, str | int] = {
        "images": len(table),
        "groups_count": len(set(groups)),
        "classes": len(samples.classes),
        "skipped": len(cache.bad),
        "paths": _short_hash(cache.paths),
        "labels": _short_hash([*samples.classes, "", *map(str, labels)]),
        "groups": _short_hash(groups),
        **split_fingerprint(splits),
        "content": _short_hash(cache.digests),
    }
    if "ordered" in table:
        values["ordered"] = _short_hash(map(repr, table["ordered"].to_numpy(dtype=np.float64).tolist()))
    if samples.part is not None:
        values["strata"] = _short_hash([*samples.part.classes, "", *map(str, table["stratum"])])
    if cache.boxes is not None:
        values["boxes"] = cache.boxes
    return values


def extra_fingerprint(
    table: pd.DataFrame, labels: NDArray[np.int64], ordered: NDArray[np.float64], content: Iterable[str]
) -> dict[str, str | int]:
    """What extra images add to it: their table, labels, numbers behind the ordered factor, and digests."""
    return {
        "extra_count": len(table),
        "extra_paths": _short_hash(table["path"]),
        "extra_labels": _short_hash(map(repr, zip(labels.tolist(), ordered.tolist(), strict=True))),
        "extra_content": _short_hash(content),
    }


def split_fingerprint(splits: tuple[Split, ...]) -> dict[str, str | int]:
    """What a split adds to it."""
    return {
        "train_count": len(splits[0].train),
        "validation_count": len(splits[0].validation),
        "split": _short_hash(str(row) for split in splits for row in split.validation),
    }


def fingerprint_differences(stored: Mapping[str, str | int], mine: Mapping[str, str | int]) -> list[str]:
    """What differs between two fingerprints, a line each for a person to read; empty if nothing does."""
    if "ordered" not in stored:  # of a study that was made before it was recorded
        mine = {key: value for key, value in mine.items() if key != "ordered"}
    lines = [
        f"{name}: {stored.get(key, 'not recorded')} in the study, {mine.get(key, 'not recorded')} here"
        for key, name in _COUNTS.items()
        if stored.get(key) != mine.get(key)
    ]
    lines += [
        f"{name} differ{'s' if key in ('split', 'content', 'extra_content') else ''}"
        for key, name in _HASHES.items()
        if stored.get(key) != mine.get(key)
    ]
    return lines


def _short_hash(values: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(values).encode()).hexdigest()[:16]
