"""Commands that are called in the test's own process, and the one line in which they refuse."""

import sys

import pytest

from search.cli import main as cli
from trainer import cli as trainer_cli

MAINS = {"search": cli.main, "finalize": cli.finalize_main, "predict": trainer_cli.main}


@pytest.fixture
def run(monkeypatch, capsys, home, tmp_path, one_fork_server):
    """Run a command in this process; returns what it wrote to standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("DATA_ROOT", raising=False)

    def call(*arguments, code=2):
        monkeypatch.setattr(sys, "argv", [str(argument) for argument in arguments])
        with pytest.raises(SystemExit) as ended:
            MAINS[arguments[0]]()
        output = capsys.readouterr()
        assert ended.value.code == code, output
        assert "Traceback" not in output.err
        return output.err

    return call


def one_line(error):
    assert error.startswith("error: ")
    assert error.strip().count("\n") == 0, error
    return error
