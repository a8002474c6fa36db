"""Best values at the edge of their range."""

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import create_trial

from search.results.range_edges import edges

LOG = FloatDistribution(1e-5, 1e-2, log=True)
LINEAR = FloatDistribution(0.5, 1.5)
WHOLE = IntDistribution(8, 128)
GRID = FloatDistribution(1, 2, step=0.25)


def end_of(value, distribution, name="lr"):
    trial = create_trial(params={name: value}, distributions={name: distribution}, value=0.5)
    return [edge.end for edge in edges(trial)]


@pytest.mark.parametrize(
    ("value", "distribution", "end"),
    [
        (1e-5, LOG, ["low"]),
        (1.14e-5, LOG, ["low"]),  # 1.9 % of three decades
        (1.16e-5, LOG, []),
        (8.8e-3, LOG, ["high"]),
        (8.6e-3, LOG, []),
        (0.519, LINEAR, ["low"]),
        (0.521, LINEAR, []),
        (1.481, LINEAR, ["high"]),
        (1.0, LINEAR, []),
        (8, WHOLE, ["low"]),
        (11, WHOLE, []),
        (126, WHOLE, ["high"]),
        (1.0, GRID, ["low"]),
        (1.25, GRID, []),
        (2.0, GRID, ["high"]),
    ],
)
def test_two_percent_of_the_range_are_its_edge(value, distribution, end):
    assert end_of(value, distribution) == end


def test_choices_and_single_values_have_no_edge():
    assert end_of("adam", CategoricalDistribution(("adam", "adamw"))) == []
    assert end_of(16, CategoricalDistribution((16, 32, 64))) == []
    assert end_of(0.5, FloatDistribution(0.5, 0.5)) == []


def test_an_end_that_the_trainer_sets_cannot_be_widened():
    share = FloatDistribution(0.0, 1.0)
    assert end_of(0.0, share, "cutmix_prob") == end_of(1.0, share, "cutmix_prob") == []
    assert end_of(0.0, FloatDistribution(0.0, 5.0), "focal_gamma") == []
    assert end_of(5.0, FloatDistribution(0.0, 5.0), "focal_gamma") == ["high"]
    assert end_of(0.5, FloatDistribution(0.0, 0.5), "cutmix_prob") == ["high"]


def test_what_is_said():
    trial = create_trial(params={"lr": 1.04e-5}, distributions={"lr": LOG}, value=0.5)
    (edge,) = edges(trial)
    assert str(edge) == "lr = 1.04e-05 is at the low end of its range [1e-05, 0.01]: widen it"
