"""Every command that a document or a --help shows would be understood: a renamed option breaks a test, not a reader."""

import itertools
import os
import re
import shlex
import subprocess

import pytest

from tests.support.command_line import PROGRAMS, mistake
from tests.support.repository import ROOT

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

OURS = re.compile(rf"(?:docker compose (?:run --rm|exec (?:-T )?\w+) )?((?:{'|'.join(PROGRAMS)}) .*)")


def shown(path):
    """The command lines of ours in a document's shell blocks, also those that a container runs."""
    for block in re.findall(r"(?ms)^```sh\n(.*?)^```", path.read_text(encoding="utf-8")):
        for line in block.replace("\\\n", " ").splitlines():
            if found := OURS.match(line):
                words = shlex.split(found[1], comments=True)
                yield list(itertools.takewhile(lambda word: word not in ("&", "|", "<", ">"), words))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_commands_of_a_document(path):
    assert [wrong for words in shown(path) if (wrong := mistake(words))] == []


def test_commands_are_found():
    assert ["finalize", "--study", "mask-f1"] in shown(ROOT / "README.md")  # of a container
    assert ["search", "work", "--study", "mask-f1", "--data", "/data/train"] in shown(ROOT / "docs" / "cluster.md")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_scripts_and_targets_of_a_document_are_there(path):
    text = path.read_text(encoding="utf-8")
    for script in re.findall(r"\bdeploy/[\w/.-]+\.sh\b", text):
        subprocess.run(["bash", "-n", ROOT / script], check=True)
        assert os.access(ROOT / script, os.X_OK), script
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"(?m)(?:`|^)make ([a-z-]+)", text)) <= targets


def commands(app):
    """The commands of a program and of its groups."""
    return app.registered_commands + [
        command for group in app.registered_groups for command in commands(group.typer_instance)
    ]


@pytest.mark.parametrize("program", PROGRAMS)
def test_examples_of_the_help(program):
    examples = [command.epilog for command in commands(PROGRAMS[program])]
    assert examples
    for example in examples:
        assert mistake(shlex.split(example.removeprefix("Example: "))) is None


def test_what_would_not_be_understood():
    assert "No such option" in mistake(["search", "work", "--study", "s", "--no-such"])
    assert "No such command" in mistake(["search", "play"])
    assert "No such command" in mistake(["search", "cache", "play"])
    assert mistake(["search", "cache"]) is None
    assert "Missing option" in mistake(["finalize"])
    assert mistake(["search", "-v", "work", "--study", "s", "--trials", "3"]) is None
