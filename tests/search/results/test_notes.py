"""Notes for people: what stands in them, and that no name of a class is markup."""

import dataclasses

import optuna
import optuna_dashboard
import pytest

from search.config.format import format_short
from search.config.load import load_spec
from search.database.connection import open_storage
from search.database.optuna_internals import note_attributes, study_id, trial_id
from search.plans.kind import kind_of
from search.results.history import BestEpoch, TrialHistory
from search.results.notes import trial_note
from search.study.study import note_of
from tests.support.data_sets import make_data
from tests.support.markdown import EVIL, text_of
from tests.support.tiny import write_study
from trainer.data.cache.folder import BadImage
from trainer.data.factors import Part, every_combination
from trainer.support.markdown import escape


@pytest.mark.parametrize("name", EVIL)
def test_a_name_comes_out_as_it_went_in(name):
    note = f"| {escape(name)} | F1 |\n|---|---|\n| {escape(name)} | 0.5 |"
    cells, kinds = text_of(note)
    text = " ".join(name.split())
    assert [cell.replace("\u2060", "") for cell in cells] == [text, "F1", text, "0.5"]
    assert not kinds & {
        "html_inline",
        "html_block",
        "link_open",
        "image",
        "em_open",
        "strong_open",
        "s_open",
        "code_inline",
    }


def history():
    best = BestEpoch(2, 0.45, 0.6, {"good": 0.9, EVIL[0]: 0.0}, ((0, 0, 8), (0, 1, 1), (1, 0, 3), (1, 1, 2)))
    return TrialHistory(reports={1: 0.2, 2: 0.45, 3: 0.4}, losses={}, bests=[best], speeds=[100.0, 300.0], seconds=75.0)


def told(**more):
    return {**history().as_attributes(), "host": "box", "device": "cuda:1", "attempt": 3, **more}


def test_the_note_of_a_trial():
    note = trial_note(
        "pruned",
        {"lr": 0.00123456789, "backbone": "resnet50"},
        history(),
        told(reason="epoch 3: F1 0.4 | ranks 5", batch_split=4),
        ["good", EVIL[0]],
        {"confusion": "/artifacts/1/2/0b5a"},
    )
    cells, _ = text_of(note)
    text = "\n".join(cells)
    for words in (
        "pruned after 3 epochs: best macro-F1 0.4500 in epoch 2, accuracy 0.6000",
        "Why: epoch 3: F1 0.4 | ranks 5",
        "0.00123457",
        "resnet50",
        "box, cuda:1; attempt 3",
        "200 images/s, 1 min 15 s in all",
        "split into 4 parts",
    ):
        assert words in text, words
    worst = [cell.strip() for cell in cells].index(EVIL[0])
    assert [cell.strip() for cell in cells[worst : worst + 4]] == [EVIL[0], "0.000", "5", "good (3)"]
    assert "![confusion](/artifacts/1/2/0b5a)" in note


def test_the_note_of_a_trial_without_an_epoch():
    note = trial_note(
        "failed", {}, TrialHistory(), {"host": "box", "device": "cpu", "attempt": 1, "reason": "no"}, ["a"], {}
    )
    assert note.startswith("**failed** before the end of an epoch\n\nWhy: no")


def test_factors_stand_in_the_notes(tmp_path):
    best = BestEpoch(1, 0.5, 0.5, {"a": 0.5}, factor_f1={EVIL[0]: 0.75, "age": 0.5})
    note = trial_note("complete", {}, TrialHistory(reports={1: 0.5}, bests=[best], speeds=[1.0]), told(), ["a"], {})
    cells, kinds = text_of(note)
    assert f"Macro-F1 of each factor: {EVIL[0]} 0.7500, age 0.5000" in cells
    assert not kinds & {"html_inline", "html_block"}
    spec = load_spec(str(write_study(tmp_path, tmp_path)))
    classes, factors = every_combination({"mask": ("on",), "age": ("young", "<b>", "old")})
    whole = dataclasses.replace(make_data(), classes=classes, factors=factors)
    cells, kinds = text_of(note_of(kind_of(spec), whole))
    assert any("A class is a combination of mask (on); age (young, <b>, old)." in cell for cell in cells)
    assert not kinds & {"html_inline", "html_block"}
    part = dataclasses.replace(make_data(), part=Part("age", classes, factors))
    assert "They are the values of age, one of the factors mask, age" in note_of(kind_of(spec), part)


