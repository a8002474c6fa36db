"""The page about a study: whole, offline, and harmless whatever people have named."""

import dataclasses
import html
import json
import re
import sys

import optuna
import pytest

from search.cli import main as cli
from search.config.load import load_spec
from search.database.connection import open_storage
from search.reports.charts import confusion_matrix, learning_curves
from search.reports.study_report import gather, render, write_report
from search.results.confusion import Confusion
from search.study.study import best_complete
from tests.support.data_sets import make_data
from tests.support.pages import headings, opened, text_of, without_scripts
from tests.support.scripted import ScriptedRun
from tests.support.studies import StudyFixture, scripted
from tests.support.tiny import write_study
from trainer.errors import Diverged, SaveError
from trainer.support.text import duration

HOSTILE = "</script><img src=x onerror=alert(1)>"
MATRIX = ((5, 1, 0), (0, 4, 2), (3, 0, 3))
CHARTS = {"history", "importances", "parallel", "curves", "confusion"}


class Judged(ScriptedRun):
    """A scripted run whose confusion matrix is known."""

    matrix = MATRIX

    def epochs(self):
        for result in super().epochs():
            yield dataclasses.replace(
                result,
                validation=dataclasses.replace(result.validation, confusion=self.matrix, per_class_f1=(0.5, 0.9, 0)),
            )


class Unjudged(Judged):
    """One whose matrix is empty, and so not kept."""

    matrix = ((0, 0, 0),) * 3


def judged(**options):
    return lambda config, data, runtime: Judged(config, data, runtime, **options)


@pytest.fixture
def study(storage_url, tmp_path):
    """An empty study of nine trials with a hostile class."""
    spec = load_spec(str(write_study(tmp_path, tmp_path, epochs=3, trials=9)))
    data = dataclasses.replace(make_data(), classes=(HOSTILE, "%{x} <b>2024-01-01</b>", "c"))
    with open_storage(storage_url) as storage:
        yield StudyFixture(storage, spec, tmp_path, data)


def fail(epoch):
    raise ValueError(f"no such head: {HOSTILE}")


def diverge(epoch):
    if epoch == 2:
        raise Diverged("the loss is not a number")


def fill(study, trials=5):
    """Complete trials of growing F1, one that failed and one at work."""
    for number in range(trials):
        study.run(study.claim(), judged(f1=0.3 + number / 100))
    study.run(study.claim(), scripted(before=fail))
    study.claim()


def page_of(study):
    return render(gather(study.storage, "tiny"))


def test_the_page_tells_the_whole_study(study):
    fill(study)
    page = page_of(study)
    best = best_complete(study.study)
    assert headings(page) == [
        "Best configuration",
        "Leaders",
        "Optimization history",
        "Importance of the parameters",
        "Parallel coordinates",
        "Learning curves",
        "What the best trial takes for what",
        "F1 of each class, the worst first",
        "Machines and workers",
        "Failures",
        "How to read this page",
    ]
    text = text_of(page)
    assert "tiny" in re.search(r"<title>(.*?)</title>", page)[1]
    assert f"{best.value:.4f} trial 4, epoch 3" in text
    assert "5 of 9 5 complete, 0 pruned" in text
    assert "1 worker is on it now" in text
    for name, value in best.params.items():
        assert f"{name} {value:.4g}" in text if isinstance(value, float) else f"{name} {value}" in text
    assert "backbone test_resnet fixed" in text
    assert "warmup 0.05 default" in text
    assert "ValueError: no such head" in text
    assert "Traceback (most recent call last)" in text
    assert f"{HOSTILE} 0.500 6 %{{x}} <b>2024-01-01</b>" in text  # F1, images, what its images were taken for
    assert text.index("c 0.000 6") < text.index(f"{HOSTILE} 0.500")
    assert f"c {HOSTILE} 3 50 %" in text


def test_the_charts_are_drawn_and_nothing_is_loaded(study, tmp_path):
    fill(study)
    page = page_of(study)
    nonce = re.search(r"'nonce-([\w-]+)'", page)[1]
    spy = (
        "const seen = [];"
        "addEventListener('securitypolicyviolation', (event) => seen.push(event.blockedURI));"
        "setTimeout(() => document.body.dataset.seen = JSON.stringify("
        "[...seen, ...performance.getEntriesByType('resource').map((entry) => entry.name)]), 3000);"
    )
    watched = page.replace("<title>", f'<script nonce="{nonce}">{spy}</script><title>', 1)
    dom = opened(watched, tmp_path)
    assert re.search(r'data-seen="(.*?)"', dom)[1] == "[]"
    places = re.split(r'data-chart="', dom)[1:]
    assert {place.split('"')[0] for place in places} == CHARTS
    assert all('class="main-svg"' in place for place in places)
    assert "<img" not in dom
    labels = html.unescape(html.unescape(dom))
    assert "</script><img src=x o…" in labels  # on the matrix's axes, shortened, as text


