"""A known temperature is found again, and calibration errors are those that were made."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from trainer.evaluation.calibration import HOTTEST, Bin, calibration_error, cross_fitted, fit_temperature, reliability
from trainer.evaluation.out_of_fold import OutOfFold


def honest(images, seed, classes=5, spread=2.0):
    """Logits, and labels that are drawn with just these probabilities."""
    rng = np.random.default_rng(seed)
    logits = (spread * rng.standard_normal((images, classes))).astype(np.float32)
    # Gumbel's trick: the largest of logits plus this noise has the probabilities of the softmax.
    return logits, (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)


def answers(scores, labels, folds):
    rows = np.arange(len(labels)).astype(str)
    classes = tuple(str(each) for each in range(scores.shape[1]))
    return OutOfFold(classes, (), rows, rows, labels, folds, scores)


def error(found, probabilities):
    return calibration_error(reliability(probabilities, found.labels))


@pytest.mark.parametrize("temperature", [0.4, 1.0, 3.0])
def test_a_known_temperature_is_found(temperature):
    logits, labels = honest(40_000, 0)
    assert fit_temperature(logits * np.float32(temperature), labels) == pytest.approx(temperature, rel=0.03)


@pytest.mark.parametrize("seed", range(4))
def test_it_is_the_least_likelihood_loss_of_scipy(seed):
    scores, _ = honest(300, seed)
    labels = np.random.default_rng(seed).integers(0, 5, 300)
    labels[::2] = scores[::2].argmax(axis=1)

    def loss(logarithm):
        scaled = scores.astype(np.float64) / np.exp(logarithm)
        return np.mean(np.log(np.exp(scaled).sum(axis=1)) - scaled[np.arange(300), labels])

    best = minimize_scalar(loss, bounds=(-3, 3), options={"xatol": 1e-9})
    assert fit_temperature(scores, labels) == pytest.approx(np.exp(best.x), rel=1e-4)


def test_a_constant_added_to_an_images_logits_changes_nothing():
    scores, labels = honest(500, 1)
    offsets = np.float32(64) * np.arange(-250, 250, dtype=np.float32)[:, None]
    assert fit_temperature(scores + offsets, labels) == pytest.approx(fit_temperature(scores, labels), rel=1e-3)


def test_it_stays_within_its_bounds():
    scores, _ = honest(100, 2)
    right, wrong = scores.argmax(axis=1), scores.argmin(axis=1)
    assert fit_temperature(scores, right) == pytest.approx(1 / HOTTEST)
    assert fit_temperature(scores, wrong) == pytest.approx(HOTTEST)


def test_honest_probabilities_have_no_error_and_those_of_another_temperature_have():
    logits, labels = honest(40_000, 3)
    found = answers(logits, labels, np.arange(40_000) % 5 + 1)
    assert error(found, found.probabilities()) < 0.01
    assert error(found, found.probabilities(0.25)) > 0.1
    assert error(found, found.probabilities(3.0)) > 0.1


def test_other_folds_temperatures_mend_what_is_too_sure():
    logits, labels = honest(20_000, 4)
    found = answers(4 * logits, labels, np.arange(20_000) % 5 + 1)
    assert error(found, found.probabilities()) > 0.1
    assert error(found, cross_fitted(found)) < 0.01


def test_each_fold_is_judged_by_the_temperature_of_the_others():
    logits, labels = honest(4000, 5)
    folds = np.arange(4000) % 2 + 1
    # The networks of the folds are too sure by different factors: each other's temperature makes it worse.
    found = answers(logits * np.where(folds == 1, 1, 4).astype(np.float32)[:, None], labels, folds)
    after = cross_fitted(found)
    for fold, factor in ((1, 4.0), (2, 1.0)):
        mine = folds == fold
        assert np.allclose(after[mine], found.probabilities(factor)[mine], atol=0.05)
    assert np.array_equal(after.argmax(axis=1), found.predicted)


def test_a_single_fold_is_left_as_it_is():
    logits, labels = honest(200, 6)
    found = answers(4 * logits, labels, np.ones(200, dtype=np.int64))
    assert np.array_equal(cross_fitted(found), found.probabilities())


def test_bins_by_hand():
    confidence = np.array([0.75, 0.75, 0.8, 1.0, 1.0, 0.5])
    probabilities = np.stack([confidence, 1 - confidence], axis=1).astype(np.float32)
    labels = np.array([0, 1, 0, 0, 0, 1])
    points = reliability(probabilities, labels, bins=4)
    assert points == (
        Bin(0.5, 0.0, 1),
        Bin(0.75, 0.5, 2),
        Bin(pytest.approx((0.8 + 2) / 3), 1.0, 3),
    )
    assert calibration_error(points) == pytest.approx((0.5 + 2 * 0.25 + 0.2) / 6)


def test_bins_hold_every_image_and_are_at_most_15():
    scores, labels = honest(5000, 7)
    points = reliability(answers(scores, labels, labels).probabilities(), labels)
    assert sum(point.count for point in points) == 5000
    assert 5 < len(points) <= 15
    assert [point.confidence for point in points] == sorted(point.confidence for point in points)
