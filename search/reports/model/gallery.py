"""The images that a model is most sure of and wrong about: a wrong label as often as a weak model."""

from __future__ import annotations

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

MOST: Final = 24
OF_ONE_PERSON: Final = 2
"""A person with a wrong label would fill the gallery otherwise."""
_SIDE: Final = 176
_QUALITY: Final = 80


@dataclass(frozen=True)
class ConfidentError:
    """A held out image that was taken for something else.

    Attributes:
        path: Relative to the data folder.
        person: Whose image it is.
        fold: Which held it out.
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
    gone: tuple[str, ...]


def confidently_wrong(answers: OutOfFold, root: Path, temperature: float = 1.0) -> Gallery:
    """Collect them, at most :data:`OF_ONE_PERSON` of a person.

    Args:
        answers: The held out images.
        root: The data folder.
        temperature: By which logits are divided.
    """
    predicted = answers.predicted
    probability = answers.probabilities(temperature).max(axis=1)
    wrong = np.flatnonzero(predicted != answers.labels)
    shown: list[ConfidentError] = []
    gone: list[str] = []
    people: Counter[str] = Counter()
    for i in wrong[np.argsort(-probability[wrong], kind="stable")]:
        if len(shown) == MOST:
            break
        person, path = str(answers.groups[i]), str(answers.paths[i])
        if people[person] == OF_ONE_PERSON:
            continue
        try:
            picture = _picture(root / path)
        except ImageError:
            gone.append(path)
            continue
        people[person] += 1
        differs = _differs(answers, int(answers.labels[i]), int(predicted[i]))
        shown.append(ConfidentError(path, person, int(answers.folds[i]), differs, float(probability[i]), picture))
    return Gallery(tuple(shown), tuple(gone))


def _differs(answers: OutOfFold, given: int, said: int) -> tuple[tuple[str, str, str], ...]:
    if not answers.factors:
        return (("", answers.classes[given], answers.classes[said]),)
    return tuple(
        (factor.name, factor.values[factor.of_class[given]], factor.values[factor.of_class[said]])
        for factor in answers.factors
        if factor.of_class[given] != factor.of_class[said]
    )


def _picture(path: Path) -> str:
    content = io.BytesIO()
    Image.fromarray(load_within(path, _SIDE).pixels).save(content, "JPEG", quality=_QUALITY, optimize=True)
    return f"data:image/jpeg;base64,{base64.b64encode(content.getvalue()).decode()}"
