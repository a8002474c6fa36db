"""How a study stands in the database: how far it is, and who works on what.

The SQL reads Optuna's tables beside ours, as they are in :data:`search.database.optuna_internals.SCHEMA`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import text

from search.errors import StudyError

_GONE = "the study was deleted meanwhile; `search work` makes it anew"


@dataclass(frozen=True)
class Counts:
    """How far a study is; ``best`` is number and value of its best complete trial, the earliest of equals."""

    finished: int
    failed: int
    budget: int
    best: tuple[int, float] | None


@dataclass(frozen=True)
class Allowance:
    """What a study may use, and since when; times by the database's clock, ``timeout`` in seconds."""

    trials: int
    timeout: float | None
    max_failures: int
    made: datetime
    now: datetime


@dataclass(frozen=True)
class LiveLease:
    """A lease as others see it; seconds by the database's clock."""

    trial_id: int
    worker: str
    device: str
    attempt: int
    crashes: int
    packages: Mapping[str, str]
    seconds_since_renewal: float


def next_worker_number(engine: sa.Engine, study_id: int) -> int:
    """Count a worker; returns how many came before it, ever.

    Raises:
        StudyError: The study was deleted.
    """
    with engine.begin() as connection:
        number = connection.execute(
            text("UPDATE studyhall_budget SET workers = workers + 1 WHERE study_id = :study RETURNING workers"),
            {"study": study_id},
        ).scalar()
    if number is None:
        raise StudyError(_GONE)
    return int(number) - 1


def counts(engine: sa.Engine, study_id: int) -> Counts:
    """How many trials are finished and failed, how many the budget allows, and which is the best.

    Raises:
        StudyError: The study was deleted.
    """
    row = _one_row(
        engine,
        "SELECT b.trials, count(*) FILTER (WHERE t.state IN ('COMPLETE', 'PRUNED')) AS finished,"
        " count(*) FILTER (WHERE t.state = 'FAIL') AS failed,"
        " (array_agg(t.number ORDER BY v.value DESC, t.number) FILTER (WHERE t.state = 'COMPLETE'))[1] AS best,"
        " max(v.value) FILTER (WHERE t.state = 'COMPLETE') AS value"
        " FROM studyhall_budget b LEFT JOIN trials t ON t.study_id = b.study_id"
        " LEFT JOIN trial_values v ON v.trial_id = t.trial_id"
        " WHERE b.study_id = :study GROUP BY b.study_id",
        study_id,
    )
    best = None if row.best is None else (int(row.best), float(row.value))
    return Counts(finished=row.finished, failed=row.failed, budget=row.trials, best=best)


def allowance(engine: sa.Engine, study_id: int) -> Allowance:
    """A study's budget of trials and time.

    Raises:
        StudyError: The study was deleted.
    """
    row = _one_row(
        engine,
        "SELECT trials, timeout, max_failures, created_at, clock_timestamp() AS now FROM studyhall_budget"
        " WHERE study_id = :study",
        study_id,
    )
    return Allowance(row.trials, row.timeout, row.max_failures, row.created_at.astimezone(UTC), row.now.astimezone(UTC))


def _one_row(engine: sa.Engine, statement: str, study_id: int) -> sa.Row[Any]:
    with engine.connect() as connection:
        row = connection.execute(text(statement), {"study": study_id}).first()
    if row is None:
        raise StudyError(_GONE)
    return row


def study_key(engine: sa.Engine, study_id: int) -> str:
    """What tells this study from an earlier one of the same name."""
    with engine.connect() as connection:
        key = connection.execute(
            text("SELECT key FROM studyhall_budget WHERE study_id = :study"), {"study": study_id}
        ).scalar_one()
    return str(key)


def unfinished(engine: sa.Engine, study_id: int) -> set[int]:
    """The numbers of the trials that may still go on."""
    with engine.connect() as connection:
        numbers = connection.execute(
            text("SELECT number FROM trials WHERE study_id = :study AND state IN ('RUNNING', 'WAITING')"),
            {"study": study_id},
        ).scalars()
        return {int(number) for number in numbers}


def live_leases(connection: sa.Connection, study_id: int) -> list[LiveLease]:
    """The leases that have not expired, oldest trial first."""
    rows = connection.execute(
        text(
            "SELECT trial_id, worker, device, attempt, deaths, packages,"
            " extract(epoch FROM clock_timestamp() - renewed_at) AS age"
            " FROM studyhall_lease WHERE study_id = :study AND expires_at >= clock_timestamp()"
            " ORDER BY trial_id"
        ),
        {"study": study_id},
    ).all()
    return [
        LiveLease(r.trial_id, r.worker, r.device, r.attempt, r.deaths, json.loads(r.packages), float(r.age))
        for r in rows
    ]
