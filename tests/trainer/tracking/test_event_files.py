"""The log of real trials, read back: each epoch once, whatever happened; and the command that makes a table of it."""

import io
import time

import pandas as pd
import pytest
import torch

from search.config.load import load_spec
from search.database.connection import open_storage
from search.worker.events import Note
from tests.support.command_calls import one_line
from tests.support.command_calls import run as command  # noqa: F401 - a fixture
from tests.support.crashes import Killed, real_and_killed
from tests.support.processes import Place
from tests.support.studies import StudyFixture, scripted
from tests.support.tiny import write_images, write_study
from trainer.errors import DataError, SaveError
from trainer.tracking.event_files import check_writable, log_folder, read_scalars, trial_folder, write_scalars
from trainer.tracking.trial_logs import TrackingTargets

COLUMNS = ["study", "trial", "tag", "step", "value", "wall_time"]


@pytest.fixture
def workshop(storage_url, tmp_path):
    spec = load_spec(str(write_study(tmp_path, tmp_path, epochs=5, trials=4)))
    with open_storage(storage_url) as storage:
        yield StudyFixture(storage, spec, tmp_path)


class Logging:
    """A workshop whose trials are logged."""

    def __init__(self, workshop, folder):
        self.workshop = workshop
        self.folder = folder / "tiny-1234"

    def run(self, lease, run=None, **more):
        arguments = () if run is None else (run,)
        return self.workshop.run(lease, *arguments, logbook=TrackingTargets(self.folder), **more)

    def die_in_epoch(self, number, run, duration=0.1):
        lease = self.workshop.claim(duration=duration)
        with pytest.raises(Killed):
            self.run(lease, run)
        time.sleep(duration * 2)

    def table(self):
        return read_scalars(self.folder)

    def f1(self, trial=0):
        table = self.table()
        rows = table[(table.trial == trial) & (table.tag == "validation/f1")]
        return dict(zip(rows.step, rows.value, strict=True))


@pytest.fixture
def logging(workshop, tmp_path):
    return Logging(workshop, tmp_path / "logs")


def test_a_trial_is_the_same_with_and_without_a_log(workshop, logging):
    params = {"lr": 3e-3, "optimizer": "adamw", "cutmix_prob": 0.5}
    for _ in range(2):
        workshop.study.enqueue_trial(params)
    assert workshop.run(workshop.claim()).kind == "complete"
    assert logging.run(workshop.claim()).kind == "complete"
    alone, logged = workshop.trials
    assert logged.intermediate_values == alone.intermediate_values
    states = [run.model.state_dict() for run in workshop.runs]
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])
    assert logging.f1(trial=1) == pytest.approx(logged.intermediate_values)
    table = logging.table()
    assert set(table.trial) == {1}
    (best,) = table[table.tag == "best_f1"].itertuples()
    assert best.value == pytest.approx(logged.value)


def test_a_trial_that_is_taken_over_has_each_epoch_once(workshop, logging):
    logging.die_in_epoch(3, real_and_killed(3))
    logging.die_in_epoch(5, real_and_killed(5))
    assert logging.run(workshop.claim()).kind == "complete"
    assert logging.f1() == pytest.approx(workshop.trials[0].intermediate_values)
    table = logging.table()
    assert list(table.columns) == COLUMNS
    assert set(table.study) == {"tiny-1234"}
    assert not table.duplicated(["trial", "tag", "step"]).any()
    assert set(table[table.tag != "best_f1"].groupby("tag").step.agg(list).map(tuple)) == {(1, 2, 3, 4, 5)}
    assert len(list(trial_folder(logging.folder, 0).iterdir())) == 3


def test_a_lost_resume_point_shows_only_what_was_trained_again(workshop, logging):
    def other_f1(config, data, runtime):
        run = scripted(f1=0.6)(config, data, runtime)
        run.before = lambda epoch: (_ for _ in ()).throw(Killed()) if epoch == 4 else None
        return run

    logging.die_in_epoch(4, other_f1)
    for name in workshop.store.names(""):
        workshop.store.remove(name)
    assert logging.run(workshop.claim(), scripted()).kind == "complete"
    assert logging.f1() == pytest.approx(workshop.trials[0].intermediate_values)  # what was reported stands


def test_logs_that_cannot_be_written_cost_no_trial(workshop, tmp_path):
    (tmp_path / "logs").write_text("in the way")
    assert Logging(workshop, tmp_path / "logs").run(workshop.claim(), scripted()).kind == "complete"
    (note,) = [event.text for event in workshop.events if isinstance(event, Note)]
    assert "without TensorBoard" in note
    assert "trial-00000" in note


