"""`search check` shows what is there and what is wrong before anything is trained."""

import io
import json
import shutil

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from search.config.load import load_spec
from search.reports.data_check import check_study, run_check
from search.study.knob_checks import check_knobs
from tests.support.tiny import write_study
from trainer.data.spec import DataSpec
from trainer.errors import ConfigError, DataError
from trainer.synthetic.dataset import draw_competition


@pytest.fixture
def root(tmp_path):
    """Ten people with two images of one of two classes, and one person who alone has the class "rare"."""
    generator = np.random.default_rng(0)
    root = tmp_path / "data"
    for person in range(11):
        label = "rare" if person == 10 else ("[a]", "b")[person % 2]
        (root / label).mkdir(parents=True, exist_ok=True)
        for shot in range(2):
            pixels = generator.integers(0, 256, (20 + person, 30, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(root / label / f"p{person:02d}_{shot}.png")
    return root


def run(root, tmp_path, *, as_json=False, **keys) -> str:
    spec = DataSpec(layout="folders", root=root, group_regex=r"(p\d+)_", **keys)
    out = io.StringIO()
    console = Console(file=out, width=80)
    try:
        run_check(spec, image_size=16, seed=1, cache_dir=tmp_path / "cache", console=console, as_json=as_json)
    finally:
        run.out = out.getvalue()
    return out.getvalue()


def test_the_json_counts_images_and_groups_on_both_sides(root, tmp_path):
    found = json.loads(run(root, tmp_path, as_json=True))
    assert found["all"] == {"images": 22, "groups": 11}
    assert [c["name"] for c in found["classes"]] == ["[a]", "b", "rare"]
    assert [c["all"] for c in found["classes"]] == [
        {"images": 10, "groups": 5},
        {"images": 10, "groups": 5},
        {"images": 2, "groups": 1},
    ]
    for key in ("images", "groups"):
        assert found["train"][key] + found["validation"][key] == found["all"][key]
        for side in ("train", "validation", "all"):
            assert sum(c[side][key] for c in found["classes"]) == found[side][key]
    assert found["sizes"] == {
        "smallest": [30, 20],
        "median": [30, 25],
        "largest": [30, 30],
        "most_common": [30, 20],
        "most_common_images": 2,
    }


def test_a_class_that_is_missing_from_a_side_is_told_with_the_ceiling(root, tmp_path):
    found = json.loads(run(root, tmp_path, as_json=True))
    rare = found["classes"][2]
    side = "validation" if rare["train"]["images"] else "training"
    assert found["best_f1"] == pytest.approx(2 / 3)
    assert f"no {side} image of rare" in found["warnings"][0]
    assert "macro-F1 cannot exceed 0.667" in found["warnings"][-1]
    shutil.rmtree(root / "rare")
    found = json.loads(run(root, tmp_path, as_json=True))
    assert (found["warnings"], found["best_f1"]) == ([], 1.0)


def test_the_table_fits_a_terminal_of_80_columns(root, tmp_path):
    text = run(root, tmp_path)
    assert max(map(len, text.splitlines())) <= 80
    rows = [line.split() for line in text.splitlines()]
    found = json.loads(run(root, tmp_path, as_json=True))
    for row in found["classes"]:
        cells = [str(row[side][key]) for side in ("all", "train", "validation") for key in ("images", "groups")]
        assert [row["name"], *cells] in rows
    assert "warning: no" in text


def test_all_unreadable_files_are_shown_before_the_error(root, tmp_path):
    names = [f"[a]/p00_bad{i:02d}.jpg" for i in range(15)]
    for name in names:
        (root / name).write_bytes(b"")
    with pytest.raises(DataError, match=r'15 files .* on_bad_image = "skip"'):
        run(root, tmp_path)
    assert all(name in run.out for name in names)
    with pytest.raises(DataError):
        run(root, tmp_path, as_json=True)
    assert [bad["path"] for bad in json.loads(run.out)["unreadable"]] == names
    assert "p00_bad14.jpg" in run(root, tmp_path, on_bad_image="skip")


def test_corrections_are_shown_with_what_was_and_what_is(root, tmp_path):
    (root / "right.csv").write_text("path,field,value\n[a]/p00_0.png,label,b\nb/p01_0.png,label,b\n")
    found = json.loads(run(root, tmp_path, as_json=True, corrections="right.csv"))
    assert found["corrections"] == [{"what": "[a]/p00_0.png", "field": "label", "old": "[a]", "new": "b", "images": 1}]
    assert [c["all"]["images"] for c in found["classes"]] == [9, 11, 2]
    lines = " ".join(run(root, tmp_path, corrections="right.csv").split())
    assert "note: 1 correction from right.csv: [a]/p00_0.png: label [a] -> b" in lines
    assert "note: 1 row of right.csv changes nothing: line 3" in lines
    assert json.loads(run(root, tmp_path, as_json=True))["corrections"] == []


def test_extra_images_have_a_column_and_make_up_for_a_class_without_training_images(root, tmp_path):
    (tmp_path / "more" / "rare").mkdir(parents=True)
    for shot in range(2):
        Image.new("RGB", (20, 20), (shot, 50, 90)).save(tmp_path / "more" / "rare" / f"q1_{shot}.png")
    files = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.png"))
    sides = [f"{name},{name.split('/')[0]},{name[-9:-6]}" for name in files]
    held = ("validation" if name.startswith("rare") or "p00" in name or "p01" in name else "train" for name in files)
    rows = [f"{row},{side}" for row, side in zip(sides, held, strict=True)]
    (root / "table.csv").write_text("\n".join(["path,label,group,split", *rows]))

    def look(as_json, *extra):
        spec = DataSpec(layout="table", root=root, extra=extra)
        console = Console(file=io.StringIO(), width=80)
        run_check(spec, image_size=16, seed=1, cache_dir=tmp_path / "cache", console=console, as_json=as_json)
        return console.file.getvalue()

    plain = json.loads(look(True))
    assert plain["warnings"][0].startswith("no training image of rare")
    assert (plain["best_f1"], plain["extra"]) == (pytest.approx(2 / 3), {"images": 0, "groups": 0})
    extra = {"layout": "folders", "root": tmp_path / "more", "group_regex": r"(q\d+)_"}
    found = json.loads(look(True, extra))
    assert (found["warnings"], found["best_f1"], found["extra"]) == ([], 1.0, {"images": 2, "groups": 1})
    assert all(found[key] == plain[key] for key in ("all", "train", "validation"))
    assert found["classes"][2]["extra"]["images"] == 2
    text = look(False, extra)
    assert max(map(len, text.splitlines())) <= 80
    assert ["rare", "2", "1", "0", "0", "2", "1", "2"] in [line.split() for line in text.splitlines()]


@pytest.mark.parametrize(
    ("fixed", "line"),
    [
        ("class_ratio = { rair = 2 }", "class_ratio: 'rair' is no class of these data; did you mean 'rare'?"),
        ("train_cut = 58", "train_cut 58 has no meaning here: these data have no ordered factor"),
    ],
)
def test_knobs_that_do_not_fit_the_data_are_told_before_anything_is_decoded(root, tmp_path, fixed, line):
    spec = load_spec(str(write_study(tmp_path, root, fixed=fixed)))
    with pytest.raises(ConfigError) as caught:
        check_study(spec, tmp_path / "home", Console(file=io.StringIO()), as_json=False)
    assert line in str(caught.value)
    assert not (tmp_path / "home").exists()


def test_a_boundary_that_is_searched_is_looked_at_at_both_ends(tmp_path):
    draw_competition(tmp_path / "drawn", people=12, eval_people=1, size=(32, 32))
    path = write_study(tmp_path, tmp_path / "drawn" / "train")
    text = path.read_text().replace('layout = "folders"', 'layout = "competition"')
    text = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("group_regex"))
    for low, high, message in (
        (29, 60, "train_cut 29 must be above 30"),
        (58, 61, "train_cut 61 is above 60, the largest"),
    ):
        path.write_text(text.replace("[space]", f"[space]\ntrain_cut = {{ low = {low}, high = {high} }}"))
        with pytest.raises(ConfigError, match=message):
            check_knobs(load_spec(str(path)))
    path.write_text(text.replace("[space]", "[space]\ntrain_cut = { low = 56, high = 60 }"))
    check_knobs(load_spec(str(path)))


def test_a_leak_is_refused(root, tmp_path):
    files = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.png"))
    rows = [f"{name},{name.split('/')[0]},{name[-8:-6]},{'train' if '_0' in name else 'validation'}" for name in files]
    (root / "table.csv").write_text("\n".join(["path,label,group,split", *rows]))
    with pytest.raises(DataError, match="both sides of the split"):
        run_check(
            DataSpec(layout="table", root=root),
            image_size=16,
            seed=1,
            cache_dir=tmp_path / "cache",
            console=Console(file=io.StringIO()),
            as_json=False,
        )


def test_each_value_of_a_factor_is_counted(tmp_path):
    root = tmp_path / "set"
    draw_competition(root, people=24, eval_people=1, size=(32, 40))
    out = io.StringIO()

    def look(*, as_json, factor=None):
        spec = DataSpec(layout="competition", root=root / "train", factor=factor)
        out.truncate(out.seek(0))
        console = Console(file=out, width=80)
        run_check(spec, image_size=16, seed=1, cache_dir=tmp_path / "cache", console=console, as_json=as_json)
        return out.getvalue()

    found = json.loads(look(as_json=True))
    assert [factor["name"] for factor in found["factors"]] == ["mask", "gender", "age"]
    for place, factor in enumerate(found["factors"]):
        for value in factor["values"]:
            classes = [each for each in found["classes"] if each["name"].split("/")[place] == value["name"]]
            for side in ("all", "train", "validation"):
                assert value[side]["images"] == sum(each[side]["images"] for each in classes)
    (wear, incorrect, normal) = found["factors"][0]["values"]
    assert wear["all"] == {"images": 5 * 24, "groups": 24}
    assert incorrect["all"] == normal["all"] == {"images": 24, "groups": 24}
    rows = [line.split() for line in look(as_json=False).splitlines()]
    assert ["gender"] in rows
    assert ["wear", "120", "24"] in [row[:3] for row in rows]
    alone = json.loads(look(as_json=True, factor="gender"))
    assert [each["name"] for each in alone["classes"]] == ["male", "female"]
    assert [each["all"] for each in alone["classes"]] == [each["all"] for each in found["factors"][1]["values"]]
    assert alone["factors"] == []
