import logging
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import optuna
import psycopg
import pytest
import sqlalchemy
from psycopg import sql

from search.database.connection import home_folder, normalise, open_storage, redact, storage_url
from search.errors import StorageError
from search.postgres.server import server_state
from tests.support.repository import ROOT
from tests.support.waiting import PATIENCE, until
from trainer.errors import ConfigError

SECRET = "s3cr:t/@%#{x} +"
ENCODED = "s3cr%3At%2F%40%25%23%7Bx%7D%20%2B"


@pytest.fixture
def plain_url(empty_storage_url: str) -> str:
    return empty_storage_url.replace("+psycopg", "")


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port where connections are taken and never answered."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def message(url: str) -> str:
    with pytest.raises(StorageError) as caught, open_storage(url):
        pass
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_option_then_environment_then_embedded(monkeypatch):
    monkeypatch.setenv("STUDY_STORAGE", "postgresql://e/e")
    assert storage_url("postgresql://o/o") == "postgresql://o/o"
    assert storage_url(None) == "postgresql://e/e"
    monkeypatch.setenv("STUDY_STORAGE", "")
    assert storage_url(None) is None


def test_a_password_from_a_file(monkeypatch, tmp_path):
    file = tmp_path / "password"
    file.write_text(f"{SECRET}\n")
    monkeypatch.setenv("STUDY_STORAGE", "postgresql://us%40er@host/data?sslmode=require")
    monkeypatch.setenv("STUDY_STORAGE_PASSWORD_FILE", str(file))
    parsed = sqlalchemy.make_url(normalise(storage_url(None)))
    assert (parsed.username, parsed.password, dict(parsed.query)) == ("us@er", SECRET, {"sslmode": "require"})
    assert sqlalchemy.make_url(storage_url("postgresql://o:own@h/d")).password == "own"
    monkeypatch.setenv("STUDY_STORAGE", "")
    assert storage_url(None) is None


@pytest.mark.parametrize(
    ("text", "rule"), [(None, "cannot be read"), ("\n", "must hold one line"), (b"\xff", "cannot be read")]
)
def test_a_password_file_of_no_use(monkeypatch, tmp_path, text, rule):
    file = tmp_path / "password"
    if text is not None:
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    monkeypatch.setenv("STUDY_STORAGE_PASSWORD_FILE", str(file))
    with pytest.raises(ConfigError, match=f"STUDY_STORAGE_PASSWORD_FILE .*{rule}"):
        storage_url("postgresql://user@host/data")


def test_home_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STUDY_HOME", "elsewhere")
    assert home_folder() == tmp_path / "elsewhere"
    monkeypatch.delenv("STUDY_HOME")
    assert home_folder() == tmp_path / ".studies"


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_a_difficult_password_survives_normalising_and_optuna(scheme):
    url = normalise(f"{scheme}://us%40er:{ENCODED}@host:5433/data?sslmode=require&connect_timeout=3")
    assert url.startswith("postgresql+psycopg://")
    parsed = sqlalchemy.make_url(url.format(SCHEMA_VERSION=12))
    assert (parsed.username, parsed.password, parsed.host, parsed.port) == ("us@er", SECRET, "host", 5433)
    assert parsed.database == "data"
    assert dict(parsed.query) == {"sslmode": "require", "connect_timeout": "3"}
    assert normalise(url) == url


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("sqlite:///study.db", "not PostgreSQL"),
        ("mysql://u:hunter2@h/d", "not PostgreSQL"),
        ("postgresql+psycopg2://u:hunter2@h/d", "not PostgreSQL"),
        ("postgresql://u:hunter2@h", "names no database"),
        ("postgresql://u:hunter2@h/", "names no database"),
        ("postgresql://u:hun@ter2@h/d", "more than one @"),
        ("postgresql://u:hunter2/d", "not a URL"),
        ("host=h password=hunter2", "not a URL"),
        ("", "not a URL"),
    ],
)
def test_a_url_that_cannot_be_used(url, rule):
    with pytest.raises(StorageError, match=rule) as caught:
        normalise(url)
    assert re.search(r"ter2|hunter", str(caught.value)) is None
    assert "postgresql://USER:PASSWORD@HOST:PORT/DATABASE" in str(caught.value) or "%40" in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hunter2@h:5432/d",
        "postgresql://u:hun@ter2@h/d",
        "postgresql://u@h/d?password=hunter2&sslmode=require",
        "postgresql://h/d?sslpassword=hunter2",
        "postgresql://u:hunter2",
        "postgresql://u:hunter2/d",
        "hunter2",
        f"postgresql://u:{ENCODED}hunter2@h/d",
    ],
)
def test_no_password_is_shown(url):
    assert re.search(r"ter2|hunter", redact(url)) is None


