"""Versions of a model, and ``latest``, which points at one that is whole.

::

    models/mask-f1/
      v1/  v2/  v3/      model folders; each is whole from the moment it has its name
      latest             a link to one of them; a text file with its name where links cannot be made

A version gets its name by one rename (:func:`trainer.support.atomic.staging`) and is published by another. Between
the two a killed writer leaves a whole version that is not the latest yet; publishing it again is all it takes. Nothing
that has been written is changed or removed by a later version.
"""

import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from trainer.errors import SaveError
from trainer.saved_model.manifest import INFO_FILE
from trainer.support.atomic import saving, write_whole

LATEST: Final = "latest"
_VERSION: Final = re.compile(r"v([1-9][0-9]*)")


def find_model_folder(path: Path) -> Path:
    """The model folder that is meant by a path.

    It has a version's own name, not that of the link: whoever reads file after file reads one model, also while another
    is published.

    Args:
        path: A model folder, the folder of its versions, or ``latest`` in that one.

    Returns:
        The path itself where there is no model to be found, so that reading it says what is missing.
    """
    if path.name == LATEST:
        return read_latest(path.parent) or path
    if (path / INFO_FILE).exists():
        return path
    return read_latest(path) or next((path / name for name in reversed(list_versions(path))), path)


def read_latest(root: Path) -> Path | None:
    """The version that ``latest`` names, if it does and that one is there."""
    pointer = root / LATEST
    try:
        name = pointer.readlink().name if pointer.is_symlink() else pointer.read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return None
    is_whole = version_number(name) is not None and (root / name / INFO_FILE).exists()
    return root / name if is_whole else None


def list_versions(root: Path) -> list[str]:
    """The versions that are there, the newest last; none where there is no such folder."""
    try:
        names = [entry.name for entry in root.iterdir()]
    except OSError:
        return []
    numbered = sorted((number, name) for name in names if (number := version_number(name)) is not None)
    return [name for _, name in numbered if (root / name / INFO_FILE).exists()]


def version_number(name: str) -> int | None:
    """The number of a version; none: it is no version's name."""
    return int(match[1]) if (match := _VERSION.fullmatch(name)) else None


@contextmanager
def next_version(root: Path) -> Iterator[str]:
    """Keep the name of the next version for this writer while the block lasts.

    Another writer meanwhile gets the name after it. A name that was not used, also by a writer that was killed, is
    free again. A model that an earlier version of this program wrote into the root itself becomes a version first.

    Args:
        root: The folder of all versions; it is made.

    Yields:
        A name such as ``v3``; ``root / name`` does not exist.

    Raises:
        SaveError: The folder cannot be written to, or holds something else than models.
    """
    with saving(root):
        check_root(root)
        root.mkdir(parents=True, exist_ok=True)
        migrate_old(root)
        name, claim = _claim(root)
    try:
        yield name
    finally:
        claim.release()


@contextmanager
def exclusive_writer(root: Path, message: Callable[[str], None]) -> Iterator[None]:
    """Look at the versions and write one when no other command does.

    Raises:
        SaveError: The folder cannot be written to.
    """
    with saving(root):
        root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(root / ".finalize.lock")
        try:
            lock.acquire(blocking=False)
        except Timeout:
            message(f"waiting for another command that writes {root}")
            lock.acquire()
    try:
        yield
    finally:
        lock.release()


def publish(root: Path, version: str) -> Path:
    """Let ``latest`` point at a version, unless it points at a later one already.

    Whoever reads ``latest`` finds the earlier version or this one, never nothing. To publish again what is published
    does nothing.

    Returns:
        The folder that ``latest`` points at now.

    Raises:
        SaveError: The version is not whole, or the folder cannot be written to.
    """
    if version_number(version) is None or not (root / version / INFO_FILE).exists():
        raise SaveError(f"{root / version} holds no complete model, so it cannot become {root / LATEST}")
    with saving(root / LATEST), FileLock(root / f".{LATEST}.lock"):
        return _advance(root, version)


def newest_version(root: Path) -> str | None:
    """The whole version of the highest number, published or not; none: there is none."""
    return next(reversed(list_versions(root)), None)


def migrate_old(root: Path) -> None:
    """Make a version of a model that lies in the root itself, as earlier versions of this program wrote it.

    At every moment the root or ``latest`` is a whole model, and where a run was killed the next one goes on.

    Raises:
        OSError: The folder cannot be written to.
    """
    moving = root / ".moving"
    if not (root / INFO_FILE).exists() and not moving.exists():
        return
    with FileLock(root / f".{LATEST}.lock"):
        if not moving.exists():
            if not (root / INFO_FILE).exists():
                return  # another writer has moved it meanwhile
            name, claim = _claim(root)
            try:
                write_whole(moving, name)
                _copy(root, name)
            finally:
                claim.release()
        version = root / moving.read_text(encoding="utf-8")
        if not version.exists():
            _copy(root, version.name)
        _advance(root, version.name)
        # Without this one file the root is no model any more, and what points at its versions counts.
        (root / INFO_FILE).unlink(missing_ok=True)
        for name in sorted(entry.name for entry in version.iterdir()):
            if (left := root / name).is_dir() and not left.is_symlink():
                shutil.rmtree(left)
            else:
                left.unlink(missing_ok=True)
        moving.unlink()


def _copy(root: Path, name: str) -> None:
    """A version with all that lies in the root beside versions."""
    partial = root / f".{name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    for entry in root.iterdir():
        if not entry.name.startswith(".") and entry.name != LATEST and version_number(entry.name) is None:
            copy = shutil.copytree if entry.is_dir() else shutil.copy2
            copy(entry, partial / entry.name)
    partial.replace(root / name)


def check_root(root: Path) -> None:
    """Refuse a folder that cannot be one of a model's versions.

    Raises:
        SaveError: It is a file, holds something else, or is a version itself.
    """
    real = root.resolve()
    if version_number(real.name) is not None and (real / INFO_FILE).exists():
        raise SaveError(f"{root} is a version of a model, and stays as it is; name the folder of the versions instead")
    if root.exists() and not root.is_dir():
        raise SaveError(f"{root} is a file; choose another folder")
    # Listed before versions are looked for: another writer's first one may come between the two.
    entries = [entry for entry in root.iterdir() if not entry.name.startswith(".")] if root.is_dir() else []
    if entries and not (root / INFO_FILE).exists() and not list_versions(root):
        raise SaveError(f"{root} is not empty and holds no model; choose another folder")


def _claim(root: Path) -> tuple[str, FileLock]:
    """The first free name after all that are there, with the lock that keeps it."""
    number = max((version_number(entry.name) or 0 for entry in root.iterdir()), default=0)
    while True:
        number += 1
        name = f"v{number}"
        claim = FileLock(root / f".{name}.claim")
        try:
            claim.acquire(blocking=False)
        except Timeout:
            continue  # another writer's
        if not (root / name).exists():
            return name, claim
        claim.release()  # it was written since the folder was listed


def _advance(root: Path, version: str) -> Path:
    """Point at a version by one rename, unless a later one is pointed at; the lock is held."""
    before = read_latest(root)
    if before is not None and (version_number(before.name) or 0) >= (version_number(version) or 0):
        return before
    beside = root / f".{LATEST}.{uuid.uuid4().hex[:8]}"
    try:
        beside.symlink_to(version, target_is_directory=True)
    except OSError:  # a file system or a share that knows no links
        write_whole(root / LATEST, f"{version}\n")
        return root / version
    try:
        beside.replace(root / LATEST)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
    return root / version
