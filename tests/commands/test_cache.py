"""`search cache` lists what the images take and gives it back; nothing that is in the making or not ours is touched."""

import json
import os
import subprocess
import sys
import time

import numpy as np
import pytest
from filelock import FileLock
from PIL import Image
from typer.testing import CliRunner

from search.cli.main import app
from trainer.data.cache.open import open_cache
from trainer.errors import ConfigError

DAY = 86400


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("STUDY_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def caches(home, tmp_path):
    """Three caches of six images, last used today, 10 and 40 days ago, and what a killed build left."""
    root = tmp_path / "data"
    root.mkdir()
    for number in range(6):
        pixels = np.random.default_rng(number).integers(0, 256, (20, 20, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(root / f"{number}.png")
    paths = [f"{number}.png" for number in range(6)]
    folder = home / "cache"
    ways = ({"image_size": 16}, {"image_size": 32, "pixels": "packed"}, {"image_size": 24, "limit": 0})
    keys = []
    for days, way in zip((0, 10, 40), ways, strict=True):
        before = set(folder.glob("*/about.json"))
        open_cache(root, paths, cache_dir=folder, **way)
        (about,) = set(folder.glob("*/about.json")) - before
        then = time.time() - days * DAY - 60
        for path in (about.with_name("stamp.json"), about.parent):
            os.utime(path, (then, then))
        keys.append(about.parent.name)
    left = folder / f"{keys[0]}.abc.part"
    left.mkdir()
    (left / "images.rgb").write_bytes(bytes(5000))
    (folder / "holiday").mkdir()
    (folder / "holiday" / "photo.jpg").write_bytes(b"x")
    return keys


def run(*arguments, code=0, answer=None):
    result = CliRunner().invoke(app, ["cache", *arguments], input=answer)
    if code is ConfigError:
        assert isinstance(result.exception, ConfigError)
        return str(result.exception)
    assert result.exit_code == code, result.output
    return result.output


def listed():
    return json.loads(run("--json"))["caches"]


def test_what_is_there_is_listed(caches, home, tmp_path):
    entries = listed()
    by_key = {entry["key"]: entry for entry in entries if entry["kind"] != "leftover"}
    assert [by_key[key]["kind"] for key in caches] == ["pixels", "packed", "decode"]
    assert [by_key[key]["image_size"] for key in caches] == [16, 32, 24]
    assert {by_key[key]["images"] for key in caches} == {6}
    assert {by_key[key]["root"] for key in caches} == {str(tmp_path / "data")}
    assert [round(by_key[key]["days_unused"]) for key in caches] == [0, 10, 40]
    for key in caches:
        assert by_key[key]["bytes"] == sum(path.stat().st_size for path in (home / "cache" / key).iterdir())
    (left,) = [entry for entry in entries if entry["kind"] == "leftover"]
    assert (left["key"], left["bytes"], left["busy"]) == (caches[0], 5000, False)
    text = run()
    for word in ("pixels", "packed (JPEG)", "index only", "killed build", "10 d ago", caches[1][:8]):
        assert word in text
    assert "holiday" not in text


def test_an_empty_home(home):
    assert "no cached images" in run()
    assert listed() == []
    assert "nothing to remove" in run("clear", "--all", "--yes")
    assert not home.exists()


def test_unused_ones_and_leftovers_are_cleared(caches, home):
    assert "removed" in run("clear", "--unused", "30", "--yes")
    assert {entry["key"] for entry in listed()} == set(caches[:2])
    assert not list((home / "cache").glob("*.part"))
    run("clear", "--unused", "30", "--yes")
    assert len(listed()) == 2
    run("clear", "--all", "-y")
    assert listed() == []
    assert (home / "cache" / "holiday" / "photo.jpg").exists()


def test_it_asks_first(caches):
    assert "remove " in run("clear", caches[1][:8], code=1, answer="n\n")
    assert len(listed()) == 4
    run("clear", caches[1][:8], answer="y\n")
    assert {entry["key"] for entry in listed()} == {caches[0], caches[2]}


def test_one_that_is_being_built_stays(caches, home):
    with FileLock(home / "cache" / f"{caches[0]}.lock"):
        assert {entry["kind"] for entry in listed() if entry["busy"]} == {"pixels", "leftover"}
        assert "is being built, stays" in run("clear", "--all", "--yes")
        assert {entry["key"] for entry in listed()} == {caches[0]}
        assert (home / "cache" / f"{caches[0]}.abc.part").exists()


def test_damaged_ones_and_those_of_another_version_are_listed(caches, home):
    about = home / "cache" / caches[0] / "about.json"
    about.write_text(about.read_text().replace('"image_size": 16', '"image_size": 17'))
    (home / "cache" / ("0" * 24)).mkdir()
    others = {entry["key"]: entry for entry in listed() if entry["kind"] == "other"}
    assert others.keys() == {caches[0], "0" * 24}
    assert others[caches[0]]["images"] is None
    run("clear", "0" * 24, "--yes")
    assert not (home / "cache" / ("0" * 24)).exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("clear",), "wants one of: keys, --unused DAYS, --all"),
        (("clear", "--all", "--unused", "3"), "wants one of"),
        (("clear", "nothing", "--yes"), "no cache is called 'nothing'; `search cache` lists them"),
    ],
)
def test_a_mistake_is_told(caches, arguments, message):
    assert message in run(*arguments, code=ConfigError)
    assert len(listed()) == 4


def test_it_waits_for_neither_torch_nor_optuna(caches):
    script = """
import sys
from search.cli.main import app
app(["cache", "clear", "--unused", "30", "--yes"], standalone_mode=False)
print(sorted({"torch", "optuna", "cv2", "sqlalchemy"} & sys.modules.keys()))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert {entry["key"] for entry in listed()} == set(caches[:2])
