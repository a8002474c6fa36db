"""What `search status` tells of a study in trouble."""

import io
import json

import pytest
from rich.console import Console

from search.config.load import load_spec
from search.database.connection import open_storage
from search.database.lease import Leases
from search.reports.status import print_status, read_status
from search.reports.study_report import gather
from search.results import history
from search.study import package_versions as packages
from tests.support.studies import StudyFixture, scripted
from tests.support.tiny import write_study
from trainer.support.code_version import code_version


@pytest.fixture
def workshop(storage_url, tmp_path):
    spec = load_spec(str(write_study(tmp_path, tmp_path, epochs=2, trials=9)))
    with open_storage(storage_url) as storage:
        yield StudyFixture(storage, spec, tmp_path)


def shown(status):
    console = Console(file=io.StringIO(), width=150)
    print_status(status, console)
    return console.file.getvalue()


def test_workers_and_their_versions(workshop):
    mine = packages.installed()
    assert mine.keys() >= {"studyhall", "torch", "timm", "optuna", "numpy"}
    for name, versions in (("alpha:1", mine), ("beta:2", {**mine, "timm": "0.9.1"})):
        Leases(workshop.study, worker=name, device="cuda:1", packages=versions).claim(name)
    status = read_status(workshop.storage, "tiny")
    assert [(worker.name, worker.host, worker.device, worker.trial) for worker in status.workers] == [
        ("alpha:1", "alpha", "cuda:1", 0),
        ("beta:2", "beta", "cuda:1", 1),
    ]
    (warning,) = status.warnings
    assert f"timm 0.9.1 and {mine['timm']}" in warning
    assert warning in shown(status)


def test_workers_of_one_version_are_no_news(workshop):
    Leases(workshop.study, worker="alpha:1", device="cpu", packages=packages.installed()).claim("t")
    status = read_status(workshop.storage, "tiny")
    assert status.warnings == ()
    assert status.trials_by_code == {code_version(): 1}
    assert "of the code" not in shown(status)


def test_trials_of_several_commits_are_told(workshop, monkeypatch):
    workshop.run(workshop.claim(), scripted())
    monkeypatch.setattr(history, "code_version", lambda: "9.0.0 (0123456789ab)")
    for _ in range(2):
        workshop.run(workshop.claim(), scripted())
    Leases(workshop.study, worker="beta:2", device="cpu", packages={"studyhall": "0.1.0"}).claim("t")
    status = read_status(workshop.storage, "tiny")
    assert status.trials_by_code == {"0.1.0": 1, code_version(): 1, "9.0.0 (0123456789ab)": 2}
    note = (
        f"trials of this study come from 3 versions of the code: 0.1.0 1 trial, {code_version()} 1 trial, "
        "9.0.0 (0123456789ab) 2 trials"
    )
    assert f"note: {note}" in shown(status)
    assert status.warnings == ()
    assert note in gather(workshop.storage, "tiny")["warnings"]


def test_a_failure_with_the_last_lines_of_its_traceback(workshop):
    def fail(epoch):
        raise ValueError("no such head")

    workshop.run(workshop.claim(), scripted(before=fail))
    status = read_status(workshop.storage, "tiny")
    assert (status.last_failure.trial, status.last_failure.reason) == (0, "ValueError: no such head")
    text = shown(status)
    assert "last failure: ValueError: no such head (trial 0)" in text
    assert 'raise ValueError("no such head")' in text


def test_trials_whose_batches_were_split(workshop):
    def split(config, data, runtime):
        run = scripted()(config, data, runtime)
        run.batch_split, run.has_batch_norm = 4, True
        return run

    workshop.run(workshop.claim(), split)
    status = read_status(workshop.storage, "tiny")
    assert [(each.trial, each.parts) for each in status.split] == [(0, 4)]
    assert "trials 0 (batch_split=4)" in shown(status)
    assert json.loads(json.dumps(status.as_json()))["split"] == [{"trial": 0, "parts": 4, "f1": status.best.f1}]


def test_a_best_value_at_the_edge_of_its_range(storage_url, tmp_path):
    start = '[[start]]\nlr = 1e-2\noptimizer = "adam"\ncutmix_prob = 0.5'
    spec = load_spec(str(write_study(tmp_path, tmp_path, more=start)))
    with open_storage(storage_url) as storage:
        study = StudyFixture(storage, spec, tmp_path)
        study.run(study.claim(), scripted())
        status = read_status(storage, "tiny")
    assert "lr = 0.01 is at the high end of its range [0.0001, 0.01]: widen it" in shown(status)
    (edge,) = json.loads(json.dumps(status.as_json()))["edges"]
    assert edge == {"name": "lr", "value": 0.01, "end": "high", "low": 0.0001, "high": 0.01}
