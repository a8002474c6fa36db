"""Two pictures of a trial, as PNG: its best epoch's confusion matrix, and how it learned."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
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

from search.story import Cells

# Figures of their own on a canvas of their own: pyplot keeps every figure, and asks for a display.

_DPI: Final = 100
_FONT: Final = "DejaVu Sans"  # comes with matplotlib
_COUNTED_CLASSES: Final = 40
"""Of more classes the cells are too small for numbers."""
_NAME_LENGTH: Final = 28
_INK, _FAINT = "#222222", "#8a8a8a"
_TRAINING, _VALIDATION, _F1 = "#c1712c", "#2f6fb0", "#2b7a4b"


def confusion_picture(title: str, classes: Sequence[str], cells: Cells) -> bytes:
    """Draw a confusion matrix: rows are true classes, colours shares of a row, numbers samples.

    Args:
        title: What stands above it.
        classes: Their names, in the order of the labels.
        cells: True class, predicted class and samples, without zeros.
    """
    counts = np.zeros((len(classes), len(classes)), dtype=np.int64)
    for true, predicted, samples in cells:
        counts[true, predicted] = samples
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = min(max(2.2, 0.3 * len(classes)), 8.0)  # of the matrix, in inches
    size = min(9.0, 60.0 * side / len(classes))
    names = [legible(name) for name in classes]
    beside = 0.5 + max(map(len, names)) * size * 0.54 / 72
    width, height = max(beside + side + 0.2, 4.2), 0.7 + side + beside
    figure = Figure(figsize=(width, height), dpi=_DPI)
    axes = figure.add_axes((beside / width, beside / height, side / width, side / height))
    axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=size, parse_math=False)
    axes.set_yticks(range(len(names)), names, fontsize=size, parse_math=False)
    if len(classes) <= _COUNTED_CLASSES:
        for true, predicted in zip(*(axis.tolist() for axis in np.nonzero(counts)), strict=True):
            colour = "white" if shares[true, predicted] > 0.55 else _INK
            axes.text(
                predicted, true, str(counts[true, predicted]), color=colour, fontsize=size, ha="center", va="center"
            )
    edges = np.arange(len(names) + 1) - 0.5
    axes.hlines(edges, edges[0], edges[-1], colors="#dddddd", linewidth=0.4)
    axes.vlines(edges, edges[0], edges[-1], colors="#dddddd", linewidth=0.4)
    axes.tick_params(length=0)
    middle = (beside + side / 2, 0.08)
    figure.text(middle[0] / width, middle[1] / height, "predicted class", color=_FAINT, fontsize=9, ha="center")
    figure.text(0.08 / width, middle[0] / height, "true class", color=_FAINT, fontsize=9, va="center", rotation=90)
    figure.text(0.1 / width, 1 - 0.3 / height, title, fontsize=11, color=_INK, parse_math=False)
    legend = "numbers: validation images; colour: share of the row"
    figure.text(0.1 / width, 1 - 0.5 / height, legend, fontsize=8, color=_FAINT)
    return _png(figure)


def curve_picture(
    title: str, reports: Mapping[int, float], losses: Mapping[int, tuple[float, float]], *, epochs: int
) -> bytes:
    """Draw how a trial learned: macro-F1 with its best epoch above, training and validation loss below.

    Args:
        title: What stands above it.
        reports: F1 of each epoch, from 1; at least one.
        losses: Training and validation loss of epochs.
        epochs: Those of a whole trial.
    """
    figure = Figure(figsize=(6.4, 4.8), dpi=_DPI)
    upper = figure.add_axes((0.11, 0.52, 0.85, 0.37))
    lower = figure.add_axes((0.11, 0.1, 0.85, 0.34), sharex=upper)
    best = max(reports, key=lambda epoch: (reports[epoch], -epoch))
    upper.plot(list(reports), list(reports.values()), color=_F1, marker="o", markersize=3.5)
    upper.axvline(best, color=_F1, linewidth=0.8, linestyle=":")
    upper.plot([best], [reports[best]], color=_F1, marker="*", markersize=13)
    upper.set_ylim(0, 1.25 * reports[best] or 1.0)
    upper.annotate(
        f"best: {reports[best]:.4f} in epoch {best}",
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
    for place, (name, colour) in enumerate(curves):
        values = [pair[place] for pair in losses.values()]
        lower.plot(list(losses), values, color=colour, marker="o", markersize=3.5, label=name)
    lower.axvline(best, color=_F1, linewidth=0.8, linestyle=":")
    lower.legend(fontsize=8, frameon=False, loc="upper right")
    lower.set_ylabel("loss", fontsize=9)
    lower.set_xlabel("epoch", fontsize=9)
    lower.set_xlim(0.5, epochs + 0.5)
    lower.xaxis.set_major_locator(MaxNLocator(nbins=12, integer=True))
    for axes in (upper, lower):
        _calm(axes)
    figure.text(0.03, 0.94, title, fontsize=11, color=_INK, parse_math=False)
    return _png(figure)


def _calm(axes: Axes) -> None:
    axes.grid(color="#e6e6e6", linewidth=0.6)
    axes.tick_params(labelsize=8, colors=_FAINT, length=2)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color("#bbbbbb")


def legible(name: str) -> str:
    """A class's name as it can be drawn: one line, not too long, with ``?`` for what the font does not have."""
    known = _characters()
    drawn = "".join(char if ord(char) in known else "?" for char in " ".join(name.split()))
    return drawn if len(drawn) <= _NAME_LENGTH else f"{drawn[: _NAME_LENGTH - 1]}…"


@cache
def _characters() -> frozenset[int]:
    return frozenset(FT2Font(font_manager.findfont(_FONT)).get_charmap())


def _png(figure: Figure) -> bytes:
    """The figure in a palette: a third of the bytes, and nobody sees the difference."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")  # type: ignore[no-untyped-call]
    figure.clear()  # its parts know each other, and a worker would collect them late
    content = io.BytesIO()
    pixels.quantize(128, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(content, "PNG")
    return content.getvalue()
