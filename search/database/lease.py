"""Who works on which trial, and whether another may be started: the lease.

A trial is leased, not merely running. Claiming is one short transaction under a lock of the study: first a trial whose
worker is gone, else one that waits, else, while finished + running trials are fewer than the budget, a new one, made
together with its lease. Every write to a trial is one transaction with the check of its lease's token, so a worker that
was thought dead cannot write late. All times are the database's own clock.

Why not Optuna's heartbeat: it declares trials dead but starts new ones instead of continuing them, works only inside
``study.optimize``, and its budget is each process's own.

The SQL reads Optuna's table of trials beside ours, as it is in :data:`search.database.optuna_internals.SCHEMA`.
"""

import enum
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

import optuna
import sqlalchemy as sa
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import RDBStorage
from optuna.trial import TrialState
from sqlalchemy import text

from search.database.optuna_internals import create_running_trial, storage_of, study_id
from search.database.transaction import transaction

DURATION = 90.0
"""Seconds after which a lease that nobody renewed is free; renewed at a third of it."""
MAX_CRASHES = 3
"""Workers that may die in a trial, without an epoch reported between their deaths, before it is given up."""

_LOCK_SPACE = 0x5748  # keeps our advisory locks apart from other programs' in the same database

# A server that was away renewed nobody's lease: after its start everybody has the whole duration to come back.
_EXPIRED = (
    "(l.expires_at = '-infinity' OR (l.expires_at < clock_timestamp()"
    " AND pg_postmaster_start_time() + (l.expires_at - l.renewed_at) < clock_timestamp()))"
)


class LeaseLost(Exception):  # noqa: N818 - not a mistake, but news
    """Another worker has taken the trial over, or it was ended; nothing may be written to it any more."""


class NoTrial(enum.Enum):
    """Why there is no trial to claim."""

    WAIT = "all remaining trials are being worked on"
    SPENT = "the budget is spent"
    TIMED_OUT = "the study's time is up"
    FAILING = "too many trials have failed"


