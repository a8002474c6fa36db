"""What the dashboard shows of a trial: there exactly once, only with the trial's end, and never at its cost."""

import dataclasses
import io
import json
import threading
import time

import optuna
import optuna_dashboard
import pytest
from optuna.trial import TrialState
from PIL import Image

from search.config.load import load_spec
from search.database.connection import open_storage
from search.database.optuna_internals import study_id, trial_id
from search.stores.artifacts import Artifacts
from search.stores.folder import FolderStore
from search.worker import trial_artifacts as exhibits
from search.worker.events import Note
from search.worker.signals import Stopper
from search.worker.trial_artifacts import ArtifactKey, ArtifactWriter
from tests.support.studies import StudyFixture, scripted
from tests.support.tiny import write_study
from tests.support.waiting import PATIENCE
from trainer.errors import Diverged, SaveError
from trainer.training.run import Run


class Killed(BaseException):
    """The process ends here and says nothing more to anybody."""


class Faulty(FolderStore):
    """A folder in which whatever is told goes wrong."""

    def __init__(self, folder):
        super().__init__(folder)
        self.on_write = lambda: None

    def write(self, name, data):
        self.on_write()
        super().write(name, data)


@pytest.fixture
def workshop(storage_url, tmp_path):
    spec = load_spec(str(write_study(tmp_path, tmp_path, epochs=3, trials=6)))
    with open_storage(storage_url) as storage:
        workshop = StudyFixture(storage, spec, tmp_path)
        workshop.pictures = Faulty(tmp_path / "pictures")
        workshop.artifact_writer = artifact_writer(workshop)
        yield workshop


def artifact_writer(workshop, hurried=lambda: False):
    return ArtifactWriter(Artifacts(workshop.pictures), hurried, lambda line: workshop.events.append(Note(0, line)))


def files(workshop):
    return set(workshop.pictures.names(""))


def shown(workshop, trial):
    """The pictures that the dashboard would find, by name."""
    found = {}
    for key, value in trial.system_attrs.items():
        if key.startswith("artifacts:"):
            meta = json.loads(value)
            assert key == f"artifacts:{meta['artifact_id']}"
            found[meta["filename"]] = workshop.pictures.read(meta["artifact_id"])
    return found


def note_of(workshop, trial):
    held = optuna.trial.Trial(workshop.study, trial_id(trial))
    return optuna_dashboard.get_note(held)


def notes_told(workshop):
    return [event.text for event in workshop.events if isinstance(event, Note)]


def at_epoch(number, error):
    def before(epoch):
        if epoch == number:
            raise error

    return before


@pytest.mark.parametrize("end", ["complete", "diverged", "failed"])
def test_every_ended_trial_has_two_pictures_and_a_note(workshop, end):
    run = {
        "complete": Run,
        "diverged": scripted(before=at_epoch(3, Diverged("the training loss is nan"))),
        "failed": scripted(before=at_epoch(3, ValueError("a <b>bug</b>"))),
    }[end]
    workshop.run(workshop.claim(), run)
    (trial,) = workshop.trials
    pictures = shown(workshop, trial)
    assert sorted(pictures) == ["trial-00000-confusion.png", "trial-00000-learning-curve.png"]
    for content in pictures.values():
        assert Image.open(io.BytesIO(content)).size[0] > 300
    assert len(files(workshop)) == 2
    note = note_of(workshop, trial)
    assert ("complete" if end == "complete" else "pruned" if end == "diverged" else "failed") in note
    assert f"{trial.params['lr']:.6g}" in note
    for key in trial.system_attrs:
        if key.startswith("artifacts:"):
            assert f"/artifacts/{study_id(workshop.study)}/{trial_id(trial)}/{key.removeprefix('artifacts:')}" in note
    assert notes_told(workshop) == []


def test_a_trial_without_an_epoch_has_a_note_and_no_picture(workshop):
    workshop.run(workshop.claim(), scripted(before=at_epoch(1, ValueError("no"))))
    (trial,) = workshop.trials
    assert shown(workshop, trial) == {}
    assert "before the end of an epoch" in note_of(workshop, trial)
    assert files(workshop) == set()


def test_the_confusion_matrix_travels_with_the_resume_point(workshop):
    lease = workshop.claim(duration=0.2)
    with pytest.raises(Killed):
        workshop.run(lease, scripted(f1=0.9, before=at_epoch(2, Killed())))
    time.sleep(0.4)
    worse = scripted(f1=-5.0)  # so that the best epoch is the one that the first attempt trained
    workshop.run(workshop.claim(), worse)
    (trial,) = workshop.trials
    assert trial.user_attrs["best_epoch"] == 1
    assert len(shown(workshop, trial)) == 2


def test_what_a_dead_half_shows_late_is_gone(workshop):
    dead = workshop.claim(duration=0.2)
    taken = []

    def takes_over():
        workshop.pictures.on_write = lambda: None
        time.sleep(0.4)
        taken.append(workshop.claim())

    # Its lease is renewed by a thread of its own, which a frozen process would not have.
    dead.renew = lambda: None
    dead._extend = lambda *_, **__: None if not taken else type(dead)._extend(dead, *_, **__)
    workshop.pictures.on_write = takes_over
    assert workshop.run(dead, scripted()).kind == "lost"
    assert files(workshop) == set()
    assert workshop.trials[0].state == TrialState.RUNNING
    assert workshop.run(taken[0], scripted()).kind == "complete"
    (trial,) = workshop.trials
    assert set(shown(workshop, trial)) == {"trial-00000-confusion.png", "trial-00000-learning-curve.png"}
    assert len(files(workshop)) == 2
    assert "attempt 2" in note_of(workshop, trial)


