"""What networks say of people that they were not trained on: one answer an image, from the fold that held it out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.data.factors import Factor


@dataclass(frozen=True, eq=False)
class OutOfFold:
    """The held out images of all folds; row i of every array is the same image.

    Attributes:
        classes: Their names.
        factors: What a class is made of; none where it is one thing.
        paths: str [N], relative to the data folder.
        groups: str [N], whose images they are.
        labels: int64 [N], index into ``classes``.
        folds: int64 [N], which fold held the image out, from 1.
        scores: float32 [N, C], logits.
    """

    classes: tuple[str, ...]
    factors: tuple[Factor, ...]
    paths: NDArray[np.str_]
    groups: NDArray[np.str_]
    labels: NDArray[np.int64]
    folds: NDArray[np.int64]
    scores: NDArray[np.float32]

    @property
    def predicted(self) -> NDArray[np.int64]:
        """The most probable class of each image, int64 [N]."""
        best: NDArray[np.int64] = self.scores.argmax(axis=1).astype(np.int64)
        return best

    def probabilities(self, temperature: float = 1.0) -> NDArray[np.float32]:
        """Probabilities of the classes, float32 [N, C]."""
        scaled = self.scores.astype(np.float64) / temperature
        powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        shares: NDArray[np.float32] = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
        return shares
