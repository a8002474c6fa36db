"""Scores of one pass over the validation samples, computed once from all of them with scikit-learn."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, f1_score

from trainer.data.factors import Factor


@dataclass(frozen=True)
class Scores:
    """How well a model did on the validation samples.

    Attributes:
        loss: Cross-entropy on the true labels, mean over the samples; the same quantity whatever the criterion was.
        f1: Macro-F1 over all classes of the study, in [0, 1].
        accuracy: Share of the samples that were right.
        per_class_f1: One F1 for each class, in the order of the classes.
        confusion: Rows are true classes, columns predicted ones; counts of samples.
        factor_f1: Macro-F1 over the values of each factor of the label, in the order of the factors.
    """

    loss: float
    f1: float
    accuracy: float
    per_class_f1: tuple[float, ...]
    confusion: tuple[tuple[int, ...], ...]
    factor_f1: tuple[float, ...] = ()


@dataclass(frozen=True)
class FoldScores:
    """The best epochs of some folds.

    Attributes:
        epochs: The best epoch of each fold, the earliest of equals.
        scores: What it scored on the people that the fold holds out.
    """

    epochs: tuple[int, ...]
    scores: tuple[Scores, ...]

    @property
    def mean(self) -> Scores:
        """The mean of loss and F1 over the folds; the confusion is of all their samples together, as is accuracy."""
        confusion = np.sum([each.confusion for each in self.scores], axis=0)
        return Scores(
            loss=float(np.mean([each.loss for each in self.scores])),
            f1=float(np.mean([each.f1 for each in self.scores])),
            accuracy=float(np.trace(confusion) / confusion.sum()),
            per_class_f1=tuple(np.mean([each.per_class_f1 for each in self.scores], axis=0).tolist()),
            confusion=tuple(tuple(int(n) for n in row) for row in confusion),
            factor_f1=tuple(np.mean([each.factor_f1 for each in self.scores], axis=0).tolist()),
        )


def score(
    truth: NDArray[np.int64], predicted: NDArray[np.int64], classes: int, loss: float, factors: Sequence[Factor] = ()
) -> Scores:
    """Score predictions against the true labels, class indices int64 [N] both; the loss is passed through.

    A class that has neither samples nor predictions counts with an F1 of 0: the mean is over the classes of the study,
    not over those that happen to be present, so that scores of different splits mean the same.
    """
    labels = np.arange(classes)
    matrix = confusion_matrix(truth, predicted, labels=labels)
    per_class = f1_score(truth, predicted, labels=labels, average=None, zero_division=0)
    return Scores(
        loss=loss,
        f1=float(np.mean(per_class)),
        accuracy=float(np.mean(truth == predicted)),
        per_class_f1=tuple(float(value) for value in per_class),
        confusion=tuple(tuple(int(n) for n in row) for row in matrix),
        factor_f1=tuple(_factor_f1(matrix, factor) for factor in factors),
    )


def _factor_f1(confusion: NDArray[np.int64], factor: Factor) -> float:
    """Macro-F1 over a factor's values, of a confusion matrix of the classes."""
    values = np.eye(len(factor.values), dtype=np.int64)[list(factor.of_class)]  # [C, V]
    table = values.T @ confusion @ values
    there = table.sum(axis=0) + table.sum(axis=1)
    return float(np.mean(2 * np.diagonal(table) / np.maximum(there, 1)))
