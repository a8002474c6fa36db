"""The documents tell the truth about files and commands."""

import re

import pytest

from search.cli import main as cli
from tests.support.repository import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(command.callback.__name__ for command in cli.app.registered_commands))
def test_every_command_is_in_the_readme(name):
    assert re.search(rf"(search {name}|`{name}`|make {name})", README)


@pytest.mark.parametrize(
    "path", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], ids=lambda path: path.name
)
def test_links_and_named_files_exist(path):
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if "://" not in target:
            assert (path.parent / target).exists(), target
    for target in re.findall(r"`((?:search|trainer|studies|benchmarks|docs|tests)/[\w./-]+\.\w+)(?:::[^`]*)?`", text):
        assert (ROOT / target).exists(), target


@pytest.mark.parametrize("path", sorted((ROOT / "docs").glob("*.md")), ids=lambda path: path.name)
def test_named_tests_exist(path):
    for file, name in re.findall(r"`(tests/[\w/]+\.py)::(\w+)", path.read_text(encoding="utf-8")):  # … ends a name
        assert f"\ndef {name}" in (ROOT / file).read_text(encoding="utf-8"), name


def test_make_targets_of_the_readme_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"(?:^|`)make (\w+)", README, re.MULTILINE)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_nothing_was_left_to_be_filled_in():
    for path in [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")]:
        assert not re.search(r"@@|TODO|TBD|\.\.\. see below", path.read_text(encoding="utf-8")), path
