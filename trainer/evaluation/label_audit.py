"""Which labels are probably wrong: confident learning over what networks said of images that they had not seen.

Northcutt, Jiang, Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels" (arXiv 1911.00068). A class's
threshold is the mean probability that its own images are given for it. An image counts as confidently of the class
that is most probable among those whose threshold it passes. Who is labelled as one class and confidently of another
makes the estimate of how many labels of a class are wrong; so many are picked, those whose label is least probable
("prune by class").

A factor that all images of a person share, such as gender, is asked of people and not of images: all that the networks
said of a person's images is put together first. Probabilities are made to mean what they say for each factor by
itself, so that a factor that the networks know badly does not come before one that they know well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from trainer.evaluation.out_of_fold import OutOfFold

LABEL: Final = "label"
"""What the label is called where it is one thing."""
_MOST_AGREE: Final = 0.9
"""Share of the people with several images whose images agree; from there on a factor belongs to people."""
_TEMPERATURES: Final = tuple(np.geomspace(0.2, 10, 60).tolist())

Probabilities = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Finding:
    """A label that is probably wrong.

    Attributes:
        kind: Whether it is of one image, or of all images of a person.
        what: The image's path, or the person.
        person: Whose images it is about.
        field: The factor, or "label".
        given: What the label says.
        suggested: What the networks say.
        score: How improbable they find the label, 0 to 1.
        paths: The images.
    """

    kind: Literal["image", "person"]
    what: str
    person: str
    field: str
    given: str
    suggested: str
    score: float
    paths: tuple[str, ...]


def audit(predictions: OutOfFold) -> list[Finding]:
    """Labels that are probably wrong, the clearest first, by networks that had not seen the image, nor the person."""
    probabilities = predictions.probabilities().astype(np.float64)
    findings = []
    for field, values, of_class in _fields(predictions):
        labels = of_class[predictions.labels]
        findings += _findings(predictions, field, values, labels, probabilities @ np.eye(len(values))[of_class])
    return sorted(findings, key=lambda finding: (-finding.score, finding.what, finding.field))


def suspicious(labels: Labels, probabilities: Probabilities) -> list[tuple[int, int, float]]:
    """Pick samples by class, from labels, int64 [N], and the classes' probabilities, float64 [N, C].

    Returns:
        Sample, class that it probably is, and how improbable its label is, the clearest first.
    """
    errors = expected_errors(labels, probabilities).sum(axis=1)
    own = probabilities[np.arange(len(labels)), labels]
    likely = probabilities.argmax(axis=1)
    found = []
    for given in np.flatnonzero(errors):
        of_class = np.flatnonzero(labels == given)
        least = of_class[np.argsort(own[of_class], kind="stable")[: errors[given]]]
        found += [(int(i), int(likely[i]), float(1 - own[i])) for i in least if likely[i] != given]
    return sorted(found, key=lambda each: (-each[2], each[0]))


def confident_joint(labels: Labels, probabilities: Probabilities) -> Labels:
    """How many samples labelled as one class (rows) are confidently of another (columns): int64 [C, C]."""
    classes = probabilities.shape[1]
    own = probabilities[np.arange(len(labels)), labels]
    thresholds = np.array([own[labels == each].mean() if (labels == each).any() else np.inf for each in range(classes)])
    above = np.where(probabilities >= thresholds, probabilities, -1.0)
    confident = above.max(axis=1) >= 0
    joint = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(joint, (labels[confident], above[confident].argmax(axis=1)), 1)
    return joint


def expected_errors(labels: Labels, probabilities: Probabilities) -> Labels:
    """The same scaled to all samples of each class, without those that are what they are labelled: int64 [C, C]."""
    joint = confident_joint(labels, probabilities).astype(np.float64)
    counts = np.bincount(labels, minlength=len(joint))
    scaled = joint / np.maximum(joint.sum(axis=1, keepdims=True), 1) * counts[:, None]
    np.fill_diagonal(scaled, 0)
    errors: Labels = np.rint(scaled).astype(np.int64)
    return errors


def _fields(predictions: OutOfFold) -> list[tuple[str, tuple[str, ...], Labels]]:
    """What can be wrong: name, values, and the value of each class."""
    if not predictions.factors:
        return [(LABEL, predictions.classes, np.arange(len(predictions.classes), dtype=np.int64))]
    return [(factor.name, factor.values, np.array(factor.of_class, dtype=np.int64)) for factor in predictions.factors]


def _findings(
    predictions: OutOfFold, field: str, values: tuple[str, ...], labels: Labels, probabilities: Probabilities
) -> list[Finding]:
    groups, group_of = np.unique(predictions.groups, return_inverse=True)

    def finding(kind: Literal["image", "person"], images: Labels, given: int, other: int, score: float) -> Finding:
        paths = tuple(map(str, predictions.paths[images]))
        person = str(predictions.groups[images[0]])
        what = person if kind == "person" else paths[0]
        return Finding(kind, what, person, field, values[given], values[other], score, paths)

    if not is_of_groups(labels, group_of):
        return [
            finding("image", np.array([i]), labels[i], other, score)
            for i, other, score in suspicious(labels, calibrated(labels, probabilities))
        ]
    of_groups, together = per_group(labels, probabilities, group_of, len(groups))
    together = calibrated(of_groups, together)
    findings = [
        finding("person", np.flatnonzero(group_of == group), of_groups[group], other, score)
        for group, other, score in suspicious(of_groups, together)
    ]
    # An image that is labelled otherwise than the others of its person needs no model to be noticed.
    for i in np.flatnonzero(labels != of_groups[group_of]):
        score = float(1 - together[group_of[i], labels[i]])
        findings.append(finding("image", np.array([i]), labels[i], of_groups[group_of[i]], score))
    return findings


def calibrated(labels: Labels, probabilities: Probabilities) -> Probabilities:
    """The same with the temperature under which the labels are most probable (Guo et al., arXiv 1706.04599)."""
    logarithms = np.log(np.maximum(probabilities, 1e-12))

    def at(temperature: float) -> Probabilities:
        powers = np.exp(logarithms / temperature)
        shares: Probabilities = powers / powers.sum(axis=1, keepdims=True)
        return shares

    def loss(temperature: float) -> float:
        return -float(np.log(np.maximum(at(temperature)[np.arange(len(labels)), labels], 1e-12)).mean())

    return at(min(_TEMPERATURES, key=loss))


def is_of_groups(labels: Labels, group_of: NDArray[np.intp]) -> bool:
    """Whether a value belongs to people: nearly everybody of whom there are several images has the same on all."""
    images = np.bincount(group_of)
    several = images > 1
    if not several.any():
        return False
    lowest, highest = np.full(len(images), np.iinfo(np.int64).max), np.full(len(images), -1)
    np.minimum.at(lowest, group_of, labels)
    np.maximum.at(highest, group_of, labels)
    return bool((lowest == highest)[several].mean() >= _MOST_AGREE)


def per_group(
    labels: Labels, probabilities: Probabilities, group_of: NDArray[np.intp], groups: int
) -> tuple[Labels, Probabilities]:
    """The most frequent label of each person, and what all their images say together: the mean of the logarithms.

    Not their sum: images of one person look alike, so that seven of them are far from being seven opinions.
    """
    votes = np.zeros((groups, probabilities.shape[1]), dtype=np.int64)
    np.add.at(votes, (group_of, labels), 1)
    logarithms = np.zeros((groups, probabilities.shape[1]))
    np.add.at(logarithms, group_of, np.log(np.maximum(probabilities, 1e-12)))
    logarithms /= np.maximum(np.bincount(group_of, minlength=groups), 1)[:, None]
    powers = np.exp(logarithms - logarithms.max(axis=1, keepdims=True))
    return votes.argmax(axis=1), powers / powers.sum(axis=1, keepdims=True)