def lock(connection: sa.Connection, study_id: int) -> None:
    """Take the study's lock for the rest of the transaction."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:space, :study)"), {"space": _LOCK_SPACE, "study": study_id})


@dataclass(frozen=True)
class Claim:
    """What a worker is told about a trial that it may work on.

    Attributes:
        trial_id: Optuna's id of the trial.
        attempt: How often the trial has been taken, this time included; grows and never falls.
        crashes: How many of the earlier takers died since the last report.
        reported: The attempt that reported last, 0 if none did.
        last_error: What went wrong last, in words.
        left: Seconds that the study has left; none if it has no timeout.
    """

    trial_id: int
    attempt: int
    crashes: int = 0
    reported: int = 0
    last_error: str = ""
    left: float | None = None


class Lease:
    """The right to work on one trial, as long as it is renewed; may be used from several threads."""

    def __init__(self, storage: RDBStorage, token: str, claim: Claim, duration: float) -> None:
        self._storage = storage
        self._token = token
        self._duration = duration
        # Threads that renewed and wrote at once would wait for each other in the database, with a connection each.
        self._one_at_a_time = threading.RLock()
        self.claim = claim

    def renew(self) -> float | None:
        """Extend the lease; returns the seconds that the study has left, none if it has no timeout.

        Raises:
            LeaseLost: It is gone.
        """
        with self._one_at_a_time, self._storage.engine.begin() as connection:
            self._extend(connection)
            left = connection.execute(
                text(
                    "SELECT extract(epoch FROM b.created_at + make_interval(secs => b.timeout) - clock_timestamp())"
                    " FROM studyhall_budget b JOIN studyhall_lease l ON l.study_id = b.study_id"
                    " WHERE l.token = :token"
                ),
                {"token": self._token},
            ).scalar_one()
        return None if left is None else float(left)

    @contextmanager
    def held(self, *, reporting: bool = False, progress: bool = False, ending: bool = False) -> Iterator[sa.Connection]:
        """Write to the trial: the block is one transaction with the check of the lease, and renews it.

        Args:
            reporting: The block reports, so what earlier attempts left behind is out of date from here on.
            progress: What it reports is new: the trial gets on, and earlier deaths are not its fault.
            ending: The block ends the trial; the lease ends with it.

        Raises:
            LeaseLost: Another worker has it.
        """
        with self._one_at_a_time, transaction(self._storage) as connection:
            self._extend(connection, reporting=reporting, progress=progress)
            try:
                yield connection
            except (KeyError, UpdateFinishedTrialError) as error:  # the study was deleted, or the trial ended by hand
                raise LeaseLost from error
            if ending:
                connection.execute(text("DELETE FROM studyhall_lease WHERE token = :token"), {"token": self._token})

    def _extend(self, connection: sa.Connection, *, reporting: bool = False, progress: bool = False) -> None:
        extended = connection.execute(
            text(
                "UPDATE studyhall_lease SET renewed_at = clock_timestamp(),"
                " expires_at = clock_timestamp() + make_interval(secs => :seconds),"
                " reported = CASE WHEN :reporting THEN attempt ELSE reported END,"
                # A trial that gets on does not kill its workers: only deaths without an epoch between them count.
                " deaths = CASE WHEN :progress THEN 0 ELSE deaths END"
                " WHERE token = :token AND expires_at > '-infinity'"
            ),
            {"seconds": self._duration, "reporting": reporting, "progress": progress, "token": self._token},
        )
        if extended.rowcount != 1:
            raise LeaseLost

    def hand_back(self, last_error: str = "", *, crashed: bool = False) -> None:
        """Free the trial for others at once; ``crashed`` unless the trial is certainly not to blame."""
        with self._one_at_a_time, self._storage.engine.begin() as connection:
            connection.execute(
                text(
                    "UPDATE studyhall_lease SET expires_at = '-infinity', handed_back = :clean,"
                    " trouble = CASE WHEN :trouble = '' THEN trouble ELSE :trouble END WHERE token = :token"
                ),
                {"clean": not crashed, "trouble": last_error[:600], "token": self._token},
            )


class Leases:
    """The leases of one study, as one worker uses them."""

    def __init__(
        self,
        study: optuna.Study,
        *,
        worker: str,
        device: str,
        packages: Mapping[str, str] | None = None,
        duration: float = DURATION,
        closed: bool = False,
        more: Callable[[sa.Connection], object] = lambda _: None,
    ) -> None:
        """Use the leases of a study; others see the ``worker``, its ``device`` and the versions of its ``packages``.

        The trials of a ``closed`` study are made for it, so that none may be added here; ``more`` makes those that are
        due by now, in the transaction that it is given, with a budget for them.
        """
        self._closed = closed
        self._more = more
        self._storage = storage_of(study)
        self._study = study
        self._study_id = study_id(study)
        self._duration = duration
        self._holder = {"worker": worker, "device": device, "packages": json.dumps(dict(packages or {}))}

    def claim(self, token: str) -> Lease | NoTrial:
        """Take over an abandoned trial, else a waiting one, else make a new one, if the study is not closed.

        It is RUNNING from then on. Nobody else has this token; a claim whose answer was lost is repeated with the same
        one and gets the trial that it got before.

        Raises:
            KeyError: The study was deleted.
        """
        with transaction(self._storage) as connection:
            lock(connection, self._study_id)
            if self._closed:
                self._more(connection)
            refusal, left = self._budget(connection)
            claim = self._claimed_before(connection, token)
            if claim is None:
                if refusal in (NoTrial.SPENT, NoTrial.FAILING, NoTrial.TIMED_OUT):
                    return refusal
                self._forget_finished(connection)
                claim = self._take_over(connection, token)
                if claim is None:
                    if refusal is not None:
                        return refusal
                    if self._closed and (reason := self._why_nothing_begins(connection)) is not None:
                        return reason
                    claim = self._begin(connection, token)
        return Lease(self._storage, token, replace(claim, left=left), self._duration)

    def _claimed_before(self, connection: sa.Connection, token: str) -> Claim | None:
        row = connection.execute(
            text("SELECT trial_id, attempt, deaths, reported, trouble FROM studyhall_lease WHERE token = :token"),
            {"token": token},
        ).first()
        return None if row is None else Claim(*row)

    def _forget_finished(self, connection: sa.Connection) -> None:
        # Somebody may end a trial in the dashboard; its worker notices that its lease is gone.
        connection.execute(
            text(
                "DELETE FROM studyhall_lease l USING trials t WHERE l.study_id = :study AND t.trial_id = l.trial_id"
                " AND t.state NOT IN ('RUNNING', 'WAITING')"
            ),
            {"study": self._study_id},
        )

    def _budget(self, connection: sa.Connection) -> tuple[NoTrial | None, float | None]:
        """Why no new trial may begin, if so, and the seconds that the study has left, if it has a timeout."""
        row = connection.execute(
            text(
                "SELECT b.trials, b.max_failures,"
                " extract(epoch FROM b.created_at + make_interval(secs => b.timeout) - clock_timestamp()) AS left_over,"
                " count(*) FILTER (WHERE t.state IN ('COMPLETE', 'PRUNED')) AS finished,"
                " count(*) FILTER (WHERE t.state = 'FAIL') AS failed,"
                " count(*) FILTER (WHERE t.state = 'RUNNING') AS running"
                " FROM studyhall_budget b LEFT JOIN trials t ON t.study_id = b.study_id"
                " WHERE b.study_id = :study GROUP BY b.study_id"
            ),
            {"study": self._study_id},
        ).first()
        if row is None:
            raise KeyError(self._study_id)
        left = None if row.left_over is None else float(row.left_over)
        if row.finished >= row.trials:
            return NoTrial.SPENT, left
        if row.failed >= row.max_failures:
            return NoTrial.FAILING, left
        if left is not None and left <= 0:
            return NoTrial.TIMED_OUT, left
        return NoTrial.WAIT if row.finished + row.running >= row.trials else None, left

    def _take_over(self, connection: sa.Connection, token: str) -> Claim | None:
        """The oldest running trial whose lease has expired, or that never had one: its maker knows nothing of leases.

        Trials of the second kind may be more than the budget has room for, so those with a live lease are counted.
        """
        candidates = connection.execute(
            text(
                "SELECT t.trial_id, l.token FROM trials t LEFT JOIN studyhall_lease l ON l.trial_id = t.trial_id"
                f" WHERE t.study_id = :study AND t.state = 'RUNNING' AND (l.token IS NULL OR {_EXPIRED})"
                " ORDER BY t.trial_id"
            ),
            {"study": self._study_id},
        ).all()
        if not candidates or not self._has_room(connection):
            return None
        for trial_id, old_token in candidates:
            if old_token is None:
                return self._lease(connection, token, Claim(trial_id, attempt=2, crashes=1))
            # Asked again, since its worker may have come back in this very moment.
            row = connection.execute(
                text(
                    "UPDATE studyhall_lease l SET token = :token, attempt = attempt + 1,"
                    " deaths = deaths + CASE WHEN handed_back THEN 0 ELSE 1 END, handed_back = false,"
                    " trouble = CASE WHEN handed_back OR expires_at = '-infinity' THEN trouble"
                    "  ELSE left(worker || ' on ' || device || ' fell silent', 600) END,"
                    " worker = :worker, device = :device, packages = :packages, renewed_at = clock_timestamp(),"
                    " expires_at = clock_timestamp() + make_interval(secs => :seconds)"
                    f" WHERE l.token = :old_token AND {_EXPIRED}"
                    " RETURNING trial_id, attempt, deaths, reported, trouble"
                ),
                {**self._holder, "seconds": self._duration, "token": token, "old_token": old_token},
            ).first()
            if row is not None:
                return Claim(*row)
        return None

    def _has_room(self, connection: sa.Connection) -> bool:
        room = connection.execute(
            text(
                "SELECT b.trials > (SELECT count(*) FROM trials t WHERE t.study_id = :study"
                "  AND t.state IN ('COMPLETE', 'PRUNED')) + (SELECT count(*) FROM studyhall_lease l"
                f"  WHERE l.study_id = :study AND NOT {_EXPIRED}) FROM studyhall_budget b WHERE b.study_id = :study"
            ),
            {"study": self._study_id},
        ).scalar_one()
        return bool(room)

    def _why_nothing_begins(self, connection: sa.Connection) -> NoTrial | None:
        """Why nothing can begin in a study to which no trial is added; failed ones leave its budget unspent."""
        states = connection.execute(
            text("SELECT DISTINCT state::text FROM trials WHERE study_id = :study AND state IN ('WAITING', 'RUNNING')"),
            {"study": self._study_id},
        ).scalars()
        left = set(states)
        if "WAITING" in left:
            return None
        return NoTrial.WAIT if left else NoTrial.SPENT

    def _begin(self, connection: sa.Connection, token: str) -> Claim:
        waiting = connection.execute(
            text(
                "SELECT trial_id FROM trials WHERE study_id = :study AND state = 'WAITING' ORDER BY trial_id LIMIT 1"
                " FOR UPDATE"
            ),
            {"study": self._study_id},
        ).scalar()
        if waiting is None:
            trial_id = create_running_trial(self._study)
        else:
            trial_id = int(waiting)
            self._storage.set_trial_state_values(trial_id, TrialState.RUNNING)
        return self._lease(connection, token, Claim(trial_id, attempt=1))

    def _lease(self, connection: sa.Connection, token: str, claim: Claim) -> Claim:
        connection.execute(
            text(
                "INSERT INTO studyhall_lease (token, study_id, trial_id, attempt, deaths, worker, device, packages,"
                " renewed_at, expires_at) VALUES (:token, :study, :trial, :attempt, :deaths, :worker, :device,"
                " :packages, clock_timestamp(), clock_timestamp() + make_interval(secs => :seconds))"
            ),
            {
                "token": token,
                "study": self._study_id,
                "trial": claim.trial_id,
                "attempt": claim.attempt,
                "deaths": claim.crashes,
                "seconds": self._duration,
                **self._holder,
            },
        )
        return claim
