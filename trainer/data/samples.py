"""Every data layout becomes one table of samples: path, label, group.

The group is the person (or the scene, the patient, ...): what must never stand on both sides of a split.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from trainer.data.competition import correct_competition, read_competition
from trainer.data.factors import Factor, Part
from trainer.data.layouts import correct_labels, read_folders, read_table
from trainer.data.listing import Correction, Listing
from trainer.data.ordinal import OrdinalFactor
from trainer.data.spec import TABLES, ExtraSpec, ImagesSpec
from trainer.errors import DataError
from trainer.support.csv_rows import read_rows


@dataclass(frozen=True, eq=False)
class Samples:
    """The labelled images of a data folder.

    Attributes:
        root: the folder that the paths start from.
        table: a row an image, sorted by path whatever the order on disk: `path` (str, "/" between parts),
            `label` (int64, index into `classes`), `group` (str); where the data decide the split, `side`
            ("train" or "validation"); where they have an ordered factor, `ordered` (float64), the number behind it; in
            data of one factor `stratum` (int64, the whole label).
        classes: names of the classes; those of the competition are always all 18.
        notes: what somebody should know about the data, a sentence each.
        ordinal_factor: how the ordered factor is cut into classes.
        corrections: what a table of corrections changed.
        factors: what the label is made of; none where it is one thing.
        part: what the data of one factor are a part of.
    """

    root: Path
    table: pd.DataFrame
    classes: tuple[str, ...]
    notes: tuple[str, ...]
    ordinal_factor: OrdinalFactor | None = None
    corrections: tuple[Correction, ...] = ()
    factors: tuple[Factor, ...] = ()
    part: Part | None = None


def read_samples(spec: ImagesSpec) -> Samples:
    """List the labelled images of a data folder; no image is opened.

    Hidden files (also ``._*`` of macOS) are left out everywhere.

    Raises:
        DataError: the folder or a file is missing, a value of a CSV file breaks its rule, or there are fewer
            than two classes (which extra data may have).
    """
    listing = _corrected(spec, _read(spec))
    _check_names(listing.paths)
    classes, factors, part = listing.classes, listing.factors, None
    labels = pd.Series(listing.labels, dtype="int64")
    table = pd.DataFrame(
        {
            "path": pd.Series(listing.paths, dtype="str"),
            "label": labels,
            "group": pd.Series(listing.groups, dtype="str"),
        }
    )
    if listing.sides is not None:
        table["side"] = pd.Series(listing.sides, dtype="str")
    ordinal_factor = listing.ordinal_factor
    if spec.factor is not None:
        one = next(factor for factor in factors if factor.name == spec.factor)
        table["stratum"], table["label"] = labels, np.take(np.array(one.of_class, dtype=np.int64), listing.labels)
        classes, factors, part = one.values, (), Part(spec.factor, classes, factors)
        ordinal_factor = ordinal_factor if ordinal_factor is not None and ordinal_factor.name == spec.factor else None
    if listing.ordered is not None and ordinal_factor is not None:
        table["ordered"] = pd.Series(listing.ordered, dtype="float64")
    present = [classes[label] for label in sorted(set(table["label"].tolist()))]
    if len(present) < 2 and not isinstance(spec, ExtraSpec):
        raise DataError(f"{listing.root} has images of one class only ({present[0]}): a classifier needs at least two")
    table = table.sort_values("path", kind="stable", ignore_index=True)
    return Samples(listing.root, table, classes, listing.notes, ordinal_factor, listing.corrections, factors, part)


def _read(spec: ImagesSpec) -> Listing:
    root = spec.root.expanduser()
    if not root.is_dir():
        raise DataError(
            f"data folder {root} does not exist or is no folder: name it as data or in DATA_ROOT, or correct data.root"
        )
    name = spec.table or TABLES[spec.layout]
    if spec.layout == "competition":
        return read_competition(root, name)
    if spec.layout == "folders":
        return read_folders(spec, root, root / name)
    return read_table(spec, root, root / name)


def _corrected(spec: ImagesSpec, listing: Listing) -> Listing:
    if spec.corrections is None:
        return listing
    rows = read_rows(listing.root / spec.corrections, ("field", "value"))
    if spec.layout == "competition":
        return correct_competition(listing, rows)
    return correct_labels(listing, rows, groups=spec.layout == "table")


def _check_names(paths: list[str]) -> None:
    for path in paths:
        try:
            path.encode("utf-8")
        except UnicodeEncodeError as e:
            raise DataError(f"the file name {path!a} is not UTF-8: rename the file") from e
