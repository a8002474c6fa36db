"""Made-up models: what their networks answered about people whom they had not seen, and what is told of them."""

from pathlib import Path

import numpy as np
from PIL import Image

from search.reports.model.content import LeaderRow, ModelReport
from trainer.data.factors import every_combination
from trainer.evaluation.assessment import Assessment, Interval
from trainer.evaluation.out_of_fold import OutOfFold

CLASSES, FACTORS = every_combination(
    {"mask": ("wear", "incorrect", "normal"), "gender": ("male", "female"), "age": ("<30", "30-59", ">=60")}
)


def answers(classes=("a", "b", "c"), people=60, shots=4, sharpness=4.0, seed=0):
    """Each person has a class; a network says the right one with more or less certainty."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(people), shots)
    labels = np.repeat(rng.permutation(people) % len(classes), shots)
    scores = rng.normal(0, 1.5, (len(labels), len(classes)))
    scores[np.arange(len(labels)), labels] += sharpness
    return OutOfFold(
        classes=tuple(classes),
        factors=(),
        paths=np.array([f"images/p{person}/{i % shots}.png" for i, person in enumerate(groups)]),
        groups=np.array([f"p{person}" for person in groups]),
        labels=labels.astype(np.int64),
        folds=(groups % 5 + 1).astype(np.int64),
        scores=scores.astype(np.float32),
    )


def people_answers(people=200, sharpness=3.0, seed=0):
    """Images of masks as the competition has them: gender and age are a person's, the mask is an image's.

    Of each person a network has an opinion of its own, which all images share in part.
    """
    rng = np.random.default_rng(seed)
    masks = np.tile([0, 0, 0, 0, 0, 1, 2], people)
    gender = np.repeat(rng.integers(0, 2, people), 7)
    age = np.repeat(rng.choice(3, people, p=(0.45, 0.45, 0.1)), 7)
    scores = np.zeros((7 * people, 18))
    for place, (factor, values) in enumerate(zip(FACTORS, (masks, gender, age), strict=True)):
        size = len(factor.values)
        own = rng.normal(0, 1.2, (7 * people, size))
        if place:
            own += np.repeat(rng.normal(0, 1.0, (people, size)), 7, axis=0)
        own[np.arange(7 * people), values] += sharpness
        scores += own[:, factor.of_class]
    person = np.repeat(np.arange(people), 7)
    names = ["mask1", "mask2", "mask3", "mask4", "mask5", "incorrect_mask", "normal"]
    return OutOfFold(
        classes=CLASSES,
        factors=FACTORS,
        paths=np.array([f"images/{who:06}/{names[i % 7]}.jpg" for i, who in enumerate(person)]),
        groups=np.array([f"{who:06}" for who in person]),
        labels=(masks * 6 + gender * 3 + age).astype(np.int64),
        folds=(person % 5 + 1).astype(np.int64),
        scores=scores.astype(np.float32),
    )


def interval(value, around=0.04):
    return Interval(value=value, low=max(value - around, 0), high=min(value + around, 1))


def assessment(said, **more):
    """Figures that go with answers; those that take a bootstrap are made up."""
    predicted, per_class = said.predicted, {}
    for label, name in enumerate(said.classes):
        both = ((predicted == label) & (said.labels == label)).sum()
        per_class[name] = 2 * both / max((predicted == label).sum() + (said.labels == label).sum(), 1)
    f1 = float(np.mean(list(per_class.values())))
    values = {
        "folds": 5,
        "images": len(predicted),
        "people": len(set(said.groups)),
        "f1": interval(f1),
        "new_people": 40,
        "new_f1": (max(f1 - 0.09, 0), min(f1 + 0.08, 1)),
        "accuracy": interval(float((predicted == said.labels).mean())),
        "per_class_f1": {name: interval(float(each)) for name, each in per_class.items()},
        "class_people": {name: len(set(said.groups[said.labels == label])) for label, name in enumerate(said.classes)},
        "factor_f1": {factor.name: interval(0.8) for factor in said.factors},
        "claimed": min(f1 + 0.05, 1),
        "chosen_by": 0.0042,
        "temperature": 1.3,
        "ece_before": 0.0713,
        "ece_after": 0.0128,
        "estimates": "What a network of this configuration does on people like these.",
    }
    return Assessment(**(values | more))


def story(said, root, **more):
    """A confirmed model with three leaders."""
    found = assessment(said)
    params = [{"lr": 0.001 * (1 + i), "optimizer": "adamw", "cutmix_prob": 0.25} for i in range(3)]
    claimed = found.claimed
    leaders = (
        LeaderRow(7, params[0], claimed + 0.01, claimed, (0.5, 0.4, None), 0.45, "two folds were enough to see it"),
        LeaderRow(4, params[1], claimed, claimed - 0.01, (0.6, 0.55, 0.5), 0.55),
        LeaderRow(2, params[2], claimed - 0.01, claimed - 0.02, (None, None, None), None, "did not fit into memory"),
    )
    values = {
        "study": "tiny",
        "trial": 4,
        "parameters": params[1],
        "config": {**params[1], "image_size": 32, "epochs": 6},
        "backbone": "test_resnet",
        "weights": "none",
        "classes": said.classes,
        "epochs": 4,
        "claimed": found.claimed,
        "measured": "macro-F1 over all 3 classes on 60 images held out; best epoch of the best trial",
        "images": len(said.labels),
        "people": len(set(said.groups)),
        "root": Path(root),
        "created": "2026-03-04T05:06:07+00:00",
        "packages": {"python": "3.12.1", "torch": "2.9.0"},
        "class_images": {name: int((said.labels == label).sum()) for label, name in enumerate(said.classes)},
        "out_of_fold": said,
        "assessment": found,
        "curves": {fold: {epoch: 0.1 * epoch + 0.01 * fold for epoch in range(1, 7)} for fold in (1, 2, 3)},
        "leaders": leaders,
        "version": "v3",
    }
    return ModelReport(**(values | more))


def unconfirmed(said, root, **more):
    """The same without what confirmation would have found."""
    nothing = {"out_of_fold": None, "assessment": None, "curves": {}, "leaders": ()}
    return story(said, root, **(nothing | more))


def draw(said, root, images=None):
    """Write small files for images, all or some."""
    for path in said.paths if images is None else images:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (60, 40), (200, 120, 40)).save(root / path)
