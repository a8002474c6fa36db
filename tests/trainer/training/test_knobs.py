"""Each knob of training does what it says: freezing, the head's rate, moving average, dropout, early stopping."""

import copy
import itertools
import math

import pytest
import torch
from timm.optim import list_optimizers
from torch import nn

from tests.support.data_sets import make_data
from tests.support.runs import config, numbers_of
from trainer.config.runtime import Runtime
from trainer.errors import ConfigError
from trainer.model.network import create_model
from trainer.model.weights import head_parameters
from trainer.training.early_stopping import EarlyStopping
from trainer.training.lr_schedule import create_schedule
from trainer.training.optimizer import check_optimizer, create_optimizer
from trainer.training.run import Run, train


@pytest.fixture(scope="module")
def data():
    return make_data()


def states(run):
    """The network's state before training and after each epoch."""
    seen = [copy.deepcopy(run.model.state_dict())]
    for _ in run.epochs():
        seen.append(copy.deepcopy(run.model.state_dict()))
    return seen


def moved(before, after):
    return {key for key in before if not torch.equal(before[key], after[key])}


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "madgrad", "sgd"])
@pytest.mark.parametrize("backbone", ["test_resnet", "test_vit", "test_efficientnet"])
def test_not_one_number_of_a_frozen_backbone_moves(data, backbone, optimizer):
    settings = config(backbone=backbone, freeze="backbone", optimizer=optimizer, weight_decay=0.1, drop_path=0.2)
    with Run(settings, data, Runtime()) as run:
        head = head_parameters(run.model)
        first, *_, last = states(run)
    assert moved(first, last) == head


def test_the_backbone_is_frozen_in_the_first_epochs_alone(data):
    with Run(config(freeze="first", freeze_epochs=2, epochs=3), data, Runtime()) as run:
        start, one, two, three = states(run)
        head = head_parameters(run.model)
    assert moved(start, one) == moved(one, two) == head
    assert moved(two, three) > head
    assert any("running_mean" in key for key in moved(two, three))


@pytest.mark.parametrize("schedule", ["cosine", "step", "triangular2", "one_cycle", "plateau", "constant"])
def test_the_heads_rate_is_a_multiple_of_the_backbones_at_every_step(schedule):
    settings = config(schedule=schedule, head_lr_factor=5.0, epochs=4)
    model = create_model(settings, 3)
    optimizer = create_optimizer(settings, model, head_parameters(model))
    plain = create_optimizer(settings.model_copy(update={"head_lr_factor": 1.0}), create_model(settings, 3))
    schedules = [create_schedule(settings, each, 10) for each in (optimizer, plain)]
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    for step in range(40):
        for group in optimizer.param_groups:
            is_head = {names[id(parameter)] in head_parameters(model) for parameter in group["params"]}
            assert len(is_head) == 1
            factor = 5.0 if is_head.pop() else 1.0
            assert group["lr"] == pytest.approx(factor * plain.param_groups[0]["lr"], rel=1e-9)
        for each in schedules:
            each.step_update(step + 1)
    decayed = [
        {names[id(p)] for group in optimizer.param_groups if group["weight_decay"] for p in group["params"]},
        {name for name, parameter in model.named_parameters() if parameter.ndim > 1},
    ]
    assert decayed[0] == decayed[1]


def test_a_plateau_lowers_the_rate_after_its_patience():
    settings = config(schedule="plateau", step_gamma=0.5, plateau_patience=1, warmup=0.0, lr=0.8)
    optimizer = create_optimizer(settings, nn.Linear(2, 2))
    schedule = create_schedule(settings, optimizer, steps_per_epoch=2)
    rates = []
    for epoch, loss in enumerate([3.0, 2.0, 2.5, 2.5, 2.5, 1.0, 1.5, 1.5], start=1):
        schedule.step_update(2 * epoch)
        rates.append(optimizer.param_groups[0]["lr"])
        schedule.end_epoch(loss)
    schedule.step_update(100)
    assert [*rates, optimizer.param_groups[0]["lr"]] == pytest.approx([0.8] * 4 + [0.4] * 4 + [0.2])


