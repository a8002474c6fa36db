"""Whether a model's probabilities mean what they say, and the one number that mends most of it where they do not.

The temperature and the reliability diagram of Guo et al., On Calibration of Modern Neural Networks, ICML 2017
(arXiv 1706.04599): logits are divided by a number that is fitted on people whom the networks were not trained on. It
changes no answer, only how sure the answer claims to be.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from trainer.evaluation.out_of_fold import OutOfFold

BINS: Final = 15
"""Of equal width, as in the paper."""
HOTTEST: Final = 20.0
"""No temperature is above this or below its inverse: answers without a mistake would have it go to 0."""


@dataclass(frozen=True)
class Bin:
    """A point of a reliability diagram: the answers that were about equally sure.

    Attributes:
        confidence: Mean probability of the answers, in [0, 1].
        accuracy: Share of them that was right.
        count: How many images they are.
    """

    confidence: float
    accuracy: float
    count: int


def fit_temperature(scores: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """The temperature under which the true classes are most probable: it minimises the mean negative log-likelihood.

    In the inverse of the temperature that is convex, so its slope, mean confidence-weighted logit minus mean logit of
    the truth, rises and is 0 at the minimum; halving an interval of logarithms finds the place to 1e-11.

    Args:
        scores: float32 [N, C], logits of images that were not trained on.
        labels: int64 [N], their true classes.

    Returns:
        The temperature, within [1 / HOTTEST, HOTTEST].
    """
    logits = scores.astype(np.float64)
    logits -= logits.max(axis=1, keepdims=True)
    truth = logits[np.arange(len(labels)), labels].mean()

    def too_sure(temperature: float) -> bool:
        powers = np.exp(logits / temperature)
        expected = (powers * logits).sum(axis=1) / powers.sum(axis=1)
        return bool(expected.mean() > truth)

    cold, hot = -np.log(HOTTEST), np.log(HOTTEST)
    for _ in range(40):
        middle = (cold + hot) / 2
        cold, hot = (middle, hot) if too_sure(np.exp(middle)) else (cold, middle)
    return float(np.exp((cold + hot) / 2))


def cross_fitted(found: OutOfFold) -> NDArray[np.float32]:
    """Probabilities with the temperature of the other folds, so that no image helped to fit its own: float32 [N, C].

    With a single fold there is nobody to learn a temperature from, and the probabilities stay as they were.
    """
    probabilities = found.probabilities()
    for fold in np.unique(found.folds):
        inside = found.folds == fold
        if not inside.all():
            temperature = fit_temperature(found.scores[~inside], found.labels[~inside])
            probabilities[inside] = found.probabilities(temperature)[inside]
    return probabilities


def reliability(probabilities: NDArray[np.float32], labels: NDArray[np.int64], bins: int = BINS) -> tuple[Bin, ...]:
    """The points of a reliability diagram, the least sure first; a bin without an image is left out.

    Args:
        probabilities: float32 [N, C].
        labels: int64 [N], true classes.
        bins: Into how many of equal width [0, 1] is cut; a confidence on a border belongs below it.
    """
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == labels
    place = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    sure, correct = np.bincount(place, confidence, bins), np.bincount(place, right, bins)
    return tuple(
        Bin(float(sure[i] / counts[i]), float(correct[i] / counts[i]), int(counts[i])) for i in np.flatnonzero(counts)
    )


def calibration_error(points: tuple[Bin, ...]) -> float:
    """Expected calibration error: how far confidence lies from accuracy, a mean over the images, in [0, 1]."""
    images = sum(point.count for point in points)
    return sum(point.count * abs(point.confidence - point.accuracy) for point in points) / images
