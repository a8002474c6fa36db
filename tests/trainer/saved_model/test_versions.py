"""Versions of a model: none is lost, and ``latest`` is whole at every moment, whoever writes and wherever they die."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.repository import ROOT
from trainer.errors import SaveError
from trainer.saved_model.manifest import INFO_FILE
from trainer.saved_model.versions import find_model_folder, list_versions, newest_version, next_version, publish
from trainer.support.atomic import staging

WEIGHTS = "model.safetensors"


def write(folder, what):
    """A stand-in for a model: two files that belong together, in a place that finalize would use."""
    with staging(folder) as place:
        (place / WEIGHTS).write_text(what)
        (place / INFO_FILE).write_text(what)


def release(root, what):
    with next_version(root) as version:
        write(root / version, what)
        publish(root, version)
    return version


def read(path):
    """The model that a path means; its parts must be of one version."""
    folder = find_model_folder(path)
    info, weights = (folder / INFO_FILE).read_text(), (folder / WEIGHTS).read_text()
    assert info == weights
    return info


@pytest.fixture
def root(tmp_path):
    return tmp_path / "models" / "mask-f1"


def test_versions_follow_each_other_and_stay(root):
    assert [release(root, what) for what in ("one", "two", "three")] == ["v1", "v2", "v3"]
    assert list_versions(root) == ["v1", "v2", "v3"]
    assert (root / "latest").readlink() == Path("v3")  # relative: the folder may be moved
    assert read(root) == read(root / "latest") == "three"
    assert read(root / "v1") == "one"
    moved = root.rename(root.parent / "renamed")
    assert read(moved / "latest") == "three"


def test_version_ten_comes_after_nine(root):
    for number in range(1, 11):
        assert release(root, str(number)) == f"v{number}"
    assert list_versions(root)[-1] == newest_version(root) == "v10"
    assert read(root) == "10"


def test_the_reader_gets_the_version_itself_and_not_the_link_that_moves_on(root):
    release(root, "one")
    folder = find_model_folder(root / "latest")
    release(root, "two")
    assert folder == root / "v1"
    assert (folder / INFO_FILE).read_text() == "one"


def test_a_writer_has_its_name_for_itself_and_gives_it_back(root):
    with next_version(root) as mine, next_version(root) as other:
        assert (mine, other) == ("v1", "v2")
        write(root / other, "other")
        publish(root, other)
        write(root / mine, "mine")
        assert publish(root, mine) == root / "v2"  # never back to an earlier one
    assert read(root) == "other"
    with next_version(root) as unused:
        assert unused == "v3"
    with next_version(root) as again:
        assert again == "v3"


def test_what_is_not_whole_is_not_published(root):
    release(root, "one")
    (root / "v2").mkdir()
    (root / "v2" / WEIGHTS).write_text("half")
    for version in ("v2", "v3", "../elsewhere", "latest"):
        with pytest.raises(SaveError, match="holds no complete model"):
            publish(root, version)
    assert read(root) == "one"
    assert newest_version(root) == "v1"
    assert release(root, "three") == "v3"  # the half one keeps its number


def test_a_pointer_to_nothing_is_no_answer(root):
    release(root, "one")
    release(root, "two")
    (root / "v2").rename(root / "gone")
    assert read(root) == "one"
    (root / "latest").unlink()
    assert read(root) == "one"


def test_a_file_names_the_latest_where_links_cannot_be_made(root, monkeypatch):
    def refuse(*_, **__):
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    release(root, "one")
    release(root, "two")
    assert (root / "latest").read_text() == "v2\n"
    assert read(root) == read(root / "latest") == "two"
    monkeypatch.undo()
    release(root, "three")
    assert (root / "latest").is_symlink()
    assert read(root / "latest") == "three"


@pytest.mark.parametrize("content", ["", "v9\n", "../../etc\n", "v1/..\n", "\xff"])
def test_a_damaged_file_leads_to_the_newest_that_is_there(root, content):
    release(root, "one")
    release(root, "two")
    (root / "latest").unlink()
    (root / "latest").write_bytes(content.encode("latin-1"))
    assert read(root) == "two"


def test_a_model_of_an_earlier_program_becomes_the_first_version(root):
    write(root, "old")
    (root / "1-mask").mkdir()
    (root / "1-mask" / INFO_FILE).write_text("a member")
    assert read(root) == "old"
    assert release(root, "new") == "v2"
    assert read(root / "v1") == "old"
    assert (root / "v1" / "1-mask" / INFO_FILE).read_text() == "a member"
    assert read(root) == "new"
    assert sorted(entry.name for entry in root.iterdir() if not entry.name.startswith(".")) == ["latest", "v1", "v2"]


def test_a_model_that_an_earlier_program_put_beside_versions_is_one_more(root):
    release(root, "one")
    for name in (WEIGHTS, INFO_FILE):
        (root / name).write_text("old program")
    assert release(root, "three") == "v3"
    assert [read(root / version) for version in list_versions(root)] == ["one", "old program", "three"]


def test_a_folder_of_something_else_is_refused(root):
    root.mkdir(parents=True)
    (root / "thesis.txt").write_text("mine")
    with (
        pytest.raises(SaveError, match=r"is not empty and holds no model; choose another folder"),
        next_version(root),
    ):
        pass
    assert [entry.name for entry in root.iterdir()] == ["thesis.txt"]
    file = root / "thesis.txt"
    with pytest.raises(SaveError, match="is a file"), next_version(file):
        pass


def test_a_version_is_no_folder_of_versions(root):
    release(root, "one")
    publish(root, "v1")
    folder = root / "v1"
    content = {file.name: file.read_bytes() for file in folder.iterdir()}
    for place in (folder, root / "latest"):
        with pytest.raises(SaveError, match="is a version of a model, and stays as it is"), next_version(place):
            pass
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == content


# Runs in a process of its own, which forks: each child dies before its n-th change of the file system.
KILLED = """
import os, signal, sys, warnings
from pathlib import Path
from tests.trainer.saved_model.test_versions import read, release, write
from trainer.saved_model.manifest import INFO_FILE
from trainer.saved_model.versions import find_model_folder, list_versions

