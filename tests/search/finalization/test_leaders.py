"""Which trials lead: the best, and no near copies of better ones."""

import math

import numpy as np
import pytest
from optuna.trial import TrialState, create_trial

from search.config.search_space import Choices, Range, distributions
from search.finalization import surrogate
from search.finalization.leaders import NEAR, distance, select_leaders

SPACE = {
    "lr": Range(low=1e-4, high=1e-2, log=True),
    "optimizer": Choices(choices=("adam", "adamw", "madgrad")),
    "cutmix_prob": Range(low=0.0, high=1.0),
}


def trial(number, value, lr=1e-3, optimizer="adam", cutmix_prob=0.5):
    params = {"lr": lr, "optimizer": optimizer, "cutmix_prob": cutmix_prob}
    made = create_trial(state=TrialState.COMPLETE, value=value, params=params, distributions=distributions(SPACE))
    made.number = number
    return made


def test_a_distance_is_a_share_of_the_range_on_its_own_scale():
    one = {"lr": 1e-4, "optimizer": "adam", "cutmix_prob": 0.0}
    assert distance(SPACE, one, one) == 0
    assert distance(SPACE, one, {**one, "lr": 1e-3}) == pytest.approx(0.5 / 3)  # half the way, in the logarithm
    assert distance(SPACE, one, {**one, "cutmix_prob": 0.3}) == pytest.approx(0.1)
    assert distance(SPACE, one, {**one, "optimizer": "madgrad"}) == pytest.approx(1 / 3)
    assert distance(SPACE, one, {"lr": 1e-2, "optimizer": "adamw", "cutmix_prob": 1.0}) == pytest.approx(1)


def test_a_knob_that_only_one_of_two_has_counts_as_another_choice():
    one = {"lr": 1e-3, "optimizer": "adam"}
    assert distance(SPACE, one, {**one, "cutmix_prob": 0.1}) == pytest.approx(1 / 3)
    assert distance(SPACE, one, one) == 0


def test_a_range_of_one_value_is_no_distance():
    assert distance({"lr": Range(low=1e-3, high=1e-3)}, {"lr": 1e-3}, {"lr": 1e-3}) == 0


def test_the_best_lead_and_near_copies_are_named():
    trials = [
        trial(0, 0.50),
        trial(1, 0.70, lr=3e-3),
        trial(2, 0.69, lr=3.1e-3),
        trial(3, 0.68, optimizer="madgrad"),
        trial(4, 0.70, lr=2e-4),
    ]
    leaders, copies = select_leaders(trials, SPACE, 3)
    assert {leader.trial: leader.claimed for leader in leaders} == {1: 0.70, 4: 0.70, 3: 0.68}
    outlook = [leader.expected_score for leader in leaders]
    assert outlook == sorted(outlook, reverse=True)
    assert [(copy.trial, copy.of) for copy in copies] == [(2, 1)]
    assert copies[0].distance < NEAR
    assert "trial 2 is a near copy of trial 1 (distance 0.00" in str(copies[0])


def test_there_may_be_fewer_than_asked_for():
    leaders, copies = select_leaders([trial(0, 0.5), trial(1, 0.4)], SPACE, 5)
    assert [leader.trial for leader in leaders] == [0]
    assert [copy.trial for copy in copies] == [1]
    assert select_leaders([], SPACE, 5) == ([], [])


def test_a_score_that_stands_alone_is_trusted_less_than_one_whose_neighbours_agree():
    rng = np.random.default_rng(0)
    lrs = 10 ** rng.uniform(-4, -2, 40)
    trials = [
        trial(i, 0.7 - 0.1 * abs(math.log10(lr) + 2.7) + 0.01 * rng.standard_normal(), lr) for i, lr in enumerate(lrs)
    ]
    lucky = trial(40, 0.725, 1.5e-4)  # where all others do badly
    leaders, _ = select_leaders([*trials, lucky], SPACE, 5)
    assert lucky.value > max(each.value for each in trials)
    assert leaders[0].trial != lucky.number
    assert all(leader.expected_score < 0.715 for leader in leaders)


def test_the_outlook_is_nearer_to_the_truth_than_the_scores():
    rng = np.random.default_rng(1)
    errors = []
    for _ in range(20):
        points = rng.uniform(size=(60, 3))
        truth = 0.7 - 0.1 * ((points - 0.4) ** 2).sum(axis=1)
        scores = truth + 0.02 * rng.standard_normal(60)
        found, best = surrogate.expected_scores(points, scores), scores >= np.quantile(scores, 0.8)
        errors.append([np.abs(found - truth)[best].mean(), np.abs(scores - truth)[best].mean()])
    ours, own = np.mean(errors, axis=0)
    assert ours < 0.75 * own


def test_the_outlook_moves_and_scales_with_the_scores_and_failures_below_the_median_change_nothing():
    rng = np.random.default_rng(2)
    points, scores = rng.uniform(size=(30, 2)), rng.uniform(0.5, 0.7, 30)
    found = surrogate.expected_scores(points, scores)
    assert surrogate.expected_scores(points, scores * 0.5 + 0.1) == pytest.approx(found * 0.5 + 0.1)
    failed = np.argmin(scores)
    worse = np.where(np.arange(30) == failed, 0.01, scores)
    assert np.delete(surrogate.expected_scores(points, worse), failed) == pytest.approx(np.delete(found, failed))


@pytest.mark.parametrize("scores", [[], [0.5], [0.5, 0.5, 0.5], [0.4, 0.6], [0.4, 0.4, 0.4, 0.4, 0.6]])
def test_a_few_trials_have_an_outlook_too(scores):
    points = np.linspace(0, 1, len(scores))[:, None] * np.ones((1, 2))
    found = surrogate.expected_scores(points, np.array(scores, dtype=float))
    assert np.isfinite(found).all()
    assert found.shape == (len(scores),)
    assert len(scores) == 0 or found.argmax() == np.argmax(scores)
    assert surrogate.expected_scores(np.zeros_like(points), np.array(scores, dtype=float)).shape == (
        len(scores),
    )  # all alike


def test_what_differs_is_apart_whatever_kind_of_knob_it_is():
    one = {"lr": 1e-4, "optimizer": "adam", "cutmix_prob": 0.0}
    others = [{**one, "lr": 1e-2}, {**one, "optimizer": "madgrad"}, {**one, "cutmix_prob": 1.0}, one]
    points = surrogate.coordinates(SPACE, [one, *others])
    assert np.linalg.norm(points[1:] - points[0], axis=1) == pytest.approx([1, 1, 1, 0])
    without = {"lr": 1e-4, "optimizer": "adam"}
    first, second = surrogate.coordinates(SPACE, [one, without])
    assert 1 <= np.linalg.norm(first - second) < 1.2
    assert surrogate.coordinates(SPACE, []).shape[0] == 0
    assert surrogate.coordinates({}, [one, without]).shape == (2, 0)


def test_leaders_of_a_large_search_are_found_soon():
    rng = np.random.default_rng(3)
    trials = [
        trial(i, value, 10 ** rng.uniform(-4, -2), cutmix_prob=rng.uniform())
        for i, value in enumerate(rng.uniform(size=1500))
    ]
    leaders, _ = select_leaders(trials, SPACE, 8)
    assert len(leaders) == 8
    assert min(leader.claimed for leader in leaders) > 0.9
