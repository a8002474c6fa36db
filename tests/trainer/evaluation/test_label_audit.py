"""The audit finds labels that were made wrong on purpose, and its draft is what the data's reader reads."""

import csv
import dataclasses
import json
import sys

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from search.cli import audit as cli_audit
from search.cli import main as cli
from search.config.load import load_spec
from search.database.connection import open_storage
from tests.support.data_folders import PEOPLE, competition, folder_name, folders, read, table, touch, write_table
from tests.support.model_stories import FACTORS, answers, people_answers
from tests.support.studies import StudyFixture
from tests.support.tiny import write_images, write_study
from trainer.data.competition import AGE
from trainer.data.spec import DataSpec
from trainer.evaluation.corrections_draft import draft, nearest_value, still_labelled
from trainer.evaluation.label_audit import (
    audit,
    calibrated,
    confident_joint,
    expected_errors,
    is_of_groups,
    per_group,
    suspicious,
)
from trainer.evaluation.out_of_fold import OutOfFold

__all__ = ["competition", "folders", "table"]  # fixtures

TABLE = np.array([factor.of_class for factor in FACTORS]).T


def with_flips(said, share, seed=0):
    """The same answers with labels of some images made wrong; which ones."""
    rng = np.random.default_rng(seed)
    wrong = rng.random(len(said.labels)) < share
    shift = rng.integers(1, len(said.classes), len(said.labels))
    labels = np.where(wrong, (said.labels + shift) % len(said.classes), said.labels)
    return dataclasses.replace(said, labels=labels), wrong


def with_wrong_gender(said, share, seed=0):
    """The same with the gender of some people made wrong; who."""
    people = np.unique(said.groups)
    wrong = set(np.random.default_rng(seed).choice(people, int(share * len(people)), replace=False))
    values = TABLE[said.labels].copy()
    of_them = np.isin(said.groups, list(wrong))
    values[of_them, 1] = 1 - values[of_them, 1]
    return dataclasses.replace(said, labels=values @ np.array([6, 3, 1])), wrong


def sample(seed=0, samples=400, classes=4):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, samples)
    scores = rng.normal(0, 1, (samples, classes))
    scores[np.arange(samples), labels] += 1.5
    powers = np.exp(scores)
    return labels, powers / powers.sum(axis=1, keepdims=True)


def test_the_confident_joint_against_its_definition():
    labels, probabilities = sample()
    thresholds = [
        np.mean([p[k] for p, label in zip(probabilities, labels, strict=True) if label == k]) for k in range(4)
    ]
    slow = np.zeros((4, 4), dtype=int)
    for p, label in zip(probabilities, labels, strict=True):
        above = [k for k in range(4) if p[k] >= thresholds[k]]
        if above:
            slow[label, max(above, key=lambda k: p[k])] += 1
    assert np.array_equal(confident_joint(labels, probabilities), slow)
    assert slow.sum() < len(labels)  # some pass no threshold
    scaled = slow / slow.sum(axis=1, keepdims=True) * np.bincount(labels)[:, None]
    np.fill_diagonal(scaled, 0)
    assert np.array_equal(expected_errors(labels, probabilities), np.rint(scaled))


def test_a_class_without_samples_is_nobodys_right_label():
    labels, probabilities = sample(classes=4)
    labels = np.where(labels == 3, 0, labels)
    assert confident_joint(labels, probabilities)[:, 3].sum() == 0
    assert confident_joint(labels, probabilities)[3].sum() == 0


def test_samples_are_picked_by_class_the_least_probable_first():
    labels, probabilities = sample()
    found = suspicious(labels, probabilities)
    errors = expected_errors(labels, probabilities).sum(axis=1)
    own = probabilities[np.arange(len(labels)), labels]
    assert found
    assert [score for _, _, score in found] == sorted((1 - own[i] for i, _, _ in found), reverse=True)
    for given in range(4):
        picked = [i for i, _, _ in found if labels[i] == given]
        assert 0 < len(picked) <= errors[given]
        others = [i for i in np.flatnonzero(labels == given) if i not in picked and probabilities[i].argmax() != given]
        assert all(own[i] >= max(own[picked]) for i in others)
    assert all(other == probabilities[i].argmax() != labels[i] for i, other, _ in found)


def test_calibration_takes_exaggeration_back_and_keeps_the_order():
    rng = np.random.default_rng(0)
    _, honest = sample(samples=4000)
    labels = np.array([rng.choice(4, p=p) for p in honest])
    exaggerated = honest**3 / (honest**3).sum(axis=1, keepdims=True)
    assert np.abs(calibrated(labels, exaggerated) - honest).max() < 0.05
    assert np.array_equal(calibrated(labels, exaggerated).argmax(axis=1), honest.argmax(axis=1))


