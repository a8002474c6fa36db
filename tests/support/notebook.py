"""Runs a notebook of examples/ in a folder of its own, with the environment's kernel.

``python -m tests.support.notebook NOTEBOOK`` writes its outputs anew (`make notebook`).
"""

import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from tests.support.repository import ROOT

SECONDS = 600  # of the slowest cell on a busy machine


def executed(path: Path, folder: Path) -> nbformat.NotebookNode:
    """The notebook with what its cells print and draw; a cell that fails raises CellExecutionError."""
    os.environ.update(
        PYTHONPATH=str(ROOT),
        PYTHONWARNINGS="ignore:IProgress not found",  # tqdm's, where ipywidgets is not installed
        STUDY_HOME=str(folder / ".studies"),
        IPYTHONDIR=str(folder / "ipython"),
        JUPYTER_RUNTIME_DIR=str(folder / "runtime"),
    )
    for name in ("STUDY_STORAGE", "DATA_ROOT"):
        os.environ.pop(name, None)
    notebook = nbformat.read(path, as_version=4)
    place = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=SECONDS, resources=place, record_timing=False, coalesce_streams=True).execute()
    notebook.metadata.language_info = {"name": "python"}  # not the version of this machine
    return notebook


def main() -> None:
    """Execute a notebook; write the result over it, or to a second path."""
    path, *others = map(Path, sys.argv[1:])
    # A short path, for the socket of PostgreSQL.
    with tempfile.TemporaryDirectory(prefix="sh-") as folder:
        nbformat.write(executed(path, Path(folder)), others[0] if others else path)


if __name__ == "__main__":
    main()
