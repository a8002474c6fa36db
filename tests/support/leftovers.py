"""What an interrupted run would leave behind: servers, and folders where no later run looks.

pytest-xdist ends its processes at Ctrl-C without a word to them, and a process may be killed. So a process beside it
knows what there is to clear up, and does so when the one that it belongs to has ended in any way.
"""

import contextlib
import functools
import json
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from tests.support.repository import ROOT


@contextlib.contextmanager
def cleared_by(*command: str | Path) -> Iterator[None]:
    """Have a command run if this process ends within the block."""
    key, orders = uuid.uuid4().hex, _guard()
    _send(orders, key, [str(word) for word in command])
    try:
        yield
    finally:
        _send(orders, key, None)


@contextlib.contextmanager
def temporary_home() -> Iterator[Path]:
    """A short, empty folder; its server is stopped and removed afterwards, wherever its data lay."""
    # Not pytest's own: its names are too long for a Unix socket, and it keeps the last three.
    home = Path(tempfile.mkdtemp(prefix="sh-"))
    with cleared_by(sys.executable, "-m", __name__, home):
        try:
            yield home
        finally:
            _clear_home(home)


def _clear_home(home: Path) -> None:
    """Stop a home's server; remove home and data, wherever these lie."""
    from search.postgres.server import server_state, stop_server

    state = server_state(home)
    stop_server(home, force=True)
    shutil.rmtree(state.data.parent, ignore_errors=True)
    shutil.rmtree(home)


@functools.cache
def _guard() -> IO[str]:
    command = [sys.executable, "-m", __name__]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, text=True, start_new_session=True)
    _guard.process = process  # type: ignore[attr-defined] # or it would be warned of
    assert process.stdin is not None
    return process.stdin


def _send(orders: IO[str], key: str, command: Sequence[str] | None) -> None:
    orders.write(json.dumps([key, command]) + "\n")
    orders.flush()


def _wait_and_clear() -> None:
    commands = {}
    for line in sys.stdin:
        key, command = json.loads(line)
        commands[key] = command
    for command in reversed(list(filter(None, commands.values()))):
        subprocess.run(command, check=False)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _clear_home(Path(sys.argv[1]))
    else:
        _wait_and_clear()
