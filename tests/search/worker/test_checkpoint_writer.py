"""Resume points are written beside training: in order, before their reports, one at a time, and never in the way."""

import os
import signal
import threading
import time

import optuna
import pytest

from search.config.load import load_spec
from search.database.connection import open_storage
from search.worker.checkpoint_writer import CheckpointWriter
from search.worker.events import EpochDone, TrialStarted
from search.worker.signals import Stopped, Stopper
from tests.support.crashes import Killed, at_epoch
from tests.support.studies import StudyFixture, scripted
from tests.support.tiny import write_study
from tests.support.waiting import PATIENCE, until
from trainer.errors import CheckpointError, Diverged
from trainer.training.checkpoint import unpack


@pytest.fixture
def workshop(storage_url, tmp_path):
    spec = load_spec(str(write_study(tmp_path, tmp_path, epochs=5, trials=9)))
    with open_storage(storage_url) as storage:
        yield StudyFixture(storage, spec, tmp_path)


@pytest.fixture
def stopper():
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT)}
    made = Stopper()
    made.install()
    yield made
    for number, handler in before.items():
        signal.signal(number, handler)


class Disk:
    """The place of a workshop's points, as slow as a test wants, and what happened there and in training."""

    def __init__(self, workshop, monkeypatch, around=lambda epoch, write: write()):
        self.said = []
        self._around = around
        self._write = workshop.store.write
        self._workshop = workshop
        monkeypatch.setattr(workshop.store, "write", self.write)

    def write(self, name, data):
        epoch = epoch_of(data)
        assert epoch not in self._workshop.trials[0].intermediate_values  # the report comes after its point
        self.said.append(f"begin {epoch}")
        self._around(epoch, lambda: self._write(name, data))
        self.said.append(f"end {epoch}")

    def train(self, epoch):
        self.said.append(f"train {epoch}")


def epoch_of(data):
    try:
        return unpack(data, {}).epoch
    except CheckpointError:  # of a run that only the worker knows: the header tells
        header = data[data.index(b'{"run"') : data.index(b'"notes"')]
        return int(header.rpartition(b'"epoch": ')[2].partition(b",")[0])


def slowly(seconds):
    def around(_epoch, write):
        time.sleep(seconds)
        write()

    return around


def test_training_goes_on_while_a_point_is_written_and_is_never_two_ahead(workshop, monkeypatch):
    disk = Disk(workshop, monkeypatch, slowly(0.2))
    assert workshop.run(workshop.claim(), scripted(before=disk.train)).kind == "complete"
    said = disk.said
    assert [line for line in said if not line.startswith("train")] == [
        f"{word} {epoch}" for epoch in range(1, 6) for word in ("begin", "end")
    ]
    for epoch in range(1, 5):
        assert said.index(f"train {epoch + 1}") < said.index(f"end {epoch}")
    for epoch in range(1, 4):
        assert said.index(f"end {epoch}") < said.index(f"train {epoch + 2}")
    assert [event.epoch for event in workshop.events if isinstance(event, EpochDone)] == [1, 2, 3, 4, 5]
    assert workshop.trials[0].intermediate_values == workshop.runs[0].expected()


def test_a_worker_that_dies_between_a_point_and_its_report_loses_neither(workshop, monkeypatch):
    def die(epoch, write):
        write()
        if epoch == 3:
            raise Killed

    with monkeypatch.context() as patch:
        Disk(workshop, patch, die)
        with pytest.raises(Killed):
            workshop.run(workshop.claim(duration=0.2), scripted())
    assert list(workshop.trials[0].intermediate_values) == [1, 2]
    time.sleep(0.4)
    workshop.events.clear()
    assert workshop.run(workshop.claim(), scripted()).kind == "complete"
    (started,) = [event for event in workshop.events if isinstance(event, TrialStarted)]
    assert started.epoch == 3
    assert workshop.trials[0].intermediate_values == workshop.runs[0].expected()
    assert list(workshop.trials[0].intermediate_values) == [1, 2, 3, 4, 5]


def test_a_stop_waits_for_the_point_that_is_being_written(workshop, monkeypatch, stopper):
    disk = Disk(workshop, monkeypatch, slowly(0.5))

    def train(epoch):
        disk.train(epoch)
        if epoch == 3:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(2 * PATIENCE)

    with pytest.raises(Stopped):
        workshop.run(workshop.claim(), scripted(before=train), stopper=stopper)
    assert disk.said[-1] == "end 2"
    assert list(workshop.trials[0].intermediate_values) == [1, 2]
    workshop.events.clear()
    taken = workshop.claim()
    assert taken.claim.crashes == 0
    assert workshop.run(taken, scripted()).kind == "complete"
    assert next(event.epoch for event in workshop.events if isinstance(event, TrialStarted)) == 2


