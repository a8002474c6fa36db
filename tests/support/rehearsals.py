"""Scripts that run in children of one process, which has imported what they import: torch alone takes seconds."""

import argparse
import contextlib
import gc
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
from pathlib import Path

from tests.support.repository import ROOT

IMPORTED = ("benchmarks.training.contestants", "sklearn.pipeline", "trainer.onnx_export")
LONGEST = 300
"""Seconds after which a script is taken to hang and is killed."""
UNDERSTOOD = 77
"""The exit code of a script that has understood its arguments, where nothing else was asked for."""


class Stage:
    """Runs scripts, one at a time."""

    def __init__(self, process):
        self._process = process

    def run(self, module, arguments, output, *, parse_only=False):
        """The exit code of ``python -m MODULE ARGUMENTS``, whose output goes into a file."""
        self._process.stdin.write(json.dumps([module, arguments, str(output), parse_only]) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@contextlib.contextmanager
def open_stage():
    # As workers have it from their zygote; a script that finds it need not start itself again.
    environment = {**os.environ, "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1", "COLUMNS": "200"}
    command = [sys.executable, "-m", "tests.support.rehearsals"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=ROOT, env=environment, **pipes) as process:
        yield Stage(process)
        process.stdin.close()


def main():
    for module in IMPORTED:
        importlib.import_module(module)
    gc.freeze()  # else each child would go through all of it at its end, for seconds
    for line in sys.stdin:
        module, arguments, output, parse_only = json.loads(line)
        pid = os.fork()
        if not pid:
            begin(output)
            if parse_only:
                argparse.ArgumentParser.parse_args = understand
            sys.argv[1:] = arguments
            # What `python -m` calls; with run_module, processes that a script spawns would have another __main__.
            runpy._run_module_as_main(module)
            return  # and ends as every process does
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        sys.stdout.write(f"{code}\n")
        sys.stdout.flush()


def begin(output):
    """Be a process of one's own, with other files than the parent's, on one core: tiny networks gain nothing by two."""
    signal.alarm(LONGEST)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with Path(os.devnull).open() as nothing, Path(output).open("w") as file:
        os.dup2(nothing.fileno(), 0)
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)


def understand(parser, parse_args=argparse.ArgumentParser.parse_args):
    """Parse, and do no more; not even take leave, which takes a second with so much imported."""
    parse_args(parser)
    os._exit(UNDERSTOOD)


if __name__ == "__main__":
    main()
