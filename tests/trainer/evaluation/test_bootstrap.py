"""Intervals over people: what they must hold, how often they hold the truth, and what they must not depend on."""

import dataclasses

import numpy as np
import pytest
from scipy.stats import binomtest, bootstrap
from sklearn.metrics import accuracy_score, f1_score

from tests.support.crowds import FACTORS, answers, crowd, take
from trainer.evaluation.bootstrap import count_by_group, figure_intervals, new_interval, ratio_intervals


def ends(found, seed=0, draws=500):
    return figure_intervals(count_by_group(found), np.random.default_rng(seed), draws)


def test_figures_are_scikit_learns():
    found = crowd(50, 0)
    people = count_by_group(found)
    truth, said = found.labels, found.predicted
    parts = [np.array(factor.of_class) for factor in FACTORS]
    expected = [
        f1_score(truth, said, average="macro"),
        accuracy_score(truth, said),
        *(f1_score(part[truth], part[said], average="macro") for part in parts),
    ]
    assert people.values @ people.figures == pytest.approx(expected)
    assert people.values[:4] == pytest.approx(f1_score(truth, said, average=None))


def test_a_person_who_is_drawn_twice_counts_as_two():
    found = crowd(20, 1)
    weights = np.random.default_rng(0).integers(0, 3, 20).astype(np.float32)
    rows = np.repeat(np.arange(len(found.labels)), weights[np.unique(found.groups, return_inverse=True)[1]].astype(int))
    again = count_by_group(take(found, rows))
    assert count_by_group(found).ratios(weights[None])[0] == pytest.approx(again.values)


def test_influence_is_the_change_by_a_little_more_of_a_person():
    people = count_by_group(crowd(40, 2))
    step = 1 / 64
    more = people.ratios(1 + step * np.eye(40, dtype=np.float32))
    less = people.ratios(1 - step * np.eye(40, dtype=np.float32))
    assert people.influence == pytest.approx((more - less) / (2 * step), abs=1e-4)


def test_bca_is_scipys():
    people = count_by_group(crowd(60, 11))
    low, high = figure_intervals(people, np.random.default_rng(0), 8000)
    for figure in (0, 3):

        def of(rows, figure=figure):
            ratios = people.numerators[rows].sum(axis=0) / people.denominators[rows].sum(axis=0)
            return ratios @ people.figures[:, figure]

        theirs = bootstrap((np.arange(60),), of, n_resamples=8000, method="BCa", vectorized=False, rng=1)
        interval = theirs.confidence_interval
        assert (low[figure], high[figure]) == pytest.approx(interval, abs=0.1 * (interval.high - interval.low))


def test_shares_of_independent_images_have_wilsons_interval():
    labels = np.zeros(200, dtype=int)
    for wrong, exact in ((0, 1e-9), (30, 0.02)):
        said = np.where(np.arange(200) < wrong, 1, 0)
        people = count_by_group(answers(labels, said, np.arange(200)))
        expected = binomtest(200 - wrong, 200).proportion_ci(method="wilson")
        low, high = (end[-1] for end in ratio_intervals(people))
        assert (low, high) == pytest.approx((expected.low, expected.high), rel=exact)
        # The Jaccard index of class 0 is the same share, and F1 grows with it.
        low, high = (end[0] for end in ratio_intervals(people))
        assert (low / (2 - low), high / (2 - high)) == pytest.approx((expected.low, expected.high), rel=exact)


@pytest.mark.parametrize("seed", range(5))
def test_every_interval_holds_its_figure_and_lies_in_0_to_1(seed):
    people = count_by_group(crowd(30, seed))
    for value, (low, high) in (
        (people.values @ people.figures, figure_intervals(people, np.random.default_rng(0), 300)),
        (people.values, ratio_intervals(people)),
    ):
        assert np.all((low >= 0) & (low <= value) & (value <= high) & (high <= 1))
        assert np.all(low < high)


def test_more_images_of_the_same_people_say_nothing_new_and_more_people_do():
    found = crowd(60, 3)
    rows = np.arange(len(found.labels))
    twice = take(found, np.tile(rows, 2))
    more = dataclasses.replace(twice, groups=np.concatenate([found.groups, np.char.add("other", found.groups)]))
    assert np.array_equal(ends(twice), ends(found))
    assert np.allclose(ratio_intervals(count_by_group(twice)), ratio_intervals(count_by_group(found)))
    widths = [np.subtract(*each[::-1]) for each in (ends(found), ends(more))]
    assert np.all(widths[1] < 0.85 * widths[0])


def test_it_is_drawn_by_person():
    """Ages are right or wrong for all six images of a person at once: as if six times as many were known of them."""
    found = crowd(200, 4)
    by_image = dataclasses.replace(found, groups=found.paths)
    age = 2 + [factor.name for factor in FACTORS].index("age")
    people, images = (np.subtract(*ends(each)[::-1])[age] for each in (found, by_image))
    assert people > 1.8 * images


def test_a_seed_repeats_bit_for_bit_and_another_differs():
    found = crowd(80, 5)
    people = count_by_group(found)
    assert np.array_equal(ends(found, 7), ends(found, 7))
    assert not np.array_equal(ends(found, 7), ends(found, 8))
    new = [new_interval(people, 20, np.random.default_rng(seed), 300) for seed in (7, 7, 8)]
    assert new[0] == new[1] != new[2]


