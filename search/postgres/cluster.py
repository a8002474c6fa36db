"""One PostgreSQL cluster in a folder: made, started, looked at, stopped.

PostgreSQL and all its children inherit a lock on ``server.lock``: as long as it is taken one of them lives.
That is surer than a process id, which another process may have by now.
"""

import contextlib
import functools
import os
import pwd
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

import psutil
from sqlalchemy import URL

from search.errors import StorageError
from search.postgres.binaries import INSTEAD, MAJOR, find_binaries, find_owner, make_folder, run
from search.postgres.locks import acquire, close_lock, is_free, locked

ROLE: Final = "studyhall"
SOCKET: Final = ".s.PGSQL.5432"
SOCKET_PATH_LIMIT: Final = 107  # bytes: sockaddr_un has 108 and a final zero
LOG_LIMIT: Final = 1_000_000  # bytes
START_SECONDS: Final = 60
STOP_SECONDS: Final = 10  # for the children, once the postmaster is gone

SETTINGS: Final = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    # A parallel query takes its memory from /dev/shm, 64 MB in a container; ours are short look-ups.
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    # No replicas, no standing helper processes.
    "io_method": "sync",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    # A worker that is suspended in the middle of a transaction must not keep its locks for ever.
    "idle_in_transaction_session_timeout": "5min",
    # A statement that fails is told to its client; the log is for starts, stops and crashes.
    "log_min_messages": "log",
    "log_checkpoints": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


def url_over(socket: Path) -> str:
    """The SQLAlchemy URL of the database of the server whose socket lies in a folder."""
    query = {"host": str(socket), "port": "5432"}
    return URL.create("postgresql+psycopg", ROLE, database="postgres", query=query).render_as_string()


