"""`finalize` as users run it: real processes, workers that are killed, a second machine, a second call, two at once."""

import json
import shutil

import optuna
import pytest
from optuna.trial import TrialState

from search.database.connection import open_storage
from search.finalization.leaders import expected_scores
from search.finalization.retraining_state import read_retraining
from search.plans.orders import order_of
from search.study.study import stored_spec
from tests.support.processes import Place
from tests.support.tiny import write_images, write_study

FINALIZE = ("finalize", "--study", "tiny", "--leaders", 2, "--folds", 3, "--devices", "cpu")


@pytest.fixture
def place(tmp_path, storage_url):
    write_images(tmp_path / "images")
    return Place(tmp_path, storage_url)


def search(place, epochs=3):
    write_study(place.folder, "images", epochs=epochs)
    place.run("search", "work", "--study", "tiny", "--workers", 2, "--devices", "cpu")


def info(folder):
    return json.loads((folder / "model.json").read_text())


def results(place, name="tiny/confirm"):
    """What was trained, without when and where."""
    return {order_of(trial): dict(trial.intermediate_values) for trial in place.trials(name)}


@pytest.mark.slow
def test_workers_that_are_killed_cost_nothing_and_the_second_call_only_shows(place):
    search(place, epochs=6)
    with place.start(*FINALIZE, "--workers", 2, "--lease", "4s") as running:
        running.until("trial   0  epoch 2/6")
        running.until("trial   1  epoch 2/6")
        for worker in running.workers():
            worker.kill()
        output = running.end()
        assert running.process.returncode == 0, output
    assert "(attempt 2, after epoch " in output
    assert "confirming over 3 folds of people: trials " in output
    trials = place.trials("tiny/confirm")
    assert [trial.state for trial in trials] == [TrialState.COMPLETE] * 6
    assert all(list(trial.intermediate_values) == list(range(1, 7)) for trial in trials)
    model = place.folder / "models" / "tiny"
    assert (model / "latest").resolve() == model / "v1"
    written = info(model / "v1")
    confirmed = written["origin"]["confirmed"]
    assert confirmed["f1"]["low"] <= confirmed["f1"]["value"] <= confirmed["f1"]["high"]
    assert confirmed["people"] == 8
    assert confirmed["claimed"] == written["origin"]["validation_f1"]
    assert f"expect macro-F1 {confirmed['f1']['value']:.3f} on new people" in output
    for name in ("README.md", "report.html", "model.safetensors"):
        assert (model / "v1" / name).stat().st_size

    # Nobody was killed here: on a CPU the same numbers and the same network, bit for bit.
    before = results(place)
    again = place.run(*FINALIZE)
    assert "worker" not in again
    assert f"models/tiny/v1 is trial {written['origin']['trial']} of tiny already" in again
    place.run(*FINALIZE, "--force", "--workers", 2)
    assert results(place) == before
    assert info(model / "v2")["weights_sha256"] == written["weights_sha256"]
    assert info(model / "v2")["origin"]["confirmed"] == confirmed

    # Two commands on one machine, and answers of a network that has voted with others.
    seeds = place.run(*FINALIZE, "--ensemble", "seeds", "--workers", 2)
    assert "training 3 networks of trial" in seeds
    assert len(info(model / "v3")["members"]) == 3
    place.run(*FINALIZE, "--ensemble", "folds", "--voting", "hard")
    assert [member["folder"] for member in info(model / "v4")["members"]] == ["1-fold", "2-fold", "3-fold"]
    for version in ("v1", "v3", "v4"):
        place.run("predict", "--model", f"models/tiny/{version}", "images", "--output", f"{version}.csv")
        assert len((place.folder / f"{version}.csv").read_text().splitlines()) == 49


@pytest.mark.slow
def test_a_second_machine_helps_if_it_shares_the_resume_points(place, tmp_path_factory):
    search(place, epochs=40)  # so long that the other one comes in time
    elsewhere = Place(tmp_path_factory.mktemp("elsewhere"), place.url)
    write_images(elsewhere.folder / "copy")
    join = ("search", "work", "--study", "tiny", "--confirm", "--data", "copy", "--devices", "cpu")
    assert "`finalize --study tiny` begins" in elsewhere.run(*join, code=2)
    points = ("--resume-points", tmp_path_factory.mktemp("shared"))
    with place.start(*FINALIZE, *points) as running:
        running.until("trial   0  epoch 1/40")
        assert "name the place of resume points" in elsewhere.run(*join, code=2)
        assert "is training for 'tiny/confirm'; stop it" in place.run(*FINALIZE, *points, "--force", code=2)
        helped = elsewhere.run(*join, *points)
        output = running.end()
        assert running.process.returncode == 0, output
    assert "epoch 40/40" in helped
    assert len(results(place)) == 6
    assert (place.folder / "models" / "tiny" / "v1" / "model.json").exists()


