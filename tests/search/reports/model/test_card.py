"""The card of a model: true to its figures, Markdown that names cannot break, and honest where nobody confirmed."""

import dataclasses
import re
from pathlib import Path

import pytest
import yaml
from markdown_it import MarkdownIt

from search.reports.model.card import CARD_FILE, card, write_card
from tests.support.markdown import EVIL, text_of
from tests.support.model_stories import answers, assessment, interval, people_answers, story, unconfirmed
from trainer.errors import SaveError

PLACE = Path("models/tiny/v3")


def parts(text):
    """The front matter, and the text of each section by its heading."""
    _, front, body = re.split(r"^---$", text, maxsplit=2, flags=re.MULTILINE)
    sections = re.split(r"^## (.+)$", body, flags=re.MULTILINE)
    return yaml.safe_load(front), dict(zip(["", *sections[1::2]], sections[::2], strict=True))


def rows(section):
    """The cells of a section's tables, without markup."""
    lines = [line for line in section.splitlines() if line.startswith("|") and not line.startswith("| ---")]
    return [[cell.strip().strip("*`") for cell in line.strip("|").split("|")] for line in lines]


def test_a_confirmed_model(tmp_path):
    said = people_answers(60, sharpness=1.5)
    told = story(said, tmp_path)
    front, sections = parts(card(told, PLACE))
    found = told.assessment
    assert list(sections) == [
        "",
        "What to expect",
        "Weak classes",
        "Use",
        "Data",
        "Configuration",
        "Limits",
        "Versions and licence",
    ]
    assert front["library_name"] == "timm"
    assert front["license"] == "unknown"
    assert front["metrics"] == ["f1", "accuracy"]
    (model,) = front["model-index"]
    figures = {each["type"]: each["value"] for each in model["results"][0]["metrics"]}
    assert figures == {
        "f1": pytest.approx(found.f1.value, abs=5e-5),
        "accuracy": pytest.approx(found.accuracy.value, abs=5e-5),
    }
    expect = {row[0]: row[1:] for row in rows(sections["What to expect"])}
    assert expect["macro-F1 to expect"] == [f"{found.f1.value:.3f}", f"{found.f1.low:.3f} to {found.f1.high:.3f}"]
    assert expect["macro-F1 on 40 new people"] == ["", f"{found.new_f1[0]:.3f} to {found.new_f1[1]:.3f}"]
    assert expect["the search's claim"] == [f"{found.claimed:.3f}", "0.050 more than to expect"]
    assert expect["macro-F1 of `mask"] == ["0.800", "0.760 to 0.840"]
    assert found.estimates in sections["What to expect"]
    assert "lowered by 0.0042" in sections["What to expect"]
    assert "420 images of 60 people or groups, each answered by one of 5 networks" in sections["What to expect"]
    counted = {row[0]: row[1:] for row in rows(sections["Data"])[1:]}
    assert counted == {
        name: [str((said.labels == label).sum()), str(found.class_people[name])]
        for label, name in enumerate(said.classes)
    }
    assert f"predict --model {PLACE} IMAGES" in sections["Use"]
    assert f'load("{PLACE}")' in sections["Use"]
    assert ["lr", "0.002", "searched"] in rows(sections["Configuration"])
    assert ["image_size", "32", ""] in rows(sections["Configuration"])
    assert "7.1 percentage points on average as trained, and by 1.3 with the temperature 1.300" in sections["Limits"]
    assert "python 3.12.1, torch 2.9.0" in sections["Versions and licence"]
    assert "Licence: unknown: name it" in sections["Versions and licence"]


def test_a_model_that_nobody_confirmed(tmp_path):
    told = unconfirmed(answers(), tmp_path)
    front, sections = parts(card(told, PLACE))
    assert "model-index" not in front
    assert "Weak classes" not in sections
    assert (
        sections["What to expect"]
        .strip()
        .startswith(f"**Not confirmed.** The search claimed a macro-F1 of {told.claimed:.3f}")
    )
    assert told.measured in sections["What to expect"]
    assert "interval" not in sections["What to expect"]
    assert "not checked" in sections["Limits"]
    assert [row[:1] for row in rows(sections["Data"])] == [["class"], ["a"], ["b"], ["c"]]


