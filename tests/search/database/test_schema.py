"""Our tables: made once, brought up to date, or refused."""

import optuna
import pytest
import sqlalchemy as sa

from search.database import schema
from search.database.connection import open_storage
from search.database.lease import Leases
from search.database.optuna_internals import study_id, trial_id
from search.database.queries import study_key
from search.errors import StorageError

# What version 1 made, as it stood in a database.
FIRST = (
    "CREATE TABLE studyhall_budget (study_id integer PRIMARY KEY, trials integer NOT NULL, timeout float,"
    " max_failures integer NOT NULL, workers integer NOT NULL DEFAULT 0,"
    " created_at timestamptz NOT NULL DEFAULT now())",
    "CREATE TABLE studyhall_lease (token varchar(32) PRIMARY KEY, study_id integer NOT NULL, trial_id integer UNIQUE,"
    " after_trial integer NOT NULL, attempts integer NOT NULL, worker varchar(200) NOT NULL,"
    " device varchar(100) NOT NULL, renewed_at timestamptz NOT NULL, expires_at timestamptz NOT NULL)",
    "CREATE INDEX ix_studyhall_lease_study_id ON studyhall_lease (study_id)",
)


@pytest.fixture
def storage(empty_storage_url):
    with open_storage(empty_storage_url) as opened:
        yield opened


def columns(storage):
    inspector = sa.inspect(storage.engine)
    return {
        table: {(column["name"], str(column["type"]), column["nullable"]) for column in inspector.get_columns(table)}
        for table in inspector.get_table_names()
        if table.startswith("studyhall_")
    }


def execute(storage, *statements):
    with storage.engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))


def ensure(storage):
    with storage.engine.begin() as connection:
        schema.ensure_tables(connection)


def test_made_twice_is_made_once(storage):
    schema.check_tables(storage.engine)  # none yet: nothing to refuse
    ensure(storage)
    before = columns(storage)
    ensure(storage)
    assert columns(storage) == before
    schema.check_tables(storage.engine)


def test_the_first_version_is_brought_up_to_date(storage):
    study = optuna.create_study(study_name="s", storage=storage)
    trial = study.ask()
    number = study_id(study)
    execute(
        storage,
        *FIRST,
        "INSERT INTO studyhall_budget (study_id, trials, timeout, max_failures, workers)"
        f" VALUES ({number}, 9, 60, 2, 3)",
        f"INSERT INTO studyhall_lease VALUES ('a', {number}, {trial_id(trial)}, 0, 2, 'w', 'cpu', now(), '-infinity')",
        f"INSERT INTO studyhall_lease VALUES ('b', {number}, NULL, 0, 1, 'w', 'cpu', now(), now())",
    )
    with pytest.raises(StorageError, match=r"of version 1, this program's of version 2.*search create"):
        schema.check_tables(storage.engine)
    ensure(storage)
    schema.check_tables(storage.engine)
    migrated = columns(storage)
    claim = Leases(study, worker="w", device="cpu").claim("t").claim
    assert (claim.trial_id, claim.attempt) == (trial_id(trial), 3)
    assert len(study_key(storage.engine, number)) == 32
    execute(storage, "DROP TABLE studyhall_schema, studyhall_budget, studyhall_lease")
    ensure(storage)
    assert columns(storage) == migrated


def test_a_newer_version_is_refused(storage):
    ensure(storage)
    execute(storage, "UPDATE studyhall_schema SET version = 99")
    for check in (lambda: ensure(storage), lambda: schema.check_tables(storage.engine)):
        with pytest.raises(StorageError, match=r"version 99, this program knows up to version 2.*update studyhall"):
            check()
