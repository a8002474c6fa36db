"""Training: repeatable bit for bit, able to learn, honest in its validation."""

import dataclasses
import itertools
import shutil

import pytest
import torch
from sklearn.metrics import f1_score

from tests.support.data_sets import make_data
from tests.support.runs import config, numbers_of
from trainer.batches.loader import Loader
from trainer.config.runtime import Runtime
from trainer.errors import ConfigError, DataError, Diverged
from trainer.model.inference import logits
from trainer.training.run import Run, train


@pytest.fixture(scope="module")
def data():
    return make_data()


def test_same_seed_same_numbers_bit_for_bit(data):
    settings = config(cutmix_prob=0.5, focal_gamma=2.0, seed=5)
    first = numbers_of(train(settings, data, Runtime()))
    torch.rand(7)  # what others draw in between must not matter
    assert numbers_of(train(settings, data, Runtime())) == first
    assert numbers_of(train(settings.model_copy(update={"seed": 6}), data, Runtime())) != first


def test_the_number_of_loader_workers_changes_nothing(data):
    settings = config(augment="light", cutmix_prob=0.5)
    alone, *others = [numbers_of(train(settings, data, Runtime(loader_workers=workers))) for workers in (0, 1, 2)]
    assert all(other == alone for other in others)


def test_deterministic_gives_the_same_on_cpu(data):
    settings = config(deterministic=True)
    assert numbers_of(train(settings, data, Runtime())) == numbers_of(train(settings, data, Runtime()))
    next(iter(train(config(), data, Runtime())))
    assert not torch.are_deterministic_algorithms_enabled()


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "madgrad"])
def test_overfits_a_tiny_set(optimizer):
    everything = make_data(held_out=0)
    everything = dataclasses.replace(everything, validation=everything.train)
    lr = {"adam": 3e-3, "adamw": 3e-3, "madgrad": 1e-3}[optimizer]
    results = train(config(optimizer=optimizer, lr=lr, epochs=25, augment="none"), everything, Runtime())
    assert any(result.validation.f1 == 1.0 for result in results)


def test_f1_is_over_all_validation_samples_at_once(data):
    # 6 validation samples in batches of 4: an average over batches would differ.
    run = Run(config(batch_size=2, epochs=1), data, Runtime())
    (result,) = run.epochs()
    batch = torch.from_numpy(data.images[data.validation])
    output = logits(run.model, run.normalization, [batch], torch.device("cpu"), "fp32")
    predicted = output.argmax(dim=1).numpy()
    truth = data.labels[data.validation]
    assert result.validation.f1 == pytest.approx(
        f1_score(truth, predicted, labels=range(3), average="macro", zero_division=0)
    )
    assert sum(sum(row) for row in result.validation.confusion) == len(data.validation)
    assert result.validation.loss == pytest.approx(
        float(torch.nn.functional.cross_entropy(output, torch.from_numpy(truth))), rel=1e-5
    )


def test_validation_is_not_augmented(data):
    plain, light = (Run(config(augment=preset, lr=1e-9, epochs=1), data, Runtime()) for preset in ("none", "light"))
    # Only the running statistics of batch norm could differ; frozen, both see the same validation images.
    for run in (plain, light):
        for module in run.model.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.momentum = 0.0
    (first,), (second,) = plain.epochs(), light.epochs()
    assert first.train_loss != second.train_loss
    assert first.validation.loss == pytest.approx(second.validation.loss, rel=1e-4)


def test_a_stopped_run_is_a_prefix_of_the_whole(data):
    whole = numbers_of(train(config(epochs=4), data, Runtime()))
    running = train(config(epochs=4), data, Runtime())
    part = numbers_of(itertools.islice(running, 2))
    running.close()
    assert part == whole[:2]


def test_without_validation_samples_there_are_no_scores(data):
    alone = dataclasses.replace(data, validation=data.validation[:0])
    (result,) = train(config(epochs=1), alone, Runtime())
    assert result.validation is None


