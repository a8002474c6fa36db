"""Pictures as PNG: a trial's confusion matrix and how it learned; what the changes of an ablation do."""

import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.ticker import MaxNLocator
from PIL import Image
from trainer.support.text import one_line, shorten

from search.results.history import Cells

# Figures of their own on a canvas of their own: pyplot keeps every figure, and asks for a display.

_DPI: Final = 100
_FONT: Final = "DejaVu Sans"  # comes with matplotlib
_MOST_NUMBERED_CLASSES: Final = 40
"""Of more classes the cells are too small for numbers."""
_NAME_LENGTH: Final = 28
_SYMBOL_FONTS: Final = ("Last Resort", "cm", "STIXSize", "STIXNonUnicode")
"""Beginnings of fonts' names that have boxes or parts of formulas where the letters should be."""
_AXIS_TITLE_MARGIN: Final = 0.36
"""Inches of an axis's title and the gaps around it."""
_INK, _FAINT = "#222222", "#8a8a8a"
_TRAINING, _VALIDATION, _F1 = "#c1712c", "#2f6fb0", "#2b7a4b"


def confusion_picture(title: str, classes: Sequence[str], cells: Cells) -> bytes:
    """Draw a confusion matrix: rows are true classes, colours shares of a row, numbers samples."""
    counts = np.zeros((len(classes), len(classes)), dtype=np.int64)
    for true, predicted, samples in cells:
        counts[true, predicted] = samples
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = min(max(2.2, 0.3 * len(classes)), 8.0)  # of the matrix, in inches
    size = min(9.0, 60.0 * side / len(classes))
    names = legible(classes)
    font = font_manager.FontProperties(family=_font_families(frozenset("".join(names))), size=size)
    margin = _AXIS_TITLE_MARGIN + _max_width(names, font)
    legend, least = "numbers: validation images; colour: share of the row", 4.2
    if any(name.startswith("#") and name not in classes for name in names):
        legend, least = f"{legend}; #n: n-th class of the study's note", 5.3
    width, height = max(margin + side + 0.2, least), 0.7 + side + margin
    figure = Figure(figsize=(width, height), dpi=_DPI)
    axes = figure.add_axes((margin / width, margin / height, side / width, side / height))
    axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    axes.set_xticks(range(len(names)), names, rotation=90, fontproperties=font, parse_math=False)
    axes.set_yticks(range(len(names)), names, fontproperties=font, parse_math=False)
    if len(classes) <= _MOST_NUMBERED_CLASSES:
        for true, predicted in zip(*(axis.tolist() for axis in np.nonzero(counts)), strict=True):
            colour = "white" if shares[true, predicted] > 0.55 else _INK
            axes.text(
                predicted, true, str(counts[true, predicted]), color=colour, fontsize=size, ha="center", va="center"
            )
    edges = np.arange(len(names) + 1) - 0.5
    axes.hlines(edges, edges[0], edges[-1], colors="#dddddd", linewidth=0.4)
    axes.vlines(edges, edges[0], edges[-1], colors="#dddddd", linewidth=0.4)
    axes.tick_params(length=0)
    middle = (margin + side / 2, 0.08)
    figure.text(middle[0] / width, middle[1] / height, "predicted class", color=_FAINT, fontsize=9, ha="center")
    figure.text(0.08 / width, middle[0] / height, "true class", color=_FAINT, fontsize=9, va="center", rotation=90)
    figure.text(0.1 / width, 1 - 0.3 / height, title, fontsize=11, color=_INK, parse_math=False)
    figure.text(0.1 / width, 1 - 0.5 / height, legend, fontsize=8, color=_FAINT)
    return _png(figure)