def test_the_average_follows_timms_formula(data):
    """After each step: average = decay * average + (1 - decay) * weights, with the decay of its warm-up."""
    with Run(config(ema_decay=0.9, epochs=1, batch_size=6), data, Runtime()) as run:
        key = "conv1.weight" if "conv1.weight" in run.model.state_dict() else next(iter(run.model.state_dict()))
        weights = []
        run.on_batch = lambda *_: weights.append(run.model.state_dict()[key].clone())
        for _ in run.epochs():
            weights.append(run.model.state_dict()[key].clone())
        average = run.final_model.state_dict()[key]
    expected = weights[1].clone()
    for step, each in enumerate(weights[2:], start=1):
        decay = min(0.9, 1 - (1 + step) ** (-2 / 3))
        expected = decay * expected + (1 - decay) * each
    assert torch.allclose(average, expected, atol=1e-6)
    assert not torch.equal(average, weights[-1])


def test_the_average_is_what_is_validated(data):
    plain = [result.validation for result in train(config(), data, Runtime())]
    averaged = list(train(config(ema_decay=0.99), data, Runtime()))
    assert [result.train_loss for result in averaged] == [r.train_loss for r in train(config(), data, Runtime())]
    assert [result.validation.loss for result in averaged] != [scores.loss for scores in plain]


@pytest.mark.parametrize(
    "values",
    [
        {"ema_decay": 0.9},
        {"freeze": "first", "freeze_epochs": 2},
        {"freeze": "first", "freeze_epochs": 1, "optimizer": "madgrad"},
        {"schedule": "plateau", "plateau_patience": 0, "lr": 0.3},
        {"stop_patience": 2, "lr": 1e-6},
        {"overfit_patience": 1, "lr": 0.3},
        {"head_lr_factor": 10.0, "schedule": "one_cycle"},
        {"dropout": 0.5, "drop_path": 0.3},
        {"optimizer": "lion", "lr": 1e-4},
        {"clip_grad": 0.1, "optimizer": "sgd"},
        {"loss": "soft_f1", "second_loss": "focal", "focal_gamma": 1.0, "class_weights": "effective"},
    ],
)
def test_a_run_goes_on_from_any_epoch_bit_for_bit(data, values):
    settings = config(epochs=4, **values)
    with Run(settings, data, Runtime()) as run:
        whole, points = [], []
        for result in run.epochs():
            whole.append(result)
            points.append(copy.deepcopy(run.state_dict()))
        reason, end = run.stopped_early, run.final_model.state_dict()
    for done in range(1, len(points) + 1):
        with Run(settings, data, Runtime()) as later:
            later.load_state_dict(points[done - 1])
            rest = list(later.epochs())
            assert numbers_of(rest) == numbers_of(whole[done:])
            assert later.stopped_early == reason
            assert not moved(later.final_model.state_dict(), end)


def test_dropout_and_drop_path_reach_the_network(data):
    plain, dropped, skipped = (
        [result.train_loss for result in train(config(**values), data, Runtime())]
        for values in ({}, {"dropout": 0.5}, {"drop_path": 0.5})
    )
    assert plain != dropped
    assert plain != skipped
    assert create_model(config(dropout=0.3), 3).drop_rate == 0.3


def test_a_backbone_without_a_place_for_it_says_so():
    with pytest.raises(ConfigError, match=r"backbone 'vgg11' has no drop_path; leave it at 0 or choose another"):
        create_model(config(backbone="vgg11", drop_path=0.1), 3)


def stopped(f1s, losses=None, **values):
    stopping = EarlyStopping(config(**values))
    for epoch, f1 in enumerate(f1s, start=1):
        stopping.update(f1, *(losses[epoch - 1] if losses else (1.0, 1.0)))
        if stopping.reason:
            return epoch, stopping.reason
    return None


