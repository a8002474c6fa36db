"""A run that is saved, broken off and gone on with equals the run that was never interrupted."""

import os
import signal
import subprocess
import sys

import psutil
import pytest
import torch
from timm.layers import DropPath

from tests.support.data_sets import make_data
from tests.support.processes import is_alive
from tests.support.repository import ROOT
from tests.support.runs import config, finish, is_equal, make_run, numbers_of, through_a_file
from tests.support.waiting import until
from trainer.config.runtime import Runtime
from trainer.errors import CheckpointError
from trainer.training.run import train


@pytest.fixture(scope="module")
def data():
    return make_data()


class BrokenOffError(Exception):
    pass


def break_off_in_second_batch(run):
    forward, calls = run.model.forward, []

    def forward_once(*args):
        calls.append(args)
        if len(calls) == 2:
            raise BrokenOffError
        return forward(*args)

    run.model.forward = forward_once


def children_of(process):
    return [child for child in psutil.Process(process).children(recursive=True) if child.is_running()]


BACKBONES = ["test_vit", "test_convnext", "test_efficientnet"]


@pytest.mark.parametrize(
    ("backbone", "optimizer", "precision", "workers"),
    [
        *((backbone, "adamw", "fp32", 2) for backbone in BACKBONES),
        *((backbone, "adam", "bf16", 0) for backbone in BACKBONES),
        *((backbone, "madgrad", "fp32", 0) for backbone in BACKBONES),
        ("test_efficientnet", "madgrad", "bf16", 2),
    ],
)
def test_a_resumed_run_is_the_uninterrupted_one(data, backbone, optimizer, precision, workers):
    settings = config(
        backbone=backbone, optimizer=optimizer, precision=precision, epochs=4, cutmix_prob=0.5, focal_gamma=1.0
    )
    runtime = Runtime(loader_workers=workers)
    whole, end = finish(make_run(settings, data, runtime))
    assert any(isinstance(module, DropPath) for module in make_run(settings, data).model.modules())

    with make_run(settings, data, runtime) as broken:
        epochs = broken.epochs()
        part = numbers_of([next(epochs), next(epochs)])
        state = through_a_file(broken.state_dict())
        break_off_in_second_batch(broken)
        with pytest.raises(BrokenOffError):
            next(epochs)
    resumed = make_run(settings, data, runtime)
    torch.rand(5)  # what others draw in between must not matter
    resumed.load_state_dict(state)
    assert resumed.epoch == 2
    rest, resumed_end = finish(resumed)
    assert part + rest == whole
    assert is_equal(resumed_end, end)


def test_dropping_does_not_depend_on_loader_workers(data):
    settings = config(backbone="test_vit", epochs=3)
    alone, other = (finish(make_run(settings, data, Runtime(loader_workers=workers))) for workers in (0, 1))
    assert alone[0] == other[0]
    assert is_equal(alone[1], other[1])


def test_validation_draws_nothing(data):
    run = make_run(config(backbone="test_vit"), data)
    before = torch.get_rng_state()
    run._validate(1)
    assert torch.equal(before, torch.get_rng_state())


def test_one_state_serves_several_runs(data):
    settings = config(epochs=3, optimizer="adam")
    run = make_run(settings, data)
    next(run.epochs())
    state = through_a_file(run.state_dict())
    ends = []
    for _ in range(2):
        again = make_run(settings, data)
        again.load_state_dict(state)
        ends.append(finish(again))
    assert ends[0][0] == ends[1][0]
    assert is_equal(ends[0][1], ends[1][1])


def test_the_generator_can_be_taken_up_again(data):
    settings = config(epochs=3)
    whole, _ = finish(make_run(settings, data))
    run = make_run(settings, data)
    assert numbers_of([next(run.epochs()), next(run.epochs()), next(run.epochs())]) == whole
    assert list(run.epochs()) == []


def test_a_run_broken_off_within_an_epoch_is_of_no_use(data):
    run = make_run(config(epochs=3), data)
    epochs = run.epochs()
    next(epochs)
    state = through_a_file(run.state_dict())
    break_off_in_second_batch(run)
    with pytest.raises(BrokenOffError):
        next(epochs)
    with pytest.raises(RuntimeError, match="broken off within an epoch"):
        run.state_dict()
    with pytest.raises(RuntimeError, match="broken off within an epoch"):
        next(run.epochs())
    run.load_state_dict(state)
    assert [result.epoch for result in run.epochs()] == [2, 3]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda state: state["run"].update(lr=0.5), r"another run \(it differs in lr\)"),
        (lambda state: state["run"].update({"training images": 7}), "differs in training images"),
        (lambda state: state.pop("optimizer"), "KeyError: 'optimizer'"),
        (lambda state: state.pop("run"), "KeyError: 'run'"),
        (lambda state: state.update(epoch=-1), "numbers are not ones"),
        (lambda state: state.update(batch_split=0), "numbers are not ones"),
        (lambda state: state["model"].popitem(), "Missing key"),
        (lambda state: state.update(model=torch.zeros(1)), "does not fit"),
        (lambda state: state["optimizer"]["param_groups"].pop(), "parameter groups"),
    ],
)
def test_a_state_that_does_not_fit_is_refused(data, change, words):
    run = make_run(config(), data)
    next(run.epochs())
    state = through_a_file(run.state_dict())
    change(state)
    with pytest.raises(CheckpointError, match=words) as caught:
        make_run(config(), data).load_state_dict(state)
    assert "\n" not in str(caught.value)


def test_weights_may_lie_elsewhere(data):
    run = make_run(config(), data)
    next(run.epochs())
    state = through_a_file(run.state_dict())
    state["run"]["weights"] = "/elsewhere/w.safetensors"
    make_run(config(), data).load_state_dict(state)


def test_steps_count_every_batch(data):
    run = make_run(config(batch_size=2), data)  # 18 images to train on, 6 to validate, 4 at a time
    assert run.steps == 0
    next(run.epochs())
    assert run.steps == 9 + 2


def test_close_ends_the_loader_workers(data):
    me = psutil.Process()
    before = set(me.children(recursive=True))
    run = make_run(config(), data, Runtime(loader_workers=2))
    next(run.epochs())
    assert len(set(me.children(recursive=True)) - before) == 2
    run.close()
    assert set(me.children(recursive=True)) == before
    run.close()


@pytest.mark.parametrize("end", ["close", "exhaust", "raise"])
def test_train_closes_its_run(data, end):
    me = psutil.Process()
    before = set(me.children(recursive=True))
    settings = config(epochs=2)
    if end == "raise":
        settings = config(epochs=50).model_copy(update={"lr": 1e30})
    epochs = train(settings, data, Runtime(loader_workers=1))
    if end == "raise":
        with pytest.raises(Exception, match="loss is"):
            list(epochs)
    else:
        next(epochs)
        assert set(me.children(recursive=True)) != before
        _ = epochs.close() if end == "close" else list(epochs)
    assert set(me.children(recursive=True)) == before


TRAINS_FOR_LONG = """
from tests.support.runs import config
from tests.support.data_sets import make_data
from trainer.config.runtime import Runtime
from trainer.training.run import train

for result in train(config(epochs=10_000), make_data(), Runtime(loader_workers=2)):
    print(result.epoch, flush=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's process table")
@pytest.mark.slow
def test_loader_workers_do_not_outlive_a_killed_process():
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", TRAINS_FOR_LONG]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        workers = children_of(process.pid)
        process.send_signal(signal.SIGKILL)
    assert len(workers) >= 2
    until(lambda: not any(map(is_alive, workers)))
