"""Small data sets and study files for the tests of the search."""

from pathlib import Path

import numpy as np
from PIL import Image

STUDY = """
[study]
name = "{name}"
trials = {trials}
seed = 3
{study}

[data]
layout = "folders"
root = "{root}"
validation = 0.25
group_regex = '.*/(p\\d+)_'

[space]
lr = {{ low = 1e-4, high = 1e-2, log = true }}
optimizer = {{ choices = ["adam", "adamw", "madgrad"] }}
cutmix_prob = {{ low = 0.0, high = 1.0 }}

[fixed]
backbone = "test_resnet"
weights = "none"
image_size = 32
batch_size = 8
epochs = {epochs}
precision = "fp32"
{fixed}

[pruner]
kind = "{pruner}"

{more}
"""


def write_images(root: Path, people: int = 8, classes: int = 3) -> Path:
    """A folder a class; of each person two images in each class: noise with a patch that tells the class."""
    rng = np.random.default_rng(0)
    for label in range(classes):
        folder = root / "abcdef"[label]
        folder.mkdir(parents=True, exist_ok=True)
        for person in range(people):
            for shot in range(2):
                pixels = rng.integers(60, 190, (40, 40, 3), dtype=np.uint8)
                pixels[4 + 8 * label : 14 + 8 * label, 4:36, label % 3] = 255
                Image.fromarray(pixels).save(folder / f"p{person}_{shot}.png")
    return root


def write_study(folder: Path, root: Path, name: str = "tiny", trials: int = 3, **values: object) -> Path:
    """A study file in ``folder/studies``; values: study, fixed, more (lines), epochs, pruner."""
    text = {"study": "", "fixed": "", "more": "", "epochs": 2, "pruner": "none", **values}
    path = folder / "studies" / f"{name}.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(STUDY.format(name=name, trials=trials, root=root, **text))
    return path