def test_rows_in_another_order_change_nothing():
    found = crowd(40, 6)
    shuffled = take(found, np.random.default_rng(0).permutation(len(found.labels)))
    assert np.array_equal(ends(shuffled), ends(found))


def test_draws_in_several_batches_are_drawn_all(monkeypatch):
    people = count_by_group(crowd(40, 6))
    whole = figure_intervals(people, np.random.default_rng(0), 2000)
    monkeypatch.setattr("trainer.evaluation.bootstrap._AT_ONCE", 300)  # seven draws of 40 people at a time
    assert np.allclose(figure_intervals(people, np.random.default_rng(0), 2000), whole, atol=0.02)
    monkeypatch.setattr("trainer.evaluation.bootstrap._AT_ONCE", 1)
    low, high = new_interval(people, 10, np.random.default_rng(0), 50)
    assert low < high


def test_without_a_mistake_the_interval_is_not_empty_and_shrinks_with_the_people():
    lows = []
    for people in (5, 50, 500):
        labels = np.tile([0, 1, 2, 3], people)
        low, high = ends(answers(labels, labels, np.repeat(np.arange(people), 4)))
        assert high == pytest.approx(1)
        lows.append(low[0])
    assert 0.3 < lows[0] < lows[1] < lows[2] < 1
    # Of n shares that were all right, about 4 / n may still be wrong (Wilson): in Jaccard's scale, half of it in F1's.
    assert 1 - lows[2] == pytest.approx(1.96**2 / 500 / 2, rel=0.05)


def test_one_person_tells_next_to_nothing():
    found = answers([0, 1, 2, 3], [0, 1, 2, 2], [0, 0, 0, 0])
    low, high = ends(found)
    assert np.all(high - low > 0.5)
    assert new_interval(count_by_group(found), 3, np.random.default_rng(0)) == pytest.approx((2 / 3 / 4 + 0.5,) * 2)


def test_a_class_of_one_person_is_hardly_known_however_many_images_that_person_has():
    found = crowd(60, 7)
    alone = found.groups == found.groups[0]
    labels = np.where(alone, 3, np.minimum(found.labels, 2))
    low, high = ratio_intervals(count_by_group(answers(labels, labels, np.repeat(np.arange(60), 6))))
    assert low[3] < 0.4 < low[0]
    assert high[3] == 1


def test_a_class_that_nobody_has_is_not_known_and_counts_as_zero():
    found = crowd(60, 8)
    labels = np.minimum(found.labels, 2)
    absent = answers(labels, labels, np.repeat(np.arange(60), 6))
    people = count_by_group(absent)
    low, high = ratio_intervals(people)
    assert (low[3], people.values[3], high[3]) == (0, 0, 1)
    assert (people.values @ people.figures)[0] == 0.75


def test_many_classes_and_one_image_a_person():
    rng = np.random.default_rng(0)
    labels = np.arange(3000) % 120
    said = np.where(rng.random(3000) < 0.2, rng.integers(0, 120, 3000), labels)
    found = answers(labels, said, np.arange(3000), tuple(map(str, range(120))), ())
    low, high = ends(found, draws=200)
    assert low.shape == (2,)
    assert low[1] < np.mean(labels == said) < high[1]
    # A share of 3,000 independent images: the binomial's own width.
    share = np.mean(labels == said)
    assert high[1] - low[1] == pytest.approx(2 * 1.96 * np.sqrt(share * (1 - share) / 3000), rel=0.2)


def test_a_new_set_varies_more_than_the_figure_and_the_more_the_smaller_it_is():
    people = count_by_group(crowd(150, 9))
    low, high = figure_intervals(people, np.random.default_rng(0), 1000)
    few, many, all_there_are = (
        np.subtract(*new_interval(people, new, np.random.default_rng(0), 1000)[::-1]) for new in (20, 150, 10_000)
    )
    assert few > 1.5 * many
    # As many new people as were asked: twice the variance. Endless many: what is left is who was asked.
    assert many == pytest.approx(np.sqrt(2) * (high - low)[0], rel=0.15)
    assert all_there_are == pytest.approx((high - low)[0], rel=0.1)


def test_the_truth_lies_inside_as_often_as_promised():
    """150 samples of 120 people; by image it would be inside about 60 times of 100, by person about 94."""
    large = count_by_group(crowd(60_000, 0))
    age, true = 3, large.values @ large.figures
    held = {"people": 0, "images": 0, "new": 0}
    for seed in range(1, 151):
        found = crowd(120, seed)
        for name, each in (("people", found), ("images", dataclasses.replace(found, groups=found.paths))):
            low, high = ends(each, draws=200)
            held[name] += bool(low[age] <= true[age] <= high[age])
        low, high = new_interval(count_by_group(found), 60, np.random.default_rng(seed), 200)
        new = count_by_group(crowd(60, seed + 10_000))
        held["new"] += bool(low <= (new.values @ new.figures)[0] <= high)
    # Three standard errors (of 150) below 95 %.
    assert held["people"] / 150 > 0.95 - 3 * np.sqrt(0.95 * 0.05 / 150)
    assert held["new"] / 150 > 0.95 - 3 * np.sqrt(0.95 * 0.05 / 150)
    assert held["images"] / 150 < 0.8
