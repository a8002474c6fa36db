"""A folder that is made beside its place and takes it when it is complete, or vanishes."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trainer.support.atomic import saving


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """Give an empty folder beside ``folder`` that becomes it when the block ends well, and vanishes otherwise.

    What an earlier writer of the same folder left when it was killed is removed; there may be one at a time, which
    is the caller's to see to.

    Raises:
        SaveError: The place cannot be written to, or something is there already.
    """
    folder = folder.absolute()
    with saving(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        for left in folder.parent.glob(f".{folder.name}.*.partial"):
            shutil.rmtree(left)
        place = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".partial", dir=folder.parent))
        place.chmod(0o755)  # a temporary folder starts private; a model is read by others
    try:
        yield place
        with saving(folder):
            place.rename(folder)
    finally:
        shutil.rmtree(place, ignore_errors=True)
