"""The log of a trial: what it shows is what was trained on, and writing it changes and costs nothing that matters."""

import io
import math
import resource
import threading

import numpy as np
import pytest
import torch
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from tests.support.data_sets import make_data
from tests.support.runs import config, finish, is_equal, make_run
from trainer.config.runtime import Runtime
from trainer.tracking.contact_sheet import contact_sheet
from trainer.tracking.tensorboard import BEST, IMAGES, TrialLog
from trainer.training.epoch_result import EpochResult
from trainer.training.metrics import Scores
from trainer.training.run import Run

CLASSES = ("a", "b", "c")
PARAMS = {"lr": 0.01, "optimizer": "adamw"}


@pytest.fixture(scope="module")
def data():
    return make_data()


def result(epoch, f1=0.5):
    return EpochResult(epoch, 1.25, Scores(0.75, f1, 0.625, (f1, 0.0, 1.0), ((0,) * 3,) * 3), 0.125, 100.0, 1.0)


def read(folder):
    return EventAccumulator(str(folder)).Reload()


def points(folder, tag="validation/f1"):
    return [(event.step, pytest.approx(event.value)) for event in read(folder).Scalars(tag)]


def write(folder, epochs, *, attempt=1, after=0, f1=0.5, tell=print, images=None):
    with TrialLog(folder, CLASSES, tell) as log:
        log.open(attempt, after, PARAMS)
        if images is not None:
            log.batch(images, torch.eye(3)[: len(images)])
        for epoch in epochs:
            log.epoch(result(epoch, f1), f1)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_run_comes_out_bit_for_bit_the_same_with_a_log(data, tmp_path, workers):
    settings = config(backbone="test_vit", epochs=2, cutmix_prob=0.5, augment="light", focal_gamma=1.0)
    runtime = Runtime(loader_workers=workers)
    alone, end = finish(make_run(settings, data, runtime))
    run = make_run(settings, data, runtime)
    with TrialLog(tmp_path, CLASSES, pytest.fail) as log:
        log.open(1, 0, PARAMS)
        run.on_batch = log.batch
        watched, watched_end = finish(run)
        log.end(0.5)
    assert watched == alone
    assert is_equal(watched_end, end)
    assert len(read(tmp_path).Images(IMAGES)) == 1


def test_what_is_watched_is_what_the_network_gets(data):
    run = Run(config(cutmix_prob=1.0, augment="light", epochs=1), data, Runtime())
    seen, given = [], []
    run.on_batch = lambda images, targets: seen.append((images.clone(), targets.clone()))

    def keep(model, inputs):
        if model.training:
            given.append(inputs[0].clone())

    run.model.register_forward_pre_hook(keep)
    list(run.epochs())
    assert len(seen) == len(given) > 1
    for (images, _), pixels in zip(seen, given, strict=True):
        assert torch.equal(run.normalization(images, torch.device("cpu")), pixels)
    assert any(((targets > 0).sum(dim=1) > 1).any() for _, targets in seen)  # CutMix is part of it


def test_the_sheet_shows_the_pixels_and_only_classes_that_count():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
    pure, mixed = np.array([[0.96, 0.02, 0.02]] * 2, np.float32), np.array([[0.3, 0.7, 0]] * 2, np.float32)
    sheet = np.asarray(contact_sheet([(images, pure), (images, mixed)], CLASSES))
    tile = np.kron(images[1], np.ones((4, 4, 1), np.uint8))
    corners = np.argwhere((sheet[:-127, :-127] == tile[0, 0]).all(axis=2))
    found = [(r, c) for r, c in corners if (sheet[r : r + 128, c : c + 128] == tile).all()]
    assert len(found) == 2

    def lines(row, column):
        """How many lines of text stand below a tile."""
        below = sheet[row + 128 : row + 156, column : column + 128]
        return sum((part < 128).any() for part in (below[:13], below[15:]))

    assert [lines(*place) for place in found] == [1, 2]