@pytest.mark.parametrize("seed", range(3))
def test_planted_errors_are_found(seed):
    said, wrong = with_flips(answers(tuple("abcde"), people=400, sharpness=5, seed=seed), 0.06, seed)
    found = audit(said)
    right = {str(path): said.classes[label] for path, label in zip(said.paths, said.labels, strict=True)}
    hits = [wrong[list(said.paths).index(each.what)] for each in found]
    assert np.mean(hits) > 0.75  # of what it names
    assert np.sum(hits) > 0.85 * wrong.sum()  # of what there is
    assert np.mean(hits[:20]) == 1
    assert all(each.kind == "image" and each.field == "label" and each.given == right[each.what] for each in found)


def test_what_it_suggests_is_what_the_label_was():
    clean = answers(tuple("abcde"), people=400, sharpness=6)
    said, wrong = with_flips(clean, 0.06)
    before = {str(path): clean.classes[label] for path, label in zip(clean.paths, clean.labels, strict=True)}
    found = [each for each in audit(said) if wrong[list(said.paths).index(each.what)]]
    assert np.mean([before[each.what] == each.suggested for each in found]) > 0.95


def test_right_labels_that_networks_know_well_are_left_alone():
    assert audit(answers(tuple("abcde"), people=200, sharpness=14)) == []


def test_what_belongs_to_people_is_asked_of_people():
    said, wrong = with_wrong_gender(people_answers(300), 0.06)
    found = [each for each in audit(said) if each.field == "gender"]
    assert all(each.kind == "person" and each.what == each.person and len(each.paths) == 7 for each in found)
    hits = [each.what in wrong for each in found]
    assert np.mean(hits) > 0.6
    assert np.sum(hits) > 0.85 * len(wrong)
    for each in found[:10]:
        gender = set(TABLE[said.labels[said.groups == each.what], 1])
        assert {FACTORS[1].values[value] for value in gender} == {each.given}
        assert each.suggested != each.given


def ranks(seed):
    """Average precision of the planted errors among people: by all images together, and by the worst of them."""
    said, wrong = with_wrong_gender(people_answers(300, sharpness=1.5, seed=seed), 0.08, seed)
    people, person_of = np.unique(said.groups, return_inverse=True)
    probabilities = said.probabilities().astype(float) @ np.eye(2)[np.array(FACTORS[1].of_class)]
    labels = TABLE[said.labels, 1]
    of_people, together = per_group(labels, probabilities, person_of, len(people))
    worst = np.full(len(people), np.inf)
    np.minimum.at(worst, person_of, probabilities[np.arange(len(labels)), labels])
    is_wrong = np.isin(people, list(wrong))
    own = together[np.arange(len(people)), of_people]
    return average_precision_score(is_wrong, -own), average_precision_score(is_wrong, -worst)


def test_a_persons_images_together_rank_better_than_the_worst_of_them():
    together, worst = np.mean([ranks(seed) for seed in range(8)], axis=0)
    assert together > worst + 0.03


def test_a_factor_that_is_known_badly_does_not_come_before_one_that_is_known_well():
    said = people_answers(300, sharpness=4)
    rng = np.random.default_rng(0)
    gender = rng.normal(0, 6, (300, 2)).repeat(7, axis=0)  # loud, and knows nothing
    said = dataclasses.replace(said, scores=(said.scores + gender[:, FACTORS[1].of_class]).astype(np.float32))
    masks = np.flatnonzero(TABLE[said.labels, 0] == 2)[:20]
    labels = said.labels.copy()
    labels[masks] -= 6  # labelled as worn wrongly
    found = audit(dataclasses.replace(said, labels=labels))
    fields = [each.field for each in found]
    assert fields.count("gender") > 20  # it would bury the masks
    named = {each.what for each in found[:25] if each.field == "mask"}
    assert len(named & set(said.paths[masks])) > 15


def test_an_image_unlike_the_others_of_its_person_is_named():
    said = people_answers(100, sharpness=6)
    values = TABLE[said.labels].copy()
    values[3, 1] = 1 - values[3, 1]
    found = audit(dataclasses.replace(said, labels=values @ np.array([6, 3, 1])))
    (odd,) = [each for each in found if each.kind == "image" and each.field == "gender"]
    assert (odd.what, odd.person) == (str(said.paths[3]), "000000")
    assert odd.given == FACTORS[1].values[values[3, 1]] != odd.suggested
    assert odd.score > 0.9


def test_what_belongs_to_people():
    person_of = np.repeat(np.arange(20), 3)
    shared = np.repeat(np.arange(20) % 2, 3)
    assert is_of_groups(shared, person_of)
    odd = shared.copy()
    odd[0] = 1 - odd[0]
    assert is_of_groups(odd, person_of)  # one error is no habit
    assert not is_of_groups(np.arange(60) % 2, person_of)
    assert not is_of_groups(shared, np.arange(60))  # one image each tells nothing