@dataclass(frozen=True)
class Cluster:
    """A cluster in ``folder``, which is absolute: ``data``, ``socket``, ``server.log``, ``server.lock``.

    ``short`` is the folder for the socket where the path in ``folder`` is too long for one.
    """

    folder: Path
    short: Path

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What the server says, at most about ``LOG_LIMIT`` bytes."""
        return self.folder / "server.log"

    @functools.cached_property
    def owner(self) -> pwd.struct_passwd:
        """Whom PostgreSQL runs as."""
        return find_owner()

    @functools.cached_property
    def binaries(self) -> Path:
        """Folder of the programs."""
        return find_binaries(self.owner)

    def lives(self) -> bool:
        """Whether any process of the server is left."""
        return not is_free(self.folder / "server.lock")

    def postmaster(self) -> tuple[int | None, Path | None]:
        """Process id of the server and folder of its socket; None until it is ready or after it died."""
        try:
            lines = (self.data / "postmaster.pid").read_text(errors="surrogateescape").splitlines()
        except FileNotFoundError:
            return None, None
        # pid, data folder, start time, port, socket folder, TCP address, shared memory, status
        if len(lines) < 8 or lines[7].strip() != "ready":
            return None, None
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(int(lines[0]))
            # Where nobody reaps orphans, a container say, a dead server stays as a zombie.
            if process.name().startswith("postgres") and process.status() != psutil.STATUS_ZOMBIE:
                return process.pid, Path(lines[4])
        return None, None

    def ensure_running(self) -> str:
        """Start the server unless it runs, and return its SQLAlchemy URL. One caller at a time.

        Raises:
            StorageError: it does not start, or lives without getting ready.
        """
        self._trim_log()
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if not self.lives():
                self._start()
            _, socket = self.postmaster()
            if socket is not None:
                if (socket / SOCKET).exists():
                    return url_over(socket)
                self.stop()  # something tidied the socket away: nobody could ever connect again
            time.sleep(0.02)  # it recovers, or after a crash its children are still ending
        raise StorageError(
            f"The PostgreSQL in {self.folder} lives but does not get ready within {START_SECONDS} s (does it "
            f"run on another machine or in another container?): {INSTEAD}; log: {self.log}"
        )

    def stop(self) -> None:
        """Stop the server whoever uses it; connections break, committed work stays. One caller at a time.

        Raises:
            StorageError: some process of it does not end.
        """
        for mode in ("fast", "immediate"):
            if self.postmaster()[0] is None:
                break
            if self._run("pg_ctl", "stop", "-s", "-w", "-t", "30", "-m", mode, "-D", "data").returncode == 0:
                break
        deadline = time.monotonic() + STOP_SECONDS
        while self.lives():
            if time.monotonic() > deadline:
                raise StorageError(f"The PostgreSQL in {self.folder} does not stop: end it with kill; log: {self.log}")
            time.sleep(0.01)
        with contextlib.suppress(OSError):
            self.short.rmdir()  # where it was needed

    def _start(self) -> None:
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        elif (found := (self.data / "PG_VERSION").read_text().strip()) != str(MAJOR):
            raise StorageError(
                f"The data in {self.data} are of PostgreSQL {found} and this program brings {MAJOR}: dump "
                "and restore them, or move the folder away to begin anew."
            )
        socket = self._socket_folder()
        # The server's lock is free, so these are a dead one's, whoever has its process id now.
        for path in (self.data / "postmaster.pid", socket / SOCKET, socket / f"{SOCKET}.lock"):
            path.unlink(missing_ok=True)
        mark = self._open_log()
        settings = SETTINGS | {"unix_socket_directories": str(socket)}
        options = shlex.join(part for name, value in settings.items() for part in ("-c", f"{name}={value}"))
        lock = acquire(self.folder / "server.lock")
        try:
            wait = ("-s", "-w", "-t", str(START_SECONDS))
            done = self._run("pg_ctl", "start", *wait, "-D", "data", "-l", self.log.name, "-o", options, keep=[lock])
        finally:
            close_lock(lock)
        if done.returncode != 0:
            self._fail(self.log.read_bytes()[mark:].decode(errors="replace").strip() or done.stderr)

    def _initialise(self) -> None:
        fresh = self.folder / "data.new"  # renamed when it is whole: a killed start leaves nothing half made
        locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        access = (f"--username={ROLE}", "--auth-local=peer", "--auth-host=reject")
        # initdb inherits the lock: should it outlive us, the next comer waits until it is done.
        with locked(self.folder / "initdb.lock") as lock:
            if fresh.exists():
                shutil.rmtree(fresh)
            make_folder(fresh, 0o700, self.owner.pw_uid, self.owner.pw_gid)
            done = self._run("initdb", "-D", fresh.name, "--no-instructions", *locale, *access, keep=[lock])
            if done.returncode != 0:
                self._fail(done.stderr or done.stdout)
            (fresh / "pg_hba.conf").write_text("local all all peer map=studyhall\n")
            users = dict.fromkeys((self.owner.pw_name, "root"))
            (fresh / "pg_ident.conf").write_text("".join(f'studyhall "{user}" {ROLE}\n' for user in users))
            fresh.rename(self.data)

    def _socket_folder(self) -> Path:
        folder = self.folder / "socket"
        # PostgreSQL reads it as a list, and libpq too.
        plain = re.fullmatch(r"[\w./@+-]+", str(folder), re.ASCII)
        if not plain or len(os.fsencode(folder / SOCKET)) > SOCKET_PATH_LIMIT:
            folder = self.short
        make_folder(folder, 0o700, self.owner.pw_uid, self.owner.pw_gid)
        return folder

    def _open_log(self) -> int:
        """Make the log, which the owner must be able to append to, and return its size."""
        log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            os.fchown(log, self.owner.pw_uid, self.owner.pw_gid)
            return os.fstat(log).st_size
        finally:
            os.close(log)

    def _trim_log(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            # In place: a running server appends to this very file.
            self.log.write_bytes(self.log.read_bytes()[-LOG_LIMIT // 10 :])

    def _run(self, tool: str, *arguments: str, keep: Sequence[int] = ()) -> subprocess.CompletedProcess[str]:
        return run([str(self.binaries / tool), *arguments], self.owner, self.folder, keep)

    def _fail(self, output: str) -> NoReturn:
        # "2026-01-01 00:00:00 UTC [7] FATAL:  words" in the log, "initdb: error: words" from initdb;
        # what follows the first one are its consequences
        errors = re.findall(r"\b(?:ERROR|FATAL|PANIC|error):\s+(.*)", output) or output.split("\n")
        reason = errors[0].strip() or "no reason given"
        raise StorageError(
            f"The embedded PostgreSQL in {self.folder} does not start: {reason}; mend that, or {INSTEAD} "
            f"(log: {self.log})."
        )
