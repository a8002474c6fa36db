"""Every layout becomes the same table, and every mistake in the data is told in one line."""

import os
import random
import shutil
from pathlib import Path

import pytest
from pydantic import ValidationError

from tests.support.data_folders import (
    KINDS,
    PEOPLE,
    competition,
    folder_name,
    folders,
    read,
    refused,
    table,
    touch,
    write_people,
    write_table,
)
from trainer.data.samples import read_samples
from trainer.data.spec import DataSpec
from trainer.data.split import hold_out

__all__ = ["competition", "folders", "table"]  # fixtures


# --- the competition's layout


def test_the_competition_class_is_mask_gender_age(competition):
    samples = read("competition", competition)
    assert len(samples.table) == 28
    assert len(samples.classes) == 18
    by_hand = {
        "images/000001_male_29/mask3.jpg": "wear/male/<30",
        "images/000002_female_30/incorrect_mask.jpeg": "incorrect/female/30-59",
        "images/000003_female_60/normal.png": "normal/female/>=60",
        "images/000003_male_59/mask1.jpg": "wear/male/30-59",
    }
    labels = dict(zip(samples.table["path"], samples.table["label"], strict=True))
    for path, name in by_hand.items():
        stem = path.rsplit(".", 1)[0]
        (label,) = (label for path, label in labels.items() if path.startswith(f"{stem}."))
        assert samples.classes[label] == name
    mask, gender, age = 2, 1, 2
    assert samples.classes[mask * 6 + gender * 3 + age] == "normal/female/>=60"
    assert samples.notes == ()


def test_the_competition_group_is_the_folder_and_not_the_id(competition):
    groups = read("competition", competition).table.groupby("group").size()
    assert groups.to_dict() == {folder_name(person): 7 for person in PEOPLE}


def test_the_folder_above_train_will_do(competition):
    above, below = read("competition", competition.parent), read("competition", competition)
    assert above.root == below.root == competition
    assert above.table.equals(below.table)


def test_what_does_not_belong_is_left_out_and_noted(competition):
    person = competition / "images" / "000001_male_29"
    touch(person / "._mask1.jpg")
    touch(person / "mask1.json")
    touch(person / "selfie.jpg")
    touch(competition / "images" / ".DS_Store")
    touch(competition / "images" / "stranger" / "mask1.jpg")
    (person / "mask2.jpeg").unlink()
    shutil.rmtree(competition / "images" / "000003_male_59")
    (competition / "images" / "000003_male_59").mkdir()
    samples = read("competition", competition)
    assert len(samples.table) == 20
    assert samples.notes == (
        "2 people lack images: 000001_male_29 (mask2), 000003_male_59 (no image at all)",
        "files in the folders of people that are none of the seven kinds, left out: 2",
        "1 folder without a row in train.csv, left out: stranger",
    )


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("9,male,Asian,old,x", "line 6: age 'old' is no number"),
        ("9,male,Asian,,x", "line 6: age '' is no number"),
        ("9,male,Asian,nan,x", "line 6: age 'nan' is not between 0 and 130"),
        ("9,male,Asian,-3,x", "line 6: age '-3' is not between 0 and 130"),
        ("9,mail,Asian,30,x", "line 6: gender 'mail' is unknown: write male or female"),
        ("9,male,Asian,30,../x", "line 6: path '../x' is no name of a folder"),
        ("9,male,Asian,30,", "line 6: path '' is no name of a folder"),
        ("9,male,Asian,30,x", "1 row of"),
        ("9,male,Asian,30,000001_male_29", "line 6: path '000001_male_29' stands already in line 2"),
        ("9,male,Asian,30", "line 6: 4 values, but the header names 5 columns"),
        ('9,male,Asian,30,"x', "line 6: unexpected end of data"),
    ],
)
def test_a_bad_row_is_named(competition, row, message):
    rows = (competition / "train.csv").read_text().splitlines()[1:]
    write_people(competition, [*rows, row])
    assert message in refused("competition", competition)


