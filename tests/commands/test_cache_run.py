"""The images of a study while it runs: a cache cut short under a worker, files that go away, machines without room."""

import json
import os
import re

import pytest
from optuna.trial import TrialState

from search.database.connection import open_storage
from search.study.study import load_study, stored_spec
from tests.support.processes import Place
from tests.support.tiny import write_images, write_study


@pytest.fixture
def place(tmp_path, storage_url):
    write_images(tmp_path / "images")
    return Place(tmp_path, storage_url)


def kinds(place, **environment):
    """How the cached images of a machine are held."""
    found = json.loads(place.beside(**environment).run("search", "cache", "--json", only_output=True))
    return sorted(entry["kind"] for entry in found["caches"])


def pixels_of(place):
    with open_storage(place.url) as storage:
        return stored_spec(load_study(storage, "tiny")).data.pixels


@pytest.mark.slow
def test_a_worker_whose_map_is_cut_short_is_started_again_and_builds_it_anew(place):
    write_study(place.folder, "images", trials=1, epochs=30, pruner="none")
    with place.start("search", "work", "--study", "tiny", "--devices", "cpu", "--lease", "4s") as running:
        running.until("epoch 2/30")
        (images,) = (place.folder / ".studies" / "cache").glob("*/images.rgb")
        size = images.stat().st_size
        os.truncate(images, 0)
        running.until("crashed (SIGBUS: a file that it had mapped was cut short")
        running.until("reads all 48 images again: what was made of them is not there")
        output = running.end()
    assert running.process.returncode == 0, output
    assert [trial.state for trial in place.trials()] == [TrialState.COMPLETE]
    assert images.stat().st_size == size


@pytest.mark.slow
def test_an_image_that_goes_away_fails_no_trial_and_ends_the_worker_with_its_name(place):
    write_study(place.folder, "images", trials=2, epochs=400, pruner="none")
    machine = place.beside(STUDY_CACHE_LIMIT="0")
    with machine.start("search", "work", "--study", "tiny", "--devices", "cpu") as running:
        running.until("epoch 2/400")
        for path in sorted((place.folder / "images" / "a").iterdir())[:8]:
            path.unlink()
        output = running.end()
    assert running.process.returncode == 1, output
    assert re.search(r"leaves: ImagesChangedError: .*/images/a/\S+ is not the image any more .*no such file", output)
    assert "was made from other data than those in" in output
    assert re.search(r"images: 48 in the study, 40 here", output)
    assert [trial.state for trial in place.trials()] == [TrialState.RUNNING]  # handed back, for another machine


@pytest.mark.slow
def test_pixels_are_settled_once_and_every_machine_has_them(place):
    study = write_study(place.folder, "images", trials=1, epochs=1)
    raw = 48 * 32 * 32 * 3
    small, large = {"STUDY_CACHE_LIMIT": f"{raw - 1}B"}, {"STUDY_HOME": str(place.folder / "other")}
    assert "are kept as JPEG" in place.beside(**small).run("search", "create", "--study", "tiny")
    assert pixels_of(place) == "packed"
    assert kinds(place) == ["packed"]
    # A machine with room packs them all the same, as does one without any whenever it needs them.
    output = place.beside(**large).run("search", "work", "--study", "tiny", "--devices", "cpu")
    assert "kept as JPEG" not in output
    assert kinds(place, **large) == ["packed"]
    nowhere = {"STUDY_HOME": str(place.folder / "third"), "STUDY_CACHE_LIMIT": "0"}
    assert "cache_limit is 0: every image is decoded whenever it is needed" in place.beside(**nowhere).run(
        "search", "create", "--study", "tiny"
    )
    assert kinds(place, **nowhere) == ["decode"]
    study.write_text(study.read_text().replace("[data]", '[data]\npixels = "exact"'))
    output = place.run("search", "create", "--study", "tiny", code=2)
    assert "data.pixels: the study has 'packed', this file 'exact'" in output
    assert place.run("finalize", "--study", "tiny")


def test_a_machine_without_room_joins_an_exact_study_and_says_what_it_costs(place):
    write_study(place.folder, "images", trials=2, epochs=2, pruner="none")
    place.run("search", "create", "--study", "tiny")
    assert pixels_of(place) == "exact"
    tight = {"STUDY_HOME": str(place.folder / "other"), "STUDY_CACHE_LIMIT": "1000B"}
    output = place.beside(**tight).run("search", "work", "--study", "tiny", "--devices", "cpu")
    assert "note: there is no room for the decoded images" in output
    assert "images again" not in output
    assert [trial.state for trial in place.trials()] == [TrialState.COMPLETE] * 2
    assert kinds(place, **tight) == ["decode"]


def test_a_limit_that_is_no_size(place):
    write_study(place.folder, "images")
    output = place.beside(STUDY_CACHE_LIMIT="plenty").run("search", "create", "--study", "tiny", code=2)
    assert "STUDY_CACHE_LIMIT 'plenty' is no size; write it like 20GB or 500MB" in output
    assert "Traceback" not in output
