"""What was named to be predicted, as a list of images in the order of the answer."""

import glob
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from trainer.data.listing import NOT_IMAGES
from trainer.errors import DataError
from trainer.support.csv_rows import Row, Rows, read_rows
from trainer.support.text import shorten_list

_ID, _PATH = "ImageID", "path"


@dataclass(frozen=True)
class Request:
    """Images to predict, in the order of the answer.

    Attributes:
        files: The image files.
        names: What each is called in the answer.
        competition: Whether the answer is ``ImageID,ans`` (a class index) instead of path, class and probability.
    """

    files: tuple[Path, ...]
    names: tuple[str, ...]
    competition: bool


def read_request(inputs: Sequence[Path]) -> Request:
    """Understand what was named: images, folders of images (all levels), patterns such as ``shots/**/*.jpg``, CSVs.

    A CSV has a column ``ImageID`` (the competition's: files in ``images/`` beside it) or ``path`` (relative to it). In
    the answer its images are called as it calls them, if it was named alone; all others are called by their paths.
    Whether the files are there is seen when they are read.

    Raises:
        DataError: Something does not exist, holds or matches no images, is no such CSV, or has a name that no text has.
    """
    request = _read(inputs)
    for name in request.names:
        try:
            name.encode("utf-8")
        except UnicodeEncodeError as error:
            raise DataError(f"the name {name!a} is not UTF-8, as the answer is: rename the file") from error
    return request


def _read(inputs: Sequence[Path]) -> Request:
    if len(inputs) == 1 and _is_table(inputs[0]):
        return _read_table(inputs[0])
    files: list[Path] = []
    for entry in inputs:
        if _is_table(entry):
            files += _read_table(entry).files
        elif entry.is_dir():
            if not (found := images_below(entry)):
                raise DataError(f"{entry} holds no images; name a folder with some")
            files += found
        elif entry.is_file():
            files.append(entry)
        elif glob.has_magic(str(entry)):
            files += _matching(entry)
        else:
            raise DataError(f"{entry} does not exist; name images, folders, patterns or a CSV")
    return Request(tuple(files), tuple(map(str, files)), competition=False)


def images_below(folder: Path) -> list[Path]:
    """The files below a folder, sorted, that are neither hidden nor, by extension, a table, a text or the like."""

    def may_be_image(file: Path) -> bool:
        hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
        return file.is_file() and not hidden and file.suffix.lower() not in NOT_IMAGES

    return sorted(filter(may_be_image, folder.rglob("*")))


def _matching(pattern: Path) -> list[Path]:
    """The images that a pattern matches; as in a shell, hidden ones only where it names them."""
    found = sorted(Path(each) for each in glob.glob(str(pattern), recursive=True))  # noqa: PTH207 - absolute ones too
    images = [file for file in found if file.is_file() and file.suffix.lower() not in NOT_IMAGES]
    if not images:
        what = f"only {shorten_list([str(file) for file in found])}" if found else "nothing"
        raise DataError(f"the pattern {str(pattern)!r} matches {what}, no image; ** stands for folders of any depth")
    return images


def _is_table(entry: Path) -> bool:
    return entry.suffix.lower() == ".csv" and not entry.is_dir() and not glob.has_magic(str(entry))


def _read_table(path: Path) -> Request:
    if not path.exists():
        raise DataError(f"{path} does not exist; name images, folders, patterns or a CSV")
    rows = read_rows(path, ())
    if _ID in rows.columns:
        names = [_file_name(rows, row) for row in rows]
        return Request(tuple(path.parent / "images" / name for name in names), tuple(names), competition=True)
    if _PATH not in rows.columns:
        raise DataError(
            f"{path} has no column {_ID} or {_PATH} (it has {', '.join(rows.columns)}); name the images in one"
        )
    for row in rows:
        if not row.values[_PATH]:
            raise rows.error(row, "the path is empty: name an image relative to this CSV, or remove the row")
    names = [row.values[_PATH] for row in rows]
    return Request(tuple(path.parent / name for name in names), tuple(names), competition=False)


def _file_name(rows: Rows, row: Row) -> str:
    name = row.values[_ID]
    if not name or Path(name).is_absolute() or ".." in Path(name).parts:
        raise rows.error(row, f"{_ID} {name!r} is not a file name below images/: correct it")
    return name
