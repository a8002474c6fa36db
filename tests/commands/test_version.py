"""`--version` of every program; and Git is asked by nobody else who only looks."""

import os
import subprocess
import sys

import pytest

from search.cli import main as cli
from studyhall import cli as studyhall_cli
from tests.support.repository import ROOT
from trainer import cli as trainer_cli
from trainer.support.code_version import code_version

MAINS = {
    "search": cli.main,
    "finalize": cli.finalize_main,
    "predict": trainer_cli.main,
    "studyhall": studyhall_cli.main,
}


@pytest.mark.parametrize("words", [*MAINS, "studyhall search", "studyhall finalize", "studyhall predict"])
def test_version_and_commit(words, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [*words.split(), "--version"])
    with pytest.raises(SystemExit) as ended:
        MAINS[words.split()[0]]()
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"studyhall {code_version()}\n"


@pytest.mark.parametrize(("words", "asked"), [("--version", 1), ("--help", 0), ("status --help", 0), ("knobs lr", 0)])
def test_git_is_asked_once_and_only_where_it_matters(words, asked, tmp_path):
    (tmp_path / "git").write_text(f"#!/bin/sh\necho asked >> {tmp_path}/asked\nexit 1\n")
    (tmp_path / "git").chmod(0o755)
    code = "import sys; sys.argv[0] = 'search'; from search.cli.main import main; main()"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(
        [sys.executable, "-P", "-c", code, *words.split()],
        env=environment,
        check=True,
        cwd=tmp_path,
        capture_output=True,
    )
    found = (tmp_path / "asked").read_text().splitlines() if (tmp_path / "asked").exists() else []
    assert len(found) == asked * (ROOT / ".git").exists()
