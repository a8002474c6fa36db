"""The page of a model: true to its figures, whole without a network, and harmless whatever people have named."""

import base64
import dataclasses
import io
import re

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import f1_score

from search.reports.model.charts import fold_curves
from search.reports.model.content import class_figures
from search.reports.model.gallery import MOST_IMAGES, MOST_OF_ONE_PERSON, confidently_wrong
from search.reports.model.page import ScoreAxis, differing_parameters, render, write_model_page
from search.reports.page import breakable
from search.results.confusion import OTHERS, Confusion, factor_confusions, out_of_fold_confusion
from tests.support.model_stories import answers, assessment, draw, interval, people_answers, story, unconfirmed
from tests.support.pages import headings, opened, text_of, without_scripts
from trainer.errors import SaveError

HOSTILE = "</script><img src=x onerror=alert(1)>"
CONFIRMED = [
    "Each class, the worst first",
    "What is taken for what",
    "Does it know how sure it is?",
    "How the folds learned",
    "Leaders of the search",
    "Sure and wrong",
    "Configuration",
    "How to read this page",
]


def test_the_page_of_a_confirmed_model(tmp_path):
    said = answers(sharpness=2.0)
    draw(said, tmp_path)
    told = story(said, tmp_path)
    page, found = render(told), told.assessment
    assert headings(page) == CONFIRMED
    text = text_of(page)
    assert re.search(r"<title>(.*?)</title>", page)[1] == "tiny v3: report of a model"
    assert (
        f"Macro-F1 to expect {found.f1.value:.3f} 95 % interval {found.f1.low:.3f} \N{EN DASH} {found.f1.high:.3f}"
        in text
    )
    assert f"On 40 new people {found.new_f1[0]:.3f} \N{EN DASH} {found.new_f1[1]:.3f}" in text
    assert f"The search had claimed {found.claimed:.3f} 0.050 more than to expect" in text
    assert found.estimates in text
    assert "lowered by 0.0042" in text
    assert "Its probabilities are off by 7.1 percentage points on average as trained and by 1.3 with its logits" in text
    assert "divided by the temperature 1.300" in text
    assert "240 images of 60 people or groups, each answered by one of 5 networks that had not seen the person" in text
    assert "Nobody has checked" not in text
    for name, f1 in found.per_class_f1.items():
        assert f"{name} {f1.value:.3f} {f1.low:.3f} \N{EN DASH} {f1.high:.3f} 20 80" in text
    assert "0.4500 0.5000 0.4000 two folds were enough to see it 0.001" in text
    assert "did not fit into memory" in text
    assert "median best epoch: 4" in page


def test_the_page_of_a_model_that_nobody_confirmed_says_so(tmp_path):
    told = unconfirmed(answers(), tmp_path)
    page = render(told)
    text = text_of(page)
    assert headings(page) == ["Configuration", "How to read this page"]
    assert "Nobody has checked this figure." in text
    assert f"The search's claim, unconfirmed {told.claimed:.3f}" in text
    assert "to expect" not in text.split("Nobody has checked")[0]
    assert len(page) < 50_000  # no chart, so no Plotly


def test_a_claim_below_what_to_expect_is_told_as_such(tmp_path):
    told = story(answers(), tmp_path)
    assert "0.030 less than to expect" in text_of(
        render(dataclasses.replace(told, claimed=told.assessment.f1.value - 0.03))
    )
    assert "the same as what to expect" in text_of(render(dataclasses.replace(told, claimed=told.assessment.f1.value)))


def test_without_known_people_the_page_does_not_speak_of_any(tmp_path):
    said = answers()
    told = story(said, tmp_path, people=None, assessment=assessment(said, estimates="as measured", new_people=1))
    text = text_of(render(told))
    warning = "No groups are known, so images of one person may stand on both sides"
    assert warning in text
    assert "On 1 new image " in text
    assert "had not seen the image" in text
    assert "few images" in text
    assert not re.search("people|person", text.replace(warning, "").replace(str(tmp_path), ""))


def test_the_page_loads_nothing_and_runs_two_scripts(tmp_path):
    said = answers(sharpness=2.0)
    draw(said, tmp_path)
    page = render(story(said, tmp_path))
    nonce = re.search(r"script-src 'nonce-([\w-]+)'", page)[1]
    assert re.findall(r"<script([^>]*)>", page) == [
        ' type="application/json" id="charts"',
        *[f' nonce="{nonce}"'] * 2,
    ]
    rest = without_scripts(page)
    assert "default-src 'none'" in rest
    assert not re.search(r"<(link|iframe|object|embed|base)\b|@import|url\(", rest)
    sources = re.findall(r"\bsrc=\"([^\"]*)\"", rest)
    assert sources
    assert all(source.startswith("data:image/jpeg;base64,") for source in sources)


