"""Labels of several factors: where they come from, and data of one of them, split as the whole label's."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from tests.support.data_folders import read, refused, touch, write_table
from trainer.data.competition import CLASSES, FACTORS
from trainer.data.factors import check_factors, combine, every_combination
from trainer.data.fingerprint import fingerprint_differences
from trainer.data.prepare import prepare
from trainer.data.spec import DataSpec
from trainer.data.split import subsample
from trainer.synthetic.dataset import draw_competition


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    root = tmp_path_factory.mktemp("drawn") / "set"
    draw_competition(root, people=36, eval_people=1, size=(32, 40))
    return root / "train"


def names_of(classes, factors):
    """The names that a class's values have by the factors."""
    table = np.array([factor.of_class for factor in factors]).T
    return ["/".join(factor.values[i] for factor, i in zip(factors, row, strict=True)) for row in table.tolist()] == [
        *classes
    ]


def test_the_competitions_classes_are_all_combinations():
    assert [factor.name for factor in FACTORS] == ["mask", "gender", "age"]
    assert names_of(CLASSES, FACTORS)
    for number in range(18):
        mask, gender, age = (factor.of_class[number] for factor in FACTORS)
        assert mask * 6 + gender * 3 + age == number


@pytest.mark.parametrize("seed", range(5))
def test_combinations_that_occur_are_the_classes(seed):
    rng = np.random.default_rng(seed)
    names = [f"f{i}" for i in range(rng.integers(2, 5))]
    values = [[str(v) for v in rng.permutation(rng.integers(1, 12))] for _ in names]
    every = list(product(*values))
    found = [every[i] for i in rng.integers(0, len(every), 2 * len(every) // 3 + 1)]
    classes, factors = combine(names, found)
    assert set(classes) == {"/".join(each) for each in found}
    assert names_of(classes, factors)
    numbers = [tuple(map(int, name.split("/"))) for name in classes]
    assert numbers == sorted(numbers)  # as numbers: 10 after 9
    assert all(set(range(len(factor.values))) == set(factor.of_class) for factor in factors)


def test_a_table_of_several_label_columns(tmp_path):
    for name in "abcd":
        touch(tmp_path / f"{name}.jpg")
    lines = ["path,mask,age,group", "a.jpg,on,9,p", "b.jpg,off,10,q", "c.jpg,on,10,r", "d.jpg,on,9,s"]
    write_table(tmp_path, *lines)
    samples = read("table", tmp_path, columns={"label": ["mask", "age"]})
    assert samples.classes == ("off/10", "on/9", "on/10")  # nobody is off/9
    assert samples.table["label"].tolist() == [1, 0, 2, 1]
    assert [(factor.name, factor.values) for factor in samples.factors] == [
        ("mask", ("off", "on")),
        ("age", ("9", "10")),
    ]
    assert names_of(samples.classes, samples.factors)
    one = read("table", tmp_path, columns={"label": ["mask"]})
    assert (one.classes, one.factors) == (("off", "on"), ())
    assert one.table.equals(read("table", tmp_path, columns={"label": "mask"}).table)
    write_table(tmp_path, *lines, "e.jpg,o/n,3,p")
    assert "line 6: mask is 'o/n': '/' stands between" in refused("table", tmp_path, columns={"label": ["mask", "age"]})
    columns = {"label": ["mask", "gender"]}
    assert "no column 'gender': its columns are path, mask" in refused("table", tmp_path, columns=columns)


@pytest.mark.parametrize(("separator", "keys"), [("/", {}), ("-", {"label_separator": "-"})])
def test_folders_of_several_factors(tmp_path, separator, keys):
    places = {"on/9": "on/9/p1.jpg", "on/10": "on/10/deep/p2.jpg", "off/10": "off/10/p1.jpg"}
    for name, path in places.items():
        touch(tmp_path / path.replace(name, name.replace("/", separator)))
    samples = read("folders", tmp_path, factors=["mask", "age"], **keys, group_regex=r"p\d")
    assert samples.classes == ("off/10", "on/9", "on/10")
    assert names_of(samples.classes, samples.factors)
    expected = {path.replace(name, name.replace("/", separator)): name for name, path in places.items()}
    rows = zip(samples.table["path"], samples.table["label"], strict=True)
    assert {path: samples.classes[label] for path, label in rows} == expected
    assert samples.notes == ()


def test_folders_that_do_not_fit_their_factors(tmp_path):
    touch(tmp_path / "on" / "9" / "a.jpg")
    touch(tmp_path / "on" / "loose.jpg")
    touch(tmp_path / "off" / "10" / "a.jpg")
    notes = read("folders", tmp_path, factors=["mask", "age"]).notes
    assert "1 file beside the class folders, left out: on/loose.jpg" in notes
    text = refused("folders", tmp_path, factors=["mask", "age", "race"])
    assert "has no folder of a race below it" in text
    touch(tmp_path / "on-9-x" / "a.jpg")
    text = refused("folders", tmp_path, factors=["mask", "age"], label_separator="-")
    assert "has 1 value by '-', and data.factors names 2 (mask, age): rename it" in text


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"layout": "table", "columns": {"label": []}}, "[] names no column"),
        ({"layout": "table", "columns": {"label": 3}}, "3 names no column"),
        ({"layout": "table", "columns": {"label": ["a", ""]}}, "names no column: write the name of one"),
        ({"layout": "table", "columns": {"label": ["a", "a"]}}, "'a' stands twice"),
        ({"layout": "folders", "factors": ["a", "a"]}, "'a' stands twice"),
        ({"layout": "folders", "factors": ["a"]}, "['a'] are too few factors"),
        ({"layout": "folders", "label_separator": "-"}, "label_separator is of no use without factors"),
        ({"layout": "folders", "columns": {"label": ["a", "b"]}}, "columns.label does not belong to layout"),
        ({"layout": "table", "factors": ["a", "b"]}, 'factors does not belong to layout "table"'),
        ({"layout": "competition", "factor": "msk"}, "the label's factors are mask, gender, age; did you mean 'mask'?"),
        ({"layout": "table", "factor": "mask"}, "factor 'mask': the label has no factors"),
        ({"layout": "table", "factor": "x", "columns": {"label": ["a", "b"]}}, "the label's factors are a, b"),
    ],
)
def test_a_key_that_does_not_fit_is_refused(keys, message):
    with pytest.raises(ValidationError) as caught:
        DataSpec(root=Path("x"), **keys)
    assert message in str(caught.value)


