"""The drawn data set has the competition's layout and difficulties, and is the same wherever it is drawn."""

import csv
import hashlib
import json
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from trainer.errors import ConfigError, DataError, SaveError
from trainer.synthetic.dataset import EXTRAS, GROUP_SIZES, MARKER, PICTURES, ROUNDS, draw_competition

SMALL = {"people": 36, "eval_people": 12, "size": (48, 64), "seed": 3}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    root = tmp_path_factory.mktemp("drawn") / "set"
    draw_competition(root, **SMALL)
    return root


def table(path):
    with path.open(newline="") as f:
        return list(csv.DictReader(f))


def digests(root):
    return {
        str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(root.rglob("*"))
        if p.is_file()
    }


def group(row):
    age = int(row["age"])
    return 3 * (row["gender"] == "female") + (age >= 30) + (age >= 60)


def test_every_person_has_a_row_a_folder_and_seven_pictures(drawn):
    rows = table(drawn / "train" / "train.csv")
    assert list(rows[0]) == ["id", "gender", "race", "age", "path"]
    folders = [p.name for p in (drawn / "train" / "images").iterdir()]
    assert sorted(r["path"] for r in rows) == sorted(folders)
    assert len(set(folders)) == SMALL["people"]
    for row in rows:
        assert row["path"] == f"{row['id']}_{row['gender']}_{row['race']}_{row['age']}"
        files = [p for p in (drawn / "train" / "images" / row["path"]).iterdir() if p.name[0] != "."]
        assert sorted(p.stem for p in files) == sorted(PICTURES)


def test_the_competitions_difficulties_are_there(drawn):
    rows = table(drawn / "train" / "train.csv")
    images = drawn / "train" / "images"
    assert any("-" in r["id"] for r in rows)
    assert len({r["id"] for r in rows}) < len(rows), "an id is no key"
    assert max(int(r["age"]) for r in rows) == 60
    assert {p.suffix for p in images.glob("*/[!.]*")} == {".jpg", ".jpeg", ".png"}
    modes = set()
    for path in images.glob("*/[!.]*.png"):
        with Image.open(path) as picture:
            modes.add(picture.mode)
    assert modes == {"RGB", "RGBA"}
    doubles = list(images.glob("*/._*"))
    assert doubles
    assert all(p.with_name(p.name[2:]).exists() for p in doubles)


@pytest.mark.parametrize("part", ["train", "eval"])
def test_all_images_open_in_the_asked_size(drawn, part):
    files = [p for p in (drawn / part / "images").rglob("*.*") if p.name[0] != "."]
    assert len(files) == 7 * (SMALL["people"] if part == "train" else SMALL["eval_people"])
    for path in files:
        with Image.open(path) as picture:
            picture.load()
            assert picture.size == SMALL["size"]
            assert np.asarray(picture.convert("L")).std() > 10, "a picture without content"


def test_six_groups_of_three_people_at_least(drawn):
    counts = Counter(group(r) for r in table(drawn / "train" / "train.csv"))
    assert min(counts[g] for g in range(6)) >= 3
    assert len(EXTRAS) + ROUNDS * len(GROUP_SIZES) == ROUNDS * 12


def test_truth_agrees_with_info(drawn):
    info, truth = table(drawn / "eval" / "info.csv"), table(drawn / "eval" / "truth.csv")
    assert [r["ImageID"] for r in info] == [r["ImageID"] for r in truth]
    assert {r["ans"] for r in info} == {"0"}
    assert sorted(r["ImageID"] for r in info) == sorted(p.name for p in (drawn / "eval" / "images").iterdir())
    classes = Counter(int(r["ans"]) for r in truth)
    assert set(classes) == set(range(18)), "twelve people are enough for every class"
    for g in range(6):
        assert classes[g] == 5 * classes[6 + g] == 5 * classes[12 + g]


def test_equal_arguments_give_equal_files_and_other_seeds_do_not(drawn, tmp_path):
    few = SMALL | {"people": 3, "eval_people": 2}
    draw_competition(tmp_path / "one", **few)
    draw_competition(tmp_path / "two", **few)
    assert digests(tmp_path / "one") == digests(tmp_path / "two")
    draw_competition(tmp_path / "other", **few | {"seed": 4})
    ours = digests(drawn).values()
    assert not [
        d for name, d in digests(tmp_path / "other").items() if "/images/" in name and d in ours and "._" not in name
    ]


def test_a_person_is_the_same_in_a_smaller_set(drawn, tmp_path):
    draw_competition(tmp_path / "few", **SMALL | {"people": 4, "eval_people": 1})
    few = {name: d for name, d in digests(tmp_path / "few").items() if "images" in name}
    assert len(few) == 5 * 7 + 1
    assert few.items() <= digests(drawn).items()


def test_a_mask_covers_the_mouth_and_a_persons_pictures_look_alike(drawn):
    people = []
    for home in sorted((drawn / "train" / "images").iterdir()):
        pictures = [next(home.glob(f"{name}.*")) for name in PICTURES]
        people.append([np.asarray(Image.open(p).convert("RGB"), dtype=float) for p in pictures])
    x = np.array(people)  # (36, 7, 64, 48, 3)
    own = np.abs(x[:, 0, :16] - x[:, 6, :16]).mean()
    others = np.abs(x[:, 0, :16] - np.roll(x, 1, axis=0)[:, 6, :16]).mean()
    assert own < 0.7 * others, "the wall and the hair tell one's own pictures"
    mouth, top = np.abs(x[:, 0] - x[:, 6])[:, 36:44, 18:30].mean(), np.abs(x[:, 0] - x[:, 6])[:, :8].mean()
    assert mouth > 2 * top, "a mask changes the lower face, not the wall"


def test_the_same_set_is_kept_and_an_empty_folder_filled(tmp_path):
    root = tmp_path / "set"
    root.mkdir()
    few = {"people": 2, "eval_people": 1, "size": (32, 40)}
    draw_competition(root, **few)
    before = {p: p.stat().st_mtime_ns for p in root.rglob("*")}
    draw_competition(root, **few)
    assert {p: p.stat().st_mtime_ns for p in root.rglob("*")} == before
    assert [p.name for p in tmp_path.iterdir()] == ["set"], "no folder is left beside it"


def test_another_set_or_other_files_are_refused_and_kept(tmp_path):
    root = tmp_path / "set"
    few = {"people": 1, "eval_people": 1, "size": (32, 40)}
    draw_competition(root, **few)
    with pytest.raises(DataError, match="name another folder"):
        draw_competition(root, **few, seed=1)
    next((root / "eval" / "images").iterdir()).unlink()
    with pytest.raises(DataError, match="are gone"):
        draw_competition(root, **few)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    with pytest.raises(DataError, match="other than a drawn set"):
        draw_competition(tmp_path / "mine", **few)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "x"
    assert json.loads((root / MARKER).read_text())["seed"] == 0


def test_a_folder_that_cannot_be_made_is_told_in_one_line(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(SaveError, match="could not be written") as caught:
        draw_competition(tmp_path / "file" / "set", people=1, eval_people=1)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "wrong", [{"people": 0}, {"eval_people": 0}, {"size": (31, 64)}, {"size": (64, 31)}, {"seed": -1}]
)
def test_impossible_arguments_are_refused(tmp_path, wrong):
    with pytest.raises(ConfigError, match="needs at least"):
        draw_competition(tmp_path / "set", **wrong)
    assert not list(tmp_path.iterdir())