def test_names_are_text(tmp_path):
    said = answers(classes=(HOSTILE, "%{x} <b>b</b>", "c"), sharpness=2.0)
    said = dataclasses.replace(said, groups=np.char.add(said.groups, HOSTILE))
    gone = str(said.paths[np.flatnonzero(said.predicted != said.labels)[0]])
    paths = np.where(said.paths == gone, f"{HOSTILE}.png", said.paths)
    told = story(
        dataclasses.replace(said, paths=paths),
        tmp_path / HOSTILE.replace("/", "_"),
        study=HOSTILE,
        licence=HOSTILE,
        weights=HOSTILE,
        packages={HOSTILE: HOSTILE},
        measured=HOSTILE,
        parameters={HOSTILE: HOSTILE},
    )
    for each in (told, unconfirmed(said, tmp_path, study=HOSTILE, measured=HOSTILE)):
        page = render(each)
        assert "<img src=x" not in page
        assert "<b>b</b>" not in page
        assert page.count("</script>") == 1 if each.assessment is None else 3
    assert breakable("a/<b>_c") == "a/<wbr>&lt;b&gt;_<wbr>c"


def test_the_whole_page_in_a_browser(tmp_path):
    said = people_answers(60, sharpness=1.5)
    draw(said, tmp_path, said.paths[said.predicted != said.labels])
    page = render(story(said, tmp_path))
    assert headings(page)[2] == "Each factor of the label"
    dom = opened(page, tmp_path)
    assert dom.count("js-plotly-plot") == 3
    assert "median best epoch: 4" in dom
    assert dom.count("<img") == MOST_IMAGES
    assert dom.count('class="matrix"') == 3


def wide(classes):
    return tuple(f"a class with a long name, number {number}" for number in range(classes))


@pytest.mark.parametrize("classes", [2, 130])
@pytest.mark.parametrize("width", [360, 1300])
def test_no_page_is_wider_than_its_window(tmp_path, classes, width):
    said = answers(wide(classes), people=260, sharpness=1)
    draw(said, tmp_path, said.paths[said.predicted != said.labels][:60])
    page = render(story(said, tmp_path))
    assert "<li><img" in page
    nonce = re.search(r"'nonce-([\w-]+)'", page)[1]
    # A frame has the width of a phone, which a headless window has not.
    measure = (
        f"addEventListener('load', () => {{ document.documentElement.style.width = '{width}px';"
        "document.body.dataset.over = [...document.querySelectorAll('body > *, section > *')].filter((each) => "
        f"each.offsetWidth > {width}).length; }});"
    )
    dom = opened(page.replace("<title>", f'<script nonce="{nonce}">{measure}</script><title>', 1), tmp_path)
    assert re.search(r'data-over="(\d+)"', dom)[1] == "0"


def test_many_classes_are_folded_and_condensed(tmp_path):
    said = answers(wide(130), people=520, sharpness=3)
    page = render(story(said, tmp_path))
    assert "110 more classes" in text_of(page)
    assert "The 29 classes that are in most mistakes, and all 101 others as one." in text_of(page)
    shown = set(re.findall(r"a class with a long name, number (\d+)", without_scripts(page)))
    assert len(shown) == 130  # in the folded part


def test_a_condensed_matrix_counts_every_image_once():
    said = answers(wide(50), people=300, sharpness=2)
    whole = out_of_fold_confusion(said)
    few = whole.condensed(10)
    assert len(few.classes) == 10
    assert few.classes[-1] == OTHERS
    assert np.sum(few.counts) == np.sum(whole.counts) == len(said.labels)
    for name, row in zip(few.classes[:-1], few.counts, strict=False):
        place = whole.classes.index(name)
        assert sum(row) == sum(whole.counts[place])
        assert row[few.classes.index(name)] == whole.counts[place][place]
    assert whole.condensed(50) is whole


def test_confusions_are_those_of_the_answers():
    said = people_answers(30, sharpness=1)
    for name, found in factor_confusions(said).items():
        factor = next(each for each in said.factors if each.name == name)
        slow = np.zeros((len(factor.values), len(factor.values)), dtype=int)
        for label, predicted in zip(said.labels, said.predicted, strict=True):
            slow[factor.of_class[label], factor.of_class[predicted]] += 1
        assert np.array_equal(slow, found.counts)
    counts = np.array(out_of_fold_confusion(said).counts)
    assert np.trace(counts) == (said.predicted == said.labels).sum()


def test_what_makes_a_class_weak():
    confusion = Confusion(("fine", "low", "wide", "few"), ((9, 0, 1, 0), (5, 4, 1, 0), (0, 0, 9, 0), (0, 0, 0, 9)))
    found = assessment(answers(("fine", "low", "wide", "few")))
    per_class = {"fine": interval(0.9), "low": interval(0.5), "wide": interval(0.8, 0.16), "few": interval(0.85)}
    people = {"fine": 30, "low": 30, "wide": 30, "few": 19}
    found = found.model_copy(update={"per_class_f1": per_class, "class_people": people})
    figures = class_figures(found, confusion)
    assert [figure.name for figure in figures] == ["low", "wide", "few", "fine"]
    assert {figure.name: figure.weaknesses for figure in figures} == {
        "fine": (),
        "low": ("low F1",),
        "wide": ("wide interval",),
        "few": ("few people",),
    }
    assert {figure.name: figure.taken_for for figure in figures} == {
        "fine": "wide",
        "low": "fine",
        "wide": "",
        "few": "",
    }