@pytest.mark.parametrize("at", ["in training", "while it waits for the point"])
@pytest.mark.slow
def test_a_stop_does_not_wait_for_a_disk_that_hangs(workshop, monkeypatch, stopper, at):
    let_go = threading.Event()

    def write(_epoch, write):
        let_go.wait(2 * PATIENCE)
        write()

    Disk(workshop, monkeypatch, write)
    seconds = 2 * PATIENCE if at == "in training" else 0
    run = scripted(before=lambda epoch: time.sleep(seconds) if epoch == 2 else None)
    threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGTERM)).start()
    started = time.monotonic()
    with pytest.raises(Stopped):
        workshop.run(workshop.claim(), run, stopper=stopper)
    assert time.monotonic() - started < PATIENCE
    workshop.claim()  # it was handed back
    let_go.set()
    until(lambda: workshop.store.names(""))
    time.sleep(0.2)
    assert workshop.trials[0].intermediate_values == {}  # what came late has no report
    assert not any(isinstance(event, EpochDone) for event in workshop.events)


def test_the_points_of_a_pruned_trial_are_removed_when_the_last_is_written(workshop, monkeypatch, stopper):
    def around(epoch, write):
        if epoch == 2:
            time.sleep(0.2)
            workshop.study.pruner = optuna.pruners.ThresholdPruner(lower=1.1)
        write()

    disk = Disk(workshop, monkeypatch, around)
    outcome = workshop.run(workshop.claim(), scripted(seconds=0.5, before=disk.train), stopper=stopper)
    assert outcome.kind == "pruned"
    assert list(workshop.trials[0].intermediate_values) == [1, 2]
    assert disk.said[-3:] == ["begin 2", "train 3", "end 2"] or disk.said[-3:] == ["train 3", "begin 2", "end 2"]
    assert workshop.runs[0].epoch == 2  # the epoch that was begun meanwhile was broken off
    assert outcome.value == workshop.trials[0].user_attrs["best_f1"] == workshop.trials[0].intermediate_values[2]
    assert workshop.store.names("") == []


def test_a_trial_that_is_lost_while_a_point_is_written_leaves_its_taker_alone(workshop, monkeypatch, stopper):
    lease = workshop.claim(duration=0.3)
    taker = {}

    def around(epoch, write):
        if epoch == 2:
            time.sleep(1)  # the worker's machine was asleep
            taker["lease"] = workshop.claim()
        write()

    disk = Disk(workshop, monkeypatch, around)
    monkeypatch.setattr(lease, "renew", lambda: None)
    assert workshop.run(lease, scripted(before=disk.train), stopper=stopper).kind == "lost"
    assert list(workshop.trials[0].intermediate_values) == [1]
    assert workshop.run(taker["lease"], scripted()).kind == "complete"
    assert workshop.trials[0].intermediate_values == workshop.runs[0].expected()
    assert workshop.store.names("") == []


def test_what_goes_wrong_in_writing_ends_the_trial_and_not_the_worker(workshop, monkeypatch):
    def fail(epoch, write):
        if epoch == 2:
            raise ValueError("no such codec")
        write()

    Disk(workshop, monkeypatch, fail)
    outcome = workshop.run(workshop.claim(), scripted())
    assert (outcome.kind, outcome.reason) == ("failed", "ValueError: no such codec")
    assert list(workshop.trials[0].intermediate_values) == [1]


def test_a_diverged_trial_keeps_the_report_of_the_epoch_before(workshop, monkeypatch):
    Disk(workshop, monkeypatch, slowly(0.5))
    error = Diverged("the training loss is nan in epoch 3")
    assert workshop.run(workshop.claim(), scripted(before=at_epoch(3, error))).kind == "pruned"
    assert list(workshop.trials[0].intermediate_values) == [1, 2]
    assert workshop.store.names("") == []


def test_nothing_follows_from_a_point_that_was_cancelled():
    writer, done, go_on = CheckpointWriter(), [], threading.Event()
    writer.begin(go_on.wait, lambda: done.append("reported"))
    assert not writer.wait(0.05)
    with pytest.raises(RuntimeError, match="still being written"):
        writer.begin(lambda: done.append("written"), lambda: done.append("reported"))
    writer.cancel()
    go_on.set()
    assert writer.wait(PATIENCE)
    writer.begin(lambda: done.append("written"), lambda: done.append("reported"))
    assert writer.wait(PATIENCE)
    assert done == []
