"""What may be expected of a model on people whom it has never seen, as far as its folds can tell."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]


class Interval(BaseModel):
    """A figure and the 95 % interval around it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: Share
    low: Share
    high: Share


class Assessment(BaseModel):
    """Figures over the out-of-fold predictions of a configuration.

    Attributes:
        folds: Networks that predicted; each held its people out.
        images: How many were predicted.
        people: How many people or groups they are of.
        f1: Macro-F1, with the interval for people like these.
        new_people: How many new people ``new_f1`` is about.
        new_f1: Where the macro-F1 of such a new set will fall, 95 times of 100.
        accuracy: Share that was right.
        per_class_f1: Of each class.
        class_people: People of each class.
        factor_f1: Macro-F1 over the values of each factor.
        claimed: What the search had found for the configuration.
        chosen_by: By how much the folds' mean was lowered, since the configuration was chosen by it.
        temperature: By which logits are divided so that probabilities mean what they say.
        ece_before: Expected calibration error as trained.
        ece_after: The same with the temperature, each fold with that of the others.
        estimates: What the figures are estimates of, in a sentence or two.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    folds: int
    images: int
    people: int
    f1: Interval
    new_people: int
    new_f1: tuple[Share, Share]
    accuracy: Interval
    per_class_f1: dict[str, Interval]
    class_people: dict[str, int]
    factor_f1: dict[str, Interval] = {}
    claimed: Share
    chosen_by: float = 0.0
    temperature: Annotated[float, Field(gt=0)] = 1.0
    ece_before: Share
    ece_after: Share
    estimates: str