def curve_picture(
    title: str,
    reports: Mapping[int, float],
    losses: Mapping[int, tuple[float, float]],
    *,
    epochs: int,
    folds: bool = False,
) -> bytes:
    """Draw how a trial learned: macro-F1 with its best epoch above, training and validation loss below.

    There is at least one report; with ``folds`` each is a mean over the folds so far. ``epochs`` are those of a whole
    trial.
    """
    figure = Figure(figsize=(6.4, 4.8), dpi=_DPI)
    upper = figure.add_axes((0.11, 0.52, 0.85, 0.37))
    lower = figure.add_axes((0.11, 0.1, 0.85, 0.34), sharex=upper)
    # Reports of folds are means that replace each other.
    best = max(reports) if folds else max(reports, key=lambda epoch: (reports[epoch], -epoch))
    upper.plot(list(reports), list(reports.values()), color=_F1, marker="o", markersize=3.5)
    upper.axvline(best, color=_F1, linewidth=0.8, linestyle=":")
    upper.plot([best], [reports[best]], color=_F1, marker="*", markersize=13)
    upper.set_ylim(0, 1.25 * reports[best] or 1.0)
    upper.annotate(
        f"mean of the folds: {reports[best]:.4f}" if folds else f"best: {reports[best]:.4f} in epoch {best}",
        (best, reports[best]),
        xytext=(0, 8),
        textcoords="offset points",
        ha="right" if best > epochs * 0.75 else "left" if best <= epochs * 0.25 else "center",
        fontsize=9,
        color=_F1,
    )
    upper.set_ylabel("macro-F1", fontsize=9)
    upper.tick_params(labelbottom=False)
    curves = (("training (the criterion)", _TRAINING), ("validation (cross-entropy)", _VALIDATION))
    for i, (name, colour) in enumerate(curves):
        values = [pair[i] for pair in losses.values()]
        lower.plot(list(losses), values, color=colour, marker="o", markersize=3.5, label=name)
    lower.axvline(best, color=_F1, linewidth=0.8, linestyle=":")
    lower.legend(fontsize=8, frameon=False, loc="upper right")
    lower.set_ylabel("loss", fontsize=9)
    lower.set_xlabel("epoch", fontsize=9)
    lower.set_xlim(0.5, epochs + 0.5)
    lower.xaxis.set_major_locator(MaxNLocator(nbins=12, integer=True))
    for axes in (upper, lower):
        _style(axes)
    figure.text(0.03, 0.94, title, fontsize=11, color=_INK, parse_math=False)
    return _png(figure)


@dataclass(frozen=True)
class Whisker:
    """One line of :func:`differences_picture`.

    Lines of one ``knob`` that follow one another stand together. Without ``mean`` there is nothing to draw yet, only
    ``text`` beside it; without ``low`` and ``high`` there is no interval. There is a difference a seed.
    """

    knob: str
    value: str
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    differences: tuple[float, ...] = ()
    text: str = ""


def differences_picture(title: str, legend: str, whiskers: Sequence[Whisker]) -> bytes:
    """Draw what each change does to the F1: a dot for the mean with its interval, a faint dot for each seed.

    ``legend`` is a smaller line below the title. Whiskers stand from top to bottom; there is at least one.
    """
    labels = legible([f"{each.knob} = {each.value}" for each in whiskers])
    font = font_manager.FontProperties(family=_font_families(frozenset("".join(labels))), size=9)
    positions: list[float] = []
    for number, each in enumerate(whiskers):
        gap = 1.0 if not number or each.knob == whiskers[number - 1].knob else 1.6
        positions.append((positions[-1] if positions else 0.0) + gap)
    left, right = _max_width(labels, font) + 0.2, _max_width([each.text for each in whiskers], font) + 0.25
    heads = [(title, 11, _INK), (legend, 8, _FAINT)]
    heads.append(("dot: mean; line: its interval of 95 %; faint: each seed; numbers: mean ± standard error", 8, _FAINT))
    fonts = (font_manager.FontProperties(family=_font_families(frozenset(line)), size=size) for line, size, _ in heads)
    longest = max(_max_width([line], each) for (line, _, _), each in zip(heads, fonts, strict=True))
    width, height = max(left + 4.6 + right, longest + 0.2), 0.9 + 0.26 * (positions[-1] + 1) + 0.5
    across = width - left - right - 0.1
    figure = Figure(figsize=(width, height), dpi=_DPI)
    axes = figure.add_axes((left / width, 0.5 / height, across / width, 1 - 1.4 / height))
    axes.axvline(0.0, color=_FAINT, linewidth=1.0)
    for position, each in zip(positions, whiskers, strict=True):
        axes.scatter(
            each.differences, [position + 0.24] * len(each.differences), s=11, color=_F1, alpha=0.45, linewidths=0
        )
        if each.low is not None and each.high is not None:
            axes.hlines(position, each.low, each.high, colors=_F1, linewidth=1.8)
        if each.mean is not None:
            axes.scatter([each.mean], [position], s=34, color=_F1, zorder=3)
        axes.text(
            1.02,
            position,
            each.text,
            transform=axes.get_yaxis_transform(),
            va="center",
            color=_INK,
            fontproperties=font,
        )
    axes.set_yticks(positions, labels, fontproperties=font, parse_math=False)
    axes.set_ylim(positions[-1] + 0.8, positions[0] - 0.8)
    if not any(each.differences for each in whiskers):
        axes.set_xlim(-0.1, 0.1)
    axes.set_xlabel("difference in macro-F1 to the base (right: better)", fontsize=9)
    _style(axes)
    axes.tick_params(axis="y", length=0, labelcolor=_INK)
    for below, (line, size, colour) in zip((0.3, 0.52, 0.69), heads, strict=True):
        figure.text(0.1 / width, 1 - below / height, line, fontsize=size, color=colour, parse_math=False)
    return _png(figure)


