"""The pictures of a trial: what is in them can be told from their pixels, and no name of a class spoils them."""

import io

import numpy as np
import pytest
from PIL import Image

from search.results.history import TrialHistory
from search.results.plots import confusion_picture, curve_picture, legible

ODD_NAMES = [
    "$x^{2",
    "<img src=x onerror=alert(1)>",
    "日本語",
    "a\nb\tc",
    "",
    "x" * 500,
    "\udcff",
    "50% & _more_",
    "\0",
]


def pixels(content):
    image = Image.open(io.BytesIO(content))
    assert image.format == "PNG"
    return np.asarray(image.convert("RGB")).astype(int)


def blue(image):
    """Where a picture is of a dark blue."""
    return (image[..., 2] - image[..., 0] > 60) & (image[..., 0] < 60)


def eighteen():
    return [
        f"{mask}/{gender}/{age}" for mask in "abc" for gender in ("male", "female") for age in ("<30", "-59", "60+")
    ]


def test_a_perfect_matrix_is_a_diagonal_and_a_wrong_one_is_not():
    cells = [(n, n, 10) for n in range(6)]
    right = blue(pixels(confusion_picture("Trial 1", list("abcdef"), tuple(cells))))
    wrong = blue(pixels(confusion_picture("Trial 1", list("abcdef"), tuple((t, 5 - p, n) for t, p, n in cells))))
    rows, columns = np.nonzero(right)
    assert np.corrcoef(rows, columns)[0, 1] > 0.9
    rows, columns = np.nonzero(wrong)
    assert np.corrcoef(rows, columns)[0, 1] < -0.9


def test_colours_are_shares_of_a_row_so_a_rare_class_shows():
    rare = blue(pixels(confusion_picture("Trial 1", ["many", "few"], ((0, 0, 5000), (1, 1, 2)))))
    halved = blue(pixels(confusion_picture("Trial 1", ["many", "few"], ((0, 0, 5000), (1, 0, 1), (1, 1, 1)))))
    assert halved.sum() < 0.7 * rare.sum()  # the second cell is as dark as the first, and with half its row no more


@pytest.mark.parametrize("classes", [2, 18, 41, 100])
def test_a_picture_is_small(classes):
    rng = np.random.default_rng(0)
    counts = rng.poisson(0.5, (classes, classes)) + 20 * np.eye(classes, dtype=int)
    cells = tuple((int(t), int(p), int(counts[t, p])) for t, p in zip(*np.nonzero(counts), strict=True))
    names = eighteen() if classes == 18 else [f"class number {n}" for n in range(classes)]
    content = confusion_picture("Trial 12: macro-F1 0.3707 in epoch 7", names, cells)
    assert len(content) < (40_000 if classes <= 18 else 80_000)
    assert max(pixels(content).shape) < 1200


def test_odd_names_of_classes_are_drawn():
    content = confusion_picture("$ odd", ODD_NAMES, tuple((n, n, 3) for n in range(len(ODD_NAMES))))
    assert blue(pixels(content)).any()
    names = legible(ODD_NAMES)
    assert names[3] == "a b c"
    assert names[5] == "x" * 27 + "…"
    assert (names[4], names[6], names[8]) == ("#5", "#7", "#9")


def test_names_that_cannot_be_drawn_or_begin_alike_are_told_apart_by_their_number(caplog):
    lost = "\ue123"  # for private use: no font has it
    long = "person of the second group with "
    assert legible([f"{lost} ü", lost, "a", long + "a mask", long + "no mask"]) == [
        "#1 ü",
        "#2",
        "a",
        f"#4 {long[:24]}…",
        f"#5 {long[:24]}…",
    ]
    assert not caplog.records


def test_letters_that_the_first_font_lacks_are_drawn_with_another():
    assert legible(["\U0001d49c b"]) == ["\U0001d49c b"]  # a script A: in a font that comes with matplotlib
    assert blue(pixels(confusion_picture("Trial 1", ["\U0001d49c b", "c"], ((0, 0, 3), (1, 1, 3))))).any()


@pytest.mark.parametrize("letter", ["W", "i", "\u6f22"])
@pytest.mark.parametrize("classes", [2, 18])
def test_names_keep_clear_of_the_titles_of_the_axes(letter, classes):
    names = [letter * 26 + f" {n}" for n in range(classes)]
    image = pixels(confusion_picture("Trial 1", names, tuple((n, n, 3) for n in range(classes))))
    ink = (image < 240).any(axis=2)
    left, below = ink[60:].any(axis=0), ink[:, 40:].any(axis=1)[::-1]
    for edge in (left, below):
        title = int(np.argmax(edge))
        gap = title + int(np.argmin(edge[title:]))
        assert gap - title < 20  # no higher than a line: nothing has run into it
        assert not edge[gap : gap + 3].any()
        assert title > 2


def green_columns(content):
    image = pixels(content)
    return (image[..., 1] - image[..., 0] > 50) & (image[..., 1] - image[..., 2] > 20)


def test_the_best_epoch_is_where_the_star_is():
    reports = dict.fromkeys(range(1, 11), 0.1)
    for best in (2, 9):
        content = curve_picture("Trial 1", reports | {best: 0.5}, {}, epochs=10)
        assert len(content) < 40_000
        star = green_columns(content)
        width = star.shape[1]
        # The dotted line below the star goes through both charts: the column with most green in the lower half.
        column = int(np.argmax(star[star.shape[0] // 2 :].sum(axis=0)))
        assert abs(column / width - (0.11 + 0.85 * (best - 0.5) / 10)) < 0.02


def test_one_epoch_without_losses_and_an_f1_of_nothing_are_drawn():
    assert curve_picture("Trial 1", {1: 0.0}, {}, epochs=1)
    assert curve_picture("Trial 1", {1: 0.3}, {1: (1e30, 0.2)}, epochs=400)


def test_a_story_of_an_older_version_is_read_and_one_of_this_comes_back_whole():
    best = {"best_epoch": 2, "best_f1": 0.4, "accuracy": 0.5, "per_class_f1": {"a": 0.4}}
    old = TrialHistory.from_notes(
        {"reports": [[1, 0.3], [2, 0.4]], "bests": [best], "speeds": [9.0, 9.0], "seconds": 3.0}
    )
    assert old.best.confusion == ()
    assert old.losses == {}
    assert curve_picture("Trial 1", old.reports, old.losses, epochs=4)
    bests = [type(old.best)(**best, confusion=((0, 0, 7),))]
    history = TrialHistory(reports=old.reports, losses={2: (1.5, 0.25)}, bests=bests, speeds=[9.0], seconds=3.0)
    assert TrialHistory.from_notes(history.as_notes()) == history
    assert "confusion" not in history.as_attributes()