def test_missing_folders_are_counted(competition):
    write_people(competition, [f"{i},male,Asian,30,gone{i}" for i in range(5)])
    text = refused("competition", competition)
    assert "5 rows of" in text
    assert "(gone0, gone1, gone2 and 2 more)" in text


def test_two_files_for_one_kind(competition):
    touch(competition / "images" / "000001_male_29" / "mask1.png")
    assert "2 files for mask1 (mask1.jpg, mask1.png): keep one" in refused("competition", competition)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty: its first line must name the columns gender, age, path"),
        (b"\n\n", "is empty"),
        (b"id,gender,race,age,path\n", "has a header but no rows"),
        (b"id,sex,age,path\n1,male,3,x\n", "has no column 'gender': its columns are id, sex, age, path"),
        (b"age,gender,age,path\n1,male,3,x\n", "names the column 'age' twice"),
        ("gender,age,path\nmale,3,Zoë\n".encode("latin-1"), "is not UTF-8 (byte 0xeb"),
        ("gender,age,path\n".encode("utf-16"), "is not UTF-8 (byte 0xff"),
    ],
)
def test_a_bad_table_is_named(competition, content, message):
    (competition / "train.csv").write_bytes(content)
    assert message in refused("competition", competition)


def test_a_byte_order_mark_and_windows_line_ends_are_read(competition):
    before = read("competition", competition)
    text = (competition / "train.csv").read_text()
    (competition / "train.csv").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert read("competition", competition).table.equals(before.table)


def test_missing_parts_of_the_folder(competition, tmp_path):
    assert "data folder" in refused("competition", tmp_path / "nowhere")
    assert "train.csv cannot be read (No such file or directory)" in refused("competition", competition / "images")
    shutil.rmtree(competition / "images")
    assert "images does not exist" in refused("competition", competition)
    (competition / "images").mkdir()
    write_people(competition, ["1,male,Asian,20,a"])
    (competition / "images" / "a").mkdir()
    assert "holds no image of the kinds mask1" in refused("competition", competition)


def test_one_class_only_is_refused(competition):
    images = competition / "images"
    for kind in KINDS[5:]:
        for file in images.glob(f"*/{kind}.*"):
            file.unlink()
    write_people(competition, ["1,male,Asian,29,000001_male_29"])
    assert "images of one class only (wear/male/<30)" in refused("competition", competition)


# --- a folder a class


def test_folders_are_classes_and_depth_does_not_matter(folders):
    samples = read("folders", folders)
    assert samples.classes == ("ant", "cat", "dog")
    assert samples.table["path"].tolist() == [
        "ant/p4_a.webp",
        "cat/deep/er/p2_a.png",
        "cat/p1_a.jpg",
        "dog/p1_b.jpg",
        "dog/p3",
    ]
    assert samples.table["label"].tolist() == [0, 1, 1, 2, 2]
    assert samples.table["label"].dtype == "int64"
    assert samples.table["group"].tolist() == samples.table["path"].tolist()
    assert "each image counts as a group of its own" in samples.notes[0]


def test_hidden_files_are_left_out_and_other_files_noted(folders):
    touch(folders / "cat" / "._p1_a.jpg")
    touch(folders / "cat" / ".cache" / "x.jpg")
    touch(folders / ".ipynb_checkpoints" / "x.jpg")
    touch(folders / "cat" / "README.md")
    touch(folders / "loose.jpg")
    touch(folders / "notes.txt")
    samples = read("folders", folders, group_regex="p[0-9]")
    assert len(samples.table) == 5
    assert samples.notes == (
        "1 file that cannot be images by extension, left out: cat/README.md",
        "1 file beside the class folders, left out: loose.jpg",
    )


def test_links_to_folders_are_followed_but_not_in_circles(folders):
    (folders / "cow").symlink_to(folders / "cat")
    (folders / "cat" / "loop").symlink_to(folders / "cat")
    samples = read("folders", folders)
    assert samples.classes == ("ant", "cat", "cow", "dog")
    assert (samples.table["label"] == 2).sum() == 2