warnings.simplefilter("ignore")
root, before = Path(sys.argv[1]), sys.argv[2]
CHANGES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.link", "os.truncate", "shutil.copyfile")

def die_at(number):
    seen = 0
    def hook(event, arguments):
        nonlocal seen
        if event in CHANGES or event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_CREAT:
            seen += 1
            if seen == number:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(hook)

for number in range(1, 1000):
    place = root / str(number)
    if before == "old":
        write(place, "before")
    elif before == "version":
        release(place, "before")
    child = os.fork()
    if child == 0:
        die_at(number)
        release(place, "killed")
        os._exit(0)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    whole = (find_model_folder(place) / INFO_FILE).exists()
    assert whole or before == "nothing", f"no model after {number} changes"
    if whole:
        assert read(place) in ("before", "killed")
    if ended == 0:
        print(number)
        break
    release(place, "after")
    assert read(place) == read(place / "latest") == "after"
    kept = [read(place / version) for version in list_versions(place)]
    assert kept in (["before", "after"], ["before", "killed", "after"], ["after"], ["killed", "after"]), kept
    assert "before" in kept or before == "nothing", kept
    names = {entry.name for entry in place.iterdir() if not entry.name.startswith(".")}
    assert names == {"latest", *list_versions(place)}, names
    assert not [entry for entry in place.iterdir() if entry.name.endswith(".partial")]
"""

RACED = """
import os, sys, warnings
from pathlib import Path
from tests.trainer.saved_model.test_versions import release, read
warnings.simplefilter("ignore")
root, writers, each = Path(sys.argv[1]), 6, 5
children = []
for writer in range(writers):
    child = os.fork()
    if child == 0:
        for number in range(each):
            release(root, f"{writer}-{number}")
        os._exit(0)
    children.append(child)
def alive():
    for child in list(children):
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            assert status == 0
            children.remove(child)
    return children
looks = 0
while alive():
    if (root / "v1").exists():
        read(root)
        looks += 1
print(looks)
"""


def python(code, *arguments):
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, env=env, check=False
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.parametrize("before", ["nothing", "version", "old"])
def test_a_writer_may_be_killed_before_any_change(tmp_path, before):
    assert python(KILLED, tmp_path, before) > 8  # so many changes it makes, and before each one it died once


def test_writers_at_the_same_time_lose_nothing_and_readers_always_find_a_whole_model(tmp_path):
    root = tmp_path / "m"
    assert python(RACED, root) > 0
    kept = [read(root / version) for version in list_versions(root)]
    assert sorted(kept) == sorted(f"{writer}-{number}" for writer in range(6) for number in range(5))
    assert find_model_folder(root).name == newest_version(root)
