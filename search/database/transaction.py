"""One transaction for our statements and Optuna's writes."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from optuna.storages import RDBStorage

from search.database.optuna_internals import session_on


@contextmanager
def transaction(storage: RDBStorage) -> Iterator[sa.Connection]:
    """Run the block in one transaction of this thread, whatever Optuna reads and writes in it included.

    Optuna commits each of its writes by itself, on a connection of its own. Bound to ours, its session joins our
    transaction instead (SQLAlchemy's ``join_transaction_mode``), so that a report and the check of the lease are one
    commit, a trial's end is all there or not at all, and a worker never waits for a second connection while it holds
    one.
    """
    with storage.engine.begin() as connection, session_on(connection, storage):
        yield connection
