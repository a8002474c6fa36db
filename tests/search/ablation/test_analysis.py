"""The arithmetic of paired differences, against SciPy and by hand."""

import math

import numpy as np
import pytest
from scipy import stats

from search.ablation.analysis import estimate


@pytest.mark.parametrize("count", [2, 3, 5, 12])
def test_with_one_split_it_is_the_paired_t_test(count):
    rng = np.random.default_rng(count)
    base, changed = rng.uniform(0.3, 0.5, (2, count))
    expected = stats.ttest_rel(changed, base)
    interval = expected.confidence_interval(0.95)
    found = estimate([float(each) for each in changed - base])
    assert found.mean == pytest.approx((changed - base).mean())
    assert found.standard_error == pytest.approx(stats.sem(changed - base))
    # A difference of F1 cannot be larger than 1, which SciPy does not know.
    assert found.low == pytest.approx(max(interval.low, -1))
    assert found.high == pytest.approx(min(interval.high, 1))


def test_known_numbers():
    found = estimate([0.01, 0.02, 0.03])
    assert found.mean == pytest.approx(0.02)
    assert found.standard_error == pytest.approx(0.01 / math.sqrt(3))
    # 4.302653 is Student's t for two degrees of freedom at 97.5 %, in any table.
    assert found.high - found.mean == pytest.approx(4.302653 * 0.01 / math.sqrt(3), rel=1e-6)
    # Four times as many images to train on as to validate: s^2 (1/3 + 1/4).
    redrawn = estimate([0.01, 0.02, 0.03], overlap=0.25)
    assert redrawn.high - redrawn.mean == pytest.approx(4.302653 * 0.01 * math.sqrt(1 / 3 + 1 / 4), rel=1e-6)
    assert (redrawn.mean, redrawn.standard_error) == (found.mean, found.standard_error)


def test_one_seed_has_no_spread_and_two_say_very_little():
    assert estimate([0.1]) == estimate([0.1], overlap=0.25)
    assert (estimate([0.1]).standard_error, estimate([0.1]).low, estimate([0.1]).high) == (None, None, None)
    two = estimate([0.10, 0.12])
    assert two.high - two.mean == pytest.approx(12.7062 * 0.01, rel=1e-5)


def test_the_wider_interval_keeps_its_word_where_hold_outs_overlap():
    """Simulated: what the runs of one data set share does not average out, and the plain interval does not know."""
    rng = np.random.default_rng(0)
    inside = {0.0: 0, 0.25: 0}
    for _ in range(1000):
        # Correlation 0.2 of the differences, as for a fifth held out (Nadeau and Bengio's rho).
        shared, own = rng.normal(0, math.sqrt(0.2)), rng.normal(0, math.sqrt(0.8), 8)
        differences = [0.01 * float(shared + each) for each in own]
        for overlap in inside:
            found = estimate(differences, overlap)
            inside[overlap] += found.low <= 0 <= found.high
    assert inside[0.0] < 800
    assert 930 < inside[0.25] < 970
