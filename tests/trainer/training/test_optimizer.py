"""Optimizers take their own kind of weight decay; the schedule has the published shape."""

import math

import pytest
import torch
from torch import nn

from trainer.config.train_config import TrainConfig
from trainer.training.lr_schedule import create_schedule
from trainer.training.optimizer import create_optimizer


def config(**values):
    return TrainConfig.model_validate({"backbone": "resnet18", **values})


@pytest.mark.parametrize("name", ["adam", "adamw", "madgrad"])
def test_lowers_a_loss(name):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))
    x, y = torch.randn(64, 8), torch.randint(0, 3, (64,))
    optimizer = create_optimizer(config(optimizer=name, lr=1e-2), model)
    losses = []
    for _ in range(60):
        loss = nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.7 * losses[0]


@pytest.mark.parametrize("name", ["adam", "adamw", "madgrad"])
def test_norms_and_biases_are_not_decayed(name):
    model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
    groups = create_optimizer(config(optimizer=name, weight_decay=0.1), model).param_groups
    decayed = {id(p) for group in groups if group["weight_decay"] for p in group["params"]}
    assert decayed == {id(model[0].weight)}


def test_adamw_decays_apart_from_the_gradient_and_adam_does_not():
    def step(name):
        layer = nn.Linear(2, 2, bias=False)
        nn.init.constant_(layer.weight, 1.0)
        optimizer = create_optimizer(config(optimizer=name, lr=0.1, weight_decay=0.5), layer)
        layer.weight.grad = torch.zeros_like(layer.weight)
        optimizer.step()
        return float(layer.weight.detach()[0, 0])

    # Without a gradient, decoupled decay shrinks by lr * decay; L2 makes a gradient that Adam scales to a whole step.
    assert step("adamw") == pytest.approx(1 - 0.1 * 0.5)
    assert step("adam") == pytest.approx(1 - 0.1, abs=1e-4)


def test_schedule_warms_up_and_ends_at_zero():
    settings = config(lr=0.5, epochs=10, warmup=0.1)
    optimizer = create_optimizer(settings, nn.Linear(2, 2))
    schedule = create_schedule(settings, optimizer, steps_per_epoch=20)
    rates = []
    for step in range(200):
        rates.append(optimizer.param_groups[0]["lr"])
        schedule.step_update(step + 1)
    assert rates[0] == pytest.approx(0.005)
    assert rates[:20] == sorted(rates[:20])
    assert max(rates) == pytest.approx(0.5, rel=0.03)
    assert rates[20:] == sorted(rates[20:], reverse=True)
    assert rates[100] == pytest.approx(0.5 * (1 + math.cos(math.pi * 100 / 200)) / 2, rel=1e-6)
    assert rates[-1] < 1e-3


def rates(optimizer="adam", epochs=6, steps=4, **values):
    settings = config(lr=0.5, epochs=epochs, optimizer=optimizer, **values)
    optimizer = create_optimizer(settings, nn.Linear(2, 2))
    schedule = create_schedule(settings, optimizer, steps_per_epoch=steps)
    seen = []
    for step in range(epochs * steps):
        seen.append(optimizer.param_groups[0]["lr"])
        schedule.step_update(step + 1)
    for step in (5, 2):  # a function of the step: a resumed run finds the same rate
        schedule.step_update(step)
        assert optimizer.param_groups[0]["lr"] == pytest.approx(seen[step], rel=1e-9)
    return seen


def test_step_falls_after_so_many_epochs():
    seen = rates(schedule="step", step_size=2, step_gamma=0.1, warmup=0.05)
    assert seen[0] == pytest.approx(0.005)
    assert seen[1:8] == pytest.approx([0.5] * 7)
    assert seen[8:16] == pytest.approx([0.05] * 8)
    assert seen[16:] == pytest.approx([0.005] * 8)


def test_constant_stays():
    assert rates(schedule="constant", warmup=0.0) == pytest.approx([0.5] * 24)


def test_triangles_are_half_as_high_each_time():
    seen = rates(schedule="triangular2", cycle_epochs=2, base_lr=0.1)
    assert [seen[step] for step in (0, 4, 8, 12, 16, 20)] == pytest.approx([0.1, 0.5, 0.1, 0.3, 0.1, 0.2])
    assert seen[2] == pytest.approx(0.3)
    odd = rates(schedule="triangular2", cycle_epochs=1, steps=3, base_lr=0.1)  # its peak is between two steps
    assert max(odd) < 0.5
    assert odd[3] == pytest.approx(0.1)


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_one_cycle_rises_and_falls_once(optimizer):
    seen = rates(optimizer, schedule="one_cycle", warmup=0.25)
    peak = seen.index(max(seen))
    assert peak in (5, 6)
    assert seen[peak] == pytest.approx(0.5, rel=0.02)
    assert seen[: peak + 1] == sorted(seen[: peak + 1])
    assert seen[peak:] == sorted(seen[peak:], reverse=True)
    assert seen[0] == pytest.approx(0.5 / 25)
    assert seen[-1] < 0.01
    assert len(rates(schedule="one_cycle", warmup=0.0, epochs=6, steps=1)) == 6


def test_sgd_has_momentum():
    layer = nn.Linear(2, 2, bias=False)
    optimizer = create_optimizer(config(optimizer="sgd", lr=0.1, momentum=0.5, weight_decay=0), layer)
    before = layer.weight.detach().clone()
    for _ in range(2):
        layer.weight.grad = torch.ones_like(layer.weight)
        optimizer.step()
    # Nesterov's: the first step is lr (g + m g), the second lr (g + m (m g + g)).
    assert torch.allclose(before - layer.weight, torch.full((2, 2), 0.1 * (1 + 0.5) + 0.1 * (1 + 0.5 * 1.5)))
