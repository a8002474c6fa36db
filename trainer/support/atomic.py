"""Files and folders that are written whole or not at all."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from trainer.errors import SaveError

_FORBIDDEN: Final = (errno.EACCES, errno.EPERM, errno.EROFS)
_PUBLIC: Final = 0o644


@contextmanager
def saving(target: Path) -> Iterator[None]:
    """Turn what the operating system says about a write into one line: a SaveError instead of the OSError."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        mend = "let this user write there" if error.errno in _FORBIDDEN else "make room there"
        raise SaveError(f"cannot write {target}: {reason}; {mend} or choose another place") from error


def write_whole(target: Path, content: str | bytes, *, synced: bool = False) -> None:
    """Write a file, with its folder if that is missing; an earlier one stays until the new one is complete.

    Text is written as UTF-8. A link stays and what it leads to is written; a device or a pipe, such as ``/dev/null``,
    takes the content and stays what it is.

    What is ``synced`` is on the disk when this returns, and survives a loss of power.

    Raises:
        SaveError: It cannot be written; an earlier file is kept.
    """
    data = content.encode() if isinstance(content, str) else content
    with saving(target):
        if target.exists() and not target.is_file() and not target.is_dir():
            target.write_bytes(data)
            return
        if target.is_symlink() and not target.is_dir():
            target = Path(os.path.realpath(target))
        replace_file(target, data, mode=_PUBLIC)
        if synced:
            sync_public(target)


def replace_file(target: Path, data: bytes, *, mode: int) -> None:
    """Write beside a file and rename, so that a reader finds the old content or the new one.

    Raises:
        OSError: It cannot be written; an earlier file is kept.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, beside = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        Path(beside).chmod(mode)
        Path(beside).replace(target)
    except OSError:
        Path(beside).unlink(missing_ok=True)
        raise


def write_synced(target: Path, data: bytes) -> None:
    """Write a file in its place and bring it to the disk; whoever reads it checks what it holds."""
    with target.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_public(file: Path) -> None:
    """Let others read a file that is complete, and bring it to the disk."""
    file.chmod(_PUBLIC)  # safetensors' files start private
    descriptor = os.open(file, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


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
