"""What a study remembers of its making as flat keys and values, and what differs between two of them."""

import hashlib
from pathlib import Path
from typing import Any

from trainer.errors import WeightsError

from search.config.search_space import LARGEST


def content_of(weights: str) -> str:
    """What a study remembers of weights: the name, or the file's content.

    Raises:
        WeightsError: The file cannot be read.
    """
    if weights in ("imagenet", "none"):
        return weights
    try:
        with Path(weights).open("rb") as file:
            return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()[:16]}"
    except OSError as error:
        raise WeightsError(
            f"weights file {weights} cannot be read ({error.strerror}); name it in weights: BACKBONE=FILE"
        ) from error


def numbered(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """A list of tables as a table of its places, from 1, so that a difference is told where it is."""
    if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
        return {str(place): each for place, each in enumerate(value, start=1)}
    return value


def flat(value: Any, path: str = "") -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    """The values of nested tables by dotted keys."""
    if isinstance(value, dict) and value:
        found: dict[str, Any] = {}
        for key, inner in value.items():
            found |= flat(inner, f"{path}.{key}" if path else str(key))
        return found
    return {path: value}


def differences(stored: dict[str, Any], mine: dict[str, Any]) -> list[str]:
    """What differs between the identity of a stored study and of a study file, a line a key."""
    # Chosen when the study was made, where the file leaves it open.
    open_precision = all(value == "auto" for key, value in mine.items() if key.startswith("fixed.precision"))
    lines = []
    for key in sorted(stored.keys() | mine.keys()):
        there, here = stored.get(key), mine.get(key)
        if key.startswith("fixed.precision") and open_precision:
            continue
        if (key, here) in (("fixed.batch_size", LARGEST), ("data.pixels", "auto")):
            continue
        if key == "data.pixels" and there is None:  # made before there was a choice
            there = "exact"
        if there != here:
            lines.append(f"{key}: the study has {there!r}, this file {here!r}")
    return lines
