"""A trial as a run at Weights & Biases, offline; the package is an extra, so these run where it is installed."""

import importlib.util
import json
import struct

import pytest

from search.config.load import load_spec
from search.database.connection import open_storage
from search.study.package_versions import check_wandb
from search.worker.events import Note
from tests.support.studies import StudyFixture, scripted
from tests.support.tiny import write_study
from trainer.errors import ConfigError
from trainer.tracking.trial_logs import TrackingTargets

HERE = importlib.util.find_spec("wandb") is not None
needed = pytest.mark.skipif(not HERE, reason="the extra wandb is not installed")


@pytest.fixture
def workshop(storage_url, tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_DIR", str(tmp_path))
    spec = load_spec(str(write_study(tmp_path, tmp_path, epochs=3, trials=4)))
    with open_storage(storage_url) as storage:
        yield StudyFixture(storage, spec, tmp_path)


def book(workshop, project="somebody/project"):
    return TrackingTargets(None, project, "tiny", workshop.key)


def whole(data):
    """The entries of a log in LevelDB's format: blocks of 32 kB, each part with checksum, length and kind."""
    entry, place = b"", 7  # behind the file's own header
    while place + 7 <= len(data):
        if 32768 - place % 32768 < 7:
            place += 32768 - place % 32768
            continue
        length, kind = struct.unpack_from("<HB", data, place + 4)
        entry += data[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in (1, 4):  # whole, or the last part
            yield entry
            entry = b""


def records(folder):
    """What the package has written down to be sent, record by record."""
    from wandb.proto import wandb_internal_pb2

    for file in sorted(folder.glob("wandb/offline-run-*/*.wandb")):
        for entry in whole(file.read_bytes()):
            record = wandb_internal_pb2.TrialRecord()
            record.ParseFromString(entry)
            yield record


@needed
@pytest.mark.filterwarnings("ignore")
def test_a_trial_is_a_run_with_its_parameters_epochs_and_end(workshop, tmp_path):
    workshop.study.enqueue_trial({"lr": 1e-3, "optimizer": "adam", "cutmix_prob": 0.5})
    assert workshop.run(workshop.claim(), scripted(), logbook=book(workshop)).kind == "complete"
    assert [event.text for event in workshop.events if isinstance(event, Note)] == []
    seen = list(records(tmp_path))
    (run,) = {record.run.run_id for record in seen if record.WhichOneof("record_type") == "run"}
    assert run == f"{workshop.key[:8]}-0"
    (told,) = [record.run for record in seen if record.WhichOneof("record_type") == "run"][:1]
    assert (told.entity, told.project, told.run_group) == ("somebody", "project", "tiny")
    config = {item.key: json.loads(item.value_json) for item in told.config.update}
    assert config["optimizer"] == "adam"
    epochs = [record.history for record in seen if record.WhichOneof("record_type") == "history"]
    rows = [{".".join(item.nested_key) or item.key: json.loads(item.value_json) for item in row.item} for row in epochs]
    f1 = [row["validation/f1"] for row in rows]
    assert f1 == pytest.approx(list(workshop.runs[0].expected().values()))
    assert [record.exit.exit_code for record in seen if record.WhichOneof("record_type") == "exit"] == [0]


@needed
@pytest.mark.filterwarnings("ignore")
def test_what_cannot_be_begun_costs_a_line_and_no_trial(workshop):
    assert workshop.run(workshop.claim(), scripted(), logbook=book(workshop, "p" * 200)).kind == "complete"
    (line,) = [event.text for event in workshop.events if isinstance(event, Note)]
    assert line.startswith("Weights & Biases does not take trial 0 (")
    assert "\n" not in line


def test_nothing_is_sent_unless_a_project_is_named():
    check_wandb(None)
    assert TrackingTargets().trial_logs(0, ("a", "b"), print)._wandb is None


@pytest.mark.skipif(HERE, reason="the extra wandb is installed")
def test_without_the_package_the_command_says_what_to_install():
    with pytest.raises(ConfigError, match=r'wandb needs its package; run: pip install "studyhall\[wandb\]"'):
        check_wandb("project")
