"""Who works on which trial, and whether another may be started: the lease.

A trial is leased, not merely running. Claiming is one short transaction under a lock of the study: first a trial whose
worker is gone, else, while finished + claimed trials are fewer than the budget, a reserved slot that the new trial
fills a moment later. Every write to a trial happens under its lease's row lock and checks the token, so a worker that
was thought dead cannot write late. All times are the database's own clock.

Why not Optuna's heartbeat: it declares trials dead but starts new ones instead of continuing them, works only inside
``study.optimize``, and its budget is each process's own.
"""

from __future__ import annotations

import enum
import logging
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

logger = logging.getLogger(__name__)

DURATION = 90.0
"""Seconds after which a lease that nobody renewed is free."""
RENEWAL = 30.0
"""Seconds between two renewals."""
MAX_ATTEMPTS = 3
"""Workers that may die in a trial before it is given up."""

_LOCK_SPACE = 0x5748  # keeps our advisory locks apart from other programs' in the same database

_metadata = sa.MetaData()
_budget = sa.Table(
    "studyhall_budget",
    _metadata,
    sa.Column("study_id", sa.Integer, primary_key=True),
    sa.Column("trials", sa.Integer, nullable=False),
    sa.Column("timeout", sa.Float),
    sa.Column("max_failures", sa.Integer, nullable=False),
    sa.Column("workers", sa.Integer, nullable=False, server_default="0"),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
)
_lease = sa.Table(
    "studyhall_lease",
    _metadata,
    sa.Column("token", sa.String(32), primary_key=True),
    sa.Column("study_id", sa.Integer, nullable=False, index=True),
    # None: a reserved slot whose trial does not exist yet.
    sa.Column("trial_id", sa.Integer, unique=True),
    # The newest trial when the slot was reserved: any later one without a lease may be this slot's.
    sa.Column("after_trial", sa.Integer, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("worker", sa.String(200), nullable=False),
    sa.Column("device", sa.String(100), nullable=False),
    sa.Column("renewed_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
)


class LeaseLost(Exception):  # noqa: N818 - not a mistake, but news
    """Another worker has taken the trial over; nothing may be written to it any more."""


class Refusal(enum.Enum):
    """Why there is no trial to claim."""

    WAIT = "all remaining trials are being worked on"
    SPENT = "the budget is spent"
    TIMED_OUT = "the study's time is up"
    FAILING = "too many trials have failed"


@dataclass(frozen=True)
class Counts:
    """How far a study is."""

    finished: int
    failed: int
    budget: int


@dataclass(frozen=True)
class LiveLease:
    """A lease as others see it; seconds by the database's clock."""

    trial_id: int | None
    worker: str
    device: str
    attempts: int
    seconds_since_renewal: float


def create_tables(connection: sa.Connection) -> None:
    """Create what is missing; the caller holds a lock."""
    _metadata.create_all(connection)


def set_budget(connection: sa.Connection, study_id: int, trials: int, timeout: float | None, max_failures: int) -> None:
    """Store a study's budget. The number of trials is only ever raised: a worker with an old file must not lower it."""
    connection.execute(
        text(
            "INSERT INTO studyhall_budget (study_id, trials, timeout, max_failures)"
            " VALUES (:study, :trials, :timeout, :failures)"
            " ON CONFLICT (study_id) DO UPDATE SET trials = greatest(studyhall_budget.trials, excluded.trials),"
            " timeout = excluded.timeout, max_failures = excluded.max_failures"
        ),
        {"study": study_id, "trials": trials, "timeout": timeout, "failures": max_failures},
    )


def drop_study(connection: sa.Connection, study_id: int) -> None:
    """Forget a study's budget and leases."""
    for table in ("studyhall_lease", "studyhall_budget"):
        connection.execute(text(f"DELETE FROM {table} WHERE study_id = :study"), {"study": study_id})


@contextmanager
def study_lock(engine: sa.Engine, study_id: int) -> Iterator[sa.Connection]:
    """Hold the study's lock for one transaction."""
    with engine.begin() as connection:
        connection.execute(
            text("SELECT pg_advisory_xact_lock(:space, :study)"), {"space": _LOCK_SPACE, "study": study_id}
        )
        yield connection


class Lease:
    """The right to work on one trial, as long as it is renewed."""

    def __init__(self, engine: sa.Engine, token: str, trial_id: int | None, attempts: int, duration: float) -> None:
        self._engine = engine
        self._token = token
        self._duration = duration
        self.trial_id = trial_id
        self.attempts = attempts

    def fill(self, trial_id: int) -> bool:
        """Bind a reserved slot to its trial; false if the trial is somebody else's or the slot has expired."""
        try:
            with self._engine.begin() as connection:
                filled = connection.execute(
                    text("UPDATE studyhall_lease SET trial_id = :trial WHERE token = :token"),
                    {"trial": trial_id, "token": self._token},
                )
        except sa.exc.IntegrityError:  # it was taken over in between
            self.drop()
            return False
        self.trial_id = trial_id
        return filled.rowcount == 1

    def renew(self) -> bool:
        """Extend the lease; false if it is lost."""
        with self._engine.begin() as connection:
            renewed = connection.execute(
                text(
                    "UPDATE studyhall_lease SET renewed_at = clock_timestamp(),"
                    " expires_at = clock_timestamp() + make_interval(secs => :seconds) WHERE token = :token"
                ),
                {"seconds": self._duration, "token": self._token},
            )
        return renewed.rowcount == 1

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep others from taking the trial over while the block writes to it.

        Raises:
            LeaseLost: It has been taken over already.
        """
        with self._engine.begin() as connection:
            row = connection.execute(
                text("SELECT 1 FROM studyhall_lease WHERE token = :token FOR UPDATE"), {"token": self._token}
            ).first()
            if row is None:
                raise LeaseLost
            yield

    def hand_back(self) -> None:
        """Free the trial for others at once; it does not count as a death."""
        with self._engine.begin() as connection:
            connection.execute(
                text(
                    "UPDATE studyhall_lease SET expires_at = '-infinity', attempts = attempts - 1 WHERE token = :token"
                ),
                {"token": self._token},
            )

    def drop(self) -> None:
        """Remove the lease; the trial is finished."""
        with self._engine.begin() as connection:
            connection.execute(text("DELETE FROM studyhall_lease WHERE token = :token"), {"token": self._token})


class Leases:
    """The leases of one study, as one worker uses them."""

    def __init__(
        self, engine: sa.Engine, study_id: int, *, worker: str, device: str, duration: float = DURATION
    ) -> None:
        self._engine = engine
        self._study_id = study_id
        self._worker = worker
        self._device = device
        self._duration = duration

    def enlist(self) -> int:
        """Count this worker; returns how many came before it, ever."""
        with self._engine.begin() as connection:
            number = connection.execute(
                text("UPDATE studyhall_budget SET workers = workers + 1 WHERE study_id = :study RETURNING workers"),
                {"study": self._study_id},
            ).scalar_one()
        return int(number) - 1

    def claim(self) -> Lease | Refusal:
        """Take over an abandoned trial, else a waiting one, else reserve a slot for a new one."""
        with study_lock(self._engine, self._study_id) as connection:
            self._clean(connection)
            if (trial := self._abandoned(connection)) is not None:
                return self._grant(connection, *trial)
            if (refusal := self._refusal(connection)) is not None:
                return refusal
            if (trial := self._waiting(connection)) is not None:
                return self._grant(connection, *trial)
            return self._grant(connection, None, 0)

    def _clean(self, connection: sa.Connection) -> None:
        connection.execute(
            text(
                "DELETE FROM studyhall_lease l USING trials t WHERE l.study_id = :study AND t.trial_id = l.trial_id"
                " AND t.state NOT IN ('RUNNING', 'WAITING')"
            ),
            {"study": self._study_id},
        )
        connection.execute(
            text(
                "DELETE FROM studyhall_lease WHERE study_id = :study AND trial_id IS NULL"
                " AND expires_at < clock_timestamp()"
            ),
            {"study": self._study_id},
        )

    def _abandoned(self, connection: sa.Connection) -> tuple[int, int] | None:
        # A running trial without a lease lost its worker between asking and filling the slot -- unless it belongs to a
        # slot that was reserved before the trial was made and is being filled right now.
        row = connection.execute(
            text(
                "SELECT t.trial_id, coalesce(l.attempts, 1) FROM trials t"
                " LEFT JOIN studyhall_lease l ON l.trial_id = t.trial_id"
                " WHERE t.study_id = :study AND t.state = 'RUNNING' AND (l.expires_at < clock_timestamp()"
                " OR (l.token IS NULL AND NOT EXISTS (SELECT 1 FROM studyhall_lease s WHERE s.study_id = :study"
                " AND s.trial_id IS NULL AND s.after_trial < t.trial_id)))"
                " ORDER BY t.trial_id LIMIT 1"
            ),
            {"study": self._study_id},
        ).first()
        return None if row is None else (int(row[0]), int(row[1]))

    def _waiting(self, connection: sa.Connection) -> tuple[int, int] | None:
        row = connection.execute(
            text(
                "SELECT t.trial_id, coalesce(l.attempts, 0) FROM trials t"
                " LEFT JOIN studyhall_lease l ON l.trial_id = t.trial_id"
                " WHERE t.study_id = :study AND t.state = 'WAITING'"
                " AND (l.token IS NULL OR l.expires_at < clock_timestamp())"
                " ORDER BY t.trial_id LIMIT 1"
            ),
            {"study": self._study_id},
        ).first()
        return None if row is None else (int(row[0]), int(row[1]))

    def _refusal(self, connection: sa.Connection) -> Refusal | None:
        row = connection.execute(
            text(
                "SELECT b.trials, b.max_failures,"
                " coalesce(clock_timestamp() > b.created_at + make_interval(secs => b.timeout), false) AS timed_out,"
                " count(*) FILTER (WHERE t.state IN ('COMPLETE', 'PRUNED')) AS finished,"
                " count(*) FILTER (WHERE t.state = 'FAIL') AS failed,"
                " count(*) FILTER (WHERE t.state = 'RUNNING') AS running,"
                " (SELECT count(*) FROM studyhall_lease l LEFT JOIN trials w ON w.trial_id = l.trial_id"
                "  WHERE l.study_id = :study AND (l.trial_id IS NULL OR w.state = 'WAITING')"
                "  AND l.expires_at >= clock_timestamp()) AS reserved"
                " FROM studyhall_budget b LEFT JOIN trials t ON t.study_id = b.study_id"
                " WHERE b.study_id = :study GROUP BY b.study_id"
            ),
            {"study": self._study_id},
        ).one()
        if row.finished >= row.trials:
            return Refusal.SPENT
        if row.failed >= row.max_failures:
            return Refusal.FAILING
        if row.timed_out:
            return Refusal.TIMED_OUT
        return Refusal.WAIT if row.finished + row.running + row.reserved >= row.trials else None

    def _grant(self, connection: sa.Connection, trial_id: int | None, attempts: int) -> Lease:
        token = uuid.uuid4().hex
        if trial_id is not None:
            connection.execute(text("DELETE FROM studyhall_lease WHERE trial_id = :trial"), {"trial": trial_id})
        connection.execute(
            text(
                "INSERT INTO studyhall_lease"
                " (token, study_id, trial_id, after_trial, attempts, worker, device, renewed_at, expires_at)"
                " SELECT :token, :study, :trial, coalesce(max(trial_id), 0), :attempts, :worker, :device,"
                " clock_timestamp(), clock_timestamp() + make_interval(secs => :seconds)"
                " FROM trials WHERE study_id = :study"
            ),
            {
                "token": token,
                "study": self._study_id,
                "trial": trial_id,
                "attempts": attempts + 1,
                "worker": self._worker,
                "device": self._device,
                "seconds": self._duration,
            },
        )
        return Lease(self._engine, token, trial_id, attempts + 1, self._duration)


def counts(engine: sa.Engine, study_id: int) -> Counts:
    """How many trials are finished and failed, and how many the budget allows."""
    with engine.connect() as connection:
        row = connection.execute(
            text(
                "SELECT b.trials, count(*) FILTER (WHERE t.state IN ('COMPLETE', 'PRUNED')) AS finished,"
                " count(*) FILTER (WHERE t.state = 'FAIL') AS failed"
                " FROM studyhall_budget b LEFT JOIN trials t ON t.study_id = b.study_id"
                " WHERE b.study_id = :study GROUP BY b.study_id"
            ),
            {"study": study_id},
        ).one()
    return Counts(finished=row.finished, failed=row.failed, budget=row.trials)


def live_leases(engine: sa.Engine, study_id: int) -> list[LiveLease]:
    """The leases that have not expired, oldest trial first."""
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT trial_id, worker, device, attempts, extract(epoch FROM clock_timestamp() - renewed_at) AS age"
                " FROM studyhall_lease WHERE study_id = :study AND expires_at >= clock_timestamp()"
                " ORDER BY trial_id NULLS LAST"
            ),
            {"study": study_id},
        ).all()
    return [LiveLease(row.trial_id, row.worker, row.device, row.attempts, float(row.age)) for row in rows]


class Renewal:
    """Renews a lease from a thread while its trial is worked on; outlives a database that is away for a while."""

    def __init__(self, lease: Lease, interval: float = RENEWAL) -> None:
        self._lease = lease
        self._interval = interval
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="lease-renewal", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _renew(self) -> None:
        while not self._ended.wait(self._interval):
            try:
                if not self._lease.renew():
                    return  # lost; the next write says so
            except SQLAlchemyError as error:
                logger.warning("could not renew the lease, trying again: %s", error)