def test_what_is_shown_tells_the_place():
    assert redact("postgresql://u:hunter2@h:5432/d?sslmode=require") == "postgresql://u:***@h:5432/d?sslmode=require"


def test_a_study_goes_through(empty_storage_url):
    with open_storage(empty_storage_url) as storage:
        study = optuna.create_study(study_name="s{1}", storage=storage)
        study.tell(study.ask(), 1.0)
    with open_storage(empty_storage_url) as storage:
        assert optuna.load_study(study_name="s{1}", storage=storage).best_value == 1.0
        assert storage.heartbeat_interval is None


def test_the_embedded_one_is_opened_and_stopped(home):
    with open_storage(None) as storage:
        assert server_state(home).users == (os.getpid(),)
        optuna.create_study(study_name="s", storage=storage)
    assert server_state(home).running is False
    with open_storage(None, home=home) as storage:
        assert [study.study_name for study in storage.get_all_studies()] == ["s"]


@pytest.mark.slow
def test_many_processes_make_the_tables_at_once(empty_storage_url):
    code = """
import sys
from search.database.connection import open_storage
print("ready", flush=True)
sys.stdin.read()
with open_storage(sys.argv[1]) as storage:
    print(storage.get_current_version(), len(storage.get_all_studies()))
"""
    command = [sys.executable, "-W", "error", "-c", code, empty_storage_url]
    pipe = subprocess.PIPE
    processes = [subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True) for _ in range(6)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.close()
    for process in processes:
        process.wait(PATIENCE)
    said = [(process.stdout.read(), process.stderr.read()) for process in processes]
    for process in processes:
        process.stdout.close()
        process.stderr.close()
    assert set(said) == {(said[0][0], "")}
    assert re.fullmatch(r"v\S+ 0\n", said[0][0])


