"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from trainer.errors import SaveError

_FORBIDDEN: Final = (errno.EACCES, errno.EPERM, errno.EROFS)


@contextmanager
def saving(target: Path) -> Iterator[None]:
    """Turn what the operating system says about a write into one line.

    Raises:
        SaveError: Instead of OSError.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        mend = "let this user write there" if error.errno in _FORBIDDEN else "make room there"
        raise SaveError(f"cannot write {target}: {reason}; {mend} or choose another place") from error


def write_whole(target: Path, content: str | bytes) -> None:
    """Write a file, with its folder if that is missing; an earlier one stays until the new one is complete.

    Text is written as UTF-8. A link stays and what it leads to is written; a device or a pipe, such as ``/dev/null``,
    takes the content and stays what it is.

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
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, beside = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            Path(beside).chmod(0o644)
            Path(beside).replace(target)
        except OSError:
            Path(beside).unlink(missing_ok=True)
            raise
