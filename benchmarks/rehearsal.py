"""``--rehearse``: a benchmark's whole path at a tiny size, in seconds, so that a test sees it as soon as it breaks."""

from __future__ import annotations

import argparse
import atexit
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

_OPTION = "--rehearse"


def parse(
    parser: argparse.ArgumentParser, tiny: str, prepare: Callable[[Path], object] | None = None
) -> argparse.Namespace:
    """Parse the command line, to which ``--rehearse`` is added.

    Args:
        parser: A script's.
        tiny: The command line that ``--rehearse`` stands for; ``FOLDER`` in it is a folder that goes with the process.
        prepare: Puts into this folder what ``tiny`` names there.
    """
    parser.add_argument(_OPTION, action="store_true", help="the whole path at a tiny size, in seconds; without others")
    given = sys.argv[1:]
    if _OPTION not in given:
        return parser.parse_args()
    if given != [_OPTION]:
        parser.error(f"{_OPTION} sets all the others itself; leave them out")
    folder = Path(tempfile.mkdtemp(prefix="rehearsal-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    if prepare:
        prepare(folder)
    return parser.parse_args([_OPTION, *shlex.split(tiny.replace("FOLDER", str(folder)))])