def test_nothing_that_people_named_becomes_markup(study):
    fill(study)
    page = page_of(study)
    assert HOSTILE not in page
    assert page.count("<script") == page.count("</script>")
    assert "<img" not in without_scripts(page)


def test_the_page_names_no_host(study):
    fill(study)
    page = page_of(study)
    assert page.count("plotly.js v") == 1
    assert not re.findall(r"""(?:src|href|action|url\()\s*=?\s*["']?(?:https?:)?//""", without_scripts(page))
    assert not re.search(r"<(?:link|img|iframe|script[^>]* src)", without_scripts(page))
    assert "default-src 'none'" in page


@pytest.mark.parametrize("state", ["empty", "running", "pruned"])
def test_a_study_without_a_complete_trial_has_a_page(study, state):
    if state == "running":
        study.claim()
    if state == "pruned":
        study.run(study.claim(), scripted(before=diverge))
    page = page_of(study)
    text = text_of(page)
    assert "none yet no trial is complete" in text
    assert len(headings(page)) == 11
    assert "No trial is complete yet; pruned ones are no leaders." in text
    assert ("No trial has been started yet: search work --study tiny starts a worker." in text) == (state == "empty")
    assert ("At work now" in text) == (state == "running")
    assert ("0 pruned diverged: the loss is not a number" in text) == (state == "pruned")
    if state != "pruned":
        assert len(page) < 50_000  # no chart, so no Plotly


def test_one_complete_trial_is_enough_for_most_charts(study, tmp_path):
    study.run(study.claim(), judged())
    page = page_of(study)
    assert "Fewer than 4 complete trials (1) say nothing about it." in text_of(page)
    assert opened(page, tmp_path).count("js-plotly-plot") == 4


def test_trials_of_an_older_version_have_no_matrix(study):
    study.run(study.claim(), Unjudged)
    page = page_of(study)
    assert "Trial 0 has no confusion matrix: an earlier version ran it." in text_of(page)
    assert '"confusion"' not in page


def test_a_best_value_at_the_edge_of_its_range(storage_url, tmp_path):
    start = '[[start]]\nlr = 1e-4\noptimizer = "adam"\ncutmix_prob = 0.0'
    spec = load_spec(str(write_study(tmp_path, tmp_path, more=start)))
    with open_storage(storage_url) as storage:
        study = StudyFixture(storage, spec, tmp_path)
        study.run(study.claim(), judged())
        text = text_of(page_of(study))
    assert "lr = 0.0001 is at the low end of its range [0.0001, 0.01]: widen it" in text
    assert "cutmix_prob = 0" not in text  # no share is below 0


