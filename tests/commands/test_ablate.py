"""`search ablate` as users run it: real processes, a worker that is killed, a second machine, a second call."""

import json

import pytest
from optuna.trial import TrialState

from search.plans.orders import order_of
from tests.support.processes import Place
from tests.support.tiny import write_images, write_study

START = '[[start]]\nlr = 3e-3\noptimizer = "adamw"\ncutmix_prob = 0.0'
COMMAND = ("search", "ablate", "--study", "tiny", "--knob", "focal_gamma=0,2", "--knob", "schedule=step")


@pytest.fixture
def place(tmp_path, storage_url):
    write_images(tmp_path / "images")
    write_study(tmp_path, "images", epochs=3, more=START)
    return Place(tmp_path, storage_url)


def results(place, name):
    """What was trained, without when and where."""
    return {order_of(trial): dict(trial.intermediate_values) for trial in place.trials(name)}


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_nothing_and_the_second_call_only_shows(place):
    write_study(place.folder, "images", epochs=16, more=START)
    command = (*COMMAND, "--seeds", 2, "--devices", "cpu", "--output", "differences.png")
    with place.start(*command, "--workers", 2, "--lease", "4s") as running:
        running.until("trial   0  epoch 3/16")
        running.until("trial   1  epoch 3/16")
        for worker in running.workers():
            worker.kill()
        output = running.end()
        assert running.process.returncode == 0, output
    assert "crashed (killed" in output
    assert "(attempt 2, after epoch " in output
    assert "tiny-ablate: 6 of 6 runs are complete" in output
    trials = place.trials("tiny-ablate")
    assert [trial.state for trial in trials] == [TrialState.COMPLETE] * 6
    assert all(list(trial.intermediate_values) == list(range(1, 17)) for trial in trials)
    assert (place.folder / "differences.png").read_bytes().startswith(b"\x89PNG")

    again = place.run(*COMMAND, "--output", "differences.html")
    assert "worker" not in again
    assert "tiny-ablate: 6 of 6 runs are complete" in again
    assert "One change at a time" in (place.folder / "differences.html").read_text()
    assert len(place.trials("tiny-ablate")) == 6
    found = json.loads(place.run("search", "ablate", "--study", "tiny-ablate", "--json", only_output=True))
    assert [(row["knob"], row["value"], len(row["runs"])) for row in found["rows"]] == [
        ("focal_gamma", 0.0, 0),
        ("focal_gamma", 2.0, 2),
        ("schedule", "step", 2),
    ]
    # Nobody was killed here: on a CPU the same numbers, bit for bit.
    place.run(*command, "--workers", 2, "--name", "undisturbed")
    assert results(place, "undisturbed") == results(place, "tiny-ablate")


@pytest.mark.slow
def test_another_machine_joins_without_a_file_and_more_seeds_come_later(place, tmp_path_factory):
    # Handed back at once; the study is there with all its runs.
    place.run(*COMMAND, "--seeds", 1, "--timeout", "0.001s", "--devices", "cpu")
    elsewhere = Place(tmp_path_factory.mktemp("elsewhere"), place.url)
    write_images(elsewhere.folder / "copy")
    joined = elsewhere.run("search", "work", "--study", "tiny-ablate", "--data", "copy", "--devices", "cpu")
    assert "3 of 3 trials are finished" in joined
    assert "next: search ablate --study tiny-ablate" in joined
    assert "tiny-ablate: 3 of 3 runs are complete" in place.run("search", "ablate", "--study", "tiny-ablate", "--look")
    more = elsewhere.run(
        "search", "ablate", "--study", "tiny-ablate", "--seeds", 2, "--data", "copy", "--devices", "cpu"
    )
    assert "tiny-ablate: 6 of 6 runs are complete" in more
    error = elsewhere.run("search", "work", "--study", "tyni-ablate", "--data", "copy", code=2)
    assert "nor does the storage have a study 'tyni-ablate'" in error


@pytest.mark.slow
def test_one_line_and_nothing_made(place):
    for arguments, line in (
        (("--knob", "focal_gama=1"), "--knob focal_gama: unknown knob; did you mean 'focal_gamma'?"),
        (("--knob", "lr=0.1", "--look"), "study 'tiny-ablate' does not exist in this storage"),
        (("--knob", "backbone=no_such"), "backbone 'no_such' is not one that timm knows"),
    ):
        error = place.run("search", "ablate", "--study", "tiny", *arguments, code=2)
        assert f"error: {line}" in error
        assert "Traceback" not in error
    assert "there are none yet" in place.run("search", "status", "--study", "tiny-ablate", code=2)
