"""The backbones of the competition's teams train a step on the CPU, with random weights at 32 pixels."""

import math

import pytest
import torch

from tests.support.data_sets import make_data
from tests.support.runs import config
from trainer.config.runtime import Runtime
from trainer.model.network import _built
from trainer.model.weights import head_parameters
from trainer.training.run import Run

COMPETITION = [
    *(f"efficientnet_b{size}" for size in range(5)),
    *(f"efficientnet_b{size}_pruned" for size in (1, 2, 3)),
    *(f"tf_efficientnet_b{size}" for size in (0, 4)),
    "resnet18",
    "resnet50",
    "resnet101",
    "resnet152",
    "resnext101_32x8d",
    "rexnet_100",
    "rexnet_200",
    "darknet53",
    "regnety_016",
    "dm_nfnet_f0",
    "swin_tiny_patch4_window7_224",
]


@pytest.mark.parametrize("backbone", COMPETITION)
@pytest.mark.slow
def test_trains_a_step_and_has_one_new_head(backbone):
    torch.manual_seed(0)
    data = make_data(per_class=2, held_out=0.0)
    with Run(config(backbone=backbone, epochs=1, batch_size=6, warmup=0.0), data, Runtime(threads=2)) as run:
        head = head_parameters(run.model)
        before = {name: weight.detach().clone() for name, weight in run.model.named_parameters()}
        (result,) = run.epochs()
        moved = {name for name, weight in run.model.named_parameters() if not torch.equal(weight, before[name])}
    _built.cache_clear()  # it would keep the largest of them
    assert math.isfinite(result.train_loss)
    assert head <= moved
    assert len(moved) > len(before) / 2
    assert {before[name].shape[0] for name in head} == {3}
