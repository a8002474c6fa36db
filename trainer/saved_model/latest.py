"""Which folder holds the model that somebody names: itself, or the latest version below it.

::

    models/mask-f1/
      v1/  v2/  v3/      model folders; each is whole from the moment it has its name
      latest             a link to one of them; a text file with its name where links cannot be made
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from trainer.saved_model.manifest import INFO_FILE

LATEST: Final = "latest"
_VERSION: Final = re.compile(r"v([1-9][0-9]*)")


def model_folder(path: Path) -> Path:
    """The model folder that is meant by a path.

    It has a version's own name, not that of the link: whoever reads file after file reads one model, also while another
    is published.

    Args:
        path: A model folder, the folder of its versions, or ``latest`` in that one.

    Returns:
        The path itself where there is no model to be found, so that reading it says what is missing.
    """
    if path.name == LATEST:
        return pointed_at(path.parent) or path
    if (path / INFO_FILE).exists():
        return path
    return pointed_at(path) or next((path / name for name in reversed(versions(path))), path)


def pointed_at(root: Path) -> Path | None:
    """The version that ``latest`` names, if it does and that one is there."""
    pointer = root / LATEST
    try:
        name = pointer.readlink().name if pointer.is_symlink() else pointer.read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return None
    is_whole = number_of(name) is not None and (root / name / INFO_FILE).exists()
    return root / name if is_whole else None


def versions(root: Path) -> list[str]:
    """The versions that are there, the newest last; none where there is no such folder."""
    try:
        names = [entry.name for entry in root.iterdir()]
    except OSError:
        return []
    numbered = sorted((number, name) for name in names if (number := number_of(name)) is not None)
    return [name for _, name in numbered if (root / name / INFO_FILE).exists()]


def number_of(name: str) -> int | None:
    """The number of a version; none: it is no version's name."""
    match = _VERSION.fullmatch(name)
    return int(match[1]) if match else None
