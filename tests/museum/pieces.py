"""What the pieces of the museum are: their images, their study files, and where they lie."""

import dataclasses
import json
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.museum.tree import HERE

DATA: Final = HERE / "tests" / "data"
IMAGES: Final = DATA / "images"
SIDE: Final = 24
"""Of the images, in pixels."""

_STUDY: Final = """\
[study]
name = "{name}"
trials = {trials}
seed = 11

[data]
layout = "folders"
root = "images/{images}"
validation = 0.25
group_regex = '.*/(p\\d+)_'
{data}
[space]
{space}

[fixed]
backbone = "{backbone}"
weights = "none"
image_size = 32
batch_size = {batch}
epochs = {epochs}
precision = "fp32"
{fixed}
[sampler]
startup_trials = 2

[pruner]
kind = "{pruner}"
min_epochs = 1
reduction_factor = 2
{more}"""

_SPACE: Final = """\
lr = { low = 3e-4, high = 3e-3, log = true }
optimizer = { choices = ["adamw", "sgd"] }
cutmix_prob = { low = 0.0, high = 0.5 }"""


def study(name: str, **values: Any) -> str:
    """The text of a study file; the values are those of the template, what is not named is as in most of them."""
    usual = {
        "trials": 4,
        "images": "colours",
        "data": "",
        "space": _SPACE,
        # Norms of its own for each image: with those of small batches the rounding of a processor grows by a thousand
        # in each epoch, and no other one comes to the same.
        "backbone": "test_efficientnet_ln",
        "batch": 8,
        "epochs": 3,
        "fixed": "",
        "pruner": "asha",
        "more": "",
    }
    return _STUDY.format(name=name, **{**usual, **values})


def starts(*optimizers: str, **values: float) -> str:
    """Start configurations with these optimizers, one after the other; what is not named is drawn."""
    rest = "".join(f"{key} = {value}\n" for key, value in values.items())
    return "".join(f'\n[[start]]\noptimizer = "{optimizer}"\n{rest}' for optimizer in optimizers)


_FIVE: Final = "".join(
    starts(optimizer, cutmix_prob=share)  # starts that are alike would be one trial
    for optimizer, share in (("adamw", 0.0), ("sgd", 0.1), ("adamw", 0.2), ("sgd", 0.3), ("adamw", 0.4))
)


@dataclasses.dataclass(frozen=True)
class Piece:
    """A piece of the museum.

    Attributes:
        name: Of its folder in ``tests/data``.
        images: The folder of its images in ``tests/data/images``.
        studies: Its study files, by the name of the study.
    """

    name: str
    images: str
    studies: dict[str, str]

    @property
    def folder(self) -> Path:
        """Where it is stored."""
        return DATA / self.name

    @property
    def expected(self) -> Any:
        """What came out when the code that made it went on with it."""
        return json.loads((self.folder / "expected.json").read_text(encoding="utf-8"))


_TINY: Final = {"tiny": study("tiny", epochs=4, more=starts("adamw", "sgd"))}
_NOT_TRAINED_FURTHER: Final = {"backbone": "test_efficientnet", "batch": 4}  # so it may have batch norm
_ABLATED: Final = {"pruner": "none", "fixed": "momentum = 0.0\n"}
_LR: Final = "lr = { low = 3e-4, high = 3e-3, log = true }"
_ONE_FACTOR: Final = {"images": "factors", "space": _LR, "trials": 1, "pruner": "none", "epochs": 4}

