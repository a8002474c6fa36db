"""Commands that only watch or ask load no torch: importing it takes seconds, and hundreds of megabytes a process."""

import os
import re
import subprocess
import sys

import pytest
from typer.main import get_command

from search.ablation.request import Request, resolve
from search.cli import main as cli
from search.config.load import load_spec
from search.database.connection import open_storage
from search.study.study import ensure_study
from tests.support.tiny import write_images, write_study
from trainer.data.prepare import prepare

HEAVY = ("torch", "torchvision", "timm", "albumentations")
SLOW = (*HEAVY, "optuna", "pandas", "sqlalchemy")
"""What nobody shall wait for who asks for help."""
LIGHT = (
    "search.study.lookup",
    "search.launch.work",
    "search.launch.fork_server",
    "search.reports.status",
    "trainer.config.train_config",
    "trainer.data.prepare",
)

RUN_ALL = """
import sys
from search.cli.main import main

for line in sys.argv[1:]:
    print("command:", line, file=sys.stderr)
    sys.argv = ["search", *line.split()]
    try:
        main()
    except SystemExit as ended:
        assert not ended.code, (line, ended.code)
"""


def loaded(unwanted, *program, **options):
    """Whatever of these packages a program imports, each with the way to it and the command that was running."""
    command = [sys.executable, "-X", "importtime", "-c", *program]
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return list(ways(unwanted, done.stderr))


def ways(unwanted, told):
    """The same, read from what ``-X importtime`` tells: a module stands behind those that it imports, less indented."""
    lines = re.findall(r"^import time: .* \| ( *)(\S+)$|^command: (.*)$", told, re.MULTILINE)
    running, missed = "", set(unwanted)
    for place, (depth, name, command) in enumerate(lines):
        running = command or running
        package = name.split(".")[0]
        if package in missed:
            missed.remove(package)
            way, outer = [name], len(depth)
            for further, importer, _ in lines[place + 1 :]:
                if importer and len(further) < outer:
                    way.append(importer)
                    outer = len(further)
            yield f"{running}: {' < '.join(way)}"


def test_the_way_to_a_package_is_told():
    code = "import sys, search.cli.main; print('command: x', file=sys.stderr); import search.database.schema"
    (way,) = loaded(("sqlalchemy",), code)
    assert re.match(r"x: sqlalchemy\.\S+ < (sqlalchemy\S* < )+search\.\S+", way), way


def test_help_waits_for_nothing_heavy():
    assert loaded(SLOW, RUN_ALL, "--help", "status --help", "--version") == []


def test_modules_that_need_no_torch_load_none():
    assert loaded(HEAVY, f"import {', '.join(LIGHT)}") == []


@pytest.mark.slow
def test_commands_that_train_nothing_load_no_torch(home, tmp_path):
    spec = load_spec(str(write_study(tmp_path, write_images(tmp_path / "images"))))
    data = prepare(spec.data, image_size=32, seed=3, cache_dir=tmp_path / "cache")
    with open_storage(None, home=home) as storage:  # the server, which the commands would start one after the other
        ensure_study(storage, spec, data)
        changes = {"lr": (0.01,)}
        ablation = Request("tiny", changes=changes, settings={"optimizer": "adam"}, name="compared")
        ensure_study(storage, resolve(storage, ablation), data)
        lines = [f"{name} --help" for name in sorted(get_command(cli.app).commands)]
        lines += [f"{name} --study tiny" for name in ("report", "check")]
        lines += ["status --study tiny --json", "server"]
        lines += ["ablate --study compared --look", "ablate --study compared --look --json"]
        environment = {**os.environ, "STUDY_HOME": str(home)}
        assert loaded(HEAVY, RUN_ALL, "status --study tiny", cwd=tmp_path, env=environment) == []
        assert loaded(HEAVY, RUN_ALL, *lines, cwd=tmp_path, env=environment) == []
    assert (tmp_path / "report.html").exists()
