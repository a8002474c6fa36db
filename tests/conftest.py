"""What many tests share: a home of their own, and real PostgreSQL databases on one embedded server."""

import os

# Before anything imports them: albumentations asks the network for a newer version, and each of several test
# processes would take all the cores.
os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"
os.environ["HF_HUB_OFFLINE"] = "1"  # no test needs the network, and none shall wait for it
for _threads in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_threads] = "1"

import contextlib  # noqa: E402
import signal  # noqa: E402
import uuid  # noqa: E402
from collections.abc import Iterator  # noqa: E402
from pathlib import Path  # noqa: E402

import psycopg  # noqa: E402
import pytest  # noqa: E402
import sqlalchemy  # noqa: E402

pytest.register_assert_rewrite("tests.support")  # what fails there is explained as in a test
from tests.support.leftovers import temporary_home  # noqa: E402

# A shell that runs the tests in the background has Ctrl-C ignored, and so would all commands that they start.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def one_fork_server() -> Iterator[None]:
    """Imports once for all commands that are called in this process, which would each do so for themselves."""
    from search.launch import fork_server

    with fork_server.running():
        yield


@pytest.fixture
def fresh_home() -> Iterator[Path]:
    """An empty folder for a server of its own; the first start takes a second."""
    with temporary_home() as folder:
        yield folder


@pytest.fixture(scope="session")
def ready_home() -> Iterator[Path]:
    """A home whose server has run before and does not run now."""
    from search.postgres.server import embedded_server

    with temporary_home() as folder:
        with embedded_server(folder):
            pass
        yield folder


@pytest.fixture
def home(fresh_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh STUDY_HOME, with no other storage named."""
    monkeypatch.setenv("STUDY_HOME", str(fresh_home))
    monkeypatch.delenv("STUDY_STORAGE", raising=False)
    return fresh_home


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of a server that lasts as long as this test process."""
    from search.postgres.server import embedded_server

    with temporary_home() as folder, embedded_server(folder) as url:
        yield url


@contextlib.contextmanager
def temporary_database(server_url: str, template: str = "template1") -> Iterator[str]:
    server = sqlalchemy.make_url(server_url)
    name = f"test_{uuid.uuid4().hex[:12]}"
    plain = server.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    yield server.set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def database_with_tables(postgres_url: str) -> Iterator[str]:
    """The name of a database with all tables and no study, of which a copy is made in a fraction of the time."""
    from search.database.connection import open_storage

    with temporary_database(postgres_url) as url:
        with open_storage(url):
            pass
        yield str(sqlalchemy.make_url(url).database)


@pytest.fixture
def storage_url(postgres_url: str, database_with_tables: str) -> Iterator[str]:
    """URL of a fresh database without a study; its tables are there."""
    with temporary_database(postgres_url, database_with_tables) as url:
        yield url


@pytest.fixture
def empty_storage_url(postgres_url: str) -> Iterator[str]:
    """URL of a fresh database without a table."""
    with temporary_database(postgres_url) as url:
        yield url
