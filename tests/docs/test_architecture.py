"""docs/architecture.md shows the rooms that there are, and what it says of them holds."""

import itertools
import re

import pytest

from tests.support import rooms
from tests.support.rooms import DOCUMENT, HALVES, ROOT

TEXT = DOCUMENT.read_text(encoding="utf-8")
ROOMS = [(half, room) for half in HALVES for room in rooms.rooms(half)]
OUT_OF_DATE = f"docs/{DOCUMENT.name} is out of date; run: {rooms.COMMAND}"

every_room = pytest.mark.parametrize(("half", "room"), ROOMS, ids=lambda name: name)


def rows(text):
    """The cells of all tables of a text."""
    return [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]


def shown(half):
    """The rows of the table of one half, by room."""
    table = TEXT.split(f"### {half}\n")[1].split("<!-- end")[0]
    return {room.strip("`"): (question, needed) for room, question, needed in rows(table)[1:]}


@pytest.mark.parametrize("half", HALVES)
def test_the_table_names_every_room_and_nothing_else(half):
    packages = {path.parent.relative_to(ROOT / half).as_posix() for path in (ROOT / half).rglob("__init__.py")}
    assert shown(half).keys() == packages - {"."}, OUT_OF_DATE


@every_room
def test_the_table_has_a_room_s_own_question_and_imports(half, room):
    question, needed = shown(half)[room]
    assert question == rooms.question(half, room).replace("``", "`"), OUT_OF_DATE
    assert re.findall(r"`(\w+)`", needed) == rooms.imports(half, room), OUT_OF_DATE


def test_picture_and_tables_are_what_the_command_writes():
    assert rooms.written(TEXT) == TEXT, OUT_OF_DATE


def test_imports_are_found_in_every_form(tmp_path, monkeypatch):
    monkeypatch.setattr(rooms, "ROOT", tmp_path)
    monkeypatch.setattr(rooms, "order", lambda _: ["launch", "study", "plans", "stores", "errors"])
    (tmp_path / "search" / "launch" / "ray").mkdir(parents=True)
    (tmp_path / "search" / "launch" / "work.py").write_text(
        "from typing import TYPE_CHECKING\n"
        "import search.study.lookup\n"
        "from search import errors\n"
        "if TYPE_CHECKING:\n    from search.plans.racing import due\n"
    )
    (tmp_path / "search" / "launch" / "ray" / "cluster.py").write_text(
        "def connect():\n    from search.stores import objects\n    from search.launch.work import work\n"
    )
    assert rooms.imports("search", "launch") == ["study", "plans", "stores", "errors"]
    assert rooms.imports("search", "launch/ray") == ["launch", "stores"]


@every_room
def test_a_room_says_its_question_and_what_it_may_import_and_keeps_to_that(half, room):
    assert rooms.question(half, room).endswith("?")
    assert "May import" in rooms.docstring(ROOT / half / room)
    assert set(rooms.imports(half, room)) <= rooms.may_import(half, room)
    if "/" not in room:
        assert rooms.may_import(half, room) <= rooms.below(half, {room})


@pytest.mark.parametrize("half", HALVES)
def test_the_layers_name_exactly_the_rooms_and_modules(half):
    there = {rooms.top(room) for room in rooms.rooms(half)} | set(rooms.modules(half))
    assert sorted(rooms.order(half)) == sorted(there)


@pytest.mark.parametrize("half", HALVES)
def test_few_files_stand_beside_the_rooms(half):
    files = [path.name for path in (ROOT / half).iterdir() if path.is_file()]
    assert len(files) <= 8, f"{half}/ is for rooms; give one of these a room: {sorted(files)}"


def test_what_the_document_points_at_is_there():
    """In the walk and in the list of questions, a room's cell stands before the names to read there."""
    found = 0
    for cells in rows(TEXT):
        for place, names in itertools.pairwise(cells):
            if named := re.fullmatch(r"`(search|trainer)/([\w/]+)`", place):
                there = set(rooms.defined(*named.groups()))
                assert set(re.findall(r"`([\w.]+)`", names)) <= there, f"{place}: not there any more"
                found += 1
    assert found > 20


def test_every_room_that_the_document_names_is_there():
    for half, room in re.findall(r"`(search|trainer)/([\w/]+)`", TEXT):
        assert room in rooms.rooms(half), f"{half}/{room}"
