"""Objects in a folder, perhaps on a share."""

import contextlib
import errno
import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from trainer.errors import SaveError

from search.stores.objects import PARTIAL, RESUME_POINTS


class FolderStore:
    """Files in a folder that several machines may share; who may read them is the umask's affair.

    The folder is made with the first object; ``what`` is what they are called when something is wrong with them.
    """

    def __init__(self, folder: Path, what: str = RESUME_POINTS) -> None:
        self._folder = folder.absolute()
        self._what = what

    def write(self, name: str, data: bytes) -> None:
        """Put a file there whole: written beside, brought to the disk, renamed."""
        path = self._folder / name
        partial = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}{PARTIAL}")
        with self._explained("write", "make room there or choose another place"):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with partial.open("xb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                partial.replace(path)
            except BaseException:
                with contextlib.suppress(OSError):
                    partial.unlink(missing_ok=True)
                raise
            _sync_folder(path.parent)

    def read(self, name: str) -> bytes | None:
        """A file's bytes, or None where there is none."""
        with self._explained("read", "let this user read it or choose another place"):
            try:
                return (self._folder / name).read_bytes()
            except FileNotFoundError:
                return None

    def names(self, prefix: str) -> list[str]:
        """The names of whole files that begin with ``prefix``, sorted."""
        return [name for name in self._files(prefix) if not name.endswith(PARTIAL)]

    def leftovers(self, prefix: str) -> dict[str, float]:
        """Partial files: name and seconds since the last change."""
        ages = {}
        for name in self._files(prefix):
            if name.endswith(PARTIAL):
                with self._explained("read", "let this user read it"), contextlib.suppress(FileNotFoundError):
                    ages[name] = time.time() - (self._folder / name).stat().st_mtime
        return ages

    def remove(self, name: str) -> None:
        """Remove a file; a missing one is fine."""
        with self._explained("remove", "let this user remove them"):
            (self._folder / name).unlink(missing_ok=True)

    def _files(self, prefix: str) -> list[str]:
        def refuse(error: OSError) -> None:
            if not isinstance(error, FileNotFoundError):  # nothing there is an answer, a locked door is none
                raise error

        found = []
        with self._explained("list", "let this user read it or choose another place"):
            for folder, _, files in os.walk(self._folder / prefix.rpartition("/")[0], onerror=refuse):
                found += [(Path(folder) / file).relative_to(self._folder).as_posix() for file in files]
        return sorted(name for name in found if name.startswith(prefix))

    @contextlib.contextmanager
    def _explained(self, what: str, advice: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = error.strerror or str(error)
            raise SaveError(f"cannot {what} {self._what} in {self._folder}: {reason}; {advice}") from error


def _sync_folder(folder: Path) -> None:
    """Bring a rename to the disk, where the file system knows how."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)