def test_large_images_are_made_smaller_and_long_names_are_cut():
    images = np.zeros((9, 300, 300, 3), np.uint8)
    targets = np.eye(9, dtype=np.float32)
    sheet = contact_sheet([(images, targets)], ("a very long name of a class " * 5,) * 9)
    assert sheet.width < 9 * 140


def test_an_epoch_is_there_at_once_and_complete(tmp_path):
    log = TrialLog(tmp_path, CLASSES, pytest.fail)
    log.open(1, 0, PARAMS)
    log.epoch(result(1, 0.25), 0.5)
    there = read(tmp_path)  # nobody has closed it: a kill would leave as much
    values = {tag: there.Scalars(tag)[0].value for tag in there.Tags()["scalars"]}
    assert values == {
        "train/loss": 1.25,
        "train/lr": 0.125,
        "train/images_per_second": 100.0,
        "validation/f1": 0.5,  # what counts, though this attempt came to another
        "validation/loss": 0.75,
        "validation/accuracy": 0.625,
        "validation_f1/a": 0.25,
        "validation_f1/b": 0.0,
        "validation_f1/c": 1.0,
    }
    assert {there.Scalars(tag)[0].step for tag in values} == {1}
    log.close()
    log.close()


def test_parameters_and_best_f1_stand_in_the_trials_own_run(tmp_path):
    with TrialLog(tmp_path, CLASSES, pytest.fail) as log:
        log.open(1, 0, PARAMS)
        log.epoch(result(1), 0.5)
        log.end(0.5)
    assert points(tmp_path, BEST) == [(1, 0.5)]
    found = {
        tag: HParamsPluginData.FromString(content)
        for tag, content in read(tmp_path).PluginTagToContent("hparams").items()
    }
    started = found["_hparams_/session_start_info"].session_start_info.hparams
    assert {name: value.number_value or value.string_value for name, value in started.items()} == PARAMS
    (metric,) = found["_hparams_/experiment"].experiment.metric_infos
    assert metric.name.tag == BEST
    assert [path.name for path in tmp_path.iterdir()] == ["attempt-00001.tfevents"]  # no run beside it


@pytest.mark.parametrize(("failed", "status"), [(False, 1), (True, 2)])
def test_how_a_trial_ended_is_told(tmp_path, failed, status):
    with TrialLog(tmp_path, CLASSES, pytest.fail) as log:
        log.open(1, 0, PARAMS)
        log.end(None, failed=failed)
    content = read(tmp_path).PluginTagToContent("hparams")["_hparams_/session_end_info"]
    assert HParamsPluginData.FromString(content).session_end_info.status == status


def test_an_attempt_that_takes_over_hides_what_the_dead_one_wrote_too_much(tmp_path):
    images = torch.zeros(2, 32, 32, 3, dtype=torch.uint8)
    write(tmp_path, (1, 2, 3, 4), f1=0.1, images=images)
    write(tmp_path, (3,), attempt=2, after=2, f1=0.2, images=images)
    write(tmp_path, (4, 5), attempt=11, after=3, f1=0.3, images=images)
    assert points(tmp_path) == [(1, 0.1), (2, 0.1), (3, 0.2), (4, 0.3), (5, 0.3)]
    assert [image.step for image in read(tmp_path).Images(IMAGES)] == [0]


def test_an_attempt_that_starts_over_hides_everything(tmp_path):
    images = torch.zeros(2, 32, 32, 3, dtype=torch.uint8)
    write(tmp_path, (1, 2), f1=0.1, images=images)
    write(tmp_path, (1,), attempt=2, f1=0.2, images=images)
    assert points(tmp_path) == [(1, 0.2)]
    assert len(read(tmp_path).Images(IMAGES)) == 1


def test_a_taker_on_another_machine_shows_its_own_images(tmp_path):
    write(tmp_path, (4,), attempt=2, after=3, images=torch.zeros(2, 32, 32, 3, dtype=torch.uint8))
    assert [image.step for image in read(tmp_path).Images(IMAGES)] == [3]