def test_many_classes_are_cut_short():
    best = BestEpoch(1, 0.5, 0.5, {f"c{n}": 0.5 for n in range(300)})
    note = trial_note("complete", {}, TrialHistory(reports={1: 0.5}, bests=[best], speeds=[1.0]), told(), [], {})
    assert "and 260 more" in note


def test_the_note_of_a_study_counts_both_sides(tmp_path):
    spec = load_spec(str(write_study(tmp_path, tmp_path, study='timeout = "2h"', trials=7)))
    data = dataclasses.replace(
        make_data(), classes=("first", EVIL[1], "third"), bad=(BadImage("<b>.png", "not an image"),)
    )
    cells, kinds = text_of(note_of(kind_of(spec), data))
    cells = [cell.strip() for cell in cells]
    for label, name in enumerate(data.classes):
        place = cells.index(name)
        sides = [int((data.labels[rows] == label).sum()) for rows in (data.train, data.validation)]
        assert cells[place + 1 : place + 3] == [str(count) for count in sides]
    assert "<b>.png" in cells
    assert any("7" in cell and "2 h 0 min" in cell for cell in cells)
    assert not kinds & {"html_inline", "html_block"}


def test_a_list_of_transforms_is_told_in_words(tmp_path):
    transforms = '[{ name = "rotate", degrees = 12 }, { name = "blur", sigma = [0.5, 2.0], p = 0.1 }]'
    spec = load_spec(str(write_study(tmp_path, tmp_path, fixed=f"augment = {transforms}")))
    cells, _ = text_of(note_of(kind_of(spec), make_data()))
    assert "rotate degrees 12, blur sigma 0.5 to 2 p 0.1" in [cell.strip() for cell in cells]
    assert format_short(spec.fixed["augment"]) == "rotate degrees 12, blur sigma 0.5 to 2 p 0.1"


def test_where_each_image_is_its_own_group_nobody_is_said_to_be_kept_apart(tmp_path):
    spec = load_spec(str(write_study(tmp_path, tmp_path)))
    alone = spec.model_copy(update={"data": spec.data.model_copy(update={"group_regex": None})})
    data = make_data()
    people = dataclasses.replace(data, groups=data.labels.astype(str))
    assert "24 images of 3 people or groups" in note_of(kind_of(spec), people)
    assert "nobody is on both sides" in note_of(kind_of(spec), people)
    for study, images in ((spec, data), (alone, data), (alone, people)):
        note = note_of(kind_of(study), images)
        assert "No groups are known, so images of one person may stand on both sides." in note
        assert "nobody" not in note
        assert "people or groups" not in note


@pytest.mark.parametrize("length", [0, 1, 2045, 2046, 9000])
def test_the_dashboard_reads_our_notes(storage_url, length):
    note = "".join(chr(0x41 + n % 26) for n in range(length))
    with open_storage(storage_url) as storage:
        study = optuna.create_study(storage=storage)
        trial = study.ask()
        for row_id in (None, trial_id(trial)):
            for key, value in note_attributes(note, row_id).items():
                storage.set_study_system_attr(study_id(study), key, value)
        assert optuna_dashboard.get_note(study) == note
        assert optuna_dashboard.get_note(trial) == note
        optuna_dashboard.save_note(trial, "changed by hand")  # and whoever edits them in the dashboard may do so
        assert optuna_dashboard.get_note(trial) == "changed by hand"
