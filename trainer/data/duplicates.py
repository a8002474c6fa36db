"""Files that are the same byte for byte: apart, they would carry training images to the validation side."""

from collections import defaultdict
from collections.abc import Sequence

import pandas as pd

from trainer.errors import DataError
from trainer.support.text import pluralize, shorten_list


def join_groups(table: pd.DataFrame, digests: Sequence[str]) -> tuple[list[str], list[str]]:
    """Give groups that share a byte-identical file one name, the first of theirs by alphabet.

    Returns:
        The group of each row, and notes on what was joined and on copies whose labels disagree.

    Raises:
        DataError: the column `side` puts two copies on different sides.
    """
    copies = _copies(digests)
    paths, labels = table["path"].tolist(), table["label"].tolist()
    if "side" in table:
        _refuse_two_sides(copies, paths, table["side"].tolist())
    groups, joined = _join(copies, paths, table["group"].tolist())
    notes = []
    if joined:
        notes.append(f"groups joined because they share the same file byte for byte: {shorten_list(joined)}")
    disagreeing = [paths[rows[0]] for rows in copies if len({labels[row] for row in rows}) > 1]
    if disagreeing:
        notes.append(f"{pluralize(disagreeing, 'file')} with copies under another label: {shorten_list(disagreeing)}")
    return groups, notes


def connected_groups(groups: Sequence[str], digests: Sequence[str]) -> list[str]:
    """Of each image one name for all groups that share a byte-identical file, directly or by way of others."""
    return _join(_copies(digests), list(groups), list(groups))[0]


def _copies(digests: Sequence[str]) -> list[list[int]]:
    """The rows of each file that is there more than once."""
    rows_of: dict[str, list[int]] = defaultdict(list)
    for row, digest in enumerate(digests):
        rows_of[digest].append(row)
    return [rows for rows in rows_of.values() if len(rows) > 1]


def _refuse_two_sides(copies: list[list[int]], paths: list[str], sides: list[str]) -> None:
    for rows in copies:
        one = rows[0]
        other = next((row for row in rows if sides[row] != sides[one]), None)
        if other is not None:
            raise DataError(
                f"{paths[one]} ({sides[one]}) and {paths[other]} ({sides[other]}) are the same file byte for "
                "byte, on both sides of the split: remove one of them"
            )


def _join(copies: list[list[int]], paths: list[str], groups: list[str]) -> tuple[list[str], list[str]]:
    parent = {group: group for group in groups}

    def root(group: str) -> str:
        while parent[group] != group:
            group = parent[group]
        return group

    joined = []
    for rows in copies:
        for row in rows[1:]:
            a, b = sorted((root(groups[rows[0]]), root(groups[row])))
            if a != b:
                parent[b] = a
                joined.append(f"{paths[rows[0]]} = {paths[row]}")
    return [root(group) for group in groups], joined
