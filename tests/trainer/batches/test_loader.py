"""Batches are the same whoever makes them, and a loader serves one run after the other."""

import dataclasses
import os
from itertools import islice
from types import SimpleNamespace

import albumentations as A  # noqa: N812 - the name its documentation uses
import cv2
import numpy as np
import psutil
import pytest
import torch

from tests.support.data_sets import make_data
from tests.support.runs import config, numbers_of
from tests.support.tiny import write_images
from trainer.batches import loader as loader_module
from trainer.batches.augment import Augmentation, Rotation
from trainer.batches.loader import Loader, batch_specs
from trainer.config.runtime import Runtime
from trainer.data.pixels import OnDemandPixels
from trainer.data.prepare import prepare
from trainer.data.spec import DataSpec
from trainer.training.run import Run, train


@pytest.fixture(scope="module")
def data():
    return make_data(size=40)


def settings(**values):
    return config(**{"image_size": 40, "augment": "light", "cutmix_prob": 0.5, "mixup_prob": 0.5, **values})


def batches_of(loader, epoch=1, **values):
    return [(images.numpy().copy(), labels.numpy()) for images, labels in loader.epoch(settings(**values), epoch)]


def children():
    return {child.pid for child in psutil.Process().children()}


def equal(some, others):
    return len(some) == len(others) and all(
        (a == c).all() and (b == d).all() for (a, b), (c, d) in zip(some, others, strict=True)
    )


@pytest.mark.parametrize("workers", [1, 2])
def test_processes_make_the_same_batches(data, workers):
    with Loader(data, Runtime()) as alone, Loader(data, Runtime(loader_workers=workers)) as shared:
        for epoch in (1, 2):
            assert equal(batches_of(alone, epoch), batches_of(shared, epoch))
        assert not equal(batches_of(alone, 1), batches_of(alone, 2))


def test_an_images_augmentation_depends_on_it_and_the_epoch_alone(data):
    """Not on the batch that it is in, so not on the batch size either."""
    augment = Augmentation("light")
    rows = data.train[:6]
    images = data.images[rows]
    together = augment(images, 11, rows)
    backwards = augment(images[::-1].copy(), 11, rows[::-1].copy())[::-1]
    assert (together == backwards).all()
    assert all((Augmentation("light")(images[i : i + 1], 11, rows[i : i + 1]) == together[i]).all() for i in range(6))
    assert (together != images).any()
    assert (augment(images, 12, rows) != together).any()
    same_pixels = np.repeat(images[:1], 6, axis=0)
    drawn = augment(same_pixels, 11, rows)
    assert len({picture.tobytes() for picture in drawn}) > 1


@pytest.mark.parametrize("shape", [(40, 40, 3), (33, 48, 3)])
def test_rotation_is_the_librarys(shape):
    image = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    settings = {"limit": 10, "border_mode": cv2.BORDER_REFLECT, "p": 0.5}
    theirs, ours = (A.Compose([kind(**settings)], seed=3) for kind in (A.Rotate, Rotation))
    pairs = [(theirs(image=image)["image"], ours(image=image)["image"]) for _ in range(30)]
    assert all((their == our).all() for their, our in pairs)
    assert 5 < sum((our != image).any() for _, our in pairs) < 25


def test_an_epoch_with_the_loader_of_the_run_before_is_the_same(data):
    """Also after a run that was broken off in the middle of an epoch."""
    runtime = Runtime(loader_workers=1)
    alone = numbers_of(train(settings(), data, Runtime()))
    others = children()
    with Loader(data, runtime) as loader:
        first = Run(settings(seed=3), data, runtime, loader=loader)
        next(first.epochs())
        processes = children() - others
        assert len(processes) == 1
        list(islice(loader.epoch(settings(seed=4, batch_size=2), 1), 2))
        second = Run(settings(), data, runtime, loader=loader)
        assert numbers_of(second.epochs()) == alone
        second.close()
        assert children() - others == processes
        third = Run(settings(augment="none", batch_size=4), data, runtime, loader=loader)
        expected = numbers_of(train(settings(augment="none", batch_size=4), data, Runtime()))
        assert numbers_of(third.epochs()) == expected
    assert not processes & children()


