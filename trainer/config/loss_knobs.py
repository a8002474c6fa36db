"""The knobs of the criterion, of what the outputs stand for, and of how often classes are seen."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import BaseModel, Field

from trainer.config.knob import Part, Share, Weight, knob

Loss = Literal["focal", "cross_entropy", "symmetric", "soft_f1"]


class LossKnobs(BaseModel):
    """What training aims at."""

    loss: Loss = knob(
        "focal",
        "training criterion; focal at gamma 0 is cross-entropy",
        source="focal 1708.02002, symmetric 1908.06112",
        helps="symmetric against wrong labels; soft_f1 alone learns slowly, so mix it in",
    )
    focal_gamma: float = knob(
        0.0,
        "how little images that are classified well count",
        ge=0,
        le=20,
        needs={"loss": ("focal",), "second_loss": ("focal",)},
        source="1708.02002",
        helps="rare classes; 0.5 to 2 is usual, above 5 little is left to learn from",
    )
    symmetric_alpha: Weight = knob(
        1.0,
        "weight of cross-entropy in the symmetric loss",
        needs={"loss": ("symmetric",), "second_loss": ("symmetric",)},
        source="1908.06112",
    )
    symmetric_beta: Weight = knob(
        1.0,
        "weight of reverse cross-entropy in the symmetric loss",
        needs={"loss": ("symmetric",), "second_loss": ("symmetric",)},
        source="1908.06112",
        helps="wrong labels: larger beside alpha trusts the labels less",
    )
    second_loss: Literal["none"] | Loss = knob(
        "none", "a criterion mixed with the first", helps="soft_f1 beside focal or cross-entropy aims at the metric"
    )
    second_loss_share: Share = knob(
        0.5,
        "what the second criterion counts; the first counts the rest",
        unit="share",
        needs={"second_loss": get_args(Loss)},
    )
    class_weights: Literal["none", "inverse", "effective"] = knob(
        "none",
        "what rare classes count in the criterion: by 1 / images, or by the effective number of images",
        source="1901.05555",
        helps="classes of very different size; inverse is often too much; images are counted as the sampler draws them",
    )
    class_weight_beta: Part = knob(
        0.999,
        "how far the effective number of images goes from none (0) to inverse (1)",
        needs={"class_weights": ("effective",)},
        source="1901.05555",
    )
    label_smoothing: Part = knob(
        0.0,
        "share of each label that is spread over all classes",
        unit="share",
        source="1512.00567",
        helps="doubtful labels; 0.05 to 0.1",
    )
    heads: Literal["classes", "factors"] = knob(
        "classes",
        "what the network tells apart: the classes, or each factor of the label with a head of its own",
        helps="classes of few images whose factors have many, as old people in masks that are worn wrongly",
    )
    factor_weights: dict[str, Annotated[float, Field(gt=0, le=1000)]] = knob(
        {},
        "what the loss of each factor's head counts, by its name; 1 where it is not named",
        values='`{ "age" = 2.0 }`, each above 0',
        searchable=False,
        needs={"heads": ("factors",)},
        helps="a factor that is harder than the others, or learns more slowly",
    )
    train_cut: float | None = knob(
        None,
        "where training draws the last boundary of the data's ordered factor (60 years); none: where it is",
        unit="as the factor: years",
        values="above the boundary before it (30 years)",
        helps="a rare last class: 58 lends it its neighbours; validation stays on the true labels",
    )
    sampler_power: Share = knob(
        0.0,
        "how evenly classes are drawn: a class of n images in proportion to n^(1 - power); 1: all alike",
        source="1910.09217, where 1 - power is q",
        helps="rare classes; 1 often hurts, 0.3 to 0.6 is milder; instead of class weights or beside them",
    )
    class_ratio: dict[str, Annotated[float, Field(gt=0, le=1000)]] = knob(
        {},
        "factors, by the names of classes, on how often they are drawn; an epoch keeps its length",
        values='`{ "class" = 2.0 }`, each above 0 to 1000',
        searchable=False,
        helps="one class that the confusion matrix shows to be neglected",
    )
    extra_weight: Weight = knob(
        1.0,
        "how often an extra image (data.extra) is drawn, while each of the study's own is drawn once",
        unit="times an epoch",
        helps="extra data: 0 shows whether they help at all",
    )