# --- the draft


def said_of(samples, wrong):
    """Answers of networks that are sure; of some paths they say another class."""
    paths = samples.table["path"].to_numpy(str)
    labels = samples.table["label"].to_numpy()
    said = [samples.classes.index((labels_of(samples) | wrong)[path]) for path in paths]
    return OutOfFold(
        classes=samples.classes,
        factors=samples.factors,
        paths=paths,
        groups=samples.table["group"].to_numpy(str),
        labels=labels,
        folds=np.ones(len(labels), dtype=np.int64),
        scores=(9 * np.eye(len(samples.classes))[said]).astype(np.float32),
    )


def drafted(samples, spec, wrong):
    """The draft about such answers, written where the study's corrections are read from."""
    same, changed = still_labelled(said_of(samples, wrong), samples)
    assert changed == 0
    written = draft(audit(same), samples, spec, 100)
    (samples.root / "corrections.csv").write_text(written.text())
    return written


def labels_of(samples):
    return {
        path: samples.classes[label] for path, label in zip(samples.table["path"], samples.table["label"], strict=True)
    }


def test_a_draft_corrects_the_competitions_labels(competition):
    before = read("competition", competition)
    spec = DataSpec(layout="competition", root=competition)
    mask = "images/000002_female_30/normal.png"
    wrong = {path: name.replace("male/<30", "female/30-59") for path, name in labels_of(before).items()}
    wrong[mask] = "incorrect/female/30-59"
    written = drafted(before, spec, wrong)
    rows = {(row["path"] or row["person"], row["field"]): row["value"] for row in written.rows}
    assert rows == {
        ("000001_male_29", "gender"): "female",
        ("000001_male_29", "age"): "30",  # the nearest that would be right
        (mask, "mask"): "incorrect",
    }
    assert all(bool(row["path"]) != bool(row["person"]) for row in written.rows)
    after = read("competition", competition, corrections="corrections.csv")
    assert labels_of(after) == wrong
    assert after.corrections


def test_a_draft_corrects_a_single_factor_of_the_competition(competition):
    spec = DataSpec(layout="competition", root=competition, factor="age")
    before = read("competition", competition, factor="age")
    wrong = {path: "30-59" if "000003_female_60" in path else name for path, name in labels_of(before).items()}
    (row,) = drafted(before, spec, wrong).rows
    assert (row["person"], row["field"], row["value"], row["given"]) == ("000003_female_60", "age", "59", ">=60")
    assert labels_of(read("competition", competition, factor="age", corrections="corrections.csv")) == wrong


def test_a_draft_corrects_folders_image_by_image(folders):
    before = read("folders", folders, group_regex="(p\\d)")
    spec = DataSpec(layout="folders", root=folders, group_regex="(p\\d)")
    wrong = labels_of(before) | {"dog/p1_b.jpg": "cat"}
    for each in drafted(before, spec, wrong).rows:
        assert each["path"]
        assert not each["person"]
    assert labels_of(read("folders", folders, group_regex="(p\\d)", corrections="corrections.csv")) == wrong


def test_a_draft_corrects_a_table_also_by_person(table):
    files = {"p1": "x", "p2": "x", "p3": "y", "p4": "y"}
    lines = [f"{person}-{shot}.jpg,{label},{person}" for person, label in files.items() for shot in range(2)]
    for line in lines:
        touch(table / line.partition(",")[0])
    write_table(table, "path,label,group", *lines)
    before = read("table", table)
    spec = DataSpec(layout="table", root=table)
    wrong = labels_of(before) | {"p1-0.jpg": "y", "p1-1.jpg": "y"}
    (row,) = drafted(before, spec, wrong).rows
    assert (row["person"], row["path"], row["value"]) == ("p1", "", "y")
    assert labels_of(read("table", table, corrections="corrections.csv")) == wrong


def test_what_the_study_has_decided_is_left_out(competition):
    (competition / "own.csv").write_text("path,person,field,value\n,000002_female_30,gender,female\n")
    spec = DataSpec(layout="competition", root=competition, corrections="own.csv")
    samples = read("competition", competition, corrections="own.csv")
    wrong = {
        path: name.replace("female", "male") if "000002" in path else name for path, name in labels_of(samples).items()
    }
    wrong |= {path: name.replace("<30", "30-59") for path, name in wrong.items() if "000001" in path}
    found = audit(still_labelled(said_of(samples, wrong), samples)[0])
    written = draft(found, samples, spec, 100)
    assert written.decided == 1
    assert draft(found, samples, spec, 1) == written  # what is decided takes nobody's place
    assert [(row["person"], row["field"]) for row in written.rows] == [("000001_male_29", "age")]


