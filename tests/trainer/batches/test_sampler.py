"""Which images an epoch draws: shares of the classes, factors on them, and how often extra images come."""

import dataclasses

import numpy as np
import pytest
import torch

from tests.support.data_sets import make_data
from tests.support.runs import config, numbers_of
from trainer.batches.augment import Augmentation
from trainer.batches.loader import Loader, batch_specs, epoch_seed
from trainer.batches.sampler import draw_epoch, quotas
from trainer.config.runtime import Runtime
from trainer.errors import ConfigError, DataError
from trainer.training.losses import class_weights
from trainer.training.run import Run, train


def unequal(sizes=(50, 20, 5, 0), extra=0):
    """Labels alone, for what needs no pixels: classes of these sizes; the last rows are extra images."""
    labels = np.repeat(np.arange(len(sizes)), sizes)
    if extra:
        labels = np.random.default_rng(0).permutation(labels)
    rows = np.arange(len(labels))
    return dataclasses.replace(
        make_data(),
        labels=labels.astype(np.int64),
        train=rows,
        validation=rows[:0],
        classes=tuple("abcdefgh"[: len(sizes)]),
        extra=extra,
    )


def drawn(data, epoch=1, **values):
    settings = config(**values)
    return draw_epoch(settings, data, np.random.default_rng(epoch_seed(settings.seed, epoch, 0)))


def times(data, rows):
    """How often each training image was drawn."""
    return np.bincount(rows, minlength=len(data.labels))


def of_classes(data, rows):
    return np.bincount(data.labels[rows], minlength=len(data.classes)).tolist()


@pytest.mark.parametrize("values", [{}, {"class_ratio": {"a": 1.0}}, {"seed": 7, "extra_weight": 3.0}])
def test_by_default_the_order_is_a_plain_permutation(values):
    data = unequal()
    for epoch in (1, 2):
        expected = np.random.default_rng(epoch_seed(values.get("seed", 0), epoch, 0)).permutation(data.train)
        rows, samples = drawn(data, epoch, **values)
        assert (rows == expected).all()
        assert samples is rows
        batches = batch_specs(config(**values), data, epoch)
        assert (np.concatenate([ticket.rows for ticket in batches]) == expected).all()
        assert (np.concatenate([ticket.labels for ticket in batches]) == data.labels[expected]).all()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, [50, 20, 5, 0]),
        ({"sampler_power": 1.0}, [25, 25, 25, 0]),
        # In proportion to the square roots, 7.07 : 4.47 : 2.24, of which each gets its share of 75.
        ({"sampler_power": 0.5}, [39, 24, 12, 0]),
        ({"class_ratio": {"c": 3.0}}, [44, 18, 13, 0]),  # 50 : 20 : 15
        ({"sampler_power": 1.0, "class_ratio": {"a": 2.0, "d": 5.0}}, [37, 19, 19, 0]),  # 2 : 1 : 1
        ({"class_ratio": {"a": 1e-3}}, [0, 60, 15, 0]),
    ],
)
def test_class_counts_are_exact_and_the_epoch_keeps_its_length(values, expected):
    data = unequal()
    for epoch in range(1, 4):
        rows, _ = drawn(data, epoch, **values)
        assert of_classes(data, rows) == expected
        assert len(rows) == len(data.train)
    assert quotas(config(**values), data).of_classes.tolist() == expected


@pytest.mark.parametrize("seed", range(20))
def test_shares_follow_the_power_and_are_off_by_less_than_an_image(seed):
    generator = np.random.default_rng(seed)
    sizes = generator.integers(0, 60, 8)
    sizes[0] += 2
    power, ratio = generator.uniform(), generator.uniform(0.5, 2, 8)
    data = unequal(tuple(sizes))
    named = dict(zip(data.classes, ratio.tolist(), strict=True))
    counts = quotas(config(sampler_power=power, class_ratio=named), data).of_classes
    wanted = np.where(sizes > 0, ratio * np.maximum(sizes, 1) ** (1 - power), 0)
    assert counts.sum() == sizes.sum()
    assert np.abs(counts - wanted * sizes.sum() / wanted.sum()).max() < 1


def test_within_a_class_every_image_is_drawn_equally_often_up_to_one():
    data = unequal()
    rows, samples = drawn(data, sampler_power=1.0)
    for label, size in enumerate((50, 20, 5)):
        often = times(data, rows)[data.labels == label]
        assert often.max() - often.min() <= 1
        assert often.sum() == 25
        assert len(often) == size
    assert len(set(samples.tolist())) == len(samples)  # no two draws of an epoch have the same augmentation
    assert set(samples.tolist()) >= set(rows.tolist())  # the first of an image has that of an image drawn once


def test_the_rest_changes_from_epoch_to_epoch_and_depends_on_seed_and_epoch_alone():
    data = unequal()
    assert (drawn(data, 1, sampler_power=1.0)[1] == drawn(data, 1, sampler_power=1.0)[1]).all()
    first, second = (set(drawn(data, epoch, sampler_power=1.0)[0].tolist()) for epoch in (1, 2))
    assert first != second


@pytest.mark.parametrize(("weight", "images"), [(0.0, 60), (0.5, 68), (1.0, 75), (2.0, 90), (2.5, 98)])
def test_extra_images_are_drawn_by_their_weight_and_own_ones_once(weight, images):
    data = unequal(extra=15)
    rows, _ = drawn(data, extra_weight=weight)
    often = times(data, rows)
    assert len(rows) == images
    if weight in (0, 1, 2):
        assert (often[: data.own] == 1).all()
        assert (often[data.own :] == weight).all()
    assert abs(often[data.own :].sum() - weight * 15) <= 3  # whole images in each class
    assert often[: data.own].min() >= 0
    assert often[: data.own].max() <= 2


