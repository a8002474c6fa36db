"""The assessment says what was counted, lowers what was chosen by, and is one sentence honest about the rest."""

import dataclasses

import numpy as np
import pytest
from sklearn.metrics import f1_score

from tests.support.crowds import FACTORS, answers, crowd, take
from trainer.evaluation.assessment import Assessment, assess


@pytest.fixture(scope="module")
def found():
    return crowd(100, 0)


@pytest.fixture(scope="module")
def plain(found):
    return assess(found, claimed=0.9)


def test_it_counts_what_is_there(found, plain):
    assert (plain.folds, plain.images, plain.people, plain.new_people) == (3, 600, 100, 20)
    assert plain.f1.value == pytest.approx(f1_score(found.labels, found.predicted, average="macro"))
    assert plain.accuracy.value == pytest.approx(np.mean(found.labels == found.predicted))
    assert list(plain.per_class_f1) == list(found.classes)
    assert [each.value for each in plain.per_class_f1.values()] == pytest.approx(
        f1_score(found.labels, found.predicted, average=None)
    )
    assert list(plain.factor_f1) == [factor.name for factor in FACTORS]
    assert plain.claimed == 0.9
    has = set(zip(found.groups.tolist(), found.labels.tolist(), strict=True))
    counted = [sum(label == each for _, each in has) for label in range(4)]
    assert plain.class_people == dict(zip(found.classes, counted, strict=True))
    assert max(counted) < 100  # people, of whom none has all classes


def test_every_interval_holds_its_value(plain):
    for each in (plain.f1, plain.accuracy, *plain.per_class_f1.values(), *plain.factor_f1.values()):
        assert 0 <= each.low <= each.value <= each.high <= 1
        assert each.low < each.high
    assert plain.new_f1[0] < plain.f1.low < plain.f1.high < plain.new_f1[1]


def test_what_it_was_chosen_by_lowers_macro_f1_and_nothing_else(found, plain):
    lowered = assess(found, claimed=0.9, selection_bias=0.02)
    ends = ("value", "low", "high")
    assert [getattr(lowered.f1, end) for end in ends] == pytest.approx([getattr(plain.f1, end) - 0.02 for end in ends])
    assert lowered.new_f1 == pytest.approx([end - 0.02 for end in plain.new_f1])
    changed = {"f1", "new_f1", "selection_bias"}
    assert lowered.model_dump(exclude=changed) == plain.model_dump(exclude=changed)
    assert lowered.model_dump(mode="json")["chosen_by"] == 0.02  # as stored models call it
    assert Assessment.model_validate(lowered.model_dump(mode="json")) == lowered


def test_macro_f1_is_not_lowered_below_0(found):
    lowest = assess(found, claimed=0.9, selection_bias=0.99)
    assert (lowest.f1.value, lowest.f1.low, lowest.f1.high, lowest.new_f1) == (0, 0, 0, (0, 0))


def test_a_seed_repeats_and_another_changes_only_the_draws(found, plain):
    assert assess(found, claimed=0.9) == plain
    other = assess(found, claimed=0.9, seed=1)
    assert (other.f1.low, other.new_f1) != (plain.f1.low, plain.new_f1)
    assert other.f1.value == plain.f1.value
    assert other.per_class_f1 == plain.per_class_f1


def test_it_goes_through_json(plain):
    assert Assessment.model_validate_json(plain.model_dump_json()) == plain


def test_fewer_new_people_fall_wider(found, plain):
    few = assess(found, claimed=0.9, new_people=5)
    assert few.new_people == 5
    assert few.new_f1[1] - few.new_f1[0] > plain.new_f1[1] - plain.new_f1[0]


def test_the_temperature_mends_answers_that_are_too_sure(found):
    # These scores are 8 apart, right or wrong: a confidence of 0.999 with 3 mistakes of 10.
    sure = assess(dataclasses.replace(found, scores=2 * found.scores), claimed=0.9)
    assert sure.temperature > 2
    assert sure.ece_before == pytest.approx(0.999 - sure.accuracy.value, abs=1e-3)
    assert sure.ece_after < sure.ece_before / 2


def test_a_class_of_nobody_and_data_without_factors():
    labels = np.tile([0, 1], 30)
    bare = assess(answers(labels, labels, np.arange(60), ("a", "b", "c"), ()), claimed=1.0)
    assert bare.class_people == {"a": 30, "b": 30, "c": 0}
    assert bare.per_class_f1["c"].model_dump() == {"value": 0, "low": 0, "high": 1}
    assert bare.f1.value == pytest.approx(2 / 3)
    assert bare.factor_f1 == {}


def test_one_network_and_several_are_estimates_of_different_things(found, plain):
    assert "trained on 2 of 3 parts of these 100 people" in plain.estimates
    alone = assess(take(found, found.folds == 1), claimed=0.9)
    assert alone.folds == 1
    assert alone.ece_after == alone.ece_before
    assert "one network" in alone.estimates
    assert "parts" not in alone.estimates


def test_where_no_people_are_known_images_are_counted():
    labels = np.tile([0, 1], 30)
    each_alone = assess(answers(labels, labels, np.arange(60), ("a", "b"), ()), claimed=1.0)
    assert "trained on 2 of 3 parts of these 60 images" in each_alone.estimates
    assert "people" not in each_alone.estimates


def test_nothing_to_assess_is_said(found):
    with pytest.raises(ValueError, match="held no image out"):
        assess(take(found, found.folds == 0), claimed=0.9)
    with pytest.raises(ValueError, match="new_people is 0"):
        assess(found, claimed=0.9, new_people=0)
