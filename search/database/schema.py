"""Our tables beside Optuna's: one row a study, one row a leased trial; made, migrated, or refused."""

import uuid

import sqlalchemy as sa
from sqlalchemy import text

from search.errors import StorageError

VERSION = 2
"""Of the tables below; raise it together with a step in ``_MIGRATIONS``."""

_metadata = sa.MetaData()
sa.Table("studyhall_schema", _metadata, sa.Column("version", sa.Integer, nullable=False))
sa.Table(
    "studyhall_budget",
    _metadata,
    sa.Column("study_id", sa.Integer, primary_key=True),
    # Tells this study from an earlier one of the same name and number, whose resume points may still lie about.
    sa.Column("key", sa.String(32), nullable=False),
    sa.Column("trials", sa.Integer, nullable=False),
    sa.Column("timeout", sa.Float),
    sa.Column("max_failures", sa.Integer, nullable=False),
    sa.Column("workers", sa.Integer, nullable=False, server_default="0"),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
)
sa.Table(
    "studyhall_lease",
    _metadata,
    sa.Column("token", sa.String(32), primary_key=True),
    sa.Column("study_id", sa.Integer, nullable=False, index=True),
    sa.Column("trial_id", sa.Integer, nullable=False, unique=True),
    # How often the trial has been taken: grows and never falls, so it orders what different workers wrote.
    sa.Column("attempt", sa.Integer, nullable=False),
    # How many of these takers died since the last report.
    sa.Column("deaths", sa.Integer, nullable=False, server_default="0"),
    # The attempt that reported last; what earlier ones left behind is out of date.
    sa.Column("reported", sa.Integer, nullable=False, server_default="0"),
    sa.Column("handed_back", sa.Boolean, nullable=False, server_default=sa.false()),
    # The last thing that went wrong, in words.
    sa.Column("trouble", sa.String(600), nullable=False, server_default=""),
    sa.Column("worker", sa.String(200), nullable=False),
    sa.Column("device", sa.String(100), nullable=False),
    sa.Column("packages", sa.Text, nullable=False, server_default="{}"),
    sa.Column("renewed_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
)

_MIGRATIONS = {
    # 1 had slots: leases whose trial did not exist yet. Now a trial is made together with its lease.
    1: (
        "ALTER TABLE studyhall_budget ADD COLUMN key varchar(32)",
        "UPDATE studyhall_budget SET key = md5(study_id::text || created_at::text)",
        "ALTER TABLE studyhall_budget ALTER COLUMN key SET NOT NULL",
        "DELETE FROM studyhall_lease WHERE trial_id IS NULL",
        "ALTER TABLE studyhall_lease ALTER COLUMN trial_id SET NOT NULL",
        "ALTER TABLE studyhall_lease DROP COLUMN after_trial",
        "ALTER TABLE studyhall_lease RENAME COLUMN attempts TO attempt",
        "UPDATE studyhall_lease SET attempt = greatest(attempt, 1)",
        "ALTER TABLE studyhall_lease ADD COLUMN deaths integer NOT NULL DEFAULT 0",
        "ALTER TABLE studyhall_lease ADD COLUMN reported integer NOT NULL DEFAULT 0",
        "ALTER TABLE studyhall_lease ADD COLUMN handed_back boolean NOT NULL DEFAULT false",
        "ALTER TABLE studyhall_lease ADD COLUMN trouble varchar(600) NOT NULL DEFAULT ''",
        "ALTER TABLE studyhall_lease ADD COLUMN packages text NOT NULL DEFAULT '{}'",
    ),
}


def ensure_tables(connection: sa.Connection) -> None:
    """Make the tables, or bring older ones up to date; the caller holds a lock.

    Raises:
        StorageError: A newer version of this project made them.
    """
    version = _version(connection)
    if version is not None:
        _refuse_newer(version)
        for step in range(version, VERSION):
            for statement in _MIGRATIONS[step]:
                connection.execute(text(statement))
    if version != VERSION:
        _metadata.create_all(connection)  # all, or those that the older version did not have
        connection.execute(text("DELETE FROM studyhall_schema"))
        connection.execute(text("INSERT INTO studyhall_schema VALUES (:version)"), {"version": VERSION})


def check_tables(engine: sa.Engine) -> None:
    """Refuse tables of another version.

    Raises:
        StorageError: With what to do.
    """
    with engine.connect() as connection:
        version = _version(connection)
    if version is None:
        return
    _refuse_newer(version)
    if version < VERSION:
        raise StorageError(
            f"the lease tables in this database are of version {version}, this program's of version {VERSION}: end the "
            "workers of the older version, then run `search create` or `search work`, which bring the tables up to date"
        )


def _refuse_newer(version: int) -> None:
    if version > VERSION:
        raise StorageError(
            f"the lease tables in this database are of version {version}, this program knows up to version {VERSION}: "
            "update studyhall on this machine to the version that made them"
        )


def _version(connection: sa.Connection) -> int | None:
    tables = text("SELECT to_regclass('studyhall_schema'), to_regclass('studyhall_lease')")
    schema, leases = connection.execute(tables).one()
    if schema is not None:
        return int(connection.execute(text("SELECT max(version) FROM studyhall_schema")).scalar_one())
    return None if leases is None else 1  # the first version did not record it


def set_budget(connection: sa.Connection, study_id: int, trials: int, timeout: float | None, max_failures: int) -> None:
    """Store a study's budget. The number of trials is only ever raised: a worker with an old file must not lower it."""
    connection.execute(
        text(
            "INSERT INTO studyhall_budget (study_id, key, trials, timeout, max_failures)"
            " VALUES (:study, :key, :trials, :timeout, :failures)"
            " ON CONFLICT (study_id) DO UPDATE SET trials = greatest(studyhall_budget.trials, excluded.trials),"
            " timeout = excluded.timeout, max_failures = excluded.max_failures"
        ),
        {"study": study_id, "key": uuid.uuid4().hex, "trials": trials, "timeout": timeout, "failures": max_failures},
    )


def drop_study(connection: sa.Connection, study_id: int) -> None:
    """Forget a study's budget and leases."""
    for table in ("studyhall_lease", "studyhall_budget"):
        connection.execute(text(f"DELETE FROM {table} WHERE study_id = :study"), {"study": study_id})
