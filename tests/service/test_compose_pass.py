"""What `.ci/run` says of `make test-compose`, which it does not run."""

import os
import subprocess
import sys

import pytest

from tests.support.compose_pass import COVERED, LISTING, TEST, difference, hashes
from tests.support.repository import ROOT

PASSING = """
import pytest
from tests.support.compose_pass import Watch


@pytest.fixture(autouse=True, scope="module")
def service(request):
    request.config.pluginmanager.register(Watch(request.config.rootpath))


def test_up(): pass


def test_browser(): pass


def test_down(): pass
"""


@pytest.fixture
def root(tmp_path):
    """A repository with a small code and a small test of it."""
    files = {TEST: PASSING, "search/api.py": "one = 1\n", "README.md": "Hello\n", "pytest.ini": "[pytest]\n"}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8", newline="\n")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    return tmp_path


def run_test(root, *options):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    subprocess.run([*command, TEST, *options], cwd=root, env=environment, check=False, capture_output=True)


def test_nothing_is_said_of_the_code_on_which_it_passed(root):
    assert "never passed" in difference(root)
    run_test(root)
    assert difference(root) is None
    assert [line.split("  ")[1] for line in (root / LISTING).read_text().splitlines()] == ["search/api.py", TEST]

    os.utime(root / "search" / "api.py", (1, 1))
    (root / "search" / "api.py").write_bytes(b"one = 1\r\n")  # as a checkout elsewhere may have it
    (root / "README.md").write_text("Bye\n")
    (root / "search" / "scratch.py").write_text("")  # of which Git knows nothing
    assert difference(root) is None


def test_files_that_differ_are_named(root):
    run_test(root)
    (root / "search" / "api.py").write_text("one = 2\n")
    (root / "search" / "new.py").write_text("")
    subprocess.run(["git", "add", "search/new.py"], cwd=root, check=True)
    (root / TEST).unlink()
    assert "3 files differ since (search/api.py, search/new.py, tests/service/test_compose.py)" in difference(root)


@pytest.mark.parametrize(
    ("test", "options"),
    [
        (PASSING.replace("test_down(): pass", "test_down(): assert 0"), ()),
        (PASSING.replace("    request", "    pytest.skip()\n    request"), ()),
        (PASSING, ("-k", "up")),
    ],
    ids=["failed", "skipped", "a part"],
)
def test_a_run_that_did_not_pass_is_not_written_down(root, test, options):
    (root / TEST).write_text(test)
    run_test(root, *options)
    assert "never passed" in difference(root)


def test_one_test_may_be_skipped_where_there_is_no_browser(root):
    skipped = PASSING.replace("def test_browser", "@pytest.mark.skip\ndef test_browser")
    (root / TEST).write_text(skipped)
    run_test(root)
    assert difference(root) is None


def test_all_that_is_covered_is_there():
    covered = hashes(ROOT)
    assert all(any(name.startswith(part) for name in covered) for part in " ".join(COVERED).split())


def test_the_real_test_watches_and_ci_looks():
    assert "register(Watch(" in (ROOT / TEST).read_text(encoding="utf-8")
    assert "-m tests.support.compose_pass" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
