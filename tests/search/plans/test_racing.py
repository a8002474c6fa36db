"""The choice between leaders: what is trained, who is chosen, what is claimed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from search.plans.racing import FINALISTS, TIE, chosen, due, expected

SIZES = [(1, 1), (1, 5), (2, 3), (3, 1), (5, 2), (5, 5), (8, 3), (9, 10)]


def none(scores):
    """The outlook of a search that knows nothing of its leaders."""
    return np.zeros(len(scores))


def confirm(truth, outlook=None):
    """Train what is due until nothing is; ``truth``: scores of all folds, -inf where training fails."""
    scores = np.full(truth.shape, np.nan)
    asked = []
    while missing := due(scores, none(truth) if outlook is None else outlook):
        assert all(np.isnan(scores[cell]) for cell in missing)
        assert len(set(missing)) == len(missing)
        asked.append(missing)
        for cell in missing:
            scores[cell] = truth[cell]
    return scores, asked


def drawn(leaders, folds, seed=0, spread=0.01, noise=0.02):
    """Scores of made-up leaders in folds of different difficulty, and what each leader is worth."""
    rng = np.random.default_rng(seed)
    worth = 0.7 + spread * rng.standard_normal(leaders)
    difficulty = 0.03 * rng.standard_normal(folds)
    return worth[:, None] + difficulty + noise * rng.standard_normal((leaders, folds)), worth + difficulty.mean()


@pytest.mark.parametrize(("leaders", "folds"), SIZES)
def test_as_many_leaders_as_a_fold_has_places_are_trained_in_it(leaders, folds):
    scores, _ = confirm(drawn(leaders, folds)[0])
    places = [min(leaders, max(FINALISTS, math.ceil(leaders / (fold + 1)))) for fold in range(folds)]
    assert np.isfinite(scores).sum(axis=0).tolist() == places


def test_five_leaders_and_five_folds_take_fourteen_trainings_of_twenty_five():
    scores, asked = confirm(drawn(5, 5)[0])
    assert np.isfinite(scores).sum() == 14
    assert [len(batch) for batch in asked] == [5, 3, 6]
    assert asked[0] == [(leader, 0) for leader in range(5)]


@pytest.mark.parametrize(("leaders", "folds"), SIZES)
def test_the_chosen_one_is_trained_in_all_folds_and_was_never_left_behind(leaders, folds):
    truth, _ = drawn(leaders, folds, seed=3)
    scores, _ = confirm(truth)
    leader = chosen(scores, none(scores), [1.0] * leaders)
    assert np.isfinite(scores[leader]).all()
    whole = np.isfinite(scores).all(axis=1)
    assert scores[whole].mean(axis=1).max() - scores[leader].mean() < TIE


@pytest.mark.parametrize("ended", range(14))
def test_what_is_due_does_not_depend_on_how_far_a_stage_has_come(ended):
    truth, _ = drawn(5, 5)
    scores, asked = confirm(truth)
    in_order = [cell for batch in asked for cell in batch]
    stopped = np.full_like(scores, np.nan)
    for cell in in_order[:ended]:
        stopped[cell] = truth[cell]
    missing = due(stopped, none(stopped))
    assert missing == in_order[ended : ended + len(missing)]
    assert missing


def test_the_better_half_goes_on():
    scores = np.full((5, 3), np.nan)
    scores[:, 0] = [0.3, 0.5, 0.2, 0.4, 0.1]
    assert due(scores, none(scores)) == [(1, 1), (3, 1), (0, 1)]


def test_equals_go_on_in_the_order_of_the_search():
    scores = np.full((4, 2), np.nan)
    scores[:, 0] = 0.5
    assert due(scores, none(scores)) == [(0, 1), (1, 1)]


def test_the_outlook_counts_as_one_fold_more():
    outlook = np.array([0.5, 0.5, 0.7])
    scores = np.full((3, 2), np.nan)
    scores[:, 0] = [0.6, 0.5, 0.35]
    assert due(scores, outlook) == [(0, 1), (2, 1)]
    scores[[0, 2], 1] = [0.5, 0.5]
    assert chosen(scores, outlook, [1, 1, 1]) == 0  # 1.6 of three against 1.55
    scores[2, 1] = 0.6
    assert chosen(scores, outlook, [1, 1, 1]) == 2  # 1.65
    assert chosen(scores, np.array([0.8, 0.5, 0.7]), [1, 1, 1]) == 0
    assert expected(scores, 2) <= scores[2].mean()  # what is claimed knows nothing of it


def test_who_cannot_be_trained_is_out_and_others_move_up():
    truth, _ = drawn(5, 5)
    order = np.argsort(-truth[:, 0])
    truth[order[0], 0] = -np.inf
    scores, asked = confirm(truth)
    assert np.isnan(scores[order[0], 1:]).all()
    assert {leader for leader, _ in asked[1]} == set(order[1:3])
    assert np.isfinite(scores).all(axis=1).sum() == FINALISTS


def test_a_finalist_that_fails_late_is_replaced():
    truth, _ = drawn(5, 5)
    before, _ = confirm(truth)
    finalist = int(np.flatnonzero(np.isfinite(before).all(axis=1))[0])
    truth[finalist, 4] = -np.inf
    scores, _ = confirm(truth)
    whole = np.flatnonzero(np.isfinite(scores).all(axis=1))
    assert len(whole) == FINALISTS
    assert chosen(scores, none(scores), [1.0] * 5) in whole
    assert finalist not in whole
    assert expected(scores, whole[0]) <= scores[whole[0]].mean()


def test_one_that_can_be_trained_is_enough():
    truth = np.full((3, 4), -np.inf)
    truth[2] = [0.4, 0.5, 0.6, 0.5]
    scores, _ = confirm(truth)
    assert chosen(scores, none(scores), [1, 1, 1]) == 2
    assert expected(scores, 2) == pytest.approx(0.5)


def test_no_leader_that_can_be_trained_is_said():
    scores, asked = confirm(np.full((3, 4), -np.inf))
    assert asked == [[(0, 0), (1, 0), (2, 0)]]
    with pytest.raises(ValueError, match="no leader could be trained in all folds"):
        chosen(scores, none(scores), [1, 1, 1])


def test_of_equals_the_cheaper_model_is_chosen_and_then_the_first():
    scores = np.array([[0.5, 0.6], [0.5 + TIE / 2, 0.6 + TIE / 2], [0.5, 0.6], [0.4, 0.4]])
    assert chosen(scores, none(scores), [3, 2, 1, 0.1]) == 2
    assert chosen(scores, none(scores), [2, 2, 2, 0.1]) == 0
    scores[1] += 1.5 * TIE  # the outlook is equal, and counts as one fold of three
    assert chosen(scores, none(scores), [3, 2, 1, 0.1]) == 1


def reference(scores, leader):
    """The posterior by generalised least squares, one ratio of the variances at a time."""
    rows, columns = np.nonzero(np.isfinite(scores))
    leaders, folds = scores.shape
    y, x, z = scores[rows, columns], np.eye(folds)[columns], np.eye(leaders)[rows]
    logs, values = [], []
    for share in ((np.arange(200) + 0.5) / 200) ** 2:
        ratio = (1 - share) / share / folds
        covariance = np.eye(len(y)) + ratio * z @ z.T
        inverse = np.linalg.inv(covariance)
        information = x.T @ inverse @ x
        level = np.linalg.solve(information, x.T @ inverse @ y)
        residual = y - x @ level
        determinants = np.linalg.slogdet(covariance)[1] + np.linalg.slogdet(information)[1]
        logs.append(-(determinants + (len(y) - folds) * np.log(residual @ inverse @ residual)) / 2)
        values.append(level.mean() + ratio * (z.T @ inverse @ residual)[leader])
    weights = np.exp(np.array(logs) - max(logs))
    return weights @ values / weights.sum()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("leaders", "folds"), [(2, 3), (5, 3), (5, 5), (8, 4)])
def test_the_claim_is_the_posterior_mean(leaders, folds, seed):
    scores, _ = confirm(drawn(leaders, folds, seed)[0])
    leader = chosen(scores, none(scores), [1.0] * leaders)
    assert_allclose(expected(scores, leader), min(reference(scores, leader), scores[leader].mean()), rtol=1e-9)


@pytest.mark.parametrize(("leaders", "folds"), SIZES)
def test_the_claim_is_between_the_folds_level_and_the_mean(leaders, folds):
    for seed in range(20):
        truth, _ = drawn(leaders, folds, seed)
        best = int(truth.mean(axis=1).argmax())
        assert truth.mean() - 1e-12 <= expected(truth, best) <= truth[best].mean()


def test_the_claim_moves_with_all_scores_and_scales_with_them():
    scores, _ = confirm(drawn(5, 5)[0])
    leader = chosen(scores, none(scores), [1.0] * 5)
    assert expected(scores + 0.1, leader) == pytest.approx(expected(scores, leader) + 0.1)
    assert expected(scores * 0.5, leader) == pytest.approx(expected(scores, leader) * 0.5)


def test_how_hard_the_folds_are_takes_nothing_off():
    scores, _ = confirm(drawn(5, 5)[0])
    leader = chosen(scores, none(scores), [1.0] * 5)
    harder = np.array([0.2, -0.1, 0.05, 0.0, -0.15])
    taken_off = scores[leader].mean() - expected(scores, leader)
    assert taken_off > 0
    assert (scores + harder)[leader].mean() - expected(scores + harder, leader) == pytest.approx(taken_off)


def test_leaders_that_differ_far_beyond_the_noise_keep_their_mean_and_equals_share_theirs():
    clear, _ = drawn(5, 5, spread=0.2, noise=0.0001)
    best = int(clear.mean(axis=1).argmax())
    assert expected(clear, best) == pytest.approx(clear[best].mean(), abs=5e-5)
    equal = np.tile([0.5, 0.6, 0.7], (4, 1))
    assert expected(equal, 2) == pytest.approx(0.6)


def test_a_single_leader_keeps_its_mean():
    scores = np.array([[0.5, 0.7, 0.6]])
    assert chosen(scores, none(scores), [1.0]) == 0
    assert expected(scores, 0) == pytest.approx(0.6)


@pytest.mark.parametrize("spread", [0.005, 0.01, 0.02])
def test_the_claim_is_closer_to_the_truth_than_the_mean(spread):
    too_high, claimed = [], []
    for seed in range(600):
        truth, worth = drawn(5, 5, seed, spread=spread)
        scores, _ = confirm(truth)
        leader = chosen(scores, none(scores), [1.0] * 5)
        too_high.append(scores[leader].mean() - worth[leader])
        claimed.append(expected(scores, leader) - worth[leader])
    assert np.mean(too_high) > 0.003
    assert abs(np.mean(claimed)) < 0.6 * np.mean(too_high)
    assert np.square(claimed).mean() < np.square(too_high).mean()


def test_the_chosen_one_is_nearly_as_good_as_with_all_trainings():
    staged, full, first = [], [], []
    for seed in range(600):
        truth, worth = drawn(5, 5, seed)
        scores, _ = confirm(truth)
        staged.append(worth[chosen(scores, none(scores), [1.0] * 5)])
        full.append(worth[truth.mean(axis=1).argmax()])
        first.append(worth[0])
    assert np.mean(staged) - np.mean(first) > 0.9 * (np.mean(full) - np.mean(first))
