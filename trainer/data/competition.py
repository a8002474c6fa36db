"""The layout of the mask competition: a table of people, and a folder of seven images for each."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from trainer.data.corrections import Field, correct, spelt
from trainer.data.factors import every_combination
from trainer.data.listing import NOT_IMAGES, Listing, entries
from trainer.data.ordinal import OrdinalFactor
from trainer.errors import DataError
from trainer.support.csv_rows import Row, Rows, read_rows
from trainer.support.text import pluralize, shorten_list

KINDS = {**{f"mask{shot}": "wear" for shot in range(1, 6)}, "incorrect_mask": "incorrect", "normal": "normal"}
MASKS = ("wear", "incorrect", "normal")
GENDERS = ("male", "female")
AGE = OrdinalFactor("age", (30.0, 60.0))
CLASSES, FACTORS = every_combination({"mask": MASKS, "gender": GENDERS, "age": ("<30", "30-59", ">=60")})


def read_competition(root: Path, table: str) -> Listing:
    """Read ``train.csv`` and ``images/<path>/<kind>.<any extension>`` in a folder, or in ``train/`` below it.

    A class is mask * 6 + gender * 3 + age. The group is the column `path`: `id` is not unique. The ordered factor is
    the age in years.

    Raises:
        DataError: a value breaks its rule, a row has no folder, a kind has two files.
    """
    if not (root / table).is_file() and (root / "train" / table).is_file():
        root = root / "train"
    rows = read_rows(root / table, ("gender", "age", "path"))
    rows.unique("path")
    gender_and_age = {row.values["path"]: _gender_and_age(rows, row) for row in rows}
    images = root / "images"
    if not images.is_dir():
        raise DataError(f"{images} does not exist: the folders of the people in {table} belong there")
    folders = {entry.name for entry in entries(images) if entry.is_dir()}
    if without_folder := [person for person in gender_and_age if person not in folders]:
        raise DataError(
            f"{pluralize(without_folder, 'row')} of {root / table} without a folder in {images} "
            f"({shorten_list(without_folder)}): add the folders or remove the rows"
        )
    paths, masks, groups, notes = _samples(images, gender_and_age)
    if unlisted := sorted(folders - set(gender_and_age)):
        notes.append(f"{pluralize(unlisted, 'folder')} without a row in {table}, left out: {shorten_list(unlisted)}")
    listing = Listing(root, paths, [], groups, None, CLASSES, tuple(notes), factors=FACTORS)
    return _labelled(listing, masks, *zip(*(gender_and_age[person] for person in groups), strict=True))


def correct_competition(listing: Listing, rows: Rows) -> Listing:
    """Apply a table of corrections: ``mask`` (wear, incorrect, normal) of an image, ``gender`` and ``age`` of a person.

    Raises:
        DataError: see :func:`trainer.data.corrections.correct`.
    """
    names = [CLASSES[label].split("/") for label in listing.labels]
    fields = {
        "mask": Field([name[0] for name in names], ("path",), _mask),
        "gender": Field([name[1] for name in names], ("person",), _gender),
        "age": Field([_age(str(years)) for years in listing.ordered or ()], ("person",), _age),
    }
    done = correct(rows, listing.paths, listing.groups, fields)
    listing = replace(listing, notes=(*listing.notes, *done.notes), corrections=done.corrections)
    return _labelled(listing, done.values["mask"], done.values["gender"], done.values["age"])


def _labelled(listing: Listing, masks: Sequence[str], genders: Sequence[str], ages: Sequence[str]) -> Listing:
    """The listing with labels and ages."""
    years = [float(age) for age in ages]
    parts = zip(map(MASKS.index, masks), map(GENDERS.index, genders), AGE.parts(np.array(years)).tolist(), strict=True)
    labels = [mask * 6 + gender * 3 + part for mask, gender, part in parts]
    return replace(listing, labels=labels, ordered=years, ordinal_factor=AGE)


def _gender_and_age(rows: Rows, row: Row) -> tuple[str, str]:
    path, gender, age = (row.values[column] for column in ("path", "gender", "age"))
    if not path or "/" in path or path.startswith("."):
        raise rows.error(row, f"path {path!r} is no name of a folder in images/: correct it")
    return spelt(rows, row, "gender", gender, _gender), spelt(rows, row, "age", age, _age)


def _mask(text: str) -> str:
    if text not in MASKS:
        raise ValueError(f"is unknown: write {', '.join(MASKS[:-1])} or {MASKS[-1]}")
    return text


def _gender(text: str) -> str:
    if text.lower() not in GENDERS:
        raise ValueError("is unknown: write male or female")
    return text.lower()


def _age(text: str) -> str:
    try:
        years = float(text)
    except ValueError:
        raise ValueError("is no number: write the age in years") from None
    if not 0 <= years <= 130:
        raise ValueError("is not between 0 and 130: write the age in years")
    return str(years).removesuffix(".0")


def _samples(images: Path, persons: Iterable[str]) -> tuple[list[str], list[str], list[str], list[str]]:
    """Paths, masks, groups and notes of everybody's images."""
    paths, masks, groups, incomplete, others = [], [], [], [], 0
    for person in sorted(persons):
        found, more = _shots(images / person)
        others += more
        if missing := [kind for kind in KINDS if kind not in found]:
            incomplete.append(f"{person} ({', '.join(missing) if found else 'no image at all'})")
        for kind, name in found.items():
            paths.append(f"images/{person}/{name}")
            masks.append(KINDS[kind])
            groups.append(person)
    if not paths:
        raise DataError(f"{images} holds no image of the kinds {', '.join(KINDS)}: check the folders")
    notes = []
    if incomplete:
        verb = "lacks" if len(incomplete) == 1 else "lack"
        notes.append(f"{pluralize(incomplete, 'person', 'people')} {verb} images: {shorten_list(incomplete)}")
    if others:
        notes.append(f"files in the folders of people that are none of the seven kinds, left out: {others}")
    return paths, masks, groups, notes


def _shots(folder: Path) -> tuple[dict[str, str], int]:
    """The file of each kind in a person's folder, and how many other files there are."""
    names = defaultdict(list)
    others = 0
    for entry in entries(folder):
        if entry.stem in KINDS and entry.suffix.lower() not in NOT_IMAGES:
            names[entry.stem].append(entry.name)
        else:
            others += 1
    for kind, same in names.items():
        if len(same) > 1:
            raise DataError(
                f"{folder} has {len(same)} files for {kind} ({shorten_list(sorted(same))}): keep one of them"
            )
    return {kind: same[0] for kind, same in names.items()}, others
