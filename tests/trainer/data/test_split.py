"""A group stands on one side, the sides look alike, and every machine draws the same ones."""

import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from trainer.data.split import Split, check_split, folds, hold_out, subsample
from trainer.errors import DataError


def people(count: int, seed: int = 0, classes: int = 6) -> pd.DataFrame:
    """Unbalanced classes; each person has one to seven images of one or two classes."""
    generator = np.random.default_rng(seed)
    rows = []
    for person in range(count):
        label = min(int(generator.geometric(0.5)) - 1, classes - 1)
        for shot in range(int(generator.integers(1, 8))):
            other = (label + 1) % classes if shot == 6 else label
            rows.append((f"p{person:04d}/{shot}.jpg", other, f"p{person:04d}"))
    return pd.DataFrame(rows, columns=["path", "label", "group"])


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("fraction", [0.05, 0.2, 0.3, 0.5])
def test_a_group_is_never_on_both_sides(seed, fraction):
    table = people(80, seed)
    split = hold_out(table, fraction, seed)
    groups = table["group"].to_numpy()
    assert not set(groups[split.train]) & set(groups[split.validation])
    assert sorted([*split.train, *split.validation]) == list(range(len(table)))
    assert split.train.dtype == split.validation.dtype == np.int64
    check_split(table, split)


@pytest.mark.parametrize("fraction", [0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.45, 0.5])
def test_the_share_is_held_out_of_all_and_of_each_class(fraction):
    table = people(400)
    split = hold_out(table, fraction, 1)
    assert len(split.validation) / len(table) == pytest.approx(fraction, rel=0.07)
    totals = table["label"].value_counts()
    held = table["label"].iloc[split.validation].value_counts()
    for label in totals.index[totals >= 50]:
        assert held[label] / totals[label] == pytest.approx(fraction, rel=0.25)


def test_the_seed_decides_the_split():
    table = people(80)
    assert (hold_out(table, 0.2, 1).validation == hold_out(table, 0.2, 1).validation).all()
    assert set(hold_out(table, 0.2, 1).validation) != set(hold_out(table, 0.2, 2).validation)


def test_another_process_draws_the_same_split():
    code = (
        "import json, sys; import pandas as pd; from trainer.data.split import hold_out, subsample;"
        "t = pd.DataFrame(json.load(sys.stdin));"
        "print(json.dumps([hold_out(t, .2, 7).validation.tolist(), subsample(t, .2, 7)['path'].tolist()]))"
    )
    table = people(60)
    out = subprocess.run(
        [sys.executable, "-c", code],
        input=table.to_json(orient="records"),
        env={**os.environ, "PYTHONHASHSEED": "12345"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert json.loads(out) == [
        hold_out(table, 0.2, 7).validation.tolist(),
        subsample(table, 0.2, 7)["path"].tolist(),
    ]


def test_of_the_folds_the_one_that_leaves_no_class_out_is_chosen():
    # Two people have the rare class: only a fold with exactly one of them shows it to both sides.
    table = pd.DataFrame(
        {
            "label": [0] * 20 + [1] * 20 + [2, 2],
            "group": [f"g{i}" for i in range(40)] + ["g3", "g30"],
        }
    )
    for seed in range(10):
        split = hold_out(table, 0.2, seed)
        assert set(table["label"].iloc[split.train]) == set(table["label"].iloc[split.validation]) == {0, 1, 2}


def test_a_side_column_decides():
    table = people(20)
    table["side"] = np.where(table["group"] < "p0005", "validation", "train")
    split = hold_out(table, 0.2, 0)
    assert set(table["group"].iloc[split.validation]) == {f"p{i:04d}" for i in range(5)}
    with pytest.raises(DataError, match="'validation'"):
        hold_out(table.assign(side="train"), 0.2, 0)


def test_a_leak_is_named():
    table = people(5)
    half = np.arange(len(table)) % 2 == 0
    leak = Split(np.flatnonzero(half), np.flatnonzero(~half))
    with pytest.raises(DataError, match="p0000"):
        check_split(table, leak)


def test_fewer_people_than_folds_is_told_with_numbers():
    table = people(4)
    with pytest.raises(DataError, match=r"fewer people than folds: 4 groups .* 5 folds; add people"):
        hold_out(table, 0.2, 0)
    with pytest.raises(DataError, match="10 folds"):
        folds(table, 10, 0)
    scattered = pd.DataFrame({"label": [0, 1, 2, 3, 4, 5], "group": list("abcdef")})
    with pytest.raises(DataError, match="no class has more than 1 images"):
        hold_out(scattered, 0.2, 0)


def test_folds_hold_everybody_out_once():
    table = people(60)
    parts = folds(table, 5, 3)
    assert sorted(np.concatenate([part.validation for part in parts])) == list(range(len(table)))
    for part in parts:
        check_split(table, part)
        assert len(part.train) + len(part.validation) == len(table)


@pytest.mark.parametrize("seed", range(5))
def test_a_subsample_takes_whole_people_and_keeps_the_classes(seed):
    table = people(300, seed)
    part = subsample(table, 0.05, seed)
    assert part["group"].nunique() == 15
    assert set(part["label"]) == set(table["label"])
    whole = table[table["group"].isin(part["group"])]
    assert part["path"].tolist() == whole["path"].tolist()
    assert part.index.tolist() == list(range(len(part)))


def test_a_subsample_has_at_least_ten_people_if_there_are_ten():
    assert subsample(people(50), 0.05, 0)["group"].nunique() == 10
    assert subsample(people(6), 0.05, 0)["group"].nunique() == 6


def test_a_subsample_keeps_both_sides():
    table = people(100)
    table["side"] = np.where(table["group"] < "p0010", "validation", "train")
    assert set(subsample(table, 0.1, 0)["side"]) == {"train", "validation"}
