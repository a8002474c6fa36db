"""The images that a model is most sure of and wrong about: a wrong label as often as a weak model."""

import base64
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image
from trainer.evaluation.out_of_fold import OutOfFold
from trainer.imaging.decode import ImageError, load_within

MOST_IMAGES: Final = 24
MOST_OF_ONE_PERSON: Final = 2
"""A person with a wrong label would fill the gallery otherwise."""
_SIDE_PIXELS: Final = 176
_JPEG_QUALITY: Final = 80


@dataclass(frozen=True)
class ConfidentError:
    """A held out image that was taken for something else.

    Attributes:
        path: Relative to the data folder.
        differs: Of each part of the label that is wrong its name, what the label says, and what it was taken for; the
            name is empty where a label is one thing.
        probability: Of the class that it was taken for.
        picture: A small JPEG as ``data:`` address.
    """

    path: str
    person: str
    fold: int
    differs: tuple[tuple[str, str, str], ...]
    probability: float
    picture: str


@dataclass(frozen=True)
class Gallery:
    """The images, the surest first, and the paths of those that would be among them but cannot be shown."""

    images: tuple[ConfidentError, ...]
    unreadable: tuple[str, ...]


def confidently_wrong(answers: OutOfFold, root: Path, temperature: float = 1.0) -> Gallery:
    """Collect them, at most :data:`MOST_OF_ONE_PERSON` of a person; logits are divided by ``temperature``."""
    predicted = answers.predicted
    probability = answers.probabilities(temperature).max(axis=1)
    wrong = np.flatnonzero(predicted != answers.labels)
    shown: list[ConfidentError] = []
    unreadable: list[str] = []
    people: Counter[str] = Counter()
    for i in wrong[np.argsort(-probability[wrong], kind="stable")]:
        if len(shown) == MOST_IMAGES:
            break
        person, path = str(answers.groups[i]), str(answers.paths[i])
        if people[person] == MOST_OF_ONE_PERSON:
            continue
        try:
            picture = _picture(root / path)
        except ImageError:
            unreadable.append(path)
            continue
        people[person] += 1
        differs = _differs(answers, int(answers.labels[i]), int(predicted[i]))
        shown.append(ConfidentError(path, person, int(answers.folds[i]), differs, float(probability[i]), picture))
    return Gallery(tuple(shown), tuple(unreadable))


def _differs(answers: OutOfFold, labelled: int, predicted: int) -> tuple[tuple[str, str, str], ...]:
    if not answers.factors:
        return (("", answers.classes[labelled], answers.classes[predicted]),)
    return tuple(
        (factor.name, factor.values[factor.of_class[labelled]], factor.values[factor.of_class[predicted]])
        for factor in answers.factors
        if factor.of_class[labelled] != factor.of_class[predicted]
    )


def _picture(path: Path) -> str:
    content = io.BytesIO()
    Image.fromarray(load_within(path, _SIDE_PIXELS).pixels).save(content, "JPEG", quality=_JPEG_QUALITY, optimize=True)
    return f"data:image/jpeg;base64,{base64.b64encode(content.getvalue()).decode()}"