def test_the_picture_is_of_the_first_batches_as_soon_as_there_are_four(tmp_path):
    with TrialLog(tmp_path, CLASSES, pytest.fail) as log:
        log.open(1, 0, PARAMS)
        for shade in (250, 170, 90, 10, 0):
            log.batch(torch.full((12, 32, 32, 3), shade, dtype=torch.uint8), torch.eye(3)[[0] * 12])
        (image,) = read(tmp_path).Images(IMAGES)
        log.epoch(result(1), 0.5)
    assert len(read(tmp_path).Images(IMAGES)) == 1
    pixels = np.asarray(Image.open(io.BytesIO(image.encoded_image_string)))
    assert pixels.shape == (image.height, image.width, 3)
    rows = [pixels[6 + 64 + row * 162, 6 + 64 :: 134] for row in range(4)]
    assert [(len(row), round(row.mean(), -1)) for row in rows] == [(8, 250), (8, 170), (8, 90), (8, 10)]


def test_a_full_disk_costs_a_line(tmp_path):
    (tmp_path / "attempt-00001.tfevents").symlink_to("/dev/full")
    told = []
    write(tmp_path, (1, 2, 3), tell=told.append, images=torch.zeros(2, 32, 32, 3, dtype=torch.uint8))
    assert len(told) == 1
    assert "No space left on device" in told[0]
    assert str(tmp_path) in told[0]


def test_a_disk_that_fills_up_meanwhile_leaves_what_was_written(tmp_path):
    told, before = [], resource.getrlimit(resource.RLIMIT_FSIZE)
    with TrialLog(tmp_path, CLASSES, told.append) as log:
        log.open(1, 0, PARAMS)
        log.epoch(result(1), 0.5)
        size = (tmp_path / "attempt-00001.tfevents").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, before[1]))  # no file may grow beyond: this one is cut
        try:
            log.epoch(result(2), 0.5)
            log.epoch(result(3), 0.5)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        log.end(0.5)
    assert len(told) == 1
    assert (tmp_path / "attempt-00001.tfevents").stat().st_size == size + 100
    assert points(tmp_path) == [(1, 0.5)]


def test_trouble_with_the_picture_is_told_only_where_nothing_interrupts(tmp_path):
    told = []
    with TrialLog(tmp_path / "gone", CLASSES, told.append) as log:
        log.open(1, 0, PARAMS)
        log._file.close()
        (tmp_path / "gone" / "attempt-00001.tfevents").unlink()
        for _ in range(5):
            log.batch(torch.zeros(2, 32, 32, 3, dtype=torch.uint8), torch.eye(3)[:2])
        assert told == []
        log.epoch(result(1), 0.5)
        assert len(told) == 1
    assert len(told) == 1


def test_a_folder_that_cannot_be_made_costs_a_line(tmp_path):
    (tmp_path / "file").write_text("in the way")
    told = []
    write(tmp_path / "file" / "trial-00000", (1, 2), tell=told.append)
    assert len(told) == 1


def test_without_a_folder_nothing_happens():
    log = TrialLog(None, CLASSES, pytest.fail)
    log.open(1, 0, PARAMS)
    log.batch(torch.zeros(2, 32, 32, 3, dtype=torch.uint8), torch.eye(3)[:2])
    log.epoch(result(1), 0.5)
    log.end(None)


def test_values_that_are_not_finite_are_written_as_they_are(tmp_path):
    write(tmp_path, (1,), f1=math.nan)
    (point,) = read(tmp_path).Scalars("validation/f1")
    assert math.isnan(point.value)


def test_no_thread_is_left_nor_made(tmp_path):
    before = threading.enumerate()
    log = TrialLog(tmp_path, CLASSES, pytest.fail)
    log.open(1, 0, PARAMS)
    log.epoch(result(1), 0.5)
    assert threading.enumerate() == before
    log.close()
