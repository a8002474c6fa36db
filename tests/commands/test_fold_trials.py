"""Trials with folds on a real PostgreSQL: reported and pruned between folds, taken over within one, finalized."""

import dataclasses
import json
import time

import numpy as np
import pytest
from optuna.trial import TrialState
from rich.console import Console

from search.config.load import load_spec
from search.console import Preparation
from search.database.connection import open_storage
from search.finalization.finalize import finalize
from search.finalization.plan import FinalizeOptions, LocalSetup
from search.launch.workers import WorkerPool, single
from search.study.create import create
from search.study.samplers import make_pruner
from search.study.study import read_data
from tests.support.crashes import Killed
from tests.support.data_sets import make_data
from tests.support.studies import StudyFixture
from tests.support.tiny import write_images, write_study
from trainer.data.split import Split
from trainer.errors import ConfigError
from trainer.training.cross_validation import FoldedRun, create_run


def folded(count=3):
    whole = make_data(held_out=0.0)
    rows = np.arange(len(whole.labels))
    splits = tuple(Split(rows[rows % count != fold], rows[rows % count == fold]) for fold in range(count))
    return dataclasses.replace(whole, train=splits[0].train, validation=splits[0].validation, folds=splits)


def fold_study(folder, root, **values):
    path = write_study(folder, root, **values)
    path.write_text(path.read_text().replace("validation = 0.25", "folds = 3"))
    return path


@pytest.fixture
def workshop(storage_url, tmp_path):
    spec = load_spec(str(fold_study(tmp_path, tmp_path, epochs=2, trials=6, pruner="median")))
    with open_storage(storage_url) as storage:
        yield StudyFixture(storage, spec, tmp_path, folded())


def killed_in(epoch):
    class Dying(FoldedRun):
        def epochs(self):
            for result in super().epochs():
                if result.epoch == epoch:
                    raise Killed
                yield result

    return Dying


@pytest.mark.parametrize("epoch", [3, 4, 5])
def test_a_trial_that_is_taken_over_goes_on_within_its_fold(workshop, epoch):
    params = {"lr": 3e-3, "optimizer": "adamw", "cutmix_prob": 0.5}
    workshop.study.enqueue_trial(params)
    workshop.study.enqueue_trial(params)
    assert workshop.run(workshop.claim(), create_run).kind == "complete"
    lease = workshop.claim(duration=0.1)
    with pytest.raises(Killed):
        workshop.run(lease, killed_in(epoch))
    time.sleep(0.2)
    assert workshop.run(workshop.claim(), create_run).kind == "complete"
    whole, again = workshop.trials
    assert list(whole.intermediate_values) == [2, 4, 6]
    assert again.intermediate_values == whole.intermediate_values
    assert again.value == whole.value == whole.intermediate_values[6]
    assert whole.value == pytest.approx(np.mean(whole.user_attrs["fold_f1"]))
    for name in ("fold_f1", "fold_epochs", "best_epoch", "per_class_f1", "accuracy"):
        assert again.user_attrs[name] == whole.user_attrs[name]


def test_a_poor_trial_is_pruned_between_folds(workshop):
    workshop.study.pruner = make_pruner(workshop.spec)
    for lr in (1e-2, 1e-2, 1e-2, 1e-2, 1e-2, 1e-4):
        workshop.study.enqueue_trial({"lr": lr, "optimizer": "adamw", "cutmix_prob": 0.0})
    ended = [workshop.run(workshop.claim(), create_run) for _ in range(6)]
    assert [trial.state for trial in workshop.trials[:5]] == [TrialState.COMPLETE] * 5
    last = workshop.trials[5]
    assert last.state == TrialState.PRUNED
    assert list(last.intermediate_values) == [2]  # after its first fold
    assert "epoch 2: F1" in ended[5].reason


@pytest.mark.slow
def test_the_best_is_retrained_for_the_median_of_the_folds_best_epochs(storage_url, tmp_path, home, monkeypatch):
    monkeypatch.chdir(tmp_path)
    root = write_images(tmp_path / "images")
    spec = load_spec(str(fold_study(tmp_path, root, name="folds", epochs=3, trials=1))).anchored()
    with open_storage(storage_url, home=home) as storage:
        create(spec, storage, single("cpu", home), Preparation(Console(quiet=True)))
        data = read_data(spec, home)
        assert len(data.folds) == 3
        held = np.concatenate([split.validation for split in data.folds])
        assert sorted(held) == list(range(len(data.labels)))
        context = StudyFixture(storage, spec, tmp_path, data)
        assert context.run(context.claim(), create_run).kind == "complete"
        (trial,) = context.trials
        machine = LocalSetup(pool=WorkerPool(devices="cpu"))
        done = finalize(
            storage, "folds", tmp_path / "model", machine, FinalizeOptions(folds=0), console=Console(quiet=True)
        )
    assert done.info.epochs == round(np.median(trial.user_attrs["fold_epochs"]))
    assert "mean over 3 folds" in done.info.origin["measured"]
    assert json.loads((done.folder / "model.json").read_text())["origin"]["validation_f1"] == trial.value


def test_folds_and_a_hold_out_share_do_not_go_together(tmp_path):
    path = fold_study(tmp_path, tmp_path)
    path.write_text(path.read_text().replace("folds = 3", "folds = 3\nvalidation = 0.3"))
    with pytest.raises(ConfigError, match="data: validation and folds both say who is held out: keep one of them"):
        load_spec(str(path))
