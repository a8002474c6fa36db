"""What may be expected of a model on people whom it has never seen, as far as its folds can tell."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from trainer.config.knob import Share
from trainer.evaluation.bootstrap import Numbers, count_by_group, figure_intervals, new_interval, ratio_intervals
from trainer.evaluation.calibration import calibration_error, cross_fitted, fit_temperature, reliability
from trainer.evaluation.out_of_fold import OutOfFold


class Interval(BaseModel):
    """A figure and the 95 % interval around it, for people like these; 0 to 1 where nothing is known."""

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
        f1: Macro-F1 of all held out images together, less ``selection_bias``; so are the ends of its interval.
        new_people: How many new people ``new_f1`` is about.
        new_f1: Where the macro-F1 of such a new set will fall, 95 times of 100; lowered by ``selection_bias`` as well.
        accuracy: Share that was right.
        per_class_f1: Of each class, as counted; 0 to 1 around the 0 of a class of nobody.
        class_people: How many people have images of each class.
        factor_f1: Macro-F1 over the values of each factor.
        claimed: What the search had found for the configuration.
        selection_bias: By how much the folds' mean was lowered, since the configuration was chosen by it.
        temperature: By which logits are divided so that probabilities mean what they say; 1 where that does not help.
        ece_before: Expected calibration error as trained, over 15 bins of equal width.
        ece_after: The same with the temperature, each fold with that of the others.
        estimates: What the figures are estimates of, in a sentence or two.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, serialize_by_alias=True)

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
    selection_bias: Annotated[float, Field(alias="chosen_by")] = 0.0  # the key in stored models
    temperature: Annotated[float, Field(gt=0)] = 1.0
    ece_before: Share
    ece_after: Share
    estimates: str


def assess(
    found: OutOfFold, *, claimed: float, selection_bias: float = 0.0, new_people: int | None = None, seed: int = 0
) -> Assessment:
    """Say what a configuration is worth, from the answers of the networks that did not know the people.

    Args:
        found: The answers; at least one image.
        claimed: What the search had found for the configuration, in [0, 1]; it is only handed on.
        selection_bias: What macro-F1 is too high by since the configuration was chosen by it; it lowers ``f1`` with its
            ends and ``new_f1``, not below 0. Accuracy, classes and factors stay as counted.
        new_people: Size of the new set that ``new_f1`` is about; by default a fifth of the people, as large as one of
            five folds.
        seed: Of the bootstrap; the same seed gives the same assessment.

    Raises:
        ValueError: There is no image, or the new set would be of nobody.
    """
    if not len(found.labels):
        raise ValueError("there is nothing to assess: the folds held no image out")
    counts = count_by_group(found)
    new = max(counts.groups // 5, 1) if new_people is None else new_people
    if new < 1:
        raise ValueError(f"new_people is {new}: a new set is of at least one person")
    rng = np.random.default_rng(seed)
    figures = _intervals(counts.values @ counts.figures, *figure_intervals(counts, rng))
    classes = _intervals(counts.values, *ratio_intervals(counts))[: counts.classes]
    low, high = new_interval(counts, new, rng)
    before = calibration_error(reliability(found.probabilities(), found.labels))
    after = calibration_error(reliability(cross_fitted(found), found.labels))
    helps = after <= before  # fitted on the other folds it may not, with few people: then it is left alone
    networks = len(np.unique(found.folds))
    who = "people" if counts.groups < len(found.labels) else "images"  # each a group of its own: no people are known
    return Assessment(
        folds=networks,
        images=len(found.labels),
        people=counts.groups,
        f1=Interval(**{end: _lowered(value, selection_bias) for end, value in figures[0].model_dump().items()}),
        new_people=new,
        new_f1=(_lowered(low, selection_bias), _lowered(high, selection_bias)),
        accuracy=figures[1],
        per_class_f1=dict(zip(found.classes, classes, strict=True)),
        class_people={name: len(np.unique(found.groups[found.labels == at])) for at, name in enumerate(found.classes)},
        factor_f1={factor.name: figure for factor, figure in zip(found.factors, figures[2:], strict=True)},
        claimed=claimed,
        selection_bias=selection_bias,
        temperature=fit_temperature(found.scores, found.labels) if helps else 1.0,
        ece_before=before,
        ece_after=after if helps else before,
        estimates=_estimates(networks, counts.groups, who),
    )


def _intervals(values: Numbers, low: Numbers, high: Numbers) -> list[Interval]:
    return [Interval(value=v, low=a, high=b) for v, a, b in np.clip([values, low, high], 0, 1).T.tolist()]


def _lowered(value: float, by: float) -> float:
    return min(max(value - by, 0.0), 1.0)


def _estimates(networks: int, count: int, who: str) -> str:
    if networks == 1:
        return (
            f"What the one network that was trained without these {count} {who} scores on new {who} from the same "
            "population. Another run of the same configuration would score a little differently; the intervals do not "
            "know that."
        )
    return (
        f"What this configuration scores on new {who} from the same population when it is trained on {networks - 1} "
        f"of {networks} parts of these {count} {who}; no network that is trained on all of them was measured, nor "
        f"several that vote. The intervals hold the chance of which {who} were asked, and the chance of training only "
        f"as far as {networks} networks show it."
    )