def test_patience_counts_epochs_without_a_better_f1():
    assert stopped([0.1, 0.3, 0.2, 0.3, 0.2], stop_patience=3) == (5, "no better F1 for 3 epochs")
    assert stopped([0.1, 0.3, 0.2, 0.4, 0.3, 0.2], stop_patience=3) is None
    assert stopped([0.1] * 9) is None
    assert stopped([0.1, 0.1], stop_patience=1) == (2, "no better F1 for 1 epoch")


def test_overfitting_is_validation_loss_up_while_training_loss_falls():
    parting = [(1.0, 1.0), (0.9, 1.1), (0.8, 1.2)]
    assert stopped([0.1] * 3, parting, overfit_patience=2) == (
        3,
        "validation loss rose while training loss fell for 2 epochs in a row",
    )
    both_up = [(1.0, 1.0), (1.1, 1.1), (1.2, 1.2)]
    assert stopped([0.1] * 3, both_up, overfit_patience=2) is None
    broken = [(1.0, 1.0), (0.9, 1.1), (0.8, 1.0), (0.7, 1.1)]
    assert stopped([0.1] * 4, broken, overfit_patience=2) is None


def test_a_run_that_stops_early_says_why(data):
    with Run(config(epochs=9, stop_patience=2, lr=1e-7, ema_decay=0.0), data, Runtime()) as run:
        results = list(run.epochs())
    assert len(results) < 9
    assert run.stopped_early == "no better F1 for 2 epochs"


WORK_HERE_ALONE_WITH = {"bnb", "fused"}  # packages that need a GPU


@pytest.mark.parametrize(
    "name", [name for name in list_optimizers() if not name.startswith(tuple(WORK_HERE_ALONE_WITH))]
)
@pytest.mark.filterwarnings("ignore:It is highly recommended to have 'opt_einsum'")
@pytest.mark.slow
def test_every_optimizer_of_timms_trains_or_is_refused_before_any_trial(name):
    settings = config(optimizer=name, lr=1e-2)
    if name == "adahessian":  # wants second derivatives
        with pytest.raises(ConfigError, match=r"optimizer 'adahessian' does not work here \(.*\); choose another"):
            check_optimizer(settings)
        return
    check_optimizer(settings)
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))
    images, labels = torch.randn(64, 8), torch.randint(0, 3, (64,))
    optimizer = create_optimizer(settings, model)
    losses = []
    for _ in range(10):
        loss = nn.functional.cross_entropy(model(images), labels)
        losses.append(float(loss.detach()))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert all(math.isfinite(loss) for loss in losses)


def test_an_unknown_optimizer_is_refused_with_the_nearest_names():
    with pytest.raises(
        ConfigError, match=r"optimizer 'adamww' is not one that timm knows; the nearest names are adamw"
    ):
        check_optimizer(config(optimizer="adamww"))


def test_clipping_bounds_the_norm_of_all_gradients_together(data):
    """With plain gradient descent at rate 1 a step moves the weights by the clipped gradient."""

    def moves(limit):
        settings = config(optimizer="sgd", momentum=0.0, weight_decay=0.0, lr=1.0, schedule="constant", warmup=0.0)
        settings = settings.model_copy(update={"clip_grad": limit, "epochs": 1})
        weights = []

        def flat(run):
            return torch.cat([weight.detach().flatten().clone() for weight in run.model.parameters()])

        with Run(settings, data, Runtime()) as run:
            run.on_batch = lambda *_: weights.append(flat(run))
            list(run.epochs())
            weights.append(flat(run))
        return [float((after - before).norm()) for before, after in itertools.pairwise(weights)]

    assert max(moves(None)) > 0.1
    assert max(moves(0.1)) <= 0.1 * (1 + 1e-4)
    assert min(moves(0.1)) == pytest.approx(0.1, rel=1e-3)  # all of them were larger


def test_smoothing_moves_a_share_of_each_label(data):
    seen = []
    with Run(config(label_smoothing=0.3, epochs=1), data, Runtime()) as run:
        run.on_batch = lambda images, targets: seen.append(targets)
        list(run.epochs())
    rows = torch.cat(seen)
    assert sorted(set(rows.flatten().tolist())) == pytest.approx([0.1, 0.8])