@pytest.mark.slow
def test_two_commands_at_once_make_one_confirmation_and_both_end_well(place):
    search(place)
    with place.start(*FINALIZE, log="one.log") as one, place.start(*FINALIZE, log="two.log") as two:
        outputs = [each.end() for each in (one, two)]
        assert [each.process.returncode for each in (one, two)] == [0, 0], outputs
    assert len(place.trials("tiny/confirm")) == 6
    assert len(place.trials("tiny/final")) == 1

    # One that comes later changes what is to be expected of all, also of those that lead no more.
    with open_storage(place.url) as storage:
        study = optuna.load_study(study_name="tiny", storage=storage)
        (known, *_) = study.get_trials(states=(TrialState.COMPLETE,))
        for better in ({"lr": 1e-4, "cutmix_prob": 0.0}, {"lr": 1e-2, "cutmix_prob": 1.0}):
            params = {**known.params, **better}
            study.add_trial(optuna.create_trial(params=params, distributions=known.distributions, value=1.0))
        before = read_retraining(storage, "tiny/confirm").section.leaders
        said = place.run(*FINALIZE, "--leaders", 3)
        leaders = read_retraining(storage, "tiny/confirm").section.leaders
        now = expected_scores(study.get_trials(states=(TrialState.COMPLETE,)), stored_spec(study).space)
    assert {each.trial for each in leaders} == {3, 4, *(each.trial for each in before)}, said
    assert {each.trial: each.expected_score for each in leaders} == {each.trial: now[each.trial] for each in leaders}
    assert not {each.expected_score for each in before} & {each.expected_score for each in leaders}


@pytest.mark.slow
def test_a_writer_that_was_killed_and_resume_points_that_are_lost_cost_no_dead_end(place):
    search(place)
    place.run(*FINALIZE)
    model = place.folder / "models" / "tiny"
    # As if it had been killed before the version was published.
    (model / "latest").unlink()
    assert "already" in place.run(*FINALIZE)
    assert (model / "latest").resolve() == model / "v1"
    # What --force would forget is still there where the data are not.
    shutil.move(place.folder / "images", place.folder / "away")
    assert "the data folder" in place.run(*FINALIZE, "--force", code=2)
    assert len(place.trials("tiny/confirm")) == 6
    shutil.move(place.folder / "away", place.folder / "images")
    shutil.rmtree(place.folder / ".studies" / "points")
    assert "again with force" in place.run("search", "audit", "--study", "tiny", code=2)
    again = place.run(*FINALIZE, "--ensemble", "folds")
    assert "once more, since what was left behind is lost: 3 trainings" in again
    assert len(info(model / "v2")["members"]) == 3
    place.run("search", "audit", "--study", "tiny")


@pytest.mark.slow
def test_nothing_is_confirmed_on_demand(place):
    search(place)
    output = place.run("finalize", "--study", "tiny", "--leaders", 1, "--folds", 0, "--devices", "cpu", "--json")
    assert "which nothing has confirmed" in output
    model = place.folder / "models" / "tiny" / "v1"
    assert info(model)["origin"]["confirmed"] is None
    assert "confirm" in (model / "README.md").read_text()


def test_what_cannot_be_finalized_is_one_clear_line(place):
    search(place)
    shutil.move(place.folder / "images", place.folder / "away")
    error = place.run(*FINALIZE, code=2)
    assert "the data folder" in error
    assert "is not there; it had 48 images of 8 people or groups; name where they are now as data" in error
    write_images(place.folder / "images", people=7)
    error = place.run(*FINALIZE, code=2)
    assert "images: 48 in the study, 42 here" in error
    assert "groups: 8 in the study, 7 here" in error
    assert "one fold holds nobody out" in place.run("finalize", "--study", "tiny", "--folds", 1, code=2)
    assert "ensemble 'folds' needs folds" in place.run(
        "finalize", "--study", "tiny", "--folds", 0, "--ensemble", "folds", code=2
    )
    assert not (place.folder / "models").exists()
