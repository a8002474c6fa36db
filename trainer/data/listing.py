"""What a data folder holds before it becomes a table; shared by the readers of all layouts."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from trainer.data.factors import Factor
from trainer.data.ordinal import OrdinalFactor
from trainer.errors import DataError

_TEXTS = (".cfg", ".html", ".ini", ".ipynb", ".json", ".jsonl", ".log", ".md", ".pdf", ".py", ".toml", ".txt")
_VALUES = (".csv", ".db", ".npy", ".npz", ".parquet", ".pkl", ".tsv", ".xlsx", ".xml", ".yaml", ".yml")
# What lies beside images in real folders; every other file that stands for a sample has to be an image.
NOT_IMAGES = frozenset((*_TEXTS, *_VALUES, ".gz", ".tar", ".zip"))


@dataclass(frozen=True)
class Correction:
    """A value of a label, or of a group, that a table of corrections changed.

    Attributes:
        what: the image or the person.
        field: which value: "mask", "gender", "age", "label" or "group".
        old: what it was; of a person's images several, if they differed.
        new: what it is now.
        images: how many images it concerns.
    """

    what: str
    field: str
    old: str
    new: str
    images: int

    def __str__(self) -> str:
        return f"{self.what}: {self.field} {self.old} -> {self.new}"


@dataclass(frozen=True, eq=False)
class Listing:
    """The images of a data folder in the order they were found: parallel lists, and what to tell.

    Attributes:
        root: the folder that the paths start from.
        paths: of the images, "/" between parts.
        labels: index into `classes`.
        groups: names of the groups.
        sides: "train" or "validation", where the data decide the split.
        classes: names of the classes.
        notes: what somebody should know about the data, a sentence each.
        ordered: the number behind the ordered factor of each image, if there is one.
        ordinal_factor: how these numbers are cut into classes.
        corrections: what a table of corrections changed.
        factors: what the label is made of; none where it is one thing.
    """

    root: Path
    paths: list[str]
    labels: list[int]
    groups: list[str]
    sides: list[str] | None
    classes: tuple[str, ...]
    notes: tuple[str, ...]
    ordered: list[float] | None = None
    ordinal_factor: OrdinalFactor | None = None
    corrections: tuple[Correction, ...] = ()
    factors: tuple[Factor, ...] = ()


def entries(folder: Path) -> list[Path]:
    """What lies in a folder, hidden names left out, in no particular order.

    Raises:
        DataError: the folder cannot be listed.
    """
    try:
        return [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
    except OSError as e:
        raise DataError(f"{folder} cannot be listed ({e.strerror}): check the permissions") from e


def walk(folder: Path, above: tuple[tuple[int, int], ...] = ()) -> Iterator[str]:
    """Paths of the files below a folder, through links to folders as well, though not round in circles."""
    status = folder.stat()
    here = (status.st_dev, status.st_ino)
    if here in above:
        return
    for entry in entries(folder):
        if entry.is_dir():
            yield from (f"{entry.name}/{path}" for path in walk(entry, (*above, here)))
        else:
            yield entry.name
