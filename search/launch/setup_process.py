"""A process that does what comes before the workers, so that the one that watches imports no torch and holds no GPU."""

from __future__ import annotations

import contextlib
import signal
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING

from trainer.config.runtime import Runtime
from trainer.errors import UserError

from search.config.study_spec import StudySpec
from search.console import quiet_libraries
from search.database.connection import Database
from search.launch import fork_server
from search.launch.workers import WorkerPool
from search.worker.signals import leave, stop_with_parent, unblock_signals

if TYPE_CHECKING:
    from search.study.create import Reporter

_END_SECONDS = 3.0
"""Seconds that it has to clear up when it is to leave."""


@dataclass(frozen=True)
class SetupRequest:
    """What is to be made, for whom; without ``runtimes`` what the workers compute with is to be found out."""

    spec: StudySpec
    database: Database
    pool: WorkerPool
    runtimes: list[Runtime] | None = None


class SetupFailedError(Exception):
    """The process ended before it was done: no mistake of the user's."""


def make_study(request: SetupRequest, reporter: Reporter) -> list[Runtime]:
    """Check everything and make the study, or join it; returns what each worker computes with.

    Raises:
        UserError: Something does not fit; nothing was made.
        SetupFailedError: The process crashed or was killed.
    """
    receiver, sender = Pipe(duplex=False)
    try:
        process = fork_server.fork(_run, (request, sender), name="maker")
    except (OSError, EOFError) as error:
        raise SetupFailedError("the process that checks data and study could not be started") from error
    finally:
        sender.close()
    with receiver:
        try:
            return _receive(receiver, process, reporter)
        finally:
            process.terminate()
            process.join(_END_SECONDS)
            process.kill()


def _receive(pipe: Connection, process: BaseProcess, reporter: Reporter) -> list[Runtime]:
    try:
        while True:
            message = pipe.recv()
            if isinstance(message, str):
                reporter.message(message)
                continue
            if isinstance(message, tuple):
                reporter.decoding(*message)
                continue
            process.join()  # it may hold a GPU that the workers will want
            if isinstance(message, UserError):
                raise message
            runtimes: list[Runtime] = message
            return runtimes
    except EOFError:
        process.join()
        killed = process.exitcode in (-signal.SIGKILL, fork_server.GONE)
        why = "was killed, perhaps for want of memory" if killed else f"ended with exit code {process.exitcode}"
        raise SetupFailedError(f"the process that checks data and study {why}; run the command again") from None


def _run(request: SetupRequest, pipe: Connection) -> None:
    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is for the process that watches
    unblock_signals()
    stop_with_parent()
    quiet_libraries()
    from search.study.create import create_here  # not above: who orders needs no torch

    try:
        runtimes = request.runtimes or request.pool.runtimes(request.database.home)
        create_here(request.spec, request.database, runtimes[0], _PipeReporter(pipe))
    except UserError as mistake:
        pipe.send(mistake)
    else:
        pipe.send(runtimes)


class _PipeReporter:
    """Tells the process that watches."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def message(self, line: str) -> None:
        self._send(line)

    def decoding(self, done: int, total: int) -> None:
        self._send((done, total))

    def _send(self, message: str | tuple[int, int]) -> None:
        with contextlib.suppress(OSError):  # nobody watches any more, and SIGTERM is on its way
            self._pipe.send(message)