def test_weak_classes_are_named_with_their_reasons(tmp_path):
    said = answers()
    found = assessment(said)
    told = story(said, tmp_path)
    per_class = {"a": interval(0.9), "b": interval(0.4, 0.2), "c": interval(0.8)}
    weak = found.model_copy(update={"per_class_f1": per_class, "class_people": {"a": 30, "b": 30, "c": 4}})
    _, sections = parts(card(dataclasses.replace(told, assessment=weak), PLACE))
    named = [(row[0], row[1], row[3], row[5]) for row in rows(sections["Weak classes"])[1:]]
    assert named == [("b", "0.400", "30", "low F1, wide interval"), ("c", "0.800", "4", "few people")]
    assert "fewer than 20 people" in sections["Limits"]
    strong = found.model_copy(update={"per_class_f1": dict.fromkeys("abc", interval(0.8))})
    _, sections = parts(card(dataclasses.replace(told, assessment=strong), PLACE))
    assert "None stands out. The lowest F1 is that of `a`: 0.800." in sections["Weak classes"]
    assert "fewer than 20 people" not in sections["Limits"]


def test_of_many_weak_classes_the_worst_are_named(tmp_path):
    said = answers(tuple(map(str, range(30))), people=30, sharpness=2)
    _, sections = parts(card(story(said, tmp_path), PLACE))
    assert len(rows(sections["Weak classes"])) == 1 + 12
    assert "And 18 more; `report.html` has all." in sections["Weak classes"]


@pytest.mark.parametrize(
    ("licence", "front"),
    [
        ("MIT", {"license": "mit"}),
        ("cc-by-4.0", {"license": "cc-by-4.0"}),
        ("ours: ask Ms. 'X' #1", {"license": "other", "license_name": "ours: ask Ms. 'X' #1"}),
    ],
)
def test_the_licence(tmp_path, licence, front):
    found, sections = parts(card(story(answers(), tmp_path, licence=licence), PLACE))
    assert {key: value for key, value in found.items() if key.startswith("license")} == front
    assert "unknown" not in sections["Versions and licence"]


def test_without_known_people_the_card_says_so(tmp_path):
    text = card(story(answers(), tmp_path, people=None), PLACE)
    assert "No groups are known: images of one person may have been trained on and tested with." in text
    assert "had not seen the image." in text
    assert "macro-F1 on 40 new images" in text


@pytest.mark.parametrize("name", [*EVIL, "naïve 顔 😷"])
def test_names_are_text(tmp_path, name):
    said = answers((name, "b", "c"), sharpness=1)
    told = story(said, tmp_path, study=name, licence=name, weights=name, parameters={name: name}, config={name: name})
    text = card(told, PLACE)
    front, sections = parts(text)
    assert front["model-index"][0]["results"][0]["dataset"]["name"] == name
    _, kinds = text_of("".join(f"## {title}\n{each}" for title, each in sections.items() if title) + sections[""])
    assert not kinds & {"html_inline", "html_block", "image", "em_open", "s_open"}
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(text)
    inline = [child.type for token in tokens for child in token.children or ()]
    assert inline.count("link_open") == 1  # to timm, which is ours
    width = {line.replace("\\|", "").count("|") for line in sections["Data"].splitlines() if line.startswith("|")}
    assert width == {4}


def test_commands_name_the_place_that_is_told_and_not_where_it_is_written_first(tmp_path):
    write_card(tmp_path / "partial", story(answers(), tmp_path, location=PLACE))
    text = (tmp_path / "partial" / CARD_FILE).read_text(encoding="utf-8")
    assert f"predict --model {PLACE} " in text
    assert "partial" not in text
    (tmp_path / "file").touch()
    with pytest.raises(SaveError, match="cannot write"):
        write_card(tmp_path / "file", story(answers(), tmp_path))


@pytest.mark.parametrize(("voting", "what"), [("soft", "means over its networks"), ("hard", "shares of votes")])
def test_several_networks_are_not_said_to_be_calibrated(tmp_path, voting, what):
    said = answers()
    text = card(story(said, tmp_path, voting=voting), tmp_path)
    assert f"- Its probabilities are {what}, and were not measured; those of one of" in text
