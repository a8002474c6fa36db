"""The tests mirror the rooms, and share code through tests.support alone."""

import re

import pytest

from tests.support.repository import ROOT

TESTS = ROOT / "tests"
FILES = sorted(path for path in TESTS.rglob("*.py") if path.name.startswith("test_"))
SHARED = ("tests.support.", "tests.museum.")
IMPORT = re.compile(r"^\s*(?:from|import)\s+(tests(?:\.\w+)*)(?:\s+import\s+(\w+))?", re.MULTILINE)


def module_of(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def lent(path, text):
    """What a test file takes from other test files; programs that it keeps in strings may import itself."""
    found = [f"{module}.{name}" if module == "tests" else module for module, name in IMPORT.findall(text)]
    return [module for module in found if module != module_of(path) and not f"{module}.".startswith(SHARED)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(TESTS).as_posix())
def test_no_test_file_imports_another(path):
    assert lent(path, path.read_text(encoding="utf-8")) == []


def test_an_import_of_another_test_file_is_seen():
    (mine,) = (path for path in FILES if path.name == "test_layout.py")
    for line in (
        "from tests.commands.test_work import command",
        "import tests.commands.test_work",
        "    from tests.commands import test_work",
        "from tests import commands",
    ):
        assert lent(mine, f"{line}\n"), line
    for line in (
        "from tests.support.tiny import write_study",
        "from tests import support",
        "import tests.support.tiny",
    ):
        assert lent(mine, f"{line}\n") == [], line


@pytest.mark.parametrize("package", ["search", "trainer"])
def test_every_folder_of_tests_is_a_room(package):
    folders = {path.parent.relative_to(TESTS) for path in FILES if path.is_relative_to(TESTS / package)}
    assert folders
    for folder in folders:
        assert (ROOT / folder / "__init__.py").exists(), folder