def test_the_regular_expression_names_the_group(folders):
    by_group = read("folders", folders, group_regex=r"(p\d)").table["group"].tolist()
    by_match = read("folders", folders, group_regex=r"p\d").table["group"].tolist()
    assert by_group == by_match == ["p4", "p2", "p1", "p1", "p3"]
    assert "finds no group in 'dog/p3'" in refused("folders", folders, group_regex=r"(p\d)_")
    assert "finds no group in 'ant/p4_a.webp'" in refused("folders", folders, group_regex=r"q?")


def test_a_column_names_the_group(folders):
    rows = [f"{path},g{i // 2}" for i, path in enumerate(read("folders", folders).table["path"])]
    (folders / "labels.csv").write_text("\n".join(["file,scene", *rows]))
    assert "labels.csv is there" in read("folders", folders).notes[0]
    samples = read("folders", folders, group_column="scene")
    assert samples.table["group"].tolist() == ["g0", "g0", "g1", "g1", "g2"]
    assert samples.notes == ()
    assert "no column 'who': its columns are file, scene" in refused("folders", folders, group_column="who")
    (folders / "labels.csv").write_text("\n".join(["file,scene", *rows[:3]]))
    assert "2 files without a row" in refused("folders", folders, group_column="scene")
    (folders / "labels.csv").write_text("\n".join(["file,scene", *rows[:4], "dog/p3,"]))
    assert "line 6: scene is empty" in refused("folders", folders, group_column="scene")


def test_folders_that_are_no_classes(folders, tmp_path):
    (folders / "empty").mkdir()
    assert "empty holds no image: fill it or remove it" in refused("folders", folders)
    touch(tmp_path / "split" / "train" / "cat" / "a.jpg")
    touch(tmp_path / "split" / "val" / "cat" / "b.jpg")
    assert "are no classes" in refused("folders", tmp_path / "split")
    touch(tmp_path / "flat" / "a.jpg")
    assert "no class folder" in refused("folders", tmp_path / "flat")
    touch(tmp_path / "one" / "cat" / "a.jpg")
    assert "one class only (cat)" in refused("folders", tmp_path / "one")


def test_a_file_name_that_is_not_utf_8_is_refused(folders):
    Path(os.fsdecode(os.fsencode(folders) + b"/cat/\xff.jpg")).touch()
    assert r"'cat/\udcff.jpg' is not UTF-8" in refused("folders", folders)


# --- a table


def test_a_table_of_path_label_group(table):
    write_table(table, "path,label,group", "sub/c.jpg,10,x", "./b.jpg,9,x", "a.jpg,9,y", "._a.jpg,9,y")
    samples = read("table", table)
    assert samples.classes == ("9", "10")
    assert samples.table["path"].tolist() == ["a.jpg", "b.jpg", "sub/c.jpg"]
    assert samples.table["label"].tolist() == [0, 0, 1]
    assert samples.table["group"].tolist() == ["y", "x", "x"]
    assert "side" not in samples.table
    assert samples.notes == ("1 row for hidden files, left out: ._a.jpg",)


