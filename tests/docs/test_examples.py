"""The notebook of examples/ runs, and what is committed with it is what it prints and draws."""

import base64
import io
import json
import re
import subprocess
import sys

import pytest
from PIL import Image

from tests.support.repository import ROOT

NOTEBOOK = ROOT / "examples" / "search_in_python.ipynb"


def code_of(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def kinds(cell):
    """What a cell has put out, without what it says; lines in a row are one output."""
    return [sorted(each.get("data", {})) or each["output_type"] for each in cell["outputs"]]


def texts(cell):
    for output in cell["outputs"]:
        yield "".join(output.get("text", ()))
        yield "".join(output.get("data", {}).get("text/plain", ()))


def pictures(cell):
    for output in cell["outputs"]:
        if png := output.get("data", {}).get("image/png"):
            yield Image.open(io.BytesIO(base64.b64decode("".join(png))))


@pytest.fixture(scope="module")
def committed():
    return json.loads(NOTEBOOK.read_text(encoding="utf-8"))


def check_outputs(notebook):
    cells = code_of(notebook)
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        for output in cell["outputs"]:
            assert output["output_type"] != "error"
            assert output.get("name") != "stderr", output
        for text in texts(cell):
            assert not re.search(r"\x1b|\r|Warning|(?<![\w.])/(home|root|tmp|work|usr|opt)/|epoch \d+/", text), text
    drawn = [picture for cell in cells for picture in pictures(cell)]
    assert len(drawn) == 4
    assert all(len(picture.convert("RGB").getcolors(1 << 20)) > 20 for picture in drawn)
    said = "\n".join(text for cell in cells for text in texts(cell))
    assert "masks  ·  10 of 10 trials  ·  best F1 0." in said
    searched = said.partition("confirming over")[0]
    assert len(re.findall(r"^trial +\d+  (?:complete|pruned) +F1 0\.\d{4}", searched, re.MULTILINE)) == 10
    assert re.search(r"^masks/\w+  ·  \d of \d trainings$", said, re.MULTILINE)
    assert re.search(r"expected macro-F1: 0\.\d+ \(0\.\d+ to [01]\.\d+\)", said)
    assert "epoch 4: training loss" in said


def test_what_is_committed_is_small_and_whole(committed):
    assert NOTEBOOK.stat().st_size < 300_000
    check_outputs(committed)


@pytest.mark.slow
def test_it_runs_and_puts_out_the_same_kinds_of_things(committed, tmp_path):
    again = tmp_path / "again.ipynb"
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.notebook", NOTEBOOK, again],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    executed = json.loads(again.read_text(encoding="utf-8"))
    check_outputs(executed)
    assert list(map(kinds, code_of(executed))) == list(map(kinds, code_of(committed)))