def _style(axes: Axes) -> None:
    axes.grid(color="#e6e6e6", linewidth=0.6)
    axes.tick_params(labelsize=8, colors=_FAINT, length=2)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color("#bbbbbb")


def legible(classes: Sequence[str]) -> list[str]:
    """The names of classes as they can be drawn: one line each, not too long, each to be told from the others.

    A name with letters that no font here has, and one that is the same as another once it is shortened, begins with
    the class's number: ``#1`` is the first class.
    """
    lines = [one_line(name) for name in classes]
    letters = frozenset("".join(lines))
    drawable = _characters(_font_families(letters))
    known = ["".join(char for char in line if ord(char) in drawable) for line in lines]
    count = Counter(map(_shortened, known))
    return [
        drawn if drawn and rest == line and count[drawn] == 1 else _shortened(f"#{number} {rest.strip()}".strip())
        for number, (line, rest, drawn) in enumerate(zip(lines, known, map(_shortened, known), strict=True), start=1)
    ]


def _shortened(name: str) -> str:
    return shorten(name, _NAME_LENGTH)


@cache
def _font_families(letters: frozenset[str]) -> tuple[str, ...]:
    """The fonts to draw letters with: matplotlib's own, and for what it lacks those here that have most of it."""
    families = [_FONT]
    missing = {ord(letter) for letter in letters} - _characters((_FONT,))
    while missing:
        found = {family: len(missing & _characters((family,))) for family in _installed_families()}
        best = max(found, key=lambda family: found[family], default=_FONT)
        if not found.get(best):
            break
        families.append(best)
        missing -= _characters((best,))
    return tuple(families)


@cache
def _installed_families() -> tuple[str, ...]:
    """Families of letters, those without serifs first; without those that matplotlib would warn of."""
    names = {
        font.name
        for font in font_manager.fontManager.ttflist
        if font.style == "normal" and font.weight in (400, "normal") and not font.name.startswith(_SYMBOL_FONTS)
    }
    return tuple(sorted(names, key=lambda name: ("Sans" not in name, name)))


@cache
def _characters(families: tuple[str, ...]) -> frozenset[int]:
    fonts = (FT2Font(font_manager.findfont(font_manager.FontProperties(family=family))) for family in families)
    return frozenset().union(*(font.get_charmap() for font in fonts))


def _max_width(names: Sequence[str], font: font_manager.FontProperties) -> float:
    """Inches of the longest name, measured rather than guessed: letters are of many widths."""
    drawn = FigureCanvasAgg(Figure(dpi=_DPI)).get_renderer()  # type: ignore[no-untyped-call]
    return max(float(drawn.get_text_width_height_descent(name, font, ismath=False)[0]) for name in names) / _DPI


def _png(figure: Figure) -> bytes:
    """The figure in a palette: a third of the bytes, and nobody sees the difference."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")  # type: ignore[no-untyped-call]
    figure.clear()  # its parts know each other, and a worker would collect them late
    content = io.BytesIO()
    pixels.quantize(128, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(content, "PNG")
    return content.getvalue()
