"""A table of corrections changes exactly the labels that it names, and every mistake in it is told in one line."""

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
    write_table,
)
from trainer.data.spec import DataSpec

__all__ = ["competition", "folders", "table"]  # fixtures

NORMAL = "images/000001_male_29/normal.png"
INCORRECT = "images/000001_male_29/incorrect_mask.jpeg"


def write(root, *rows, header="path,person,field,value", name="corrections.csv"):
    (root / name).write_text("\n".join([header, *rows, ""]))
    return name


def labels(samples):
    return {
        path: samples.classes[label] for path, label in zip(samples.table["path"], samples.table["label"], strict=True)
    }


def changed(layout, root, *rows, **keys):
    """What some corrections change: path -> class before and after."""
    before = labels(read(layout, root, **keys))
    after = labels(read(layout, root, corrections=write(root, *rows), **keys))
    assert before.keys() == after.keys()
    return {path: (before[path], after[path]) for path in before if before[path] != after[path]}


def test_two_rows_swap_the_labels_of_two_images(competition):
    assert changed("competition", competition, f"{NORMAL},,mask,incorrect", f"{INCORRECT},,mask,normal") == {
        NORMAL: ("normal/male/<30", "incorrect/male/<30"),
        INCORRECT: ("incorrect/male/<30", "normal/male/<30"),
    }


def test_gender_and_age_belong_to_a_person(competition):
    rows = [",000003_male_59,gender,Female", ",000003_male_59,age,60", ",000001_male_29,age,29.5"]
    found = changed("competition", competition, *rows)
    assert len(found) == len(KINDS)
    assert all(path.startswith("images/000003_male_59/") for path in found)
    assert {(old[-10:], new[-11:]) for old, new in found.values()} == {("male/30-59", "female/>=60")}
    samples = read("competition", competition, corrections="corrections.csv")
    ages = dict(zip(samples.table["group"], samples.table["ordered"], strict=True))
    assert ages == {"000001_male_29": 29.5, "000002_female_30": 30, "000003_female_60": 60, "000003_male_59": 60}


def test_everything_but_what_is_named_stays(competition):
    before = read("competition", competition)
    after = read("competition", competition, corrections=write(competition, f"{NORMAL},,mask,wear"))
    other = before.table["path"] != NORMAL
    assert before.table[other].equals(after.table[other])
    assert before.table.drop(columns="label").equals(after.table.drop(columns="label"))
    assert after.classes == before.classes


def test_what_was_corrected_is_told(competition):
    rows = [
        f"{NORMAL},,mask,wear",
        ",000002_female_30,age,61",
        ",000002_female_30,gender,female",
        f"{NORMAL},,mask,wear",
    ]
    samples = read("competition", competition, corrections=write(competition, *rows))
    assert [(c.what, c.field, c.old, c.new, c.images) for c in samples.corrections] == [
        (NORMAL, "mask", "normal", "wear", 1),
        ("000002_female_30", "age", "30", "61", 7),
    ]
    assert samples.notes == (
        f"2 corrections from corrections.csv: {NORMAL}: mask normal -> wear, 000002_female_30: age 30 -> 61",
        "2 rows of corrections.csv change nothing: line 4 (000002_female_30: gender female), line 5 "
        f"({NORMAL}: mask wear)",
    )


def test_the_table_lies_beside_the_images_also_where_the_folder_above_was_named(competition):
    write(competition, f"{NORMAL},,mask,wear")
    above = read("competition", competition.parent, corrections="corrections.csv")
    assert above.table.equals(read("competition", competition, corrections="corrections.csv").table)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("images/000001_male_29/normal.jpg,,mask,wear", f"did you mean '{NORMAL}'?"),
        (",000003,gender,male", "person '000003' is no person of these data; did you mean '000003_female_60'?"),
        (",000001_male_29,gendre,male", "field 'gendre' is unknown; did you mean 'gender'?"),
        (",000001_male_29,race,x", "field 'race' is unknown; there are mask, gender, age"),
        (",000001_male_29,gender,mail", "gender 'mail' is unknown: write male or female"),
        (",000001_male_29,age,old", "age 'old' is no number: write the age in years"),
        (",000001_male_29,age,131", "age '131' is not between 0 and 130"),
        (f"{NORMAL},,mask,no", "mask 'no' is unknown: write wear, incorrect or normal"),
        (f"{NORMAL},,age,30", "age belongs to one person, not to one image: fill the column person, not path"),
        (",000001_male_29,mask,wear", "mask belongs to one image, not to one person: fill the column path, not person"),
        (f"{NORMAL},000001_male_29,mask,wear", "it names both path and person: name one of them"),
        (",,mask,wear", "it names neither a path nor a person: name one of them"),
        (f"{NORMAL},,mask", "3 values, but the header names 4 columns"),
    ],
)
def test_a_mistake_is_named_with_file_and_line(competition, row, message):
    name = write(competition, ",000001_male_29,age,20", row)
    text = refused("competition", competition, corrections=name)
    assert text.startswith(f"{competition / name}, line 3: ")
    assert message in text


