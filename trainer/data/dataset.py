"""What training consumes: images, labels, groups, and which of them are trained and validated on."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from trainer.data.cache.folder import BadImage
from trainer.data.cache.open import PixelsKind
from trainer.data.factors import Factor, Part
from trainer.data.ordinal import OrdinalFactor
from trainer.data.pixels import Pixels
from trainer.data.split import Split
from trainer.data.statistics import Statistics, pixel_statistics


@dataclass(frozen=True, eq=False)
class Dataset:
    """What training consumes; row i of every array is the same image.

    Attributes:
        images: N of them, uint8 [N, H, W, 3], RGB: mapped from disk, or made when they are asked for.
        labels: int64 [N], index into `classes`.
        groups: str [N], who must stand on one side only.
        paths: str [N], relative to the data folder, ascending; those of extra images follow.
        train: int64 [n_train], row numbers, ascending; all extra images are among them.
        validation: int64 [n_validation], row numbers, ascending.
        classes: names of the classes, also of those without an image.
        fingerprint: counts, and a short hash each of paths, labels, groups, split, content and, where there are any,
            boxes; fit for JSON.
        bad: files that could not be read and were left out.
        notes: what somebody should know about the data and how this machine keeps them, a sentence each.
        pixels: whether the images are as decoded or were packed, which moves numbers.
        folds: the sides of each fold, where the data are dealt into folds; `train` and `validation` are the first's.
        extra: how many of the last rows are extra images: trained on, never validated on.
        ordered: float64 [N], the numbers behind the ordered factor, not a number where it is unknown; none: the data
            have no such factor.
        ordinal_factor: how these are cut into classes.
        factors: what the label is made of; none where it is one thing.
        part: what the data of one factor are a part of.
        strata: int64 [N], the whole label of each image in data of one factor, by which they are split.
        given_split: whether the split is not to be drawn anew: the data folder itself says which image is on which
            side, or it decided which extra images may be trained on.
    """

    images: Pixels
    labels: np.ndarray
    groups: np.ndarray
    paths: np.ndarray
    train: np.ndarray
    validation: np.ndarray
    classes: tuple[str, ...]
    fingerprint: dict[str, str | int]
    bad: tuple[BadImage, ...]
    notes: tuple[str, ...]
    pixels: PixelsKind = "exact"
    folds: tuple[Split, ...] = ()
    extra: int = 0
    ordered: np.ndarray | None = None
    ordinal_factor: OrdinalFactor | None = None
    factors: tuple[Factor, ...] = ()
    part: Part | None = None
    strata: np.ndarray | None = None
    given_split: bool = False

    @property
    def own(self) -> int:
        """How many of the images are the study's own; they come first."""
        return len(self.labels) - self.extra

    def training_labels(self, boundary: float | None) -> np.ndarray:
        """The labels that training learns, int64 [N], with the last boundary of the ordered factor moved there, if any.

        Validation never looks at them.
        """
        if boundary is None or self.ordinal_factor is None or self.ordered is None:
            return self.labels
        return self.ordinal_factor.relabel(self.labels, self.ordered, boundary)

    @cached_property
    def statistics(self) -> Statistics:
        """Mean and standard deviation of the training images' pixels; made when first asked for."""
        return pixel_statistics(self.images, self.train)
