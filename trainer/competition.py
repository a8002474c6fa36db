"""The layout of the mask competition: a table of people, and a folder of seven images for each."""

from collections import defaultdict
from pathlib import Path

from trainer.errors import DataError
from trainer.factors import every_combination
from trainer.listing import NOT_IMAGES, Listing, count, entries, first
from trainer.rows import Row, Rows, read_rows

KINDS = {**{f"mask{shot}": 0 for shot in range(1, 6)}, "incorrect_mask": 1, "normal": 2}
GENDERS = {"male": 0, "female": 1}
VALUES = {"mask": ("wear", "incorrect", "normal"), "gender": ("male", "female"), "age": ("<30", "30-59", ">=60")}
CLASSES, FACTORS = every_combination(VALUES)


def read_competition(root: Path, table: str) -> Listing:
    """Read ``train.csv`` and ``images/<path>/<kind>.<any extension>``.

    A class is mask * 6 + gender * 3 + age. The group is the column `path`: `id` is not unique.

    Args:
        root: the folder with the CSV file, or the folder above ``train/`` with it.
        table: name of the CSV file with the columns gender, age, path.

    Raises:
        DataError: a value breaks its rule, a row has no folder, a kind has two files.
    """
    if not (root / table).is_file() and (root / "train" / table).is_file():
        root = root / "train"
    people = read_rows(root / table, ("gender", "age", "path"))
    people.unique("path")
    persons = {row.values["path"]: _person_class(people, row) for row in people}
    images = root / "images"
    if not images.is_dir():
        raise DataError(f"{images} does not exist: the folders of the people in {table} belong there")
    folders = {entry.name for entry in entries(images) if entry.is_dir()}
    homeless = [person for person in persons if person not in folders]
    if homeless:
        raise DataError(
            f"{count(homeless, 'row')} of {root / table} without a folder in {images} ({first(homeless)}): "
            "add the folders or remove the rows"
        )
    paths, labels, groups, notes = _samples(images, persons)
    unlisted = sorted(folders - set(persons))
    if unlisted:
        notes.append(f"{count(unlisted, 'folder')} without a row in {table}, left out: {first(unlisted)}")
    return Listing(root, paths, labels, groups, None, CLASSES, tuple(notes), FACTORS)


def _person_class(people: Rows, row: Row) -> int:
    path, gender, age = row.values["path"], row.values["gender"].lower(), row.values["age"]
    if not path or "/" in path or path.startswith("."):
        raise people.error(row, f"path {path!r} is no name of a folder in images/: correct it")
    if gender not in GENDERS:
        raise people.error(row, f"gender {row.values['gender']!r} is unknown: write male or female")
    try:
        years = float(age)
    except ValueError:
        raise people.error(row, f"age {age!r} is no number: write the age in years") from None
    if not 0 <= years <= 130:
        raise people.error(row, f"age {age!r} is not between 0 and 130: write the age in years")
    return GENDERS[gender] * 3 + (0 if years < 30 else 1 if years < 60 else 2)


def _samples(images: Path, persons: dict[str, int]) -> tuple[list[str], list[int], list[str], list[str]]:
    """Paths, labels, groups and notes of everybody's images."""
    paths, labels, groups, lacking, strays = [], [], [], [], 0
    for person, person_class in sorted(persons.items()):
        found, others = _shots(images / person)
        strays += others
        missing = [kind for kind in KINDS if kind not in found]
        if missing:
            lacking.append(f"{person} ({', '.join(missing) if found else 'no image at all'})")
        for kind, name in found.items():
            paths.append(f"images/{person}/{name}")
            labels.append(KINDS[kind] * 6 + person_class)
            groups.append(person)
    if not paths:
        raise DataError(f"{images} holds no image of the kinds {', '.join(KINDS)}: check the folders")
    notes = []
    if lacking:
        verb = "lacks" if len(lacking) == 1 else "lack"
        notes.append(f"{count(lacking, 'person', 'people')} {verb} images: {first(lacking)}")
    if strays:
        notes.append(f"files in the folders of people that are none of the seven kinds, left out: {strays}")
    return paths, labels, groups, notes


def _shots(folder: Path) -> tuple[dict[str, str], int]:
    """The file of each kind in a person's folder, and how many other files there are."""
    names = defaultdict(list)
    strays = 0
    for entry in entries(folder):
        if entry.stem in KINDS and entry.suffix.lower() not in NOT_IMAGES:
            names[entry.stem].append(entry.name)
        else:
            strays += 1
    for kind, same in names.items():
        if len(same) > 1:
            raise DataError(f"{folder} has {len(same)} files for {kind} ({first(sorted(same))}): keep one of them")
    return {kind: same[0] for kind, same in names.items()}, strays