def test_threads_make_the_tables_at_once_on_two_connections_each(empty_storage_url, plain_url):
    together = threading.Barrier(8)
    errors: list[Exception] = []

    def open_it() -> None:
        together.wait()
        try:
            with open_storage(empty_storage_url):
                pass
        except Exception as e:  # noqa: BLE001 -- shown by the assertion
            errors.append(e)

    threads = [threading.Thread(target=open_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with psycopg.connect(plain_url) as connection:
        assert connection.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM version_info").fetchone() == (1,)


def test_tables_that_were_half_made_are_completed(empty_storage_url, plain_url):
    with open_storage(empty_storage_url):
        pass
    with psycopg.connect(plain_url) as connection:  # as after a kill between two of Optuna's transactions
        connection.execute("DELETE FROM alembic_version; DELETE FROM version_info; DROP TABLE trial_heartbeats")
    with open_storage(empty_storage_url) as storage:
        assert storage.get_current_version() == storage.get_head_version()
    with psycopg.connect(plain_url) as connection:
        assert connection.execute("SELECT count(*) FROM trial_heartbeats").fetchone() == (0,)


def test_connections_are_few_and_given_back(empty_storage_url, plain_url):
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'studyhall' AND datname = current_database()"
    )

    def used() -> int:
        with psycopg.connect(plain_url) as connection:
            return connection.execute(query).fetchone()[0]

    with open_storage(empty_storage_url) as storage:
        study = optuna.create_study(storage=storage)
        threads = [threading.Thread(target=study.ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert used() in (1, 2)
    until(lambda: used() == 0)


def test_a_broken_connection_is_replaced(empty_storage_url, plain_url):
    with open_storage(empty_storage_url) as storage:
        study = optuna.create_study(storage=storage)
        with psycopg.connect(plain_url) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name='studyhall'"
            )
        assert study.ask().number == 0


def test_options_of_the_url_win_over_ours(empty_storage_url):
    with open_storage(f"{empty_storage_url}&application_name=mine") as storage, storage.engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW application_name").scalar_one() == "mine"


def test_optuna_writes_nothing_to_the_terminal(empty_storage_url, capfd, caplog):
    optuna.logging.set_verbosity(optuna.logging.INFO)
    with caplog.at_level(logging.INFO), open_storage(empty_storage_url) as storage:
        optuna.create_study(storage=storage)
    assert capfd.readouterr() == ("", "")
    assert "A new study created" in caplog.text


def test_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    said = message(f"postgresql://u:hunter2@127.0.0.1:{port}/d")
    assert f"127.0.0.1:{port}/d" in said
    assert "Connection refused" in said
    assert "STUDY_STORAGE" in said
    assert "hunter2" not in said


def test_nobody_answers(silent_port):
    start = time.monotonic()
    said = message(f"postgresql://u:hunter2@127.0.0.1:{silent_port}/d?connect_timeout=2")
    assert time.monotonic() - start < 60  # TCP alone would try for two minutes
    assert "timeout" in said


def test_an_unknown_host():
    assert "nowhere.invalid:5432/d" in message("postgresql://u@nowhere.invalid/d?connect_timeout=2")


def test_a_database_that_is_missing(empty_storage_url):
    url = sqlalchemy.make_url(empty_storage_url).set(database="missing").render_as_string(hide_password=False)
    said = message(url)
    assert 'database "missing" does not exist' in said
    assert "createdb" in said


def test_a_user_who_may_not_come_in(empty_storage_url):
    url = sqlalchemy.make_url(empty_storage_url).set(username="stranger", password="hunter2")
    said = message(url.render_as_string(hide_password=False))
    assert "authentication failed" in said
    assert "check the user and the password" in said
    assert "hunter2" not in said


def test_a_difficult_password_is_understood_by_the_server(empty_storage_url, plain_url):
    with psycopg.connect(plain_url) as connection:
        rules = Path(connection.execute("SHOW hba_file").fetchone()[0])
        connection.execute(sql.SQL("CREATE ROLE lodger LOGIN SUPERUSER PASSWORD {}").format(SECRET))
    before = rules.read_text()
    rules.write_text(f"local all lodger scram-sha-256\n{before}")
    base = sqlalchemy.make_url(empty_storage_url).set(username="lodger")
    try:
        with psycopg.connect(plain_url) as connection:
            connection.execute("SELECT pg_reload_conf()")
        url = base.set(password="PASSWORD").render_as_string(hide_password=False)
        with open_storage(url.replace("PASSWORD", ENCODED)) as storage:
            optuna.create_study(storage=storage)
        assert "check the user and the password" in message(url.replace("PASSWORD", "wrong"))
        assert "check the user and the password" in message(url.replace(":PASSWORD", ""))
    finally:
        rules.write_text(before)
        with psycopg.connect(plain_url) as connection:
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("REASSIGN OWNED BY lodger TO studyhall; DROP ROLE lodger")


def test_a_database_without_an_encoding(empty_storage_url, plain_url):
    with psycopg.connect(plain_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE plain ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
    try:
        url = sqlalchemy.make_url(empty_storage_url).set(database="plain").render_as_string(hide_password=False)
        with open_storage(url) as storage:
            optuna.create_study(storage=storage, study_name="Größe")
        with open_storage(url) as storage:
            assert optuna.get_all_study_names(storage) == ["Größe"]
    finally:
        with psycopg.connect(plain_url, autocommit=True) as connection:
            connection.execute("DROP DATABASE plain WITH (FORCE)")


def test_a_user_who_may_not_make_tables(empty_storage_url, plain_url):
    with psycopg.connect(plain_url) as connection:
        connection.execute("CREATE ROLE reader; GRANT pg_read_all_data TO reader")
    try:
        said = message(f"{empty_storage_url}&options=-c%20role%3Dreader")
    finally:
        with psycopg.connect(plain_url) as connection:
            connection.execute("DROP ROLE reader")
    assert "permission denied" in said
    assert "grant this user CREATE" in said


def test_an_unknown_option(empty_storage_url):
    assert "remove that option" in message(f"{empty_storage_url}&colour=blue")


@pytest.mark.parametrize(("version", "mend"), [("v2.6.0.a", "optuna storage upgrade"), ("v99.0.0.a", "update Optuna")])
def test_tables_of_another_version(empty_storage_url, plain_url, version, mend):
    with open_storage(empty_storage_url):
        pass
    with psycopg.connect(plain_url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = %s", (version,))
    assert mend in message(empty_storage_url)


def test_tables_of_another_program(empty_storage_url, plain_url):
    with psycopg.connect(plain_url) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('x')")
    assert "tables of another program" in message(empty_storage_url)
    with psycopg.connect(plain_url) as connection:
        assert connection.execute("SELECT to_regclass('trials')").fetchone() == (None,)