def test_a_table_with_names_of_its_own(table):
    lines = ["img,what,who,side", "a.jpg,cat,x,train", "b.jpg,dog,y,validation"]
    (table / "my.csv").write_text("\n".join(lines))
    columns = {"path": "img", "label": "what", "group": "who", "split": "side"}
    samples = read("table", table, table="my.csv", columns=columns)
    assert samples.table["side"].tolist() == ["train", "validation"]
    assert "decides the split" in samples.notes[0]
    own = read("table", table, table="my.csv", columns={**columns, "group": "img"})
    assert own.table["group"].tolist() == ["a.jpg", "b.jpg"]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["path,label", "a.jpg,x"], "no column 'group': its columns are path, label"),
        (["path", "a.jpg"], "no column 'label' and no column 'group'"),
        (["path,label,group", "a.jpg,x,g", "a.jpg,y,g"], "line 3: path 'a.jpg' stands already in line 2"),
        (["path,label,group", "a.jpg,x,g", "./a.jpg,y,g"], "line 3: path 'a.jpg' stands in an earlier row"),
        (["path,label,group", "../a.jpg,x,g"], "line 2: path '../a.jpg' leaves the data folder"),
        (["path,label,group", "/etc/passwd,x,g"], "line 2: path '/etc/passwd' leaves the data folder"),
        (["path,label,group", "a.jpg,,g"], "line 2: label is empty"),
        (["path,label,group", "a.jpg,x,"], "line 2: group is empty"),
        (["path,label,group", "z.jpg,x,g", "a.jpg,y,h"], "z.jpg (line 2): add the files"),
        (["path,label,group", "a.jpg,x,g", "b.jpg,x,h"], "one class only (x)"),
        (["path,label,group", "._a.jpg,x,g"], "hidden files only"),
        (["path,label,group,split", "a.jpg,x,g,test"], "line 2: split is 'test': write train or validation"),
    ],
)
def test_a_bad_table_row_is_named(table, lines, message):
    write_table(table, *lines)
    assert message in refused("table", table)


def test_a_split_column_that_was_named_must_be_there(table):
    write_table(table, "path,label,group", "a.jpg,x,g", "b.jpg,y,h")
    assert "no column 'fold'" in refused("table", table, columns={"split": "fold"})


# --- the specification


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"layout": "competition", "group_regex": "x"}, 'group_regex does not belong to layout "competition"'),
        ({"layout": "competition", "columns": {"path": "x"}}, 'columns does not belong to layout "competition"'),
        (
            {"layout": "table", "group_column": "x"},
            'group_column does not belong to layout "table" (only to "folders")',
        ),
        ({"layout": "folders", "group_column": "x", "group_regex": "y"}, "both name the groups"),
        ({"layout": "folders", "table": "x.csv"}, "without group_column"),
        ({"layout": "folders", "group_column": "x", "columns": {"label": "y"}}, "columns.label does not belong"),
        ({"layout": "folders", "group_regex": "("}, "group_regex '(' is not a regular expression"),
        ({"layout": "table", "table": "../x.csv"}, "table '../x.csv' leaves the data folder"),
        ({"layout": "tables"}, "'competition', 'folders' or 'table'"),
        ({"layout": "table", "validation": 0.6}, "less than or equal to 0.5"),
        ({"layout": "table", "validation": 0.01}, "greater than or equal to 0.05"),
        ({"layout": "table", "shuffle": True}, "Extra inputs"),
    ],
)
def test_a_key_that_does_not_fit_is_refused(keys, message):
    with pytest.raises(ValidationError) as caught:
        DataSpec(root=Path("x"), **keys)
    assert message in str(caught.value)


def test_the_specification_survives_json(table):
    spec = DataSpec(layout="folders", root=Path("x"), group_column="y", columns={"path": "z"})
    assert DataSpec.model_validate_json(spec.model_dump_json()) == spec
    plain = DataSpec(layout="competition", root=Path("x"))
    assert DataSpec.model_validate_json(plain.model_dump_json()) == plain
    write_table(table, "path,label,group", "a.jpg,x,g", "b.jpg,y,h")
    spelt_out = DataSpec.model_validate_json(DataSpec(layout="table", root=table).model_dump_json())
    assert len(read_samples(spelt_out).table) == 2


def test_the_order_on_disk_does_not_matter(tmp_path, competition):
    files = sorted(path.relative_to(competition) for path in competition.rglob("*") if path.is_file())
    expected = read("competition", competition).table
    for seed in range(3):
        random.Random(seed).shuffle(files)
        copy = tmp_path / f"copy{seed}"
        for file in files:
            (copy / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(competition / file, copy / file)
        rows = (copy / "train.csv").read_text().splitlines()
        random.Random(seed).shuffle(rest := rows[1:])
        write_people(copy, rest)
        table = read("competition", copy).table
        assert table.equals(expected)
        assert (hold_out(table, 0.5, 3).validation == hold_out(expected, 0.5, 3).validation).all()
