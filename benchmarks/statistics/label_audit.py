"""How many labels made wrong on purpose an audit finds, beside the plain order by how improbable a label is.

    python -m benchmarks.statistics.label_audit FACES CROPS WEIGHTS

FACES is a folder in the competition's layout, CROPS one of a folder a class with the column source_image, WEIGHTS a
file of tf_efficientnet_lite0. The networks are linear heads on its features (mean and maximum, 128 px), five folds by
person, trained on the wrong labels too. Planted: gender and age of 6 % of the people each, the mask of 3 % of the
faces, 5 % of the crops.
"""

import argparse
import csv
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import timm
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.rehearsal import parse
from trainer.data.samples import Samples, read_samples
from trainer.data.spec import DataSpec
from trainer.evaluation.label_audit import Finding, audit
from trainer.evaluation.out_of_fold import OutOfFold
from trainer.imaging.decode import load_resized
from trainer.synthetic.dataset import draw_competition

BACKBONE = "tf_efficientnet_lite0"
FOLDS = 5
SEED = 7


def features(samples: Samples, weights: Path) -> np.ndarray:
    """Float32 [N, 2560] of the images."""
    network = timm.create_model(BACKBONE, pretrained=False)
    network.load_state_dict(load_file(weights))
    network.eval()
    found = []
    paths = samples.table["path"].tolist()
    for start in range(0, len(paths), 64):
        pixels = np.stack([load_resized(samples.root / path, 128) for path in paths[start : start + 64]])
        with torch.inference_mode():
            maps = network.forward_features(torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 127.5 - 1)
        found.append(torch.cat([maps.mean((2, 3)), maps.amax((2, 3))], dim=1).numpy())
    return np.concatenate(found)


def other(rng: np.random.Generator, value: int, values: int) -> int:
    """Another value."""
    return int(rng.choice([each for each in range(values) if each != value]))


def plant(samples: Samples) -> np.ndarray:
    """Labels, some of which are wrong: int64 [N]."""
    rng = np.random.default_rng(SEED)
    labels, groups = samples.table["label"].to_numpy().copy(), samples.table["group"].to_numpy(str)
    if not samples.factors:
        wrong = rng.choice(len(labels), int(0.05 * len(labels)), replace=False)
        labels[wrong] = [other(rng, labels[i], len(samples.classes)) for i in wrong]
        return labels
    values = np.array([factor.of_class for factor in samples.factors]).T[labels]
    people = np.unique(groups)
    for place in (1, 2):
        for person in rng.choice(people, int(0.06 * len(people)), replace=False):
            theirs = groups == person
            values[theirs, place] = other(rng, values[theirs, place][0], len(samples.factors[place].values))
    for i in rng.choice(len(labels), int(0.03 * len(labels)), replace=False):
        values[i, 0] = other(rng, values[i, 0], 3)
    return values @ np.array([6, 3, 1])


def answers(samples: Samples, inputs: np.ndarray, labels: np.ndarray) -> OutOfFold:
    """What five heads say of people whom they have not seen; one head a factor, where there are factors."""
    groups = samples.table["group"].to_numpy(str)
    people = np.unique(groups)
    fold_of = dict(zip(people, np.random.default_rng(3).permutation(len(people)) % FOLDS, strict=True))
    folds = np.array([fold_of[person] for person in groups])
    parts = [np.array(factor.of_class) for factor in samples.factors] or [np.arange(len(samples.classes))]
    scores = np.zeros((len(labels), len(samples.classes)), dtype=np.float32)
    for fold in range(FOLDS):
        out = folds == fold
        for part in parts:
            head = make_pipeline(StandardScaler(), LogisticRegression(C=0.003, max_iter=300))
            head.fit(inputs[~out], part[labels[~out]])
            scores[out] += np.log(np.clip(head.predict_proba(inputs[out]), 1e-9, 1))[:, part]
    return OutOfFold(
        samples.classes, samples.factors, samples.table["path"].to_numpy(str), groups, labels, folds + 1, scores
    )


def tell(name: str, samples: Samples, said: OutOfFold) -> None:
    """A row a field, and how many of the first findings of all fields together are right."""
    true = samples.table["label"].to_numpy()
    place = {path: i for i, path in enumerate(said.paths)}
    found = audit(said)
    fields = {each.name: np.array(each.of_class) for each in samples.factors} or {"label": np.arange(len(said.classes))}

    def is_right(finding: Finding) -> bool:
        part, i = fields[finding.field], place[finding.paths[0]]
        return bool(part[true[i]] != part[said.labels[i]])

    for field, part in fields.items():
        mine = [each for each in found if each.field == field]
        of_people = bool(mine) and mine[0].kind == "person"
        units = said.groups if of_people else said.paths
        names = np.unique(units)
        wrong = np.isin(names, units[part[true] != part[said.labels]])
        scores = {each.what: each.score for each in mine}
        ranked = np.array([scores.get(each, -1.0) for each in names])
        own = (said.probabilities().astype(float) @ np.eye(part.max() + 1)[part])[
            np.arange(len(true)), part[said.labels]
        ]
        worst = np.array([-own[units == each].min() for each in names])
        hits, planted = sum(map(is_right, mine)), int(wrong.sum())
        figures = [hits / max(len(mine), 1), hits / planted]
        figures += [wrong[np.argsort(-each, kind="stable")[:planted]].mean() for each in (ranked, worst)]
        figures += [average_precision_score(wrong, each) for each in (ranked, worst)]
        cells = [f"{name}, {field}", "people" if of_people else "images", planted, len(mine)]
        write(cells + [f"{figure:.2f}" for figure in figures])
    first = [f"{sum(map(is_right, found[:n]))} of {n}" for n in (20, 50, 100)]
    sys.stdout.write(f"{name}, right among the first of all fields: {', '.join(first)}\n")


def write(cells: Iterable[object]) -> None:
    """A row of a Markdown table."""
    sys.stdout.write(f"| {' | '.join(map(str, cells))} |\n")


def draw(folder: Path) -> None:
    """Put people, squares of noise and random weights into a folder, in the form of what the command line names."""
    draw_competition(folder / "faces", people=18, eval_people=1)
    rng = np.random.default_rng(SEED)
    rows = [(f"{name}/{number}.png", f"photograph {number}") for name in ("a", "b") for number in range(10)]
    for file, _ in rows:
        path = folder / "crops" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)).save(path)
    with (folder / "crops" / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("file", "source_image"), *rows])
    save_file(timm.create_model(BACKBONE, pretrained=False).state_dict(), folder / "weights.safetensors")


def main() -> None:
    """Run it on both data sets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("faces", "crops", "weights"):
        parser.add_argument(name, type=Path)
    given = parse(parser, "FOLDER/faces/train FOLDER/crops FOLDER/weights.safetensors", draw)
    head = ("data, field", "of", "wrong", "found", "precision", "recall", "P@n", "plain P@n", "AP", "plain AP")
    write(head)
    write(["---"] * len(head))
    specs = {
        "faces": DataSpec(layout="competition", root=given.faces),
        "crops": DataSpec(layout="folders", root=given.crops, group_column="source_image"),
    }
    for name, spec in specs.items():
        samples = read_samples(spec)
        tell(name, samples, answers(samples, features(samples, given.weights), plant(samples)))


if __name__ == "__main__":
    main()
