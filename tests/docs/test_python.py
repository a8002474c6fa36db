"""The blocks of docs/python.md run, in their order, on data of a few seconds."""

import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tests.support.repository import ROOT
from tests.support.tiny import write_images, write_study

BLOCKS = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs" / "python.md").read_text(encoding="utf-8"), re.S | re.M)


@pytest.fixture
def place(tmp_path, home):
    write_images(tmp_path / "data" / "shapes")
    write_study(tmp_path, tmp_path / "data" / "shapes", "mask-f1", trials=2, more="[finalize]\nleaders = 1\nfolds = 2")
    (tmp_path / "shots").mkdir()
    for name in ("a.jpg", "shots/b.jpg"):
        Image.fromarray(np.full((40, 40, 3), 90, np.uint8)).save(tmp_path / name)
    return tmp_path


@pytest.mark.slow
def test_the_page_runs(place):
    assert len(BLOCKS) >= 6
    # As a script without `if __name__ == "__main__":`, which no worker may run again.
    (place / "page.py").write_text("\n".join(BLOCKS))
    done = subprocess.run([sys.executable, "page.py"], cwd=place, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 of 2 trials; the best has macro-F1 0." in done.stdout
    assert re.search(r"to expect: 0\.\d+, between 0\.\d+ and \d\.\d+", done.stdout)
    assert (place / "models" / "mask-f1" / "latest" / "model.json").exists()
    assert "0.003" in done.stdout  # the trial that was enqueued
    assert done.stdout.count("shots/b.jpg") == 1
    assert (place / "report.html").stat().st_size > 100_000