PIECES: Final = {
    piece.name: piece
    for piece in (
        Piece(
            "search-stopped",
            "colours",
            {"tiny": study("tiny", trials=7, epochs=4, more=_FIVE)},
        ),
        Piece("search-finished", "colours", _TINY),
        Piece(
            "ablation-finished",
            "colours",
            {"tiny": study("tiny", **_ABLATED, **_NOT_TRAINED_FURTHER, more=starts("sgd", lr=0.003, cutmix_prob=0.0))},
        ),
        Piece(
            "ablation-half",
            "colours",
            {"tiny": study("tiny", **_ABLATED, more=starts("sgd", lr=0.003, cutmix_prob=0.0))},
        ),
        Piece("finalize-stopped", "colours", {"tiny": study("tiny", pruner="none", fixed="momentum = 0.0\n")}),
        Piece(
            "models",
            "colours",
            {
                "tiny": study("tiny", pruner="none", trials=2, **_NOT_TRAINED_FURTHER),
                "colour": study(
                    "colour",
                    **_ONE_FACTOR,
                    **_NOT_TRAINED_FURTHER,
                    data='factors = ["colour", "place"]\nfactor = "colour"\n',
                ),
                "place": study(
                    "place",
                    **_ONE_FACTOR,
                    **_NOT_TRAINED_FURTHER,
                    data='factors = ["colour", "place"]\nfactor = "place"\n',
                ),
            },
        ),
        Piece(
            "sixteen-bit",
            "grey",
            {
                "grey": study(
                    "grey",
                    images="grey",
                    space=_LR,
                    trials=2,
                    pruner="median",
                    fixed='optimizer = "sgd"\nmomentum = 0.0\n',
                )
            },
        ),
        Piece(
            "factors",
            "factors",
            {
                "parts": study(
                    "parts",
                    images="factors",
                    data='factors = ["colour", "place"]\n',
                    space=_LR,
                    trials=2,
                    pruner="hyperband",
                    fixed='heads = "factors"\nfactor_weights = { place = 2 }\noptimizer = "sgd"\nmomentum = 0.0\n',
                )
            },
        ),
    )
}


def draw_images() -> None:
    """Draw the images that are not there; never again those that are: their bytes are part of each study."""
    for name, draw in {"colours": _colours, "grey": _grey, "factors": _factors}.items():
        if not (IMAGES / name).exists():
            draw(IMAGES / name)


def _save(folder: Path, name: str, pixels: NDArray[Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(folder / name, optimize=True)


def _noise(rng: np.random.Generator) -> NDArray[np.uint8]:
    """A grey picture; few levels, since noise of many cannot be packed."""
    return np.full((SIDE, SIDE, 3), 96, np.uint8) + 8 * rng.integers(0, 6, (SIDE, SIDE, 1), dtype=np.uint8)


def _colours(root: Path) -> None:
    """Three classes, eight people, two images of each: a bar that has a place and a colour for each class."""
    rng = np.random.default_rng(0)
    for label, name in enumerate("abc"):
        for person in range(8):
            for shot in range(2):
                pixels = _noise(rng)
                pixels[2 + 7 * label : 9 + 7 * label, 2:22, label] = 255
                _save(root / name, f"p{person}_{shot}.png", pixels)


def _grey(root: Path) -> None:
    """Two classes in 16-bit greyscale: dark with a bright bar, or bright with a dark one."""
    rng = np.random.default_rng(1)
    for label, name in enumerate(("dark", "light")):
        for person in range(8):
            for shot in range(2):
                pixels = np.full((SIDE, SIDE), (9_000, 50_000)[label], np.uint16)
                pixels += 257 * rng.integers(0, 8, (SIDE, SIDE), dtype=np.uint16)
                pixels[:, 4 + person : 8 + person] = (60_000, 2_000)[label]
                _save(root / name, f"p{person}_{shot}.png", pixels)


def _factors(root: Path) -> None:
    """Two factors, a colour and a place, of six people: a folder within a folder."""
    rng = np.random.default_rng(2)
    for channel, colour in ((0, "red"), (2, "blue")):
        for top, place in ((2, "top"), (14, "bottom")):
            for person in range(6):
                for shot in range(2):
                    pixels = _noise(rng)
                    pixels[top : top + 8, 3:21, channel] = 255
                    _save(root / colour / place, f"p{person}_{shot}.png", pixels)
