"""Every benchmark runs to its end, at the size that ``--rehearse`` stands for; every command of one is understood."""

import itertools
import re
import shlex
import subprocess

import pytest

from tests.support.rehearsals import UNDERSTOOD, run
from tests.support.repository import ROOT

README = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `([\w/]+)\.py` \| .+ \| `(.+)` \|$", README, re.MULTILINE)
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "tests" / "data" / "README.md"]

# What stands in the last table of each.
PRINTED = {
    "chaos/__main__": "trials that were hit, bit for bit as undisturbed",
    "service/scale": "x bare Optuna, goal",
    "service/startup": "s to the first trial",
    "service/points": "wait, saved beside the next",
    "service/exhibits": "pictures, the first ms",
    "training/throughput": "where the time of an epoch goes",
    "training/precision": "bf16 / fp32",
    "training/growth": "Memory of processes that have read all images",
    "training/choices": "s of a worker's first run",
    "training/augmentation": "preset heavy",
    "training/augmentation_sheet": "rows of 6 images",
    "training/prediction": "torch, flip-crops",
    "training/one_run": "epoch 1  train loss",
    "statistics/winners_curse": "for each of its own",
    "statistics/coverage": "| the interval of macro-F1 itself |",
    "statistics/honesty": "| what finalize names |",
    "statistics/horizon": "as many steps instead of as many epochs",
    "statistics/label_audit": "crops, right among the first",
    "statistics/samplers": "| TPE, univariate |",
}


@pytest.mark.parametrize("script", [script for script, _ in ROWS])
@pytest.mark.slow
def test_rehearsal(script):
    code, printed = run(f"benchmarks.{script.removesuffix('/__main__').replace('/', '.')}", "--rehearse")
    assert code == 0, printed
    assert PRINTED[script] in printed, printed


def words(text):
    """Those of a command at the start of a text, which may go on behind it."""
    lexer = shlex.shlex(text.replace("\\\n", " "), posix=True, punctuation_chars=";&|<>\n")
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t", True, ""
    return list(itertools.takewhile(lambda word: set(word) - set(";&|<>\n"), lexer))


def commands(text):
    """The modules of ours that a text runs with Python, and their arguments."""
    shown = "\n".join([*re.findall(r"(?ms)^```sh\n(.*?)^```", text), *re.findall(r"`([^`\n]+)`", text)])
    shown = re.sub(r"(?m)\s+# .*$", "", shown)
    for found in re.finditer(r"python -m ((?:benchmarks|tests)\.?[.\w]*) ?", shown):
        yield found[1], [re.sub(r"\$\w+", "0", word) for word in words(shown[found.end() :])]


def made(target):
    """The commands of a target of the Makefile."""
    shown = subprocess.run(["make", "-n", target, "DATA=data"], cwd=ROOT, check=True, capture_output=True, text=True)
    return commands(f"```sh\n{shown.stdout}```")


def understood(module, arguments):
    code, printed = run(module, *arguments, parse_only=True)
    return code == UNDERSTOOD or (module, arguments, printed)


@pytest.mark.slow
def test_commands_of_documents_are_understood():
    found = [each for path in DOCUMENTS for each in commands(path.read_text(encoding="utf-8"))]
    assert ("benchmarks.statistics.samplers", ["--seeds", "40"]) in found  # within a sentence
    assert ("tests.museum.compare", ["--base", "HEAD~1", "search-stopped"]) in found
    assert len([module for module, _ in found if module == "benchmarks.training.one_run"]) == 2  # over two lines
    answers = [understood(*each) for each in found]
    assert [answer for answer in answers if answer is not True] == []


@pytest.mark.slow
def test_commands_of_the_table_are_understood():
    found = []
    for _, command in ROWS:
        found += made(command.removeprefix("make ")) if command.startswith("make ") else commands(f"`{command}`")
    assert len(found) > len(ROWS)  # a target may have two
    answers = [understood(*each) for each in found]
    assert [answer for answer in answers if answer is not True] == []


@pytest.mark.slow
def test_what_would_not_be_understood():
    assert understood("benchmarks.training.choices", ["memory", "--no-such"]) is not True
    assert understood("benchmarks.training.no_such", []) is not True
    assert "leave them out" in understood("benchmarks.service.points", ["x", "--rehearse"])[2]