def test_rows_that_contradict_each_other_are_refused(competition):
    name = write(competition, ",000001_male_29,age,20", ",000002_female_30,age,20", ",000001_male_29,age,29")
    text = refused("competition", competition, corrections=name)
    assert "line 4: age of images/000001_male_29/" in text
    assert "is '29', but '20' in line 2: remove one of the two rows" in text


def test_a_table_that_cannot_be_used_is_named(competition):
    assert "gone.csv cannot be read" in refused("competition", competition, corrections="gone.csv")
    name = write(competition, "age,20", header="field,value")
    assert "neither a column 'path' nor a column 'person'" in refused("competition", competition, corrections=name)
    name = write(competition, "a,20", header="person,value")
    assert "no column 'field'" in refused("competition", competition, corrections=name)
    for outside in ("/etc/passwd", "../x.csv"):
        with pytest.raises(ValidationError, match="leaves the data folder: give a path below root"):
            DataSpec(layout="competition", root=competition, corrections=outside)


def test_ages_that_no_row_names_keep_all_their_digits(competition):
    person = folder_name(PEOPLE[0])
    text = (competition / "train.csv").read_text()
    (competition / "train.csv").write_text(text.replace(f",29,{person}", f",29.9999999,{person}"))
    assert changed("competition", competition, ",000002_female_30,age,20").keys() == {
        path for path in labels(read("competition", competition)) if "000002" in path
    }


def test_folders_correct_the_class_of_an_image(folders):
    assert changed("folders", folders, "cat/p1_a.jpg,,label,dog", group_regex=r"(p\d)") == {
        "cat/p1_a.jpg": ("cat", "dog")
    }
    assert "label 'dgo' is no class of these data; did you mean 'dog'?" in refused(
        "folders", folders, corrections=write(folders, "cat/p1_a.jpg,,label,dgo")
    )
    assert "label belongs to one image" in refused("folders", folders, corrections=write(folders, ",p1,label,dog"))
    assert "field 'group' is unknown" in refused("folders", folders, corrections=write(folders, ",p1,group,p2"))


def test_a_class_that_loses_its_last_image_is_none_any_more(folders):
    samples = read("folders", folders, corrections=write(folders, "./ant/p4_a.webp,,label,dog"))
    assert samples.classes == ("cat", "dog")
    assert labels(samples)["ant/p4_a.webp"] == "dog"
    assert labels(samples)["cat/p1_a.jpg"] == "cat"
    assert "1 class without an image after the corrections, dropped: ant" in samples.notes


def test_a_table_corrects_labels_and_groups_of_images_and_of_people(table):
    write_table(table, "path,label,group", "a.jpg,1,x", "b.jpg,2,x", "sub/c.jpg,1,y")
    assert changed("table", table, ",x,label,2") == {"a.jpg": ("1", "2")}
    (correction,) = read("table", table, corrections="corrections.csv").corrections
    assert (correction.old, correction.images) == ("1", 1)

    def groups(*rows):
        return read("table", table, corrections=write(table, *rows)).table["group"].tolist()

    assert groups("b.jpg,,group,z") == ["x", "z", "y"]
    assert groups(",x,group,y") == ["y", "y", "y"]
    assert groups(",x,group,y", ",y,group,x") == ["y", "y", "x"]  # of the groups as they were
    text = refused("table", table, corrections=write(table, ",x,label,2", "a.jpg,,label,1"))
    assert "line 3: label of a.jpg is '1', but '2' in line 2" in text
    assert "group '' is empty" in refused("table", table, corrections=write(table, "a.jpg,,group,"))
