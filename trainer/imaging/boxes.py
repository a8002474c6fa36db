"""The CSV file of boxes: where the face, or whatever matters, lies in each image; made by a detector or by hand.

A row is ``path,left,top,right,bottom``, in pixels of the upright original; right and bottom are where the box ends. A
row without numbers says that there is no box. Other columns, such as a detector's score, are not read.
"""

import csv
import difflib
import io
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from trainer.errors import DataError
from trainer.imaging.crop import Box
from trainer.support.csv_rows import Row, Rows, read_rows

COLUMNS: Final = ("path", "left", "top", "right", "bottom")


def read_boxes(file: Path) -> dict[str, Box | None]:
    """Read boxes by the path of their image, as it is written; none: the row is there and empty.

    Raises:
        DataError: the file cannot be read, a path stands twice, or numbers make no box.
    """
    rows = read_rows(file, COLUMNS)
    rows.unique("path")
    return {row.values["path"]: _box(rows, row) for row in rows}


def boxes_of(file: Path, root: Path, paths: Iterable[str]) -> dict[str, Box]:
    """Read the boxes of a data folder's labelled images; a row may also name another file that is there.

    Raises:
        DataError: as in :func:`read_boxes`; or a path is neither.
    """
    known = set(paths)
    boxes = read_boxes(file)
    for path in boxes:
        if path not in known and not (path and (root / path).is_file()):
            near = difflib.get_close_matches(path, sorted(known), n=1)
            hint = f"the nearest is {near[0]!r}" if near else "paths are relative to the data folder"
            raise DataError(f"{file}: {path!r} is no image of {root}; {hint}: correct or remove the row")
    return {path: box for path, box in boxes.items() if box is not None and path in known}


def boxes_text(boxes: Mapping[str, Box | None], remarks: Mapping[str, str]) -> str:
    """The CSV file of some boxes, whole pixels, with the remark on each, if there is one, in a column ``found``."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*COLUMNS, "found"))
    for path, box in boxes.items():
        numbers = ("",) * 4 if box is None else tuple(f"{value:.0f}" for value in box.values)
        writer.writerow((path, *numbers, remarks.get(path, "")))
    return text.getvalue()


def _box(rows: Rows, row: Row) -> Box | None:
    texts = [row.values[name] for name in COLUMNS[1:]]
    if not any(texts):
        return None
    numbers = []
    for name, text in zip(COLUMNS[1:], texts, strict=True):
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise rows.error(row, f"{name} {text!r} is no number of pixels: correct it, or leave all four empty")
        if number < 0:
            raise rows.error(row, f"{name} {text} is negative, outside the image: a box begins at 0 or later")
        numbers.append(number)
    box = Box(*numbers)
    for low, high, ends in (("left", "right", numbers[0::2]), ("top", "bottom", numbers[1::2])):
        if ends[0] >= ends[1]:
            raise rows.error(
                row,
                f"the box is empty, {high} {ends[1]:g} is not above {low} {ends[0]:g}: correct it, or leave all four "
                "empty",
            )
    return box
