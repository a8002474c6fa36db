"""k-fold runs: each fold a run of its own, the mean as value, resumed bit for bit, pruned between folds."""

import copy
import dataclasses

import numpy as np
import pytest

from search.reports.data_check import missing_classes
from tests.support.data_sets import make_data
from tests.support.runs import config, numbers_of
from trainer.batches.loader import Loader
from trainer.config.runtime import Runtime
from trainer.data.split import Split
from trainer.errors import CheckpointError
from trainer.training.cross_validation import FoldedRun, create_run
from trainer.training.run import Run


@pytest.fixture(scope="module")
def data():
    whole = make_data(held_out=0.0)
    rows = np.arange(len(whole.labels))
    splits = tuple(Split(rows[rows % 3 != fold], rows[rows % 3 == fold]) for fold in range(3))
    return dataclasses.replace(whole, train=splits[0].train, validation=splits[0].validation, folds=splits)


def apart(settings, data):
    """The same folds as runs of their own."""
    for split in data.folds:
        own = dataclasses.replace(data, train=split.train, validation=split.validation, folds=())
        with Run(settings, own, Runtime()) as run:
            yield list(run.epochs())


def test_each_fold_is_the_run_that_it_would_be_alone_and_the_mean_counts(data):
    settings = config(cutmix_prob=0.5, epochs=2)
    with create_run(settings, data, Runtime()) as run:
        assert isinstance(run, FoldedRun)
        results = list(run.epochs())
        assert run.epoch == 6
    alone = list(apart(settings, data))
    assert [each.validation for each in results] == [each.validation for fold in alone for each in fold]
    assert [each.train_loss for each in results] == [each.train_loss for fold in alone for each in fold]
    assert [(each.epoch, each.fold) for each in results] == [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (6, 3)]
    bests = [max(each.validation.f1 for each in fold) for fold in alone]
    assert [each.trial_scores and each.trial_scores.f1 for each in results] == [
        None,
        pytest.approx(bests[0]),
        None,
        pytest.approx(np.mean(bests[:2])),
        None,
        pytest.approx(np.mean(bests)),
    ]
    assert np.sum(results[-1].trial_scores.confusion) == len(data.labels)  # everybody is held out once


def test_data_without_folds_are_an_ordinary_run():
    plain = make_data()
    with create_run(config(), plain, Runtime()) as run:
        assert type(run) is Run


def test_goes_on_from_any_epoch_bit_for_bit(data):
    settings = config(epochs=3, cutmix_prob=0.5, stop_patience=1)
    with create_run(settings, data, Runtime()) as run:
        whole, points = [], []
        for result in run.epochs():
            whole.append(result)
            points.append(copy.deepcopy(run.state_dict()))
        reasons = run.stopped_early
    assert "fold" in reasons  # one stops early, and ends at its horizon all the same
    assert [each.epoch for each in whole if each.folds] == [3, 6, 9]
    for done, point in enumerate(points, start=1):
        with create_run(settings, data, Runtime()) as later:
            later.load_state_dict(point)
            assert later.epoch == whole[done - 1].epoch
            rest = list(later.epochs())
            assert numbers_of(rest) == numbers_of(whole[done:])
            assert [each.folds for each in rest] == [each.folds for each in whole[done:]]
            assert later.stopped_early == reasons


def test_refuses_another_runs_point(data):
    with create_run(config(), data, Runtime()) as run:
        next(run.epochs())
        point = run.state_dict()
    with create_run(config(lr=1.0), data, Runtime()) as other, pytest.raises(CheckpointError, match="of another run"):
        other.load_state_dict(point)
    with create_run(config(), data, Runtime()) as other, pytest.raises(CheckpointError, match="does not fit"):
        other.load_state_dict({"epoch": 1})


def test_a_workers_loader_serves_all_folds_with_the_same_processes(data):
    settings = config(epochs=2, cutmix_prob=0.5)
    with create_run(settings, data, Runtime()) as run:
        alone = numbers_of(run.epochs())
    runtime = Runtime(loader_workers=1)
    with Loader(data, runtime) as loader:
        for _ in range(2):
            with create_run(settings, data, runtime, loader) as run:
                assert numbers_of(run.epochs()) == alone
            assert loader._processes is not None  # kept for the next trial


def test_what_folds_lack_is_told_of_all_of_them(data):
    """Ten images of a class in one fold alone: it is held out once, and trained on otherwise."""
    assert missing_classes(data) == ((), 1.0)
    labels = data.labels.copy()
    labels[data.folds[0].validation] = 0
    labels[np.concatenate([fold.validation for fold in data.folds[1:]])] = 1
    labels[data.folds[2].validation[:2]] = 2
    warnings, best_f1 = missing_classes(dataclasses.replace(data, labels=labels))
    assert "no validation image of a (in 2 of 3 folds), b (in 1 of 3 folds), c (in 2 of 3 folds)" in warnings[0]
    assert "no training image of a (in 1 of 3 folds), c (in 1 of 3 folds)" in warnings[1]
    assert best_f1 == pytest.approx((0 + 1 + 1) / 9)
