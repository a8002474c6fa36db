"""The last boundary of an ordered factor may be moved for training; everything that is measured stays as it is."""

import dataclasses

import numpy as np
import pytest

from tests.support.runs import config, numbers_of
from trainer.batches.sampler import quotas
from trainer.config.runtime import Runtime
from trainer.data.competition import AGE, CLASSES
from trainer.data.fingerprint import fingerprint_differences
from trainer.data.prepare import prepare
from trainer.data.spec import DataSpec
from trainer.errors import ConfigError
from trainer.synthetic.dataset import draw_competition
from trainer.training.run import Run, train


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Drawn people in the competition's layout, whose ages are spread over the boundary."""
    folder = tmp_path_factory.mktemp("ages")
    draw_competition(folder / "drawn", people=36, eval_people=1, size=(32, 32), seed=1)
    spec = DataSpec(layout="competition", root=folder / "drawn" / "train", validation=0.25)
    return prepare(spec, image_size=32, seed=0, cache_dir=folder / "cache")


def test_the_labels_are_those_of_the_ages(data):
    assert data.ordinal_factor == AGE
    assert data.ordered.dtype == np.float64
    assert (data.labels % 3 == AGE.parts(data.ordered)).all()
    assert AGE.parts(np.array([0, 29.99, 30, 59.99, 60, 130])).tolist() == [0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize("cut", [31.0, 45.0, 58.0, 60.0])
def test_training_labels_are_what_the_boundary_says(data, cut):
    labels = data.training_labels(cut)
    assert labels.dtype == np.int64
    age = np.where(data.ordered < 30, 0, np.where(data.ordered < cut, 1, 2))
    assert (labels == data.labels // 3 * 3 + age).all()
    changed = labels != data.labels
    assert (changed == ((data.ordered >= cut) & (data.ordered < 60))).all()
    assert changed.any() == (cut < 60)
    assert data.training_labels(None) is data.labels


def test_the_classes_that_training_counts_follow(data):
    moved = quotas(config(train_cut=45.0), data).of_classes
    expected = np.bincount(data.training_labels(45.0)[data.train], minlength=len(CLASSES))
    assert (moved == expected).all()
    assert moved[2::3].sum() > quotas(config(), data).of_classes[2::3].sum()


def test_validation_stays_on_the_true_labels(data):
    """At a learning rate of almost nothing the network stays as it is, and so do its scores, whatever it was told."""
    frozen = {"lr": 1e-9, "epochs": 1, "augment": "none", "batch_size": 16}
    (plain,), (moved,) = (list(train(config(**frozen, train_cut=cut), data, Runtime())) for cut in (None, 45.0))
    assert moved.train_loss != plain.train_loss
    assert moved.validation.f1 == plain.validation.f1
    assert moved.validation.confusion == plain.validation.confusion
    truth = np.bincount(data.labels[data.validation], minlength=len(CLASSES)).tolist()
    assert [sum(row) for row in moved.validation.confusion] == truth


def test_a_boundary_where_it_is_changes_nothing(data):
    runs = [numbers_of(train(config(train_cut=cut, epochs=1), data, Runtime())) for cut in (None, 60.0)]
    assert runs[0] == runs[1]


def test_one_loader_serves_runs_with_different_boundaries(data):
    """Its processes were started with the data of the first."""
    from trainer.batches.loader import Loader

    runtime = Runtime(loader_workers=1)
    with Loader(data, runtime) as loader:
        for cut in (None, 45.0, 58.0):
            settings = config(train_cut=cut, epochs=1, sampler_power=0.5)
            shared = numbers_of(Run(settings, data, runtime, loader=loader).epochs())
            assert shared == numbers_of(train(settings, data, Runtime()))


def test_the_fingerprint_knows_the_ages_and_old_ones_do_without(data):
    older = {key: value for key, value in data.fingerprint.items() if key != "ordered"}
    assert fingerprint_differences(older, data.fingerprint) == []
    other = {**data.fingerprint, "ordered": "0"}
    assert fingerprint_differences(other, data.fingerprint) == ["the values of the ordered factor differ"]


def test_a_boundary_below_the_one_before_or_without_a_factor_is_refused(data):
    for cut in (30.0, 12.5):
        with pytest.raises(
            ConfigError, match=rf"train_cut {cut:g} must be above 30, .* of age below .* \(60\); raise it"
        ):
            Run(config(train_cut=cut), data, Runtime())
    plain = dataclasses.replace(data, ordinal_factor=None, ordered=None)
    with pytest.raises(ConfigError, match="these data have no ordered factor"):
        Run(config(train_cut=58.0), plain, Runtime())
