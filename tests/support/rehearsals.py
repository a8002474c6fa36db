"""Benchmarks as processes of their own, which run to their end or only parse their arguments."""

import os

from tests.support import forked_python
from tests.support.repository import ROOT

UNDERSTOOD = 77
"""The exit code of a script that has understood its arguments, where nothing else was asked for."""

RUN = """
import os, runpy, sys
# Tiny networks gain nothing by a second core.
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
# What `python -m` calls; with run_module, processes that a script spawns would have another __main__.
runpy._run_module_as_main(sys.argv.pop(1))
"""

PARSE = f"""
import argparse, os
parse_args = argparse.ArgumentParser.parse_args
def understand(parser):
    parse_args(parser)
    os._exit({UNDERSTOOD})
argparse.ArgumentParser.parse_args = understand
{RUN}"""


def run(module, *arguments, parse_only=False):
    """The exit code of ``python -m MODULE ARGUMENTS``, and what it wrote."""
    # As workers have it from their zygote; a script that finds it need not start itself again.
    environment = {**os.environ, "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1", "COLUMNS": "200"}
    done = forked_python.run(PARSE if parse_only else RUN, module, *arguments, cwd=ROOT, env=environment)
    return done.returncode, done.stdout + done.stderr
