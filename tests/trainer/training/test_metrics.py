"""Scores against scikit-learn, and what absent classes do to the mean."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

from trainer.training.metrics import score


def test_scores_are_scikit_learns():
    rng = np.random.default_rng(0)
    truth, predicted = rng.integers(0, 18, 500), rng.integers(0, 18, 500)
    scores = score(truth, predicted, 18, 1.5)
    assert scores.f1 == pytest.approx(f1_score(truth, predicted, average="macro"))
    assert scores.accuracy == accuracy_score(truth, predicted)
    assert np.allclose(scores.per_class_f1, f1_score(truth, predicted, average=None))
    assert np.array_equal(scores.confusion, confusion_matrix(truth, predicted))
    assert scores.loss == 1.5


def test_an_absent_class_counts_as_zero():
    truth = np.array([0, 0, 1, 1])
    scores = score(truth, truth, 4, 0.0)
    assert scores.per_class_f1 == (1.0, 1.0, 0.0, 0.0)
    assert scores.f1 == 0.5
    assert scores.accuracy == 1.0


def test_the_mean_is_not_over_batches():
    truth, predicted = np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1])
    halves = [score(truth[part], predicted[part], 2, 0.0).f1 for part in (slice(0, 2), slice(2, 4))]
    assert score(truth, predicted, 2, 0.0).f1 != pytest.approx(np.mean(halves))
