"""The program goes on with what an earlier version of it left behind: see tests/data/README.md."""

import contextlib
import json
import shutil
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.museum import database, resume
from tests.museum.compare import exact, near
from tests.museum.pieces import PIECES
from tests.museum.tree import HERE, CommandError, Place, Tree
from tests.support.waiting import PATIENCE

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("museum")]

TREE = Tree(HERE)
# Back from the second version of our tables to the first.
FIRST_VERSION = (
    "DROP TABLE studyhall_schema",
    "ALTER TABLE studyhall_budget DROP COLUMN key",
    "ALTER TABLE studyhall_lease RENAME COLUMN attempt TO attempts",
    "ALTER TABLE studyhall_lease ADD COLUMN after_trial integer NOT NULL DEFAULT 0",
    "ALTER TABLE studyhall_lease ALTER COLUMN trial_id DROP NOT NULL",
    "ALTER TABLE studyhall_lease DROP COLUMN deaths, DROP COLUMN reported, DROP COLUMN handed_back,"
    " DROP COLUMN trouble, DROP COLUMN packages",
)


@pytest.fixture(scope="module", autouse=True)
def outcomes(request, postgres_url, tmp_path_factory):
    """What comes out of the pieces that are asked for: two at a time, beside the other tests, since a command keeps to
    one core and most of its time is imports.
    """
    calls = [getattr(item, "callspec", None) for item in request.session.items if item.path == request.path]
    names = [call.params["piece"] for call in calls if call is not None and "piece" in call.params]
    with ThreadPoolExecutor(2) as pool:
        yield {
            name: pool.submit(resume.go_on, name, None, postgres_url, tmp_path_factory.mktemp(name)) for name in names
        }


@pytest.fixture
def take(empty_storage_url, tmp_path):
    """Takes a piece into a fresh database and folder."""
    return lambda name: resume.taken(PIECES[name], empty_storage_url, tmp_path)


def content(url):
    """All that a database holds."""
    return database.dump(url, replaced={})


def create(piece):
    (study,) = PIECES[piece].studies
    return ("search", "create", "--study", study, "--data", f"images/{PIECES[piece].images}", "--device", "cpu")


def test_tables_of_a_future_version_are_refused_and_left_alone(take):
    place = take("search-finished")
    database.execute(place.storage, "UPDATE studyhall_schema SET version = 99")
    before = content(place.storage)
    lines = [
        ("search", "status", "--study", "tiny"),
        create("search-finished"),
        resume.work(PIECES["search-finished"], "tiny"),
    ]
    for line, answer in zip(lines, TREE.ask(place, lines), strict=True):
        assert answer.is_refusal, (line, answer)
        assert "version 99" in answer.line
        assert "update studyhall" in answer.line
    assert content(place.storage) == before


def test_a_study_of_a_future_version_is_refused_and_left_alone(take):
    place = take("search-finished")
    database.execute(
        place.storage,
        "UPDATE study_user_attributes SET value_json = (value_json::jsonb || '{\"future\": 1}')::text"
        " WHERE key = 'spec'",
    )
    before = content(place.storage)
    lines = [
        ("search", "report", "--study", "tiny"),
        (*resume.FINALIZE, "--data", "images/colours"),
    ]
    for line, answer in zip(lines, TREE.ask(place, lines), strict=True):
        assert answer.is_refusal, (line, answer)
        assert "future" in answer.line
        assert "install the version that made it" in answer.line
    assert content(place.storage) == before


@pytest.mark.parametrize("model", ["tiny", "joined"])
def test_a_model_of_a_future_version_is_refused_and_left_alone(tmp_path, model):
    shutil.copytree(PIECES["models"].folder / "models", tmp_path / "models", symlinks=True)
    info = (tmp_path / "models" / model / "latest" / "model.json").resolve()
    info.write_text(json.dumps({**json.loads(info.read_text()), "format": 99}))
    before = info.read_bytes()
    (tmp_path / "images").symlink_to(PIECES["models"].folder.parent / "images")
    (answer,) = TREE.ask(Place(tmp_path), [resume.predict(model, "colours")])
    assert answer.is_refusal, answer
    assert "is of format 99" in answer.line
    assert info.read_bytes() == before
    assert not list(tmp_path.glob("*.csv"))


def test_an_upgrade_that_was_broken_off_has_done_nothing_and_the_next_one_does_it(take):
    place = take("factors")
    # Where the pixels are left open, 1f9f2aa looked for them in the study before it upgraded, and was refused.
    file = place.folder / "studies" / "parts.toml"
    file.write_text(file.read_text().replace("validation = 0.25", 'validation = 0.25\npixels = "exact"'))
    before = studies(place.storage)
    database.execute(place.storage, *FIRST_VERSION)
    old = content(place.storage)
    with psycopg.connect(database.plain(place.storage)) as reader:
        # Whoever reads the leases holds the upgrade up in its middle: the budgets have been altered by then.
        reader.execute("SELECT * FROM studyhall_lease")
        with TREE.started(place, *create("factors")) as running:
            assert end_of_who_waits(place.storage)
            with contextlib.suppress(CommandError):
                running.until(lambda _: False)
    assert content(place.storage) == old
    TREE.run(place, *create("factors"))
    assert exact(studies(place.storage), before) == []


def studies(url):
    """What must outlive an upgrade; of leases the first version knew less."""
    found = database.read(url)
    for study in found.values():
        study["leases"] = [attempt for attempt, *_ in study["leases"]]
    return found


def end_of_who_waits(url):
    """Break the connection of whoever waits for a lock of a table; whether there was one in time."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if database.query(
            url,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event = 'relation'",
        ):
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("piece", sorted(PIECES))
def test_it_goes_on_with(piece, outcomes):
    outcome = json.loads(json.dumps(outcomes[piece].result()))
    assert near(outcome, PIECES[piece].expected) == []