def test_the_specification_survives_json_and_older_ones_are_the_same():
    for keys in (
        {"layout": "table", "columns": {"label": ["a", "b"]}, "factor": "b"},
        {"layout": "folders", "factors": ["a", "b"], "label_separator": "-"},
    ):
        spec = DataSpec(root=Path("x"), **keys)
        assert DataSpec.model_validate_json(spec.model_dump_json()) == spec
        assert spec.factor_names == ("a", "b")
    # A study that was made before there were factors has none of these keys: they must not make it another one.
    dump = DataSpec(layout="folders", root=Path("x")).model_dump(mode="json")
    assert {dump[key] for key in ("factors", "label_separator", "factor")} == {None}
    assert dump["columns"]["label"] == "label"


def test_factors_of_one_head_each():
    check_factors(("a", "b"), {"b": 2.0})
    with pytest.raises(ValueError, match="factor_weights names 'colr': the label's factors are colour, b; did you"):
        check_factors(("colour", "b"), {"colr": 2.0})
    for names in ((), ("a",)):
        with pytest.raises(ValueError, match="heads = 'factors' needs a label of several factors"):
            check_factors(names, {})


def test_every_combination_is_in_order():
    classes, factors = every_combination({"b": ("z", "a"), "a": ("1",)})
    assert classes == ("z/1", "a/1")
    assert [factor.of_class for factor in factors] == [(0, 1), (0, 0)]


@pytest.mark.parametrize("seed", [0, 7])
def test_studies_of_one_factor_hold_the_same_people_out(drawn, tmp_path, seed):
    def data(factor=None, size=16):
        spec = DataSpec(layout="competition", root=drawn, factor=factor)
        return prepare(spec, image_size=size, seed=seed, cache_dir=tmp_path / "cache")

    whole = data()
    assert [factor.name for factor in whole.factors] == ["mask", "gender", "age"]
    for i, factor in enumerate(FACTORS):
        part = data(factor.name, size=16 + 8 * i)
        assert part.classes == factor.values
        assert (part.labels == np.array(factor.of_class)[whole.labels]).all()
        assert part.labels.dtype == np.int64
        assert (part.train == whole.train).all()
        assert (part.validation == whole.validation).all()
        assert part.factors == ()
        assert part.part.factors == whole.factors
        assert part.part.classes == whole.classes
        differ = {key for key in part.fingerprint if part.fingerprint[key] != whole.fingerprint.get(key)}
        assert differ == {"labels", "strata", "classes"}
    changed = {**part.fingerprint, "strata": "x"}
    assert fingerprint_differences(part.fingerprint, changed) == ["the labels of all factors differ"]


def test_a_rehearsal_of_one_factor_draws_the_same_people(drawn):
    whole, part = (read("competition", drawn, factor=factor).table for factor in (None, "gender"))
    assert subsample(whole, 0.3, 5)["path"].tolist() == subsample(part, 0.3, 5)["path"].tolist()


def test_one_value_only_is_refused(tmp_path):
    for name in "ab":
        touch(tmp_path / f"{name}.jpg")
    write_table(tmp_path, "path,mask,age,group", "a.jpg,on,9,p", "b.jpg,on,10,q")
    columns = {"label": ["mask", "age"]}
    assert read("table", tmp_path, columns=columns, factor="age").classes == ("9", "10")
    assert "images of one class only (on)" in refused("table", tmp_path, columns=columns, factor="mask")
