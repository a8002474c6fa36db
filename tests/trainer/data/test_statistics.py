"""Pixels brought to mean 0 and deviation 1 by the data's own numbers, which are the same everywhere."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from tests.support.data_sets import make_data
from tests.support.runs import config, numbers_of
from tests.support.tiny import write_images
from trainer.config.runtime import Runtime
from trainer.data.prepare import prepare
from trainer.data.spec import DataSpec
from trainer.data.statistics import MOST_IMAGES, pixel_statistics
from trainer.model.normalization import normalization
from trainer.predict.model import load
from trainer.saved_model.manifest import read_info
from trainer.saved_model.network import write_model
from trainer.support.atomic import staging
from trainer.training.run import Run, train


@pytest.fixture(scope="module")
def data():
    return make_data()


def test_they_are_numpys_over_the_training_images_alone(data):
    training = data.images[data.train].reshape(-1, 3) / 255
    found = pixel_statistics(data.images, data.train)
    assert found.mean == pytest.approx(training.mean(axis=0), abs=1e-6)
    assert found.std == pytest.approx(training.std(axis=0), abs=1e-6)
    assert found.mean != pytest.approx((data.images.reshape(-1, 3) / 255).mean(axis=0), abs=1e-6)
    assert found == pixel_statistics(data.images, data.train[::-1])
    assert all(round(number, 6) == number for number in (*found.mean, *found.std))
    assert data.statistics == found


def test_normalised_training_images_have_mean_0_and_deviation_1(data):
    with Run(config(normalisation="data"), data, Runtime()) as run:
        pixels = run.normalization(torch.from_numpy(data.images[data.train]), torch.device("cpu")).double()
    assert pixels.mean(dim=(0, 2, 3)).numpy() == pytest.approx([0, 0, 0], abs=1e-5)
    assert pixels.std(dim=(0, 2, 3), correction=0).numpy() == pytest.approx([1, 1, 1], abs=1e-5)


def test_many_images_are_looked_at_in_part_and_evenly():
    rows = 2 * MOST_IMAGES + 10
    images = np.zeros((rows, 1, 1, 3), dtype=np.uint8)
    images[::3] = 255  # every third row is white, and so is every third that is looked at
    seen = []

    class Watched:
        def __len__(self):
            return rows

        def __getitem__(self, wanted):
            seen.extend(wanted.tolist())
            return images[wanted]

    found = pixel_statistics(Watched(), np.arange(rows))
    assert len(seen) <= MOST_IMAGES
    assert set(np.diff(seen)) == {3}
    assert found.mean[0] == 1


def test_pixels_that_are_all_alike_divide_by_no_zero():
    found = pixel_statistics(np.full((3, 4, 4, 3), 7, dtype=np.uint8), np.arange(3))
    assert found.std == (round(1 / 255, 6),) * 3
    assert found.mean == (round(7 / 255, 6),) * 3


def test_the_knob_changes_the_run_and_its_default_does_not(data):
    before = numbers_of(train(config(), data, Runtime()))
    assert before == numbers_of(train(config(normalisation="backbone"), data, Runtime()))
    own = numbers_of(train(config(normalisation="data"), data, Runtime()))
    assert own != before
    assert own == numbers_of(train(config(normalisation="data"), data, Runtime(loader_workers=1)))
    with Run(config(), data, Runtime()) as run:
        assert run.normalization == normalization(run.model)


def test_they_are_kept_with_the_model_and_used_by_prediction(data, tmp_path):
    from PIL import Image

    settings = config(normalisation="data", epochs=1)
    with Run(settings, data, Runtime()) as run, staging(tmp_path / "m") as place:
        list(run.epochs())
        own = run.normalization
        write_model(place, run.model, settings, classes=data.classes, normalization=own, epochs=1, origin={})
        run.model.eval()
        with torch.inference_mode():
            expected = run.model(own(torch.from_numpy(data.images[:5]), torch.device("cpu"))).softmax(dim=1).numpy()
    told = json.loads((tmp_path / "m" / "model.json").read_text())["preprocessing"]
    assert (tuple(told["mean"]), tuple(told["std"])) == data.statistics
    assert read_info(tmp_path / "m").normalization == own
    files = [tmp_path / f"{number}.png" for number in range(5)]
    for file, pixels in zip(files, data.images, strict=False):
        Image.fromarray(pixels).save(file)
    assert load(tmp_path / "m").predict(files).probabilities == pytest.approx(expected, abs=1e-5)


def test_another_process_with_other_threads_finds_the_same(tmp_path):
    """Also where every image is decoded whenever it is needed."""
    root = write_images(tmp_path / "images")
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from trainer.data.spec import DataSpec\nfrom trainer.data.prepare import prepare\n"
        "spec = DataSpec(layout='folders', root=sys.argv[1], group_regex='.*/(p.)_', pixels='exact', cache_limit=0)\n"
        "print(prepare(spec, image_size=32, seed=0, cache_dir=Path(sys.argv[2])).statistics)"
    )
    command = [sys.executable, "-c", code, str(root), str(tmp_path / "none")]
    threads = {**os.environ, "OMP_NUM_THREADS": "2"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=threads)
    spec = DataSpec(layout="folders", root=root, group_regex=".*/(p.)_", pixels="exact")
    here = prepare(spec, image_size=32, seed=0, cache_dir=tmp_path / "cache")
    assert done.stdout.strip() == str(here.statistics)
