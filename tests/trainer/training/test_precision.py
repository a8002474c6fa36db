"""Which precision a study computes in."""

import pytest

from tests.support.data_sets import make_data
from tests.support.runs import config
from trainer.config.runtime import Runtime
from trainer.training.precision import choose_precision, fastest_precision


@pytest.mark.parametrize(
    ("fp32", "bf16", "chosen"),
    [
        ((1.0, 1.0, 9.0), (0.5, 0.5, 0.5), "bf16"),
        ((1.0, 1.0, 1.0), (0.95, 0.95, 0.95), "fp32"),  # a draw stays with the plain one
        ((1.0, 1.0, 1.0), (2.0, 0.1, 2.0), "fp32"),  # one lucky step decides nothing
    ],
)
def test_bf16_must_win_clearly(fp32, bf16, chosen):
    assert choose_precision(fp32, bf16) == chosen


def test_asking_trains_nothing_that_stays():
    data = make_data()
    before = data.images.copy(), data.train.copy()
    assert fastest_precision(config(batch_size=4), data, Runtime()) in ("fp32", "bf16")
    assert (data.images == before[0]).all()
    assert (data.train == before[1]).all()