def test_answers_about_labels_that_have_changed_since_count_no_more(competition):
    samples = read("competition", competition)
    said = said_of(samples, {})
    gone = dataclasses.replace(said, paths=np.where(np.arange(28) == 5, "images/gone.jpg", said.paths))
    relabelled = dataclasses.replace(gone, labels=np.where(np.arange(28) == 9, 0, said.labels))
    merged = dataclasses.replace(relabelled, groups=np.full(28, "whoever shares a file"))
    same, changed = still_labelled(merged, samples)
    assert changed == 1 + (said.labels[9] != 0)
    assert set(same.groups) == {folder_name(person) for person in PEOPLE}
    assert same.scores.shape == (28 - changed, 18)


@pytest.mark.parametrize(
    ("years", "part", "said"),
    [(29, 1, "30"), (61, 1, "59"), (25.5, 2, "60"), (45, 0, "29"), (60, 0, "29"), (72, 2, "72")],
)
def test_the_nearest_year_within_a_class(years, part, said):
    assert nearest_value(AGE, years, part) == said
    assert AGE.parts(np.array([float(said)]))[0] == part


# --- the command


@pytest.fixture
def study(storage_url, tmp_path, monkeypatch):
    """A study of a real folder, and the answers that its networks would give: one label is wrong."""
    root = write_images(tmp_path / "data")
    spec = load_spec(str(write_study(tmp_path, root)))
    monkeypatch.setenv("STUDY_STORAGE", storage_url)
    monkeypatch.setenv("STUDY_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    samples = read("folders", root, group_regex=".*/(p\\d+)_")
    monkeypatch.setattr(cli_audit.api, "read_out_of_fold", lambda *_, **__: said_of(samples, {"a/p3_0.png": "b"}))
    with open_storage(storage_url) as storage:
        yield StudyFixture(storage, spec, tmp_path)


def command(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["search", "audit", "--study", "tiny", *map(str, arguments)])
    code = 0
    try:
        cli.main()
    except SystemExit as ended:
        code = ended.code
    return code or 0, capsys.readouterr()


def test_the_command_writes_a_draft_and_applies_nothing(study, tmp_path, monkeypatch, capsys):
    code, output = command(monkeypatch, capsys)
    assert code == 0
    (row,) = csv.DictReader((tmp_path / "corrections-draft.csv").read_text().splitlines())
    assert (row["path"], row["field"], row["value"], row["given"]) == ("a/p3_0.png", "label", "b", "a")
    assert "corrections-draft.csv: 1 suggestion, none of them applied" in output.out
    assert "a/p3_0.png" in output.out
    assert f"move the rows that you accept to {tmp_path}/data/corrections.csv" in output.out
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["a", "b", "c"]
    code, output = command(monkeypatch, capsys, "--json", "--force")
    assert json.loads(output.out)["findings"][0]["suggested"] == "b"


def test_a_draft_with_decisions_in_it_is_not_replaced(study, tmp_path, monkeypatch, capsys):
    mine = tmp_path / "corrections-draft.csv"
    mine.write_text("mine")
    code, output = command(monkeypatch, capsys)
    assert code == 2
    assert output.err.startswith(
        "error: corrections-draft.csv is there, perhaps with decisions in it; --force replaces"
    )
    assert mine.read_text() == "mine"
    assert command(monkeypatch, capsys, "--force")[0] == 0
    assert mine.read_text().startswith("path,person,field,value")


def test_suggestions_never_become_the_studys_own_table(study, tmp_path, monkeypatch, capsys):
    own = tmp_path / "data" / "own.csv"
    own.write_text("path,field,value\nb/p1_0.png,label,c\n")
    spec = load_spec(str(tmp_path / "studies" / "tiny.toml"))
    spec = spec.model_copy(update={"data": spec.data.model_copy(update={"corrections": "own.csv"})})
    monkeypatch.setattr("search.study.study.stored_spec", lambda _: spec)
    code, output = command(monkeypatch, capsys, "--output", own, "--force")
    assert code == 2
    assert "is the study's own table of corrections" in output.err
    assert own.read_text() == "path,field,value\nb/p1_0.png,label,c\n"


def test_where_nothing_looks_wrong_nothing_is_written(study, tmp_path, monkeypatch, capsys):
    samples = read("folders", tmp_path / "data", group_regex=".*/(p\\d+)_")
    monkeypatch.setattr(cli_audit.api, "read_out_of_fold", lambda *_, **__: said_of(samples, {}))
    code, output = command(monkeypatch, capsys)
    assert code == 0
    assert "no label looks wrong; nothing is written" in output.out
    assert not (tmp_path / "corrections-draft.csv").exists()