def test_a_page_is_written_whole_or_not_at_all(study, tmp_path, monkeypatch):
    page = tmp_path / "new" / "page.html"
    write_report(study.storage, "tiny", page)
    before = page.read_text(encoding="utf-8")
    assert before.endswith("</html>\n")
    assert [entry.name for entry in page.parent.iterdir()] == ["page.html"]
    with monkeypatch.context() as broken:
        broken.setattr("pathlib.Path.replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(SaveError, match="No space left"):
            write_report(study.storage, "tiny", page)
    assert page.read_text(encoding="utf-8") == before
    assert [entry.name for entry in page.parent.iterdir()] == ["page.html"]


def command(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["search", "report", *map(str, arguments)])
    code = 0
    try:
        cli.main()
    except SystemExit as ended:
        code = ended.code
    return code or 0, capsys.readouterr()


def test_the_command(study, storage_url, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("STUDY_STORAGE", storage_url)
    monkeypatch.setenv("STUDY_HOME", str(tmp_path))
    code, output = command(monkeypatch, capsys, "--study", "tiny", "--output", tmp_path / "page.html")
    assert (code, output.out, output.err) == (0, f"report: {tmp_path}/page.html\n", "")
    for target, line in (
        (tmp_path, f"error: {tmp_path} is a folder; name a file, for example {tmp_path}/report.html\n"),
        (
            tmp_path / "page.html" / "deeper.html",
            f"error: cannot write {tmp_path}/page.html/deeper.html: File exists; make room there or choose another "
            "place\n",
        ),
    ):
        code, output = command(monkeypatch, capsys, "--study", "tiny", "--output", target)
        assert (code, output.err) == (2, line)
    code, output = command(monkeypatch, capsys, "--study", "other", "--output", tmp_path / "page.html")
    assert (code, "study 'other' does not exist" in output.err) == (2, True)


def test_a_page_on_standard_output(study, storage_url, tmp_path, monkeypatch, capfdbinary):
    monkeypatch.setenv("STUDY_STORAGE", storage_url)
    monkeypatch.setenv("STUDY_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.iterdir())
    monkeypatch.setattr(sys, "argv", ["search", "report", "--study", "tiny", "--output", "-"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    page, message = capfdbinary.readouterr()
    assert not ended.value.code
    assert page.startswith(b"<!doctype html>")
    assert page.endswith(b"</html>\n")
    assert message == b"report: written to standard output\n"
    assert set(tmp_path.iterdir()) == before


def test_of_equals_the_earliest_is_the_best_in_every_chart(study):
    for f1 in (0.3, 0.4, 0.4, 0.2):
        study.run(study.claim(), judged(f1=f1))
    content = gather(study.storage, "tiny")
    best = content["best"]
    assert best.number == 1
    (bold,) = [line for line in content["figures"]["parallel"].data if line.line.color == "var(--best)"]
    assert dict(bold.customdata)["cutmix_prob"] == f"{best.params['cutmix_prob']:.3g}"
    assert dict(bold.customdata)["lr"] == f"{best.params['lr']:.3g}"
    (curve,) = [line for line in content["figures"]["curves"].data if line.line.color == "var(--best)"]
    assert set(curve.customdata) == {1, None}


def test_quotes_in_names_of_classes_are_not_escaped_for_the_charts():
    name = 'baker\'s "best" <b>R&D</b>'
    figure = confusion_matrix(Confusion((name, "b" * 200), ((1, 0), (0, 1))))
    assert figure.data[0].x[0] == 'baker\'s "best" &lt;b&gt;R&amp;D&lt;/b&gt;'
    assert figure.layout.xaxis.ticktext[0].startswith('baker\'s "best" &lt;b&gt;R&amp;D')


@pytest.mark.parametrize(("epochs", "apart"), [(1, 1), (2, 1), (12, 1), (13, 2), (60, 5), (61, 10), (1000, 100)])
def test_ticks_are_whole_epochs_and_few(epochs, apart):
    curve = optuna.trial.create_trial(value=0.5, intermediate_values=dict.fromkeys(range(1, epochs + 1), 0.5))
    assert learning_curves([curve], None).layout.xaxis.dtick == apart


def test_a_page_without_known_groups_does_not_say_that_people_are_kept_apart(study):
    counts = {"images": 24, "classes": 3, "train_count": 18, "validation_count": 6}
    said = "No groups are known, so images of one person may stand on both sides."
    for groups, known in ((24, False), (3, True)):
        study.study.set_user_attr("data", {**counts, "groups_count": groups})
        text = text_of(page_of(study))
        assert (said in text) != known
        assert (f"24 images of {groups} people or groups" in text) == known
        assert ("are never among those trained on" in text) == known


def test_a_long_name_does_not_widen_the_page(study, tmp_path):
    study.data = dataclasses.replace(study.data, classes=("w" * 200, "x" * 200, "c"))
    study.study.set_user_attr("classes", list(study.data.classes))
    study.run(study.claim(), judged())
    widths = (
        "addEventListener('load', () => document.body.dataset.widest = "
        "Math.max(...[...document.querySelectorAll('table')].map((table) => table.offsetWidth)));"
    )
    page = page_of(study)
    nonce = re.search(r"'nonce-([\w-]+)'", page)[1]
    dom = opened(page.replace("<title>", f'<script nonce="{nonce}">{widths}</script><title>', 1), tmp_path)
    assert 0 < int(re.search(r'data-widest="(\d+)"', dom)[1]) <= 58 * 16


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (59.6, "1 min 0 s"), (7261, "2 h 1 min"), (90000, "1 d 1 h")]
)
def test_durations(seconds, words):
    assert duration(seconds) == words


def test_the_matrix_is_kept_with_the_trial_and_survives_json(study):
    study.run(study.claim(), judged())
    content = gather(study.storage, "tiny")
    assert content["confusion"].counts == MATRIX
    assert [(each.true, each.count) for each in content["mistakes"]] == [
        ("c", 3),
        (content["confusion"].classes[1], 2),
        (HOSTILE, 1),
    ]
    json.dumps(study.trials[0].system_attrs)