@pytest.mark.parametrize(("images", "batch_size"), [(18, 8), (17, 8), (5, 4), (3, 2), (2, 2), (5, 64)])
def test_every_image_is_trained_on_once_an_epoch(data, images, batch_size):
    few = dataclasses.replace(data, train=data.train[:images])
    loader = Loader(few, Runtime())
    batches = [labels for _, labels in loader.epoch(config(batch_size=batch_size, augment="none"), 1)]
    assert sum(map(len, batches)) == images
    assert min(map(len, batches)) >= 2
    assert max(map(len, batches)) <= batch_size + 1
    assert sorted(torch.cat(batches).tolist()) == sorted(data.labels[few.train].tolist())


def test_fewer_images_than_a_batch(data):
    few = dataclasses.replace(data, train=data.train[:5])
    assert len(list(train(config(batch_size=64), few, Runtime()))) == 2
    with pytest.raises(DataError, match="1 training images are too few"):
        train(config(), dataclasses.replace(data, train=data.train[:1]), Runtime())


def test_a_loss_that_explodes_ends_the_run_at_that_step(data):
    exploding = config(epochs=4, batch_size=2).model_copy(update={"lr": 1e30})
    run = Run(exploding, data, Runtime())
    with pytest.raises(Diverged, match=r"training loss is (nan|inf) in epoch 1, noticed at step \d of 9") as caught:
        list(run.epochs())
    assert f"step {run.steps} of" in str(caught.value)
    assert run.steps < 9


def test_a_validation_loss_that_explodes_ends_the_run(data):
    run = Run(config(batch_size=18), data, Runtime())
    with torch.no_grad():
        for module in run.model.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_var.fill_(float("nan"))  # which training never looks at
    with pytest.raises(Diverged, match="the validation loss is nan in epoch 1"):
        list(run.epochs())


def test_bf16_learns_too():
    everything = make_data(held_out=0)
    everything = dataclasses.replace(everything, validation=everything.train)
    results = train(config(precision="bf16", epochs=25, augment="none"), everything, Runtime())
    assert max(result.validation.f1 for result in results) > 0.9


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_cuda_learns(precision):
    everything = make_data(held_out=0)
    everything = dataclasses.replace(everything, validation=everything.train)
    runtime = Runtime(device="cuda:0", loader_workers=1)
    results = train(config(precision=precision, epochs=25, augment="none", cutmix_prob=0.2), everything, runtime)
    assert max(result.validation.f1 for result in results) > 0.9


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_deterministic(data):
    runtime = Runtime(device="cuda:0")
    runs = [numbers_of(train(config(deterministic=True, cutmix_prob=0.5), data, runtime)) for _ in range(2)]
    assert runs[0] == runs[1]


@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler")
@pytest.mark.filterwarnings("ignore")  # of torch's compiler, about itself
@pytest.mark.slow
def test_a_compiled_network_learns_the_same_and_its_state_is_a_plain_one(data):
    settings = config(epochs=1, augment="none")
    data = dataclasses.replace(data, validation=data.validation[:0])  # that would be another program to compile
    plain, compiled = (
        Run(settings, data, Runtime()),
        Run(settings.model_copy(update={"compile": True}), data, Runtime()),
    )
    (expected,), (result,) = plain.epochs(), compiled.epochs()
    assert result.train_loss == pytest.approx(expected.train_loss, rel=1e-3)
    assert plain.model.state_dict().keys() == compiled.model.state_dict().keys()


def test_images_of_another_size_are_refused(data):
    with pytest.raises(ConfigError, match=r"image_size 64 px: these images have 32 px; prepare them with image_size="):
        train(config(image_size=64), data, Runtime())


def test_a_device_that_is_not_there_is_refused(data):
    with pytest.raises(ConfigError, match="device 'foo' must be auto, cpu, cuda or cuda:N"):
        train(config(), data, Runtime(device="foo"))
