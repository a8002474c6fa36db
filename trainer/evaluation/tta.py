"""Whether test-time augmentation pays: views of the held out images, answered by the networks that held them out."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import gt
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from trainer.config.train_config import TrainConfig
from trainer.data.dataset import Dataset
from trainer.imaging.views import COUNTS, KINDS, Tta, views
from trainer.model.heads import Heads
from trainer.model.inference import logits
from trainer.model.network import create_timm_model
from trainer.support.cpu import compute_threads
from trainer.training.metrics import score
from trainer.training.run_output import RunOutput

_EVERY: Final = COUNTS["flip-crops"]
_PLACES: Final[dict[Tta, list[int]]] = {
    "none": [0],
    "flip": [0, _EVERY // 2],
    "crops": list(range(_EVERY // 2)),
    "flip-crops": list(range(_EVERY)),
}
"""Where the views of each kind stand among all of them: first those that are not mirrored, then the same mirrored."""


@dataclass(frozen=True, eq=False)
class TtaComparison:
    """How well each kind of views does.

    Attributes:
        f1: Macro-F1 over the held out images of all folds, by kind.
        better: In how many folds a kind is better than the images alone.
        folds: How many folds there are.
    """

    f1: dict[Tta, float]
    better: dict[Tta, int]
    folds: int

    @property
    def best(self) -> Tta:
        """The kind that pays most; none, where no kind is better over all images and in most of the folds."""
        paying = [kind for kind in KINDS if self.f1[kind] > self.f1["none"] and 2 * self.better[kind] > self.folds]
        return max(paying, key=lambda kind: (self.f1[kind], -COUNTS[kind]), default="none")


def compare_tta(
    config: TrainConfig,
    outputs: Sequence[RunOutput],
    data: Dataset,
    heads: Heads,
    device: str,
    *,
    temperature: float = 1.0,
) -> TtaComparison:
    """Have the network of each fold predict the views of the images that it did not see.

    As predict does, it divides the logits by ``temperature`` before the probabilities of the views are averaged. A CPU
    computes with all its cores.
    """
    torch.set_num_threads(compute_threads())
    labels = [data.labels[split.validation] for split in data.folds]
    predictions = [
        _predictions(config, each, data, split.validation, heads, torch.device(device), temperature)
        for each, split in zip(outputs, data.folds, strict=True)
    ]

    def f1(truth: NDArray[np.int64], predicted: NDArray[np.int64]) -> float:
        return score(truth, predicted, len(data.classes), loss=0.0).f1

    whole: dict[Tta, float] = {}
    by_fold: dict[Tta, list[float]] = {}
    for kind in KINDS:
        predicted = [each[kind] for each in predictions]
        whole[kind] = f1(np.concatenate(labels), np.concatenate(predicted))
        by_fold[kind] = list(map(f1, labels, predicted))
    better = {kind: sum(map(gt, by_fold[kind], by_fold["none"])) for kind in KINDS}
    return TtaComparison(whole, better, folds=len(outputs))


def _predictions(
    config: TrainConfig,
    output: RunOutput,
    data: Dataset,
    rows: NDArray[np.int64],
    heads: Heads,
    device: torch.device,
    temperature: float,
) -> dict[Tta, NDArray[np.int64]]:
    """The classes that a network predicts for some images by each kind of views, int64 [n]."""
    network = create_timm_model(config.backbone, heads.outputs, config.image_size)
    network.load_state_dict(output.weights)
    network = network.to(memory_format=torch.channels_last).to(device)
    found: dict[Tta, list[NDArray[np.int64]]] = {kind: [] for kind in KINDS}
    for start in range(0, len(rows), config.batch_size):
        seen = views(data.images[rows[start : start + config.batch_size]], "flip-crops")
        scores = [
            heads.scores(logits(network, output.normalization, [torch.from_numpy(each)], device, config.precision))
            for each in seen
        ]
        each_view = (torch.stack(scores) / temperature).softmax(dim=-1).cpu().numpy()  # [12, b, C]
        for kind, places in _PLACES.items():
            found[kind].append(each_view[places].mean(axis=0).argmax(axis=1).astype(np.int64))
    return {kind: np.concatenate(each) for kind, each in found.items()}