def test_too_little_shared_memory_is_said_once_and_costs_only_speed(data, monkeypatch):
    monkeypatch.setattr(loader_module.shutil, "disk_usage", lambda path: SimpleNamespace(free=30 * 4096))
    lines = []
    with Loader(data, Runtime(loader_workers=2), lines.append) as loader, Loader(data, Runtime()) as alone:
        for epoch in (1, 2):
            assert equal(batches_of(loader, epoch), batches_of(alone, epoch))
        assert loader._processes is None
        (line,) = lines
        assert "/dev/shm has 0 MB free and 2 loader processes need" in line
        assert "--shm-size" in line
        # A batch that fits is made by processes all the same.
        assert equal(batches_of(loader, batch_size=2), batches_of(alone, batch_size=2))
        assert loader._processes is not None
    assert len(lines) == 1


def test_a_real_shared_memory_that_is_too_small(data, tmp_path, monkeypatch):
    """The directory is asked, not assumed: a folder of a disk has room."""
    monkeypatch.setattr(loader_module, "SHARED_MEMORY", tmp_path)
    assert loader_module._free_shared_memory() == pytest.approx(
        os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize, rel=0.01
    )
    monkeypatch.setattr(loader_module, "SHARED_MEMORY", tmp_path / "nowhere")
    assert loader_module._free_shared_memory() is None
    with Loader(data, Runtime(loader_workers=1)) as loader:
        assert batches_of(loader)


def test_validation_images_come_in_order(data):
    with Loader(data, Runtime()) as loader:
        count = len(data.validation)
        whole = torch.cat([loader.validation(0, 4), loader.validation(4, count + 10)])
        assert (whole.numpy() == data.images[data.validation]).all()


def test_tickets_are_of_nearly_equal_size(data):
    few = dataclasses.replace(data, train=data.train[:17])
    sizes = [len(ticket.rows) for ticket in batch_specs(config(batch_size=8), few, 1)]
    assert sizes == [6, 6, 5]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("workers", [0, 1])
def test_batches_on_a_gpu_are_those_of_the_cpu(data, workers):
    runtime = Runtime(device="cuda:0", loader_workers=workers)
    with Loader(data, Runtime()) as here, Loader(data, runtime) as there:
        for epoch in (1, 2):
            moved = [(images.cpu().numpy(), labels.cpu().numpy()) for images, labels in there.epoch(settings(), epoch)]
            assert equal(batches_of(here, epoch), moved)
        assert there.validation(0, 2).is_cuda
        assert (there.validation(0, 2).cpu() == here.validation(0, 2)).all()


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_the_same_f1_with_decoded_pixels_kept_and_without(tmp_path, workers):
    """Same seed, same numbers: mapped from the cache, or decoded from the files whenever they are asked for."""
    root = write_images(tmp_path / "images", people=6)
    spec = DataSpec(layout="folders", root=root, validation=0.25, group_regex=r".*/(p\d+)_", pixels="exact")

    def results(limit, runtime):
        limited = spec.model_copy(update={"cache_limit": limit})
        data = prepare(limited, image_size=40, seed=0, cache_dir=tmp_path / f"cache {limit}")
        return type(data.images), numbers_of(train(settings(), data, runtime))

    kept, decoded = results(None, Runtime()), results(0, Runtime(loader_workers=workers))
    assert issubclass(kept[0], np.ndarray)
    assert decoded[0] is OnDemandPixels
    assert decoded[1] == kept[1]


def test_another_split_is_served_by_the_same_processes(data):
    """As if the loader had been made for it; the images stay those of the first."""
    other = dataclasses.replace(data, train=data.validation, validation=data.train)
    with Loader(data, Runtime(loader_workers=1)) as loader:
        before = batches_of(loader)
        with Run(settings(), other, Runtime(), loader=loader) as run:
            assert numbers_of(run.epochs()) == numbers_of(train(settings(), other, Runtime()))
        assert (loader.validation(0, 99).numpy() == data.images[data.train]).all()
        loader.use_dataset(data)
        assert equal(batches_of(loader), before)
        with pytest.raises(ValueError, match="same images"):
            loader.use_dataset(dataclasses.replace(data, images=data.images.copy()))
