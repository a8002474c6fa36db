"""An embedded PostgreSQL for one machine: the first comer starts it, the last one to leave stops it.

Every user holds the lock on a file of its own, and who finds no other one taken is the last. The kernel keeps
the locks, so a process that was killed is forgotten at once::

    HOME/postgres/start.lock      taken while somebody starts or stops the server
    HOME/postgres/users/PID-N     taken by the N-th ``with embedded_server(HOME)`` of process PID
    HOME/postgres/...             the rest is described in :mod:`search.postgres.cluster`

For root ``HOME/postgres`` is a link to a folder in ``/var/lib/studyhall``; :mod:`search.postgres.binaries` says why.
"""

import contextlib
import hashlib
import itertools
import logging
import os
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from search.errors import StorageError
from search.postgres.binaries import INSTEAD, SYSTEM_FOLDER, find_owner, make_folder
from search.postgres.cluster import Cluster, url_over
from search.postgres.locks import acquire, holds, is_free, locked, release

_logger = logging.getLogger(__name__)
_user_numbers = itertools.count()


@dataclass(frozen=True)
class ServerState:
    """What is known of the server of a home.

    Attributes:
        running: whether any process of the server lives.
        pid: process id of the server; None where it does not run or is not ready.
        data: the data folder, whether it exists or not.
        socket: the folder of its Unix socket; None like ``pid``.
        url: its SQLAlchemy URL, which Optuna takes as well; None like ``pid``.
        users: ids of the processes that use it, ascending.
    """

    running: bool
    pid: int | None
    data: Path
    socket: Path | None
    url: str | None
    users: tuple[int, ...]


@contextlib.contextmanager
def embedded_server(home: Path) -> Iterator[str]:
    """Run the PostgreSQL of ``home`` while the block lasts, shared with everybody else who wants it.

    Threads, blocks inside blocks and other processes share it; forked children do not count. ``home`` is made where it
    is missing.

    Yields:
        SQLAlchemy URL ``postgresql+psycopg://...`` over a Unix socket that only this user and root can open.

    Raises:
        StorageError: the server cannot be installed or started here.
    """
    cluster = _cluster(home)
    if os.geteuid() == 0:
        with _explained(cluster):
            _make_roots_folder(home)
        cluster = _cluster(home)
    with _explained(cluster):
        user, url = _register_user(cluster)
    try:
        yield url
    finally:
        if holds(user):
            _release_user(cluster, user)


def server_state(home: Path) -> ServerState:
    """Look at the server of ``home``; nothing is started, made or waited for.

    Raises:
        StorageError: its folder cannot be read.
    """
    cluster = _cluster(home)
    with _explained(cluster):
        running = cluster.lives()
        pid, socket = cluster.postmaster() if running else (None, None)
        url = None if socket is None else url_over(socket)
        return ServerState(running, pid, cluster.data, socket, url, _users(cluster))


def stop_server(home: Path, *, force: bool = False) -> bool:
    """Stop the server of ``home`` and tell whether there was one; ``force`` breaks the connections of its users.

    Raises:
        StorageError: it is used and ``force`` is not set, or it does not stop.
    """
    cluster = _cluster(home)
    with _explained(cluster):
        if not cluster.lives():
            return False
        with locked(cluster.folder / "start.lock"):
            if (users := _users(cluster)) and not force:
                pids = ", ".join(map(str, users))
                raise StorageError(f"The PostgreSQL of {home} is in use by process {pids}: end it first, or use force.")
            cluster.stop()
    return True


def _register_user(cluster: Cluster) -> tuple[int, str]:
    """Become a user and see to it that the server runs; the lock says that we are one."""
    if os.geteuid() != 0:
        cluster.folder.parent.mkdir(parents=True, exist_ok=True)
        make_folder(cluster.folder, 0o700)
    with locked(cluster.folder / "start.lock"):
        make_folder(cluster.folder / "users", 0o700)
        user = acquire(cluster.folder / "users" / f"{os.getpid()}-{next(_user_numbers)}")
        try:
            return user, cluster.ensure_running()
        except BaseException:
            release(user)
            _stop_if_unused(cluster)
            raise


def _release_user(cluster: Cluster, user: int) -> None:
    try:
        with locked(cluster.folder / "start.lock"):
            release(user)
            _stop_if_unused(cluster)
    except (OSError, StorageError, subprocess.SubprocessError) as e:
        # The work is done and must not fail for this.
        _logger.warning("the embedded PostgreSQL in %s was not stopped: %s", cluster.folder, e)


def _stop_if_unused(cluster: Cluster) -> None:
    for path in (cluster.folder / "users").iterdir():
        if is_free(path):
            path.unlink()
    if not _users(cluster) and cluster.lives():
        cluster.stop()


def _users(cluster: Cluster) -> tuple[int, ...]:
    files = (cluster.folder / "users").glob("*-*")
    return tuple(sorted({int(path.name.partition("-")[0]) for path in files if not is_free(path)}))


def _cluster(home: Path) -> Cluster:
    """Where the server of ``home`` lives, or would: root's is behind the link ``HOME/postgres``."""
    home = home.resolve()
    folder, uid = home / "postgres", os.geteuid()
    # Two databases for one home would look like lost studies.
    if uid == 0 and folder.exists() and not folder.is_symlink():
        raise StorageError(
            f"The PostgreSQL in {folder} was made by an ordinary user and you are root: run as that user, "
            f"choose another folder with STUDY_HOME, or {INSTEAD}."
        )
    if uid != 0 and folder.is_symlink():
        raise StorageError(
            f"The PostgreSQL of {home} was made by root: run as root, choose another folder with STUDY_HOME, "
            f"or {INSTEAD}."
        )
    if uid == 0 and folder.is_symlink():
        folder = folder.readlink()
        if not folder.is_dir():
            raise StorageError(
                f"The PostgreSQL of {home} was in {folder}, which is gone: bring it back, or delete "
                f"{home / 'postgres'} to begin with an empty one."
            )
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    # Not in XDG_RUNTIME_DIR: that goes at log-out, and workers stay.
    return Cluster(folder, short=Path("/tmp") / f"studyhall-{uid}-{digest}")


def _make_roots_folder(home: Path) -> None:
    """Give root's server a folder outside homes, which its system user may enter, and a link to it in ``home``."""
    link = home.resolve() / "postgres"
    if link.is_symlink():
        return
    group = find_owner().pw_gid
    make_folder(SYSTEM_FOLDER, 0o755)
    link.parent.mkdir(parents=True, exist_ok=True)
    with locked(SYSTEM_FOLDER / "make.lock"):
        if not link.is_symlink():
            folder = SYSTEM_FOLDER / uuid.uuid4().hex[:16]
            make_folder(folder, 0o710, gid=group)
            link.symlink_to(folder)


@contextlib.contextmanager
def _explained(cluster: Cluster) -> Iterator[None]:
    try:
        yield
    except (OSError, subprocess.SubprocessError) as e:
        raise StorageError(
            f"The embedded PostgreSQL cannot use {cluster.folder}: {e}; mend that, choose another folder "
            f"with STUDY_HOME, or {INSTEAD}."
        ) from e
