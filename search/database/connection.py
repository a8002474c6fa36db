"""The PostgreSQL that holds the studies: the one that was named, or the embedded one.

``--storage`` > ``STUDY_STORAGE`` > embedded in ``STUDY_HOME`` (``.studies``).
"""

from __future__ import annotations

import contextlib
import os
import re
import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import optuna
import sqlalchemy
from optuna.storages import RDBStorage
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from trainer.support.text import one_line

from search.database.passwords import read_password
from search.errors import StorageError
from search.paths import home_folder as home_folder
from search.postgres.server import embedded_server

SCHEMA_LOCK: Final = 7_236_841_905_512_773  # advisory lock of whoever makes tables; far from any study's number
SCHEMA_LOCK_SECONDS: Final = 60
FORM: Final = "postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
DRIVER: Final = "postgresql+psycopg"

CONNECT_ARGS: Final = {
    "application_name": "studyhall",
    "connect_timeout": 10,  # seconds
    # An epoch may take an hour: gateways forget a silent connection, and a dead server must be noticed.
    "keepalives": 1,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    # A connection over which nothing gets through: better a new one than to wait for TCP's ever rarer attempts.
    "tcp_user_timeout": 20_000,  # milliseconds
    # A prepared statement is lost when PgBouncer hands out another connection.
    "prepare_threshold": None,
    # From a database in SQL_ASCII psycopg would read bytes, which SQLAlchemy cannot use.
    "client_encoding": "UTF8",
}

# What the server says -> what to do; its words are matched because libpq gives no code for a refused connection.
ADVICE: Final = (
    (r"no encryption", "the server wants TLS: add ?sslmode=verify-full&sslrootcert=.../ca.crt to the URL"),
    (r"does not support SSL", "switch TLS on there (docs/cluster.md), or leave sslmode away in a network you trust"),
    (r"certificate verify failed", "name the ca.crt that signed the server's certificate; renew that if it expired"),
    (r"does not match host name", "use a name that the certificate is for, or make one with deploy/certificates.sh"),
    (r"root certificate file", "name the server's ca.crt in the URL: sslrootcert=FILE"),
    (r"password|authentication|pg_hba", "check the user and the password"),
    (r'database ".*" does not exist', "create it with createdb, or name another one"),
    (r"permission denied", "grant this user CREATE on the schema public, or let it own the database"),
    (r"too many|connection slots", "raise max_connections, or put PgBouncer in front"),
    (r"connection option", "remove that option from the URL"),
    (r"invalid \w+ value", "set that option of the URL right"),
    (r"", "check that the server runs and that the URL, or STUDY_STORAGE, names it"),
)


def storage_url(option: str | None) -> str | None:
    """Tell which database was asked for: the option, else ``STUDY_STORAGE``; None is the embedded one.

    A URL without a password gets the one in the file that ``STUDY_STORAGE_PASSWORD_FILE`` names, if any: a password in
    the environment shows in what container engines tell of a container, one on a command line in the process list.

    Raises:
        ConfigError: The file cannot be read or does not hold one line.
    """
    url = option or os.environ.get("STUDY_STORAGE") or None
    file = os.environ.get("STUDY_STORAGE_PASSWORD_FILE")
    if url is None or not file:
        return url
    parsed = sqlalchemy.make_url(normalise(url))
    if parsed.password is not None or "password" in parsed.query:
        return url
    return parsed.set(password=read_password(Path(file), "STUDY_STORAGE_PASSWORD_FILE")).render_as_string(
        hide_password=False
    )


def normalise(url: str) -> str:
    """Bring a URL into the form that SQLAlchemy, psycopg 3 and Optuna all understand; options after ``?`` go to libpq.

    That is ``postgresql+psycopg://...``, percent-encoded, free of braces: Optuna puts it through ``str.format``.

    Raises:
        StorageError: it is not such a URL or names no database; the message holds no password.
    """
    encode = "encode @ : / % # { } in a password as %40 %3A %2F %25 %23 %7B %7D"
    try:
        parsed = sqlalchemy.make_url(url)
    except (ArgumentError, ValueError):
        # Without the cause, which may quote a piece of the password.
        raise StorageError(f"The storage {redact(url)} is not a URL of the form {FORM}; {encode}.") from None
    if parsed.drivername not in ("postgresql", "postgres", DRIVER):
        raise StorageError(
            f"The storage {redact(url)} is not PostgreSQL, the only database that is supported: give {FORM}, or "
            "give none and leave STUDY_STORAGE away for the embedded one."
        )
    if "@" in (parsed.host or ""):
        raise StorageError(f"The storage {redact(url)} has more than one @: {encode}.")
    if not parsed.database and "dbname" not in parsed.query:
        raise StorageError(f"The storage {redact(url)} names no database: give {FORM}.")
    rendered = parsed.set(drivername=DRIVER).render_as_string(hide_password=False)
    return rendered.replace("{", "%7B").replace("}", "%7D")


