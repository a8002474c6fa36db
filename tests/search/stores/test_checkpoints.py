"""Which resume point a trial goes on from, and which are removed."""

import logging
import os
import time

import pytest
import torch

from search.stores.checkpoints import Checkpoints
from search.stores.folder import FolderStore
from search.stores.objects import PARTIAL_SECONDS
from trainer.errors import SaveError
from trainer.training.checkpoint import Checkpoint

RUN = {"study": "s", "config": {"lr": 0.1}}


def point(attempt, epoch, **run):
    return Checkpoint(RUN | run, attempt, epoch, notes={"f1": epoch / 10}, state={"w": torch.full((4,), float(epoch))})


@pytest.fixture
def checkpoints(tmp_path):
    return Checkpoints(FolderStore(tmp_path), "s-1a2b3c4d")


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def spoil(path):
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)


def test_the_latest_epoch_is_read_back(checkpoints, tmp_path):
    for epoch in (1, 2, 3):
        checkpoints.save(12, point(2, epoch))
    loaded, note = checkpoints.load(12, RUN, since=2)
    assert (loaded.epoch, loaded.notes, loaded.state["w"].tolist()) == (3, {"f1": 0.3}, [3.0] * 4)
    assert note == ""
    assert files(tmp_path) == ["s-1a2b3c4d/trial-00012.attempt-002.point"]


def test_a_late_write_of_a_worker_thought_dead_is_not_read(checkpoints):
    checkpoints.save(0, point(1, 4))
    checkpoints.save(0, point(2, 5))
    checkpoints.save(0, point(1, 9))
    assert checkpoints.load(0, RUN, since=1)[0].epoch == 5
    # Attempt 10 is higher than attempt 9, whatever the names look like.
    for attempt in (9, 10, 1000):
        checkpoints.save(0, point(attempt, attempt))
        assert checkpoints.load(0, RUN, since=1)[0].epoch == attempt


def test_an_attempt_before_the_last_report_is_never_read(checkpoints, tmp_path):
    checkpoints.save(12, point(1, 4))
    assert checkpoints.load(12, RUN, since=2) == (None, "trial 12 has no resume point: it starts at epoch 1")
    assert files(tmp_path) == []  # nobody will ever read it


def test_nothing_reported_and_nothing_there_is_nothing_to_tell(checkpoints):
    assert checkpoints.load(3, RUN, since=0) == (None, "")


def test_a_trial_reads_only_its_own(checkpoints):
    checkpoints.save(1, point(1, 1))
    checkpoints.save(11, point(1, 2))
    checkpoints.save(100000, point(1, 3))
    assert checkpoints.load(1, RUN, since=0)[0].epoch == 1
    assert checkpoints.load(10, RUN, since=0) == (None, "")
    assert checkpoints.load(100000, RUN, since=0)[0].epoch == 3


def test_a_damaged_point_is_told_and_the_one_before_is_used(checkpoints, tmp_path):
    for attempt in (1, 2, 3):
        checkpoints.save(7, point(attempt, attempt))
    spoil(tmp_path / "s-1a2b3c4d/trial-00007.attempt-003.point")
    loaded, note = checkpoints.load(7, RUN, since=2)
    assert loaded.epoch == 2
    assert note == (
        "the resume point of trial 7, attempt 3, cannot be used (damaged: its checksum differs): it goes on after "
        "epoch 2 of attempt 2"
    )
    loaded, note = checkpoints.load(7, RUN, since=3)
    assert loaded is None
    assert note.endswith("attempt 3, cannot be used (damaged: its checksum differs): it starts at epoch 1")


def test_a_point_of_another_run_is_told(checkpoints):
    checkpoints.save(7, point(1, 3, config={"lr": 0.2}))
    loaded, note = checkpoints.load(7, RUN, since=0)
    assert loaded is None
    assert "cannot be used (of another run: config.lr is 0.2 there and 0.1 here): it starts at epoch 1" in note


def test_a_copy_under_another_attempts_name_is_refused(checkpoints, tmp_path):
    checkpoints.save(7, point(1, 3))
    path = tmp_path / "s-1a2b3c4d/trial-00007.attempt-001.point"
    path.rename(path.with_name("trial-00007.attempt-002.point"))
    assert "it was written in attempt 1" in checkpoints.load(7, RUN, since=0)[1]


def test_forgetting_takes_all_attempts_of_one_trial(checkpoints, tmp_path):
    for attempt in (1, 2):
        checkpoints.save(1, point(attempt, 1))
    checkpoints.save(2, point(1, 1))
    checkpoints.forget(1)
    checkpoints.forget(1)
    assert files(tmp_path) == ["s-1a2b3c4d/trial-00002.attempt-001.point"]


def test_sweeping_leaves_what_is_in_use(checkpoints, tmp_path):
    other = Checkpoints(FolderStore(tmp_path), "s-ffffffff")
    other.save(1, point(1, 1))
    for trial in (1, 2, 3):
        checkpoints.save(trial, point(1, 1))
    folder = tmp_path / "s-1a2b3c4d"
    for name in (
        "trial-00002.attempt-001.point.aa.partial",
        "trial-00001.attempt-001.point.bb.partial",
        "probe.cc.partial",
    ):
        (folder / name).write_bytes(b"half")
    for name in ("trial-00002.attempt-003.point.dd.partial", "probe.ee.partial"):
        (folder / name).write_bytes(b"half")
        long_ago = time.time() - PARTIAL_SECONDS - 60
        os.utime(folder / name, (long_ago, long_ago))
    (folder / "README").write_text("somebody else's")
    assert checkpoints.sweep(lambda: {2, 3}) == 4
    assert files(tmp_path) == [
        "s-1a2b3c4d/README",
        "s-1a2b3c4d/probe.cc.partial",
        "s-1a2b3c4d/trial-00002.attempt-001.point",
        "s-1a2b3c4d/trial-00002.attempt-001.point.aa.partial",
        "s-1a2b3c4d/trial-00003.attempt-001.point",
        "s-ffffffff/trial-00001.attempt-001.point",
    ]


def test_a_trial_that_begins_during_a_sweep_keeps_its_point(checkpoints):
    checkpoints.save(1, point(1, 1))

    def unfinished():
        checkpoints.save(2, point(1, 1))  # begun and saved after the database was asked
        return set()

    assert checkpoints.sweep(unfinished) == 1
    assert checkpoints.load(2, RUN, since=0)[0].epoch == 1


def test_housekeeping_does_not_stop_a_worker(checkpoints, tmp_path, caplog):
    # A file in the folder's place stops everybody, root too.
    checkpoints.save(1, point(1, 1))
    (tmp_path / "s-1a2b3c4d").rename(tmp_path / "away")
    (tmp_path / "s-1a2b3c4d").touch()
    with caplog.at_level(logging.WARNING):
        checkpoints.forget(1)
        assert checkpoints.sweep(set) == 0
    assert [record.message.split(":")[0] for record in caplog.records] == [
        "the resume points of trial 1 were left behind",
        "old resume points were left behind",
    ]
    with pytest.raises(SaveError, match="cannot list resume points"):
        checkpoints.load(1, RUN, since=0)
    with pytest.raises(SaveError, match="cannot write resume points"):
        checkpoints.save(1, point(1, 2))
