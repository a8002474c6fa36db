"""Waiting for a database that has gone away: with back-off and jitter, for as long as somebody is willing to wait."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from optuna.exceptions import StorageInternalError
from sqlalchemy import exc
from tenacity import RetryCallState, RetryError, Retrying, retry_if_exception, stop_after_delay, wait_random_exponential
from trainer.support.text import first_line

_Result = TypeVar("_Result")

DATABASE_ERRORS = (exc.SQLAlchemyError, StorageInternalError)
"""What a database raises, by itself and through Optuna; never a trial's fault."""

_AWAY = (
    exc.OperationalError,  # refused, closed, shutting down, full, deadlocked
    exc.InterfaceError,
    exc.InternalError,  # read-only for a while: a stand-by that is being promoted
    exc.TimeoutError,  # of the connection pool
    exc.InvalidRequestError,  # what a session says that lost its connection in the middle
)


class DatabaseAwayError(Exception):
    """The database has been away for longer than anybody wanted to wait."""


def is_away(error: BaseException) -> bool:
    """Whether an error may be gone when the same thing is tried a little later."""
    if isinstance(error, StorageInternalError):
        return error.__cause__ is None or is_away(error.__cause__)
    return isinstance(error, _AWAY) and not isinstance(error, exc.NoResultFound | exc.MultipleResultsFound)


def summarize_error(error: BaseException) -> str:
    """What is worth telling of an error that may come with SQL, parameters and causes."""
    if isinstance(error, StorageInternalError) and error.__cause__ is not None:
        return summarize_error(error.__cause__)
    return first_line(getattr(error, "orig", None) or error) or type(error).__name__


def with_retries(
    action: Callable[[], _Result],
    *,
    seconds: float,
    sleep: Callable[[float], None] = time.sleep,
    message: Callable[[str], None] = lambda line: None,
) -> _Result:
    """Do something with the database, again and again while it is away.

    The action must be one that may be repeated when it was done and only the answer was lost. ``sleep`` may raise to
    end the waiting; ``message`` is called with a line the first time that the action fails.

    Raises:
        DatabaseAwayError: It was away all the time.
    """

    def before_sleep(state: RetryCallState) -> None:
        if state.attempt_number == 1 and state.outcome is not None:
            message(f"waiting for the database: {summarize_error(state.outcome.exception() or RuntimeError())}")

    retrying = Retrying(
        retry=retry_if_exception(is_away),
        wait=wait_random_exponential(multiplier=0.2, max=4),  # full jitter: workers do not come back all at once
        stop=stop_after_delay(seconds),
        before_sleep=before_sleep,
        sleep=sleep,
    )
    try:
        return retrying(action)
    except RetryError as error:
        cause = error.last_attempt.exception() or error
        raise DatabaseAwayError(
            f"the database has been away for {seconds:.0f} s ({summarize_error(cause)}); start the workers again when "
            "it is back: they go on where they were"
        ) from cause


def within(action: Callable[[], _Result], *, seconds: float) -> _Result:
    """Do something with the database like :func:`with_retries`, but come back in time whatever happens.

    It runs in a thread of its own, since a connection over which nothing gets through would not let go of this one.

    Raises:
        DatabaseAwayError: It has not been done within that time; perhaps it is later.
    """
    outcome: list[_Result | BaseException] = []

    def work() -> None:
        try:
            outcome.append(with_retries(action, seconds=seconds))
        except BaseException as error:  # noqa: BLE001 - raised again below
            outcome.append(error)

    thread = threading.Thread(target=work, name="database", daemon=True)
    thread.start()
    thread.join(timeout=seconds + 0.5)
    if not outcome:
        raise DatabaseAwayError(f"the database has not answered for {seconds:.0f} s")
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return outcome[0]
