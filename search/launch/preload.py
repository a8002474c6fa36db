"""What the fork server imports before it is ready to fork (:mod:`search.launch.fork_server`); nobody else does."""

import atexit
import contextlib
import gc
import importlib
from multiprocessing import forkserver
from pathlib import Path

from trainer.support.code_version import code_version

from search.launch.fork_server import IMPORTED


def _remove_socket() -> None:
    """Remove the socket over which it was asked to fork: who made it was killed, or would have ended it."""
    if address := forkserver._forkserver._forkserver_address:  # type: ignore[attr-defined]
        with contextlib.suppress(OSError):
            Path(address).unlink()
            Path(address).parent.rmdir()


atexit.register(_remove_socket)
code_version()  # of what is imported now, asked once for all that are forked
gc.disable()  # nearly nothing of what is imported is garbage, and to look for it takes a sixth of the time
for _name in IMPORTED:
    with contextlib.suppress(ImportError):  # whoever needs it will say so
        importlib.import_module(_name)
gc.freeze()  # a collector that looked at it later would copy the pages that the workers share
gc.enable()
