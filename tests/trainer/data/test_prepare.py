"""The same images under another seed of the split: what prepare would have made, without reading anything."""

import pytest

from tests.support.tiny import write_images
from trainer.data.prepare import prepare, resplit
from trainer.data.spec import DataSpec
from trainer.synthetic.dataset import draw_competition


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_images(tmp_path_factory.mktemp("data") / "images", people=12)


def spec_of(folder, **keys):
    return DataSpec(root=folder, **{"layout": "folders", "group_regex": r".*/(p\d+)_", "validation": 0.25, **keys})


def prepared(folder, seed, **keys):
    return prepare(spec_of(folder, **keys), image_size=16, seed=seed, cache_dir=folder.parent / "cache")


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    root = tmp_path_factory.mktemp("people") / "set"
    draw_competition(root, people=24, eval_people=1, size=(32, 40))
    return root


@pytest.mark.parametrize("keys", [{"validation": 0.2, "folds": 3}, {"factor": "age"}, {"factor": "mask", "folds": 2}])
def test_folds_and_data_of_one_factor_are_split_anew_as_well(people, keys):
    keys = {"layout": "competition", "group_regex": None, "validation": 0.2, **keys}
    first, expected = prepared(people, 3, **keys), prepared(people, 8, **keys)
    again = resplit(first, spec_of(people, **keys), 8)
    assert again.fingerprint == expected.fingerprint != first.fingerprint
    assert (again.validation == expected.validation).all()
    assert len(again.folds) == len(expected.folds) == keys.get("folds", 0)
    for mine, theirs in zip(again.folds, expected.folds, strict=True):
        assert (mine.train == theirs.train).all()
        assert (mine.validation == theirs.validation).all()


@pytest.mark.parametrize("seed", [0, 1, 7, 2**32 - 1])
def test_it_is_what_prepare_makes_with_that_seed(folder, seed):
    first, expected = prepared(folder, 3), prepared(folder, seed)
    again = resplit(first, spec_of(folder), seed)
    assert (again.train == expected.train).all()
    assert (again.validation == expected.validation).all()
    assert again.fingerprint == expected.fingerprint
    assert again.images is first.images  # nothing is read or copied
    assert resplit(again, spec_of(folder), 3).fingerprint == first.fingerprint


def test_seeds_differ_and_nobody_stands_on_both_sides(folder):
    first = prepared(folder, 0)
    splits = [resplit(first, spec_of(folder), seed) for seed in range(1, 9)]
    assert len({each.fingerprint["split"] for each in splits}) > 4
    for each in splits:
        assert not set(each.groups[each.train]) & set(each.groups[each.validation])
        assert sorted([*each.train, *each.validation]) == list(range(len(each.labels)))


def test_data_with_a_split_of_their_own_have_no_other(folder):
    sides = ("validation", "train", "train")
    rows = [
        f"{path.relative_to(folder).as_posix()},{path.parent.name},{path.name},{sides[number % 3]}"
        for number, path in enumerate(sorted(folder.rglob("*.png")))
    ]
    (folder / "table.csv").write_text("\n".join(["path,label,group,split", *rows]))
    data = prepared(folder, 0, layout="table", group_regex=None)
    assert data.given_split
    assert resplit(data, spec_of(folder), 5) is data
    assert not prepared(folder, 0).given_split
