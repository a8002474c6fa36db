"""Readers of two data layouts: a folder a class, and a CSV file."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath

from trainer.data.corrections import Field, correct
from trainer.data.factors import SEPARATOR, Factor, combine, in_order
from trainer.data.listing import NOT_IMAGES, Listing, entries, walk
from trainer.data.spec import ExtraSpec, ImagesSpec
from trainer.errors import DataError
from trainer.support.csv_rows import Row, Rows, read_rows
from trainer.support.text import pluralize, shorten_list, suggest


def read_folders(spec: ImagesSpec, root: Path, table: Path) -> Listing:
    """Read a folder a class, files at any depth below; class names are sorted.

    With `factors` a class is their combination: a folder within a folder, or with a `label_separator` a folder whose
    name has their values with that in between.

    Without `group_column` (of the CSV file `table`) and `group_regex` each image is a group of its own. Files
    that by their extension are no images (text, tables, archives) are left out with a note.

    Raises:
        DataError: no class folder, a class without an image, a file without a group.
    """
    factors, separator = spec.factors or (), spec.label_separator or SEPARATOR
    names = sorted(entry.name for entry in entries(root) if entry.is_dir())
    if not names:
        raise DataError(f"{root} holds no class folder: put the images of each class into a folder of its name")
    if set(names) <= {"train", "val", "valid", "validation", "test", "eval"}:
        raise DataError(f"the folders of {root} ({shorten_list(names)}) are no classes: set data.root to one of them")
    loose = _loose(root, "")
    if factors and separator == SEPARATOR:
        names, inner = _folders_below(root, names, factors[1:])
        loose += inner
    names, classes, label_factors = _classes(root, names, factors, separator)
    paths, labels, others = [], [], []
    for label, name in enumerate(names):
        files = [f"{name}/{path}" for path in walk(root / name)]
        images = [path for path in files if PurePosixPath(path).suffix.lower() not in NOT_IMAGES]
        others += sorted(set(files) - set(images))
        if not images:
            raise DataError(f"class folder {root / name} holds no image: fill it or remove it")
        paths += images
        labels += [label] * len(images)
    notes = []
    if others:
        notes.append(
            f"{pluralize(others, 'file')} that cannot be images by extension, left out: {shorten_list(others)}"
        )
    if loose:
        notes.append(f"{pluralize(loose, 'file')} beside the class folders, left out: {shorten_list(sorted(loose))}")
    if spec.group_column is not None:
        groups = _groups_from_table(paths, table, spec.columns.path or "file", spec.group_column)
    elif spec.group_regex is not None:
        groups = [_group_of(path, spec.group_regex) for path in paths]
    else:
        groups = paths
        hint = f" ({table.name} is there: name its column)" if table.is_file() else ""
        notes.append(
            f"each image counts as a group of its own; if several show one person, set group_column{hint} "
            "or group_regex"
        )
    return Listing(root, paths, labels, groups, None, classes, tuple(notes), factors=label_factors)


def _classes(
    root: Path, names: list[str], factors: tuple[str, ...], separator: str
) -> tuple[list[str], tuple[str, ...], tuple[Factor, ...]]:
    """The class folders in the order of the classes, the classes, and their factors."""
    if not factors:
        return names, tuple(names), ()
    folder_of = {tuple(name.split(separator)): name for name in names}
    for values, name in folder_of.items():
        if len(values) != len(factors) or not all(values):
            raise DataError(
                f"class folder {root / name} has {pluralize(sum(map(bool, values)), 'value')} by {separator!r}, and "
                f"data.factors names {len(factors)} ({', '.join(factors)}): rename it"
            )
    classes, label_factors = combine(factors, folder_of)
    return [folder_of[tuple(name.split(SEPARATOR))] for name in classes], classes, label_factors


def _loose(root: Path, folder: str) -> list[str]:
    """Files that stand where class folders do, apart from those that by their extension are no images."""
    found = entries(root / folder)
    return [f"{folder}{entry.name}" for entry in found if entry.is_file() and entry.suffix.lower() not in NOT_IMAGES]


def _folders_below(root: Path, names: list[str], factors: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """The folders of the last of these factors, a level each, and the files that stand above them."""
    loose = []
    for factor in factors:
        above, names = names, []
        for name in above:
            below = sorted(f"{name}/{entry.name}" for entry in entries(root / name) if entry.is_dir())
            if not below:
                raise DataError(f"folder {root / name} has no folder of a {factor} below it: add them or remove it")
            names += below
            loose += _loose(root, f"{name}/")
    return names, loose


def read_table(spec: ImagesSpec, root: Path, table: Path) -> Listing:
    """Read a CSV file with a row an image; class names are sorted, as numbers if all of them are.

    With several label columns these are factors, and the classes those of their combinations that occur.

    Raises:
        DataError: a column or value is missing, a path stands twice, leaves the root or does not exist.
    """
    columns, labels = spec.columns, spec.columns.labels
    path_column, split_column = columns.path or "path", columns.split or "split"
    needed_split = [] if columns.split is None else [split_column]
    rows = read_rows(table, [path_column, *labels, columns.group, *needed_split])
    has_split = split_column in rows.columns and not isinstance(spec, ExtraSpec)
    rows.unique(path_column)
    samples: dict[str, tuple[str, str, str]] = {}
    hidden, missing = [], []
    for row in rows:
        path = _path_below_root(rows, row, path_column)
        if any(part.startswith(".") for part in PurePosixPath(path).parts):
            hidden.append(path)
            continue
        if path in samples:
            raise rows.error(row, f"{path_column} {path!r} stands in an earlier row: remove one of the two")
        if not (root / path).is_file():
            missing.append(f"{path} (line {row.line})")
        side = _side(rows, row, split_column) if has_split else ""
        samples[path] = (_label(rows, row, labels), _value(rows, row, columns.group), side)
    if missing:
        raise DataError(
            f"{pluralize(missing, 'row')} of {table} without a file below {root}: {shorten_list(missing)}: "
            "add the files or remove the rows"
        )
    if not samples:
        raise DataError(f"{table} names hidden files only: name the images")
    found = {label for label, _, _ in samples.values()}
    factors: tuple[Factor, ...] = ()
    classes = tuple(in_order(found))
    if len(labels) > 1:
        classes, factors = combine(labels, (label.split(SEPARATOR) for label in found))
    index = {label: i for i, label in enumerate(classes)}
    notes = []
    if hidden:
        notes.append(f"{pluralize(hidden, 'row')} for hidden files, left out: {shorten_list(hidden)}")
    if has_split:
        notes.append(f"the column {split_column!r} of {table.name} decides the split, data.validation does not")
    return Listing(
        root,
        list(samples),
        [index[label] for label, _, _ in samples.values()],
        [group for _, group, _ in samples.values()],
        [side for _, _, side in samples.values()] if has_split else None,
        classes,
        tuple(notes),
        factors=factors,
    )


def correct_labels(listing: Listing, rows: Rows, *, groups: bool) -> Listing:
    """Apply a table of corrections: ``label`` of an image, or each of its factors.

    With ``groups`` also ``group`` can be corrected, and either of them for all images of a group. A class that is left
    without an image is no class of the data any more.

    Raises:
        DataError: see :func:`trainer.data.corrections.correct`.
    """
    by = ("path", "person") if groups else ("path",)
    wholes = [listing.classes[label] for label in listing.labels]
    fields = {"label": Field(wholes, by, _one_of(listing.classes, "class of these data"))}
    if listing.factors:
        fields = {
            each.name: Field(
                [each.values[each.of_class[label]] for label in listing.labels],
                by,
                _one_of(each.values, f"{each.name} of these data"),
            )
            for each in listing.factors
        }
    if groups:
        fields["group"] = Field(listing.groups, by, _something)
    done = correct(rows, listing.paths, listing.groups, fields)
    notes, factors = [*listing.notes, *done.notes], listing.factors
    if factors:
        values = list(zip(*(done.values[each.name] for each in factors), strict=True))
        names = [SEPARATOR.join(each) for each in values]
        found, factors = combine([each.name for each in factors], values)
    else:
        names, found = done.values["label"], listing.classes
    left = set(names)
    classes = tuple(name for name in found if name in left)
    if gone := [name for name in listing.classes if name not in left]:
        notes.append(
            f"{pluralize(gone, 'class', 'classes')} without an image after the corrections, dropped: "
            + shorten_list(gone)
        )
    index = {name: label for label, name in enumerate(classes)}
    return replace(
        listing,
        labels=[index[name] for name in names],
        groups=done.values.get("group", listing.groups),
        classes=classes,
        notes=tuple(notes),
        corrections=done.corrections,
        factors=factors,
    )


def _one_of(names: tuple[str, ...], what: str) -> Callable[[str], str]:
    def spell(text: str) -> str:
        if text not in names:
            raise ValueError(f"is no {what}{suggest(text, names)}")
        return text

    return spell


def _something(text: str) -> str:
    if not text:
        raise ValueError("is empty: write a name")
    return text


def _groups_from_table(paths: Iterable[str], table: Path, path_column: str, group_column: str) -> list[str]:
    rows = read_rows(table, (path_column, group_column))
    rows.unique(path_column)
    group_of = {_path_below_root(rows, row, path_column): _value(rows, row, group_column) for row in rows}
    if without := [path for path in paths if path not in group_of]:
        raise DataError(
            f"{pluralize(without, 'file')} without a row in {table} ({shorten_list(without)}): add the rows, so "
            "that every image has a group"
        )
    return [group_of[path] for path in paths]


def _group_of(path: str, regex: str) -> str:
    match = re.search(regex, path)
    group = (match.group(1) if match.re.groups else match.group()) if match else None
    if not group:
        raise DataError(f"group_regex {regex!r} finds no group in {path!r}: mend the expression or the file name")
    return group


def _path_below_root(rows: Rows, row: Row, column: str) -> str:
    value = _value(rows, row, column)
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts:
        raise rows.error(row, f"{column} {value!r} leaves the data folder: write a path below it")
    return path.as_posix()


def _value(rows: Rows, row: Row, column: str) -> str:
    value = row.values[column]
    if not value:
        raise rows.error(row, f"{column} is empty: fill it or remove the row")
    return value


def _label(rows: Rows, row: Row, columns: tuple[str, ...]) -> str:
    """The name of the row's class."""
    values = [_value(rows, row, column) for column in columns]
    for column, value in zip(columns, values, strict=True):
        if len(columns) > 1 and SEPARATOR in value:
            raise rows.error(
                row, f"{column} is {value!r}: {SEPARATOR!r} stands between the factors of a class; write it otherwise"
            )
    return SEPARATOR.join(values)


def _side(rows: Rows, row: Row, column: str) -> str:
    value = row.values[column]
    if value not in ("train", "validation"):
        raise rows.error(row, f"{column} is {value!r}: write train or validation, or remove the row")
    return value
