"""A table of corrections to labels, applied while a data folder is read: before its split and its fingerprint.

Each row names an image (column ``path``) or all images of a person or other group (column ``person``), a ``field`` and
its right ``value``. All rows speak of the data as they are without the table, so that two rows swap two labels.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from trainer.data.listing import Correction
from trainer.errors import DataError
from trainer.support.csv_rows import Row, Rows
from trainer.support.text import pluralize, shorten_list, suggest

_THINGS = {"path": "image", "person": "person"}


@dataclass(frozen=True, eq=False)
class Field:
    """A value that can be corrected.

    Attributes:
        values: of each image, in its one right spelling.
        by: what a row may name: "path", "person" or both.
        spell: gives a value its right spelling; raises ValueError with the rule that it breaks.
    """

    values: Sequence[str]
    by: tuple[str, ...]
    spell: Callable[[str], str]


@dataclass(frozen=True, eq=False)
class CorrectionResult:
    """What a table of corrections came to.

    Attributes:
        values: by field, of each image.
        corrections: what changed, in the order of the table.
        notes: what somebody should know, a sentence each.
    """

    values: dict[str, list[str]]
    corrections: tuple[Correction, ...]
    notes: tuple[str, ...]


def correct(rows: Rows, paths: Sequence[str], groups: Sequence[str], fields: Mapping[str, Field]) -> CorrectionResult:
    """Apply a table of corrections to those fields of images, by their names, that can be corrected.

    Raises:
        DataError: names file and line: an unknown image, person or field, a value that breaks its rule, or two rows
            that contradict each other.
    """
    if not {"path", "person"} & set(rows.columns):
        raise DataError(f"{rows.path} has neither a column 'path' nor a column 'person': name what is to be corrected")
    images_of_group: dict[str, list[int]] = defaultdict(list)
    for image, group in enumerate(groups):
        images_of_group[group].append(image)
    images_of = {"path": {path: [image] for image, path in enumerate(paths)}, "person": images_of_group}
    values = {name: list(field.values) for name, field in fields.items()}
    corrected: dict[tuple[str, int], tuple[str, int]] = {}  # field and image -> its new value, and the line
    corrections, unchanged = [], []
    for row in rows:
        name, field, value = _parse_row(rows, row, fields)
        what, images = _named(rows, row, field.by, images_of)
        changed = []
        for image in images:
            before, line = corrected.setdefault((name, image), (value, row.line))
            if before != value:
                raise rows.error(
                    row,
                    f"{name} of {paths[image]} is {value!r}, but {before!r} in line {line}: remove one of the two rows",
                )
            if line == row.line and field.values[image] != value:
                values[name][image] = value
                changed.append(image)
        if changed:
            old = ", ".join(dict.fromkeys(field.values[image] for image in changed))
            corrections.append(Correction(what, name, old, value, len(changed)))
        else:
            unchanged.append(f"line {row.line} ({what}: {name} {value})")
    return CorrectionResult(values, tuple(corrections), _notes(rows.path.name, corrections, unchanged))


def _notes(table: str, corrections: list[Correction], unchanged: list[str]) -> tuple[str, ...]:
    notes = []
    if corrections:
        shown = shorten_list(list(map(str, corrections)), 5)
        notes.append(f"{pluralize(corrections, 'correction')} from {table}: {shown}")
    if unchanged:
        verb = "changes" if len(unchanged) == 1 else "change"
        notes.append(f"{pluralize(unchanged, 'row')} of {table} {verb} nothing: {shorten_list(unchanged)}")
    return tuple(notes)


def _parse_row(rows: Rows, row: Row, fields: Mapping[str, Field]) -> tuple[str, Field, str]:
    """The field that a row corrects, and the value that it says."""
    name, value = row.values["field"], row.values["value"]
    if name not in fields:
        raise rows.error(row, f"field {name!r} is unknown{suggest(name, tuple(fields))}")
    return name, fields[name], spelt(rows, row, name, value, fields[name].spell)


def spelt(rows: Rows, row: Row, name: str, value: str, spell: Callable[[str], str]) -> str:
    """A value of a row in its right spelling; a DataError says which rule it breaks."""
    try:
        return spell(value)
    except ValueError as e:
        raise rows.error(row, f"{name} {value!r} {e}") from e


def _named(
    rows: Rows, row: Row, by: tuple[str, ...], images_of: Mapping[str, Mapping[str, list[int]]]
) -> tuple[str, list[int]]:
    """What a row names, and its images."""
    given = {column: value for column in images_of if (value := row.values.get(column))}
    if len(given) != 1:
        found = "both path and person" if given else "neither a path nor a person"
        raise rows.error(row, f"it names {found}: name one of them")
    ((column, what),) = given.items()
    if column not in by:
        own = " or ".join(_THINGS[each] for each in by)
        raise rows.error(
            row,
            f"{row.values['field']} belongs to one {own}, not to one {_THINGS[column]}: fill the column {by[0]}, not "
            f"{column}",
        )
    known = images_of[column]
    if column == "path":
        what = PurePosixPath(what).as_posix()
    if what not in known:
        raise rows.error(row, f"{column} {what!r} is no {_THINGS[column]} of these data{suggest(what, tuple(known))}")
    return what, known[what]
