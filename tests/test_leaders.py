"""Which trials lead: the best, and no near copies of better ones."""

import pytest
from optuna.trial import TrialState, create_trial

from search.leaders import NEAR, distance, pick
from search.space import Choices, Range, distributions

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
    leaders, copies = pick(trials, SPACE, 3)
    assert [leader.trial for leader in leaders] == [1, 4, 3]
    assert [leader.claimed for leader in leaders] == [0.70, 0.70, 0.68]
    assert [(copy.trial, copy.of) for copy in copies] == [(2, 1)]
    assert copies[0].distance < NEAR
    assert "trial 2 is a near copy of trial 1 (distance 0.00" in str(copies[0])


def test_there_may_be_fewer_than_asked_for():
    leaders, copies = pick([trial(0, 0.5), trial(1, 0.4)], SPACE, 5)
    assert [leader.trial for leader in leaders] == [0]
    assert [copy.trial for copy in copies] == [1]
    assert pick([], SPACE, 5) == ([], [])