def test_what_a_killed_worker_left_is_removed_by_the_one_after_it(workshop, monkeypatch):
    lease = workshop.claim(duration=0.2)

    def killed(*_, **__):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("search.worker.trial_record.TrialRecord.end", killed)  # after the bytes, before the end
        with pytest.raises(Killed):
            workshop.run(lease, scripted())
    assert len(files(workshop)) == 2
    left = files(workshop)
    time.sleep(0.4)
    assert workshop.run(workshop.claim(), scripted()).kind == "complete"
    assert len(files(workshop)) == 2
    assert not files(workshop) & left


def test_a_store_that_fails_costs_no_trial_and_one_line(workshop):
    def full():
        raise SaveError("cannot write artifacts in /full: No space left on device")

    workshop.pictures.on_write = full
    for _ in range(2):
        assert workshop.run(workshop.claim(), scripted()).kind == "complete"
    assert len(notes_told(workshop)) == 1
    assert "trial 0 ends without its pictures" in notes_told(workshop)[0]
    assert "No space left" in notes_told(workshop)[0]
    workshop.pictures.on_write = lambda: None
    workshop.run(workshop.claim(), scripted())
    assert [len(shown(workshop, trial)) for trial in workshop.trials] == [0, 0, 2]
    assert all("macro-F1" in note_of(workshop, trial) for trial in workshop.trials)
    workshop.pictures.on_write = full
    workshop.run(workshop.claim(), scripted())
    assert len(notes_told(workshop)) == 2  # it is told anew when it fails anew


def test_half_of_the_pictures_are_none(workshop):
    calls = []

    def second_fails():
        calls.append(1)
        if len(calls) == 2:
            raise SaveError("full")

    workshop.pictures.on_write = second_fails
    workshop.run(workshop.claim(), scripted())
    assert shown(workshop, workshop.trials[0]) == {}
    assert files(workshop) == set()


def test_a_picture_that_cannot_be_drawn_costs_no_trial(workshop, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("no such font")

    monkeypatch.setattr("search.results.plots.curve_picture", broken)
    assert workshop.run(workshop.claim(), scripted()).kind == "complete"
    assert "RuntimeError: no such font" in notes_told(workshop)[0]


def test_a_store_that_hangs_holds_no_trial_up_and_what_it_writes_late_is_gone(workshop, monkeypatch):
    monkeypatch.setattr(exhibits, "_SECONDS", 0.5)
    let_go = threading.Event()
    workshop.pictures.on_write = let_go.wait
    assert workshop.run(workshop.claim(), scripted()).kind == "complete"
    assert workshop.run(workshop.claim(), scripted()).kind == "complete"  # and no second thread hangs as well
    assert sum(thread.name == "pictures" for thread in threading.enumerate()) == 1
    assert "does not answer" in notes_told(workshop)[0]
    let_go.set()
    workshop.artifact_writer._writing.join(timeout=PATIENCE)
    assert files(workshop) == set()
    assert [shown(workshop, trial) for trial in workshop.trials] == [{}, {}]


def test_a_stop_while_pictures_hang_tells_what_is_decided(workshop, monkeypatch):
    monkeypatch.setattr(exhibits, "_SECONDS", 3600.0)
    monkeypatch.setattr(exhibits, "_HURRIED_SECONDS", 0.3)
    stopper, let_go = Stopper(), threading.Event()

    def asked_to_stop():
        stopper.requested = True
        let_go.wait()

    workshop.pictures.on_write = asked_to_stop
    workshop.artifact_writer = artifact_writer(workshop, lambda: stopper.requested)
    assert workshop.run(workshop.claim(), scripted(), stopper=stopper).kind == "complete"
    let_go.set()
    (trial,) = workshop.trials
    assert trial.state == TrialState.COMPLETE
    assert "complete" in note_of(workshop, trial)


def test_what_people_wrote_while_the_trial_ran_stays(workshop):
    lease = workshop.claim()
    held = optuna.trial.Trial(workshop.study, lease.claim.trial_id)
    optuna_dashboard.save_note(held, "looks odd, watch it")
    workshop.run(lease, scripted())
    assert note_of(workshop, workshop.trials[0]) == "looks odd, watch it"
    assert len(shown(workshop, workshop.trials[0])) == 2


def test_ids_are_an_attempts_own():
    place = ArtifactKey("key", 3, 2)
    others = [dataclasses.replace(place, attempt=1), dataclasses.replace(place, trial=4), ArtifactKey("other", 3, 2)]
    every = [each for one in (place, *others) for each in one.ids()]
    assert len(set(every)) == 8
    assert place.ids(1) == others[0].ids()


def test_a_study_that_is_deleted_while_a_trial_ends_leaves_no_pictures(workshop):
    def deleted():
        workshop.pictures.on_write = lambda: None
        optuna.delete_study(study_name="tiny", storage=workshop.storage)

    workshop.pictures.on_write = deleted
    assert workshop.run(workshop.claim(), scripted()).kind == "lost"
    assert files(workshop) == set()