def test_a_pruned_trial_and_a_failed_one(workshop, logging):
    from trainer.errors import Diverged

    def fail(error):
        def before(epoch):
            if epoch == 3:
                raise error

        return scripted(before=before)

    assert logging.run(workshop.claim(), fail(Diverged("nan"))).kind == "pruned"
    assert logging.run(workshop.claim(), fail(ArithmeticError("wrong"))).kind == "failed"
    table = logging.table()
    assert table[table.tag == "best_f1"].trial.to_list() == [0]
    assert table[table.tag == "validation/f1"].groupby("trial").size().to_dict() == {0: 2, 1: 2}


def test_a_record_that_a_killed_worker_did_not_finish_is_left_out(workshop, logging):
    assert logging.run(workshop.claim(), scripted()).kind == "complete"
    whole = logging.table()
    (file,) = trial_folder(logging.folder, 0).iterdir()
    data = file.read_bytes()
    file.write_bytes(data[:-300])  # the end, the best F1, and a part of the last epoch
    assert logging.f1() == pytest.approx({n: f1 for n, f1 in workshop.runs[0].expected().items() if n < 5})
    for end in range(len(data) - 1, 0, -97):
        file.write_bytes(data[:end])
        try:
            part = logging.table()
        except DataError:  # of which no epoch is left
            continue
        assert len(part) <= len(whole)
        assert part.merge(whole, how="left", indicator=True)._merge.eq("both").all()


def test_several_studies_and_what_others_wrote(workshop, tmp_path):
    for name in ("tiny-1234", "tiny-5678"):
        logging = Logging(workshop, tmp_path / "logs")
        logging.folder = tmp_path / "logs" / name
        assert logging.run(workshop.claim(), scripted()).kind == "complete"
    foreign = tmp_path / "logs" / "somebody" / "run"
    foreign.mkdir(parents=True)
    (foreign / "events.out.tfevents.1").write_bytes(b"no event file at all")
    (tmp_path / "logs" / "tiny-1234" / "trial-00009").mkdir()
    both = read_scalars(tmp_path / "logs")
    assert both.groupby("study").trial.unique().map(list).to_dict() == {"tiny-1234": [0], "tiny-5678": [1]}
    one = read_scalars(tmp_path / "logs" / "tiny-5678" / "trial-00001")
    pd.testing.assert_frame_equal(one, both[both.study == "tiny-5678"].reset_index(drop=True))


def test_a_csv_says_what_was_written_with_no_digits_of_its_own(workshop, logging, tmp_path):
    assert logging.run(workshop.claim(), scripted()).kind == "complete"
    write_scalars(logging.table(), str(tmp_path / "new" / "scalars.csv"))
    text = (tmp_path / "new" / "scalars.csv").read_text()
    assert ",train/lr,1,0.1," in text  # and not 0.10000000149
    again = pd.read_csv(io.StringIO(text), dtype={"value": "float32"})
    pd.testing.assert_frame_equal(again, logging.table(), check_dtype=False)


def test_where_logs_lie(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert log_folder("none") is None
    assert log_folder("logs") == tmp_path / "logs"
    with pytest.raises(SaveError, match=r"event files cannot lie in s3://\.\.\."):
        log_folder("s3://key:secret@bucket/logs")
    check_writable(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(SaveError, match="name another folder, or none"):
        check_writable(tmp_path / "file")
    with pytest.raises(DataError, match="there are no event files of trials"):
        read_scalars(tmp_path / "a")
    with pytest.raises(DataError, match="there are no event files of trials"):
        read_scalars(tmp_path / "nowhere")


def test_the_commands(tmp_path, storage_url, command):  # noqa: F811 - the fixture
    write_images(tmp_path / "images")
    write_study(tmp_path, "images", trials=2)
    place = Place(tmp_path, storage_url).beside(STUDY_TENSORBOARD="logs")
    place.run("search", "work", "--study", "tiny", "--trials", 1, "--devices", "cpu")
    scalars = ("search", "scalars", "--storage", storage_url, "--output", "new/scalars.csv", "--study")
    command(*scalars, "tiny", "--tensorboard", "logs", code=0)
    table = pd.read_csv(tmp_path / "new" / "scalars.csv")
    assert list(table.columns) == COLUMNS
    (done,) = place.trials()
    f1 = table[table.tag == "validation/f1"]
    assert dict(zip(f1.step, f1.value, strict=True)) == pytest.approx(done.intermediate_values, rel=1e-6)
    assert table.study[0].startswith("tiny-")
    assert "no event files of trials" in one_line(command(*scalars, "tiny"))  # they are not in STUDY_HOME
    assert "none is no folder" in one_line(command(*scalars, "tiny", "--tensorboard", "none"))
    assert "does not exist in this storage" in one_line(command(*scalars, "other"))
