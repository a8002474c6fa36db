"""A folder that is made beside its place and takes it when it is complete, or vanishes."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from trainer.errors import SaveError
from trainer.whole import saving

INFO_FILE: Final = "model.json"
"""Tells a model folder from others, which are never replaced."""


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """Give an empty folder beside ``folder`` that takes its place when the block ends well, and vanishes otherwise.

    The lock keeps a second writer out; what an earlier writer left when it was killed is removed.

    Raises:
        SaveError: The place cannot be written to, or somebody else is writing there.
    """
    folder = folder.absolute()
    if folder.exists() and not folder.is_dir():
        raise SaveError(f"{folder} is a file; choose another --output")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / INFO_FILE).exists():
        raise SaveError(f"{folder} is not empty and holds no model; choose another --output")
    with saving(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder.parent / f".{folder.name}.lock")
        try:
            lock.acquire(blocking=False)
        except Timeout as error:
            raise SaveError(f"another process is writing {folder}; wait for it or choose another --output") from error
    try:
        with saving(folder):
            if not folder.exists() and _aside(folder).exists():
                _aside(folder).rename(folder)  # a writer was killed between its two renames
            for left in folder.parent.glob(f".{folder.name}.*.partial"):
                shutil.rmtree(left)
            place = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".partial", dir=folder.parent))
            place.chmod(0o755)  # a temporary folder starts private; a model is read by others
        try:
            yield place
            with saving(folder):
                _replace(folder, place)
        finally:
            shutil.rmtree(place, ignore_errors=True)
    finally:
        lock.release()


def _aside(folder: Path) -> Path:
    """Where an earlier model is kept for the moment in which the new one takes its place."""
    return folder.with_name(f".{folder.name}.old")


def _replace(folder: Path, new: Path) -> None:
    if not folder.exists():
        new.rename(folder)
        return
    old = _aside(folder)
    shutil.rmtree(old, ignore_errors=True)
    folder.rename(old)
    try:
        new.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    shutil.rmtree(old)