def test_without_weight_extra_images_change_nothing():
    data = unequal(extra=15)
    alone = dataclasses.replace(data, train=data.train[: data.own])
    for values in ({}, {"sampler_power": 0.4}):
        assert (drawn(data, extra_weight=0.0, **values)[1] == drawn(alone, **values)[1]).all()


def test_weight_and_power_together_balance_classes_and_weigh_within_them():
    data = unequal((40, 40, 40), extra=30)
    rows, _ = drawn(data, sampler_power=1.0, extra_weight=3.0)
    assert of_classes(data, rows) == [60, 60, 60]  # 90 own ones and three times 30
    often = times(data, rows)
    own, extra = often[: data.own].mean(), often[data.own :].mean()
    assert extra / own == pytest.approx(3, rel=0.1)


def test_a_repeat_has_an_augmentation_of_its_own():
    data = make_data(size=40)
    few = dataclasses.replace(data, train=np.array([2, 3, 4, 5, 10], dtype=np.int64))
    (ticket,) = batch_specs(config(sampler_power=1.0, batch_size=64, class_ratio={"b": 4.0}), few, 1)
    again = np.flatnonzero(ticket.rows == 10)
    assert len(again) > 2
    made = Augmentation("light")(data.images[ticket.rows], ticket.seed, ticket.samples)[again]
    assert len({image.tobytes() for image in made}) > 1
    with Loader(few, Runtime()) as loader:
        settings = config(sampler_power=1.0, batch_size=64, class_ratio={"b": 4.0}, image_size=40)
        ((images, _),) = loader.epoch(settings, 1)
    assert (images.numpy()[again] == made).all()
    first = again[ticket.samples[again] == 10]
    alone = Augmentation("light")(data.images[[10]], ticket.seed, np.array([10]))
    assert (made[again == first] == alone).all()


def sampled(**values):
    return config(
        **{
            "augment": "light",
            "cutmix_prob": 0.5,
            "sampler_power": 0.7,
            "class_ratio": {"c": 2.5},
            "epochs": 3,
            **values,
        }
    )


@pytest.fixture(scope="module")
def data():
    """Eighteen training images, of which the last is an extra one."""
    whole = make_data()
    return dataclasses.replace(whole, extra=1, train=np.setdiff1d(whole.train, [2, 3, 4]))


def test_the_same_whatever_the_number_of_loader_workers(data):
    settings = sampled(extra_weight=4.0)
    alone, *others = [numbers_of(train(settings, data, Runtime(loader_workers=workers))) for workers in (0, 1, 2)]
    assert all(other == alone for other in others)
    assert numbers_of(train(config(epochs=3, augment="light", cutmix_prob=0.5), data, Runtime())) != alone


def test_a_run_that_goes_on_ends_as_one_that_was_never_interrupted(data):
    settings = sampled(extra_weight=2.0)
    whole = numbers_of(train(settings, data, Runtime()))
    run = Run(settings, data, Runtime())
    first = numbers_of([next(run.epochs())])
    state = run.state_dict()
    rest = Run(settings, data, Runtime())
    rest.load_state_dict(state)
    assert first + numbers_of(rest.epochs()) == whole


def test_a_run_counts_the_images_that_it_draws(data):
    settings = sampled(extra_weight=6.0, batch_size=4, epochs=1)
    seen = []
    with Loader(data, Runtime()) as loader, Run(settings, data, Runtime(), loader=loader) as run:
        run.on_batch = lambda images, targets: seen.append(len(images))
        (result,) = run.epochs()
    assert sum(seen) == len(data.train) - 1 + 6
    assert result.images_per_second * result.seconds >= sum(seen)


def test_class_weights_make_up_for_what_the_sampler_left():
    """Together they balance once: with classes that are drawn evenly no class weighs more."""
    data = unequal()
    weights = class_weights(config(class_weights="inverse"), quotas(config(sampler_power=1.0), data).of_classes)
    assert torch.allclose(weights[:3], torch.ones(3))
    whole = make_data()
    uneven = dataclasses.replace(whole, train=whole.train[:9])  # six of one class, three of another
    for power, balanced in ((0.0, False), (1.0, True)):
        settings = config(class_weights="inverse", sampler_power=power)
        used = Run(settings, uneven, Runtime())._criterion.class_weights
        assert torch.isclose(used[0], used[1], rtol=0.3).item() == balanced


@pytest.mark.parametrize("values", [{}, {"sampler_power": 0.5}, {"class_weights": "effective", "loss": "soft_f1"}])
def test_a_class_without_training_images_is_no_obstacle(values):
    data = make_data()
    without = dataclasses.replace(data, train=data.train[data.labels[data.train] != 1])
    results = list(train(config(**values), without, Runtime()))
    assert all(np.isfinite(result.train_loss) for result in results)
    assert results[-1].validation.f1 < 0.7


def test_a_ratio_for_a_class_that_is_not_there_is_refused(data):
    with pytest.raises(ConfigError, match="class_ratio: 'd' is no class of these data; there are a, b, c"):
        Run(config(class_ratio={"d": 2.0}), data, Runtime())


def test_nothing_to_train_on_is_refused(data):
    with pytest.raises(DataError, match="0 training images are too few"):
        Run(config(), dataclasses.replace(data, train=data.train[:0]), Runtime())
