"""The process that workers are forked from: it has imported everything once, so that they start at once.

Torch, timm, scikit-learn and albumentations take seconds to import, and a process that only watches needs none of them.
The fork server (multiprocessing's) imports them beside it; workers are forked from it in milliseconds, those that take
the place of a crashed one too, and share the pages of what was imported.

A fork is safe where the process has one thread, no CUDA context and no connection: importing makes none of these here
(tests/faults/test_fork_server.py looks).
"""

import contextlib
import os
import signal
import sys
import tempfile
import types
from collections.abc import Callable, Iterator
from multiprocessing import forkserver, get_context, resource_tracker, util
from multiprocessing.process import BaseProcess
from typing import Any, Final

from search.worker.signals import BLOCKED_SIGNALS

IMPORTED: Final = (
    "search.worker.worker",
    "search.study.create",
    # What is imported late elsewhere, and by the end of the first trial.
    "alembic.command",
    "alembic.migration",
    "alembic.script",
    "optuna.storages._rdb.models",
    "psycopg",
    "search.results.plots",
    "sqlalchemy.dialects.postgresql.psycopg",
    "tensorboard.compat.proto.event_pb2",
    "tensorboard.compat.proto.summary_pb2",
    "tensorboard.plugins.hparams.metadata",
    "tensorboard.summary.writer.record_writer",
    "torch.utils.serialization.config",
    "torch.utils.tensorboard.summary",
    "trainer.data.prepare",
)

ENVIRONMENT: Final = {
    # NumPy's, SciPy's and OpenCV's BLAS start threads when they are loaded, a core each; nothing here is large enough
    # for them, and torch has its own.
    "OPENBLAS_NUM_THREADS": "1",
    # glibc's heap in pages of 2 MB, where the kernel gives them to who asks (docs/performance.md).
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
    # A folder `search/` or `trainer/` where the command runs is not ours.
    "PYTHONSAFEPATH": "1",
}
"""What must be set before torch and its like are loaded; what the user has set stands."""

GONE: Final = 255
"""The exit code that is seen of a process whose fork server has died; it ends by itself a moment later."""

_LONGEST_FOLDER: Final = 70
"""Bytes of the longest path of a folder in which a socket finds room: it has 107 at most, on some systems 103."""


@contextlib.contextmanager
def running(*, at_once: bool = True) -> Iterator[None]:
    """Have a fork server until the block ends; inside another such block it is that one's.

    Unless it starts ``at_once``, and imports while the caller does something else, it does so when it is needed.
    """
    is_outermost = _pid() is None
    if at_once:
        start()
    try:
        yield
    finally:
        if is_outermost and (pid := _pid()) is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)  # in the middle of its imports it hears nothing else
            with contextlib.suppress(ChildProcessError):
                forkserver._forkserver._stop()  # type: ignore[attr-defined]


def start() -> None:
    """Start the fork server if there is none, or if it has died; for the main thread."""
    preloaded = ["search.launch.preload"] if sys.platform == "linux" else []  # Apple's frameworks break
    forkserver.set_forkserver_preload(preloaded)
    _choose_folder()
    resource_tracker.ensure_running()  # by itself it would let the signals through
    # It shall neither end nor say anything when its group is asked to stop: that is for its children to hear.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, BLOCKED_SIGNALS)
    try:
        with _environment():
            forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def fork(target: Callable[..., object], arguments: tuple[Any, ...], name: str) -> BaseProcess:
    """Fork a process; it hears no request to stop before it listens, see :func:`search.worker.signals.unblock_signals`.

    Raises:
        OSError, EOFError: The fork server died just now.
    """
    start()
    process = get_context("forkserver").Process(target=target, args=arguments, name=name)
    with _without_main():
        process.start()
    return process


@contextlib.contextmanager
def _without_main() -> Iterator[None]:
    """Hide the caller's script from multiprocessing, which would run it again in every process.

    No process needs anything of it, and one without ``if __name__ == "__main__":`` would search in each of them.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _choose_folder() -> None:
    """Choose where multiprocessing has its sockets, whose paths may not be long: not below a long TMPDIR."""
    before = tempfile.tempdir
    if len(os.fsencode(tempfile.gettempdir())) > _LONGEST_FOLDER:
        tempfile.tempdir = "/tmp"
    try:
        util.get_temp_dir()
    finally:
        tempfile.tempdir = before


def _pid() -> int | None:
    pid: int | None = forkserver._forkserver._forkserver_pid  # type: ignore[attr-defined]
    return pid


@contextlib.contextmanager
def _environment() -> Iterator[None]:
    missing = [name for name in ENVIRONMENT if name not in os.environ]
    os.environ.update({name: ENVIRONMENT[name] for name in missing})
    try:
        yield
    finally:
        for name in missing:
            del os.environ[name]