def test_the_surest_mistakes_come_first_and_nobody_fills_the_gallery(tmp_path):
    said = answers(people=40, sharpness=0.5)
    scores = said.scores.copy()
    loud = said.groups == "p3"  # all wrong, and surer than all others
    scores[loud] = 0
    scores[loud, (said.labels[loud][0] + 1) % 3] = np.arange(9, 13)
    said = dataclasses.replace(said, scores=scores)
    draw(said, tmp_path)
    gallery = confidently_wrong(said, tmp_path)
    assert len(gallery.images) == MOST_IMAGES
    assert gallery.unreadable == ()
    assert [image.path for image in gallery.images[:2]] == ["images/p3/3.png", "images/p3/2.png"]
    sure = [image.probability for image in gallery.images]
    assert sure == sorted(sure, reverse=True)
    by_person = [image.person for image in gallery.images]
    assert max(map(by_person.count, by_person)) == MOST_OF_ONE_PERSON
    places = {path: i for i, path in enumerate(said.paths)}
    for image in gallery.images:
        i = places[image.path]
        assert image.differs == (("", said.classes[said.labels[i]], said.classes[said.predicted[i]]),)
        assert image.probability == pytest.approx(said.probabilities()[i].max())
        assert image.fold == said.folds[i]
        picture = Image.open(io.BytesIO(base64.b64decode(image.picture.partition(",")[2])))
        assert picture.format == "JPEG"
        assert max(picture.size) <= 176


def test_files_that_are_gone_are_named_and_others_take_their_place(tmp_path):
    said = answers(people=40, sharpness=0.5)
    draw(said, tmp_path)
    before = confidently_wrong(said, tmp_path)
    first, second = before.images[0].path, before.images[1].path
    (tmp_path / first).unlink()
    (tmp_path / second).write_bytes(b"no image")
    after = confidently_wrong(said, tmp_path)
    assert after.unreadable == (first, second)
    assert len(after.images) == MOST_IMAGES
    assert not {first, second} & {image.path for image in after.images}
    assert f"gone or unreadable: {first}, {second}." in text_of(render(story(said, tmp_path)))
    nowhere = text_of(render(story(said, tmp_path / "elsewhere")))
    assert "None of the images that were taken for something else can be read any more." in nowhere


def test_only_the_parts_of_a_label_that_are_wrong_are_named(tmp_path):
    said = people_answers(20, sharpness=8)
    scores = np.full_like(said.scores, -20)
    scores[np.arange(len(said.labels)), said.labels] = 0
    wrong = 5  # wear/male/>=60
    i = int(np.flatnonzero(said.labels // 6 == 1)[0])  # incorrect/.../...
    scores[i, wrong] = 9
    said = dataclasses.replace(said, scores=scores, labels=np.where(np.arange(len(said.labels)) == i, 8, said.labels))
    draw(said, tmp_path, [said.paths[i]])
    (image,) = confidently_wrong(said, tmp_path).images
    assert image.differs == (("mask", "incorrect", "wear"), ("gender", "male", "female"))


def test_a_model_without_a_mistake(tmp_path):
    text = text_of(render(story(answers(sharpness=30), tmp_path)))
    assert "No held out image was taken for something else." in text
    assert "Most frequent mistakes" not in text


def test_curves_of_folds_that_ended_early_have_a_mean_only_where_all_have_values():
    figure = fold_curves({1: {1: 0.2, 2: 0.4, 3: 0.5}, 2: {1: 0.4, 2: 0.2}}, best=2)
    assert [trace.name for trace in figure.data] == ["fold 1", "fold 2", "mean"]
    assert list(figure.data[2].x) == [1, 2]
    assert list(figure.data[2].y) == pytest.approx([0.3, 0.3])
    assert figure.layout.shapes[0].x0 == 2
    assert [trace.name for trace in fold_curves({1: {1: 0.2}}, 1).data] == ["fold 1"]


@pytest.mark.parametrize("values", [(0.0, 1.0), (0.5, 0.5), (0.31, 0.74), (0.98, 1.0), (0.0, 0.001), (0.05, 0.95)])
def test_a_strip_holds_all_its_values_and_few_ticks(values):
    strip = ScoreAxis.around(*values)
    assert all(0 <= strip.position(value) <= 100 for value in (*values, *strip.ticks))
    assert 2 <= len(strip.ticks) <= 8


def test_only_parameters_that_differ_are_columns(tmp_path):
    assert differing_parameters(story(answers(), tmp_path).leaders) == ["lr"]


def test_the_page_is_written_whole_or_not_at_all(tmp_path):
    told = story(answers(), tmp_path)
    write_model_page(tmp_path / "model", told)
    assert [entry.name for entry in (tmp_path / "model").iterdir()] == ["report.html"]
    (tmp_path / "file").touch()
    with pytest.raises(SaveError, match="cannot write"):
        write_model_page(tmp_path / "file", told)


def test_the_stories_here_have_the_f1_that_they_say():
    said = answers(sharpness=1)
    assert assessment(said).f1.value == pytest.approx(f1_score(said.labels, said.predicted, average="macro"))
