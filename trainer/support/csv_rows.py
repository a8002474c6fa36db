"""CSV files written by people: read strictly, with the line number kept for the error messages."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from trainer.errors import DataError


@dataclass(frozen=True)
class Row:
    """One data row: its line in the file, of which the header is line 1, and its values by column, stripped."""

    line: int
    values: dict[str, str]


@dataclass(frozen=True)
class Rows:
    """A CSV file with a header and at least one row; blank lines are left out."""

    path: Path
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def error(self, row: Row, text: str) -> DataError:
        """A `DataError` that begins with the file and the line of the row."""
        return DataError(f"{self.path}, line {row.line}: {text}")

    def unique(self, column: str) -> None:
        """Refuse a value that stands in two rows, with a DataError."""
        lines: dict[str, int] = {}
        for row in self.rows:
            value = row.values[column]
            if before := lines.get(value):
                raise self.error(row, f"{column} {value!r} stands already in line {before}: remove one of the two rows")
            lines[value] = row.line


def read_rows(path: Path, needed: Sequence[str]) -> Rows:
    """Read a comma-separated UTF-8 file whose first line names the columns; a byte order mark is ignored.

    Raises:
        DataError: The file is missing, empty or not UTF-8; a needed column is missing or a name stands twice;
            a row has more or fewer values than the header.
    """
    records = _records(path)
    try:
        _, header = next(records)
    except StopIteration:
        raise DataError(f"{path} is empty: its first line must name the columns {', '.join(needed)}".rstrip()) from None
    columns = tuple(name.strip() for name in header)
    if missing := [name for name in needed if name not in columns]:
        raise DataError(
            f"{path} has no column {' and no column '.join(map(repr, missing))}: its columns are {', '.join(columns)}"
        )
    if twice := [name for name, count in Counter(columns).items() if count > 1]:
        raise DataError(f"{path} names the column {twice[0]!r} twice: rename one of the two")
    rows = []
    for line, record in records:
        if len(record) != len(columns):
            raise DataError(
                f"{path}, line {line}: {len(record)} values, but the header names {len(columns)} columns: "
                "mend the line, or quote a value that holds a comma"
            )
        rows.append(Row(line, dict(zip(columns, (value.strip() for value in record), strict=True))))
    if not rows:
        raise DataError(f"{path} has a header but no rows: add one row for each entry")
    return Rows(path, columns, tuple(rows))


def _records(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise DataError(
            f"{path} is not UTF-8 (byte {e.object[e.start]:#04x} at position {e.start}): save it as CSV in UTF-8"
        ) from e
    except OSError as e:
        raise DataError(f"{path} cannot be read ({e.strerror}): check the name and the permissions") from e
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for record in reader:
            if any(value.strip() for value in record):
                yield reader.line_num, record
    except csv.Error as e:
        raise DataError(f"{path}, line {reader.line_num}: {e}: save it as plain CSV") from e