def redact(url: str) -> str:
    """Make a URL fit for a message or a log: no password, wherever it stood."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return "***"
    with contextlib.suppress(ArgumentError, ValueError):
        parsed = sqlalchemy.make_url(url)
        if "@" not in (parsed.host or ""):
            shown = parsed.render_as_string(hide_password=True)
            return re.sub(r"(password=)[^&]*", r"\1***", shown)
    # Which part was meant as what cannot be told, so only what follows the last @ is shown.
    return f"{scheme}://***" + (f"@{rest.rpartition('@')[2].partition('?')[0]}" if "@" in rest else "")


@dataclass(frozen=True)
class Database:
    """A database of studies as other processes open it: its URL, or None, which means the embedded one in ``home``."""

    url: str | None
    home: Path


@contextlib.contextmanager
def open_storage(url: str | None, *, home: Path | None = None) -> Iterator[StudyStorage]:
    """Open Optuna's storage, with its tables made, for as long as the block lasts; without a URL the embedded one.

    Any number of processes may do so at once on an empty database. A process holds at most two connections,
    apart from the moment in which it makes the tables. Heartbeats are off: trials are leased. From here on
    Optuna's messages go to Python's ``logging`` instead of to the terminal.

    Raises:
        StorageError: within about ten seconds, when the database does not answer, refuses, or cannot be used.
    """
    optuna.logging.disable_default_handler()
    optuna.logging.enable_propagation()
    database = Database(url, home or home_folder())
    with contextlib.ExitStack() as stack:
        if url is None:
            where = f"The embedded database of {database.home}"
            url = stack.enter_context(embedded_server(database.home))
        else:
            where = f"The database {_place(normalise(url))}"
        storage = _connect(normalise(url), where, database)
        stack.callback(storage.close)
        yield storage


class StudyStorage(RDBStorage):
    """Optuna's storage, which gives its connections back when it cannot be made or used.

    Attributes:
        database: What was opened, as another process can open it.
        is_open: Whether the block of :func:`open_storage` lasts.
    """

    def __init__(
        self, url: str, engine_kwargs: dict[str, Any], where: str, database: Database, *, skip_table_creation: bool
    ) -> None:
        self.database = database
        self.is_open = True
        try:
            super().__init__(
                url,
                engine_kwargs,
                heartbeat_interval=None,
                skip_table_creation=skip_table_creation,
                skip_compatibility_check=True,  # Optuna's own asks over a second connection; ours is below
            )
            if skip_table_creation:
                _check_version(self, where)
        except BaseException:
            self.engine.dispose()
            raise

    def close(self) -> None:
        """Give the connections back."""
        self.is_open = False
        self.remove_session()
        self.engine.dispose()


def _connect(url: str, where: str, database: Database) -> StudyStorage:
    asked = sqlalchemy.make_url(url).query
    connect_args = {name: value for name, value in CONNECT_ARGS.items() if name not in asked}
    pool = {"pool_size": 1, "max_overflow": 1, "pool_pre_ping": True, "pool_timeout": 30}
    options = {**pool, "connect_args": connect_args}
    try:
        _ensure_tables(url, options, where, database)
        return StudyStorage(url, options, where, database, skip_table_creation=True)
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError) as e:
        reason = _reason(e)
        advice = next(advice for pattern, advice in ADVICE if re.search(pattern, reason, re.IGNORECASE))
        raise StorageError(f"{where} cannot be used: {reason}; {advice}.") from e


def _ensure_tables(url: str, options: dict[str, Any], where: str, database: Database) -> None:
    """Let one process make Optuna's tables while the others wait.

    They wait without a connection: behind PgBouncer they might keep those that the maker needs.
    """
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool, connect_args=options["connect_args"])
    deadline = time.monotonic() + SCHEMA_LOCK_SECONDS
    while time.monotonic() < deadline:
        with engine.begin() as connection:
            if _has_tables(connection, where):
                return
            # Freed with the transaction: PgBouncer may give the next one to another connection.
            lock = sqlalchemy.select(sqlalchemy.func.pg_try_advisory_xact_lock(SCHEMA_LOCK))
            if connection.execute(lock).scalar_one():
                StudyStorage(url, options, where, database, skip_table_creation=False).engine.dispose()
                return
        time.sleep(0.1)
    raise StorageError(f"{where}: another process is making the tables and hangs; end it and try again.")


def _check_version(storage: RDBStorage, where: str) -> None:
    """Refuse tables that another version of Optuna made."""
    if (current := storage.get_current_version()) == storage.get_head_version():
        return
    advice = (
        "make a backup, then run `optuna storage upgrade`"
        if current in storage.get_all_versions()
        else "update Optuna to the version that made them, or name a database of its own"
    )
    raise StorageError(f"{where} has tables that Optuna {optuna.__version__} does not know how to use; {advice}.")


def _has_tables(connection: sqlalchemy.Connection, where: str) -> bool:
    """Whether Optuna's tables are complete: it writes the row of ``alembic_version`` last."""
    tables = sqlalchemy.text("SELECT to_regclass('alembic_version'), to_regclass('version_info')")
    alembic, optunas = connection.execute(tables).one()
    if alembic is None:
        return False
    stamped = connection.execute(sqlalchemy.text("SELECT EXISTS (SELECT FROM alembic_version)")).scalar_one()
    if stamped and optunas is None:
        raise StorageError(f"{where} holds the tables of another program: name a database of its own.")
    return bool(stamped)


def _place(url: str) -> str:
    parsed = sqlalchemy.make_url(url)
    host = parsed.host or parsed.query.get("host") or "local socket"
    port = parsed.port or parsed.query.get("port") or 5432
    return f"{host}:{port}/{parsed.database or parsed.query['dbname']}"


def _reason(error: Exception) -> str:
    """One line of what the server or the network said."""
    cause = error.__cause__ if isinstance(error, optuna.exceptions.StorageInternalError) else error
    text = one_line(getattr(cause, "orig", None) or cause)
    return textwrap.shorten(text.rpartition(" failed: ")[2].rstrip("."), width=300, placeholder="...")
