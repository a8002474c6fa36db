"""A model that is loaded once and asked about images as often as one likes.

::

    from trainer import load

    model = load("models/mask-f1")
    for each in model.predict(["a.jpg", "shots/"]):
        print(each.name, each.class_name, each.probability)
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, NoReturn

import numpy as np

from trainer.errors import ConfigError, DataError
from trainer.imaging.crop import Box, Crop, Crops, ImageSize
from trainer.imaging.views import COUNTS, Tta, check_kind
from trainer.predict.combine import Compute, Network, Predictor, Probabilities, build_predictor
from trainer.predict.inputs import images_below
from trainer.predict.predictions import Predictions
from trainer.predict.reader import Reader, Source, as_source
from trainer.saved_model.manifest import ModelInfo
from trainer.saved_model.tree import ModelTree, read_tree
from trainer.saved_model.versions import find_model_folder
from trainer.support.text import pluralize, shorten_list


class Expected(NamedTuple):
    """The macro-F1 to expect on people whom the model has not seen, with the ends of its 95 % interval."""

    score: float
    low: float
    high: float


@dataclass(frozen=True, eq=False, repr=False)
class Model:
    """A model in memory.

    Attributes:
        predictor: Its networks, and what makes one answer of theirs.
        tree: The folder that it was loaded from.
        tta: The views whose probabilities are averaged; none: what each network was written with.
    """

    predictor: Predictor
    tree: ModelTree
    tta: Tta | None = None

    def __repr__(self) -> str:
        """A few lines: the folder, the networks, the classes, and what to expect."""
        networks = ", ".join(dict.fromkeys(info.config.backbone for _, info in self.tree.networks()))
        expected = self.expected
        score = (
            "not confirmed" if expected is None else f"{expected.score:.3f} ({expected.low:.3f} to {expected.high:.3f})"
        )
        return (
            f"Model({str(self.folder)!r})\n"
            f"  networks: {pluralize(self.predictor.networks, 'network')} ({networks})\n"
            f"  classes: {pluralize(self.classes, 'class', 'classes')} ({shorten_list(self.classes)})\n"
            f"  expected macro-F1: {score}"
        )

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied: a network of a device belongs to the process that loaded it."""
        raise TypeError(f"a Model cannot be pickled; load it in each process: trainer.load({str(self.folder)!r})")

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self.predictor.classes

    @property
    def folder(self) -> Path:
        """The folder of this version of the model."""
        return self.tree.folder

    @property
    def expected(self) -> Expected | None:
        """What the folds of people let expect; None where nothing was confirmed, and for a joined model."""
        confirmed = self.tree.info.origin.get("confirmed")
        return None if confirmed is None else Expected(*(confirmed["f1"][key] for key in ("value", "low", "high")))

    def predict(self, images: object, *, boxes: Mapping[Path, Box] | None = None) -> Predictions:
        """Predict images; what cannot be read gets a reason instead of an answer.

        Each network sees the images at its own size and crop; they are read once for all that look alike.

        Args:
            images: Paths of files or folders (all images below), images of Pillow's, arrays of uint8 ([H, W, 3],
                [H, W, 4] or [H, W]), or a mixture; also a single one of these.
            boxes: Of image files; the others are cropped as images without a box were in training.

        Raises:
            DataError: Something is none of these, a folder holds no images, or the answers are no numbers.
        """
        names, sources = _sources(images)
        outputs: dict[Network, Probabilities] = {}
        reasons: dict[int, str] = {}
        known = {str(file): box for file, box in (boxes or {}).items()}
        for seen in dict.fromkeys(self._input_kind(network) for network in self.predictor.networks):
            alike = [network for network in self.predictor.networks if self._input_kind(network) == seen]
            size, crop, with_boxes, tta = seen
            reader = Reader(sources, names, size, Crops(crop, known if with_boxes else {}), tta)
            outputs |= _evaluate(alike, reader, COUNTS[tta])
            reasons |= reader.bad
        probabilities = self.predictor.probabilities(outputs)
        if wrong := int((~np.isfinite(probabilities).all(axis=1)).sum()):
            raise DataError(f"the model's answers to {wrong} of {len(names)} images are no numbers; finalize it again")
        probabilities[list(reasons)] = np.nan
        return Predictions(names, self.classes, probabilities, reasons)

    def _input_kind(self, network: Network) -> tuple[ImageSize, Crop, bool, Tta]:
        """What decides the pixels that a network sees, and so what networks must have in common to share them."""
        how = network.info.preprocessing
        return how.image_size, how.cropping, how.boxes, self.tta or network.info.tta


def _sources(images: object) -> tuple[tuple[str, ...], list[Source]]:
    """Name and source of each image."""
    several = (
        isinstance(images, Iterable) and not isinstance(images, str) and not hasattr(images, "__array_interface__")
    )
    names: list[str] = []
    sources: list[Source] = []
    for image in images if several else [images]:  # type: ignore[attr-defined]
        files = [image]
        if isinstance(image, str | Path) and os.path.isdir(image):  # noqa: PTH112 - no file can have some names
            files = [*images_below(Path(image))]
            if not files:
                raise DataError(f"{image} holds no images; name a folder with some")
        for file in files:
            name = str(file) if isinstance(file, str | Path) else f"image {len(names)}"
            names.append(name)
            sources.append(as_source(file, name))
    return tuple(names), sources


def _evaluate(networks: Sequence[Network], reader: Reader, views: int) -> dict[Network, Probabilities]:
    """The probabilities of each network for all images, which are read once: the mean over their views."""
    outputs: dict[Network, list[Probabilities]] = {network: [] for network in networks}
    for batch in reader.batches():
        images = batch.reshape(-1, *batch.shape[2:])
        for network, parts in outputs.items():
            parts.append(network.compute(images).reshape(views, batch.shape[1], -1).mean(axis=0))
    return {
        network: np.concatenate([np.zeros((0, len(network.classes))), *parts]) for network, parts in outputs.items()
    }


def load(path: str | Path, device: str = "auto", *, onnx: bool = False, tta: str | None = None) -> Model:
    """Load a model.

    Args:
        path: A model folder of any kind, or one with versions of a model, of which the latest is taken.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.
        onnx: Compute with ONNX Runtime, on the CPU; needs ``model.onnx`` and neither torch nor timm.
        tta: The views whose probabilities are averaged (:mod:`trainer.imaging.views`); none or ``auto``: those
            that the model was written with.

    Raises:
        UserError: It is no model folder, it was changed, or there is no such device or kind of views.
    """
    kind = None if tta is None or tta == "auto" else check_kind(tta)
    tree = read_tree(find_model_folder(Path(path)))
    return Model(build_predictor(tree, _backend(device, onnx=onnx)), tree, kind)


def _backend(device: str, *, onnx: bool) -> Callable[[Path, ModelInfo], Compute]:
    """What loads a network; imported only now, for one needs torch and the other ONNX Runtime."""
    if onnx:
        if device not in ("auto", "cpu"):
            raise ConfigError(f"device {device!r} does not go with ONNX, which computes on the CPU; leave one away")
        from trainer.predict.onnx_backend import start_onnx

        return start_onnx
    try:
        from trainer.predict.torch_backend import start_torch
        from trainer.runtime.devices import choose_device
    except ImportError as error:
        raise ConfigError(f"{error.name} cannot be imported; install it, or predict with ONNX") from error

    place = choose_device(device)
    return lambda folder, _: start_torch(folder, place)
