"""Locks on files that the kernel gives back whatever happens to their holder, ``kill -9`` included.

They are ``flock`` locks: two descriptors exclude each other in one process (so in threads) as in two. They
are not inherited by programs that are started, unless handed over on purpose, and a forked child drops its
copies: it would share the parent's locks and keep them beyond the parent's death.
"""

import contextlib
import fcntl
import functools
import os
from collections.abc import Iterator
from pathlib import Path

_held: set[int] = set()


def acquire(path: Path) -> int:
    """Wait for the lock on ``path``, which is made where it is missing, and return its file descriptor.

    Raises:
        OSError: the file cannot be opened; symbolic links are not followed.
    """
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    _drop_in_forks()
    _held.add(lock)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
    except BaseException:
        close_lock(lock)
        raise
    return lock


def holds(lock: int) -> bool:
    """Whether this process holds the lock; a forked child does not."""
    return lock in _held


def release(lock: int) -> None:
    """Free the lock for everybody."""
    # Explicitly, for a child between fork and exec may have a copy of the descriptor.
    fcntl.flock(lock, fcntl.LOCK_UN)
    close_lock(lock)


def close_lock(lock: int) -> None:
    """Close this process's descriptor; the lock stays with the programs that inherited it."""
    _held.discard(lock)
    os.close(lock)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[int]:
    """Hold the exclusive lock on ``path`` while the block lasts."""
    lock = acquire(path)
    try:
        yield lock
    finally:
        if holds(lock):
            release(lock)


def is_free(path: Path) -> bool:
    """Whether nobody holds the lock at this moment; a missing file is a free one."""
    try:
        probe = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        return True
    try:
        # Shared, so that two who ask at the same time do not take each other for the holder.
        fcntl.flock(probe, fcntl.LOCK_SH | fcntl.LOCK_NB)
        fcntl.flock(probe, fcntl.LOCK_UN)
    except BlockingIOError:
        return False
    finally:
        os.close(probe)
    return True


@functools.cache
def _drop_in_forks() -> None:
    def drop() -> None:
        while _held:
            os.close(_held.pop())

    os.register_at_fork(after_in_child=drop)
