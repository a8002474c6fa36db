"""The charts of a report: Optuna's own where they exist, without colours that the page's style decides on."""

import html
import warnings
from collections.abc import Sequence
from typing import Any

import optuna
import plotly.graph_objects as go
from optuna.trial import FrozenTrial
from trainer.support.text import shorten

from search.ablation.analysis import Row
from search.config.format import format_value
from search.results.confusion import Confusion

F1_TITLE = "validation macro-F1"
_LONGEST_LABEL = 22
_MOST_COUNTS = 30  # classes up to which a matrix has room for its counts and for all names
_MOST_TICKS = 12
_MANY = 100  # curves that would hide each other if they were not thinner
_STYLE: dict[str, dict[str, Any]] = {
    "pruned": {"opacity": 0.6, "line": {"color": "var(--quiet)", "width": 1}},
    "running": {"opacity": 0.8, "line": {"color": "var(--quiet)", "width": 1.4, "dash": "dot"}},
    "complete": {"opacity": 0.75, "line": {"color": "var(--accent)", "width": 1.4}},
    "best": {"line": {"color": "var(--best)", "width": 3.2}},
}
"""Of the learning curves, drawn in this order; the page puts its colours for ``var(--...)``."""


def history(study: optuna.Study) -> go.Figure:
    """F1 of the complete trials by their number, and the best so far."""
    figure = optuna.visualization.plot_optimization_history(study, target_name=F1_TITLE)
    trials, best = figure.data[:2]
    trials.update(name="complete trial", hovertemplate="trial %{x}: F1 %{y:.4f}<extra></extra>")
    trials.marker.update(color="var(--accent)", size=7, opacity=0.75)
    best.update(name="best so far", hoverinfo="skip", line={"color": "var(--best)", "width": 2.2, "shape": "hv"})
    return unstyled(figure, 360, xaxis={"title": "trial"}, yaxis={"title": F1_TITLE})


def importances(study: optuna.Study) -> go.Figure:
    """The importance of each parameter as a bar."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of few trials; the page says how many there are
        figure = optuna.visualization.plot_param_importances(study)
    figure.update_traces(marker_color="var(--accent)", hoverinfo="skip", hovertemplate=None)
    return unstyled(
        figure,
        90 + 34 * len(figure.data[0].y),
        xaxis={"title": "importance", "range": [0, 1.08]},
        yaxis={"title": None, "ticklabelstandoff": 6},
        showlegend=False,
    )


def parallel_coordinates(study: optuna.Study) -> go.Figure:
    """A line a complete trial through its parameters, the better the stronger."""
    figure = optuna.visualization.plot_parallel_coordinate(study, target_name="F1")
    lines = [trace for trace in reversed(figure.data) if trace.mode == "lines"]
    # The first axis is the F1, from the worst at 0 to the best at 1; the last is the best, the earliest of equals.
    lines.sort(key=lambda trace: float(trace.y[0]))
    for rank, trace in enumerate(lines, start=1):
        trace.update(opacity=0.07 + 0.73 * (rank / len(lines)) ** 3, line={"color": "var(--accent)", "width": 1.4})
    lines[-1].update(opacity=1, line={"color": "var(--best)", "width": 3.2})
    figure.update_annotations(font_color="var(--quiet)", bgcolor="var(--paper)")
    layout = figure.layout.update(plot_bgcolor=None, title=None)
    return unstyled(go.Figure(lines, layout), 420, showlegend=False, margin={"l": 60, "t": 16})


def learning_curves(trials: Sequence[FrozenTrial], best: int | None) -> go.Figure:
    """The F1 of each epoch: pruned trials faint, complete ones in between, the best one bold.

    One trace a kind instead of Optuna's one a trial: a thousand trials would keep the browser busy for seconds.
    """
    curves: dict[str, list[FrozenTrial]] = {kind: [] for kind in _STYLE}
    for trial in trials:
        kind = "best" if trial.number == best else trial.state.name.lower()
        if kind in curves and trial.intermediate_values:
            curves[kind].append(trial)
    figure = go.Figure()
    for kind, of_kind in curves.items():
        x: list[int | None] = []
        y: list[float | None] = []
        numbers: list[int | None] = []
        for trial in of_kind:
            epochs = sorted(trial.intermediate_values)
            # A gap parts one trial from the next; a curve of one epoch would be invisible without its marker.
            x += [*epochs, None]
            y += [*(round(trial.intermediate_values[epoch], 5) for epoch in epochs), None]
            numbers += [*([trial.number] * len(epochs)), None]
        if of_kind:
            figure.add_scatter(
                x=x,
                y=y,
                customdata=numbers,
                name=f"trial {best} (best)" if kind == "best" else f"{kind} ({len(of_kind)})",
                mode="lines+markers",
                marker={"size": 6 if kind == "best" else 2 if len(of_kind) > _MANY else 3.5},
                hovertemplate="trial %{customdata}, epoch %{x}: F1 %{y:.4f}<extra></extra>",
                **_STYLE[kind],
            )
            if len(of_kind) > _MANY:
                figure.data[-1].update(opacity=0.45, line_width=0.6)
    longest = max((epoch for trial in trials for epoch in trial.intermediate_values), default=1)
    xaxis = {"title": "epoch", "dtick": epoch_step(longest), "tickformat": "d", "rangemode": "tozero"}
    return unstyled(figure, 420, xaxis=xaxis, yaxis={"title": F1_TITLE})


def epoch_step(longest: int) -> int:
    """Whole epochs from one tick to the next: 1, 2, 5, 10, ..., so that there are few ticks."""
    decade = 1
    while longest > _MOST_TICKS * 5 * decade:
        decade *= 10
    return next(step for step in (decade, 2 * decade, 5 * decade) if longest <= _MOST_TICKS * step)


def confusion_matrix(confusion: Confusion) -> go.Figure:
    """Rows are true classes; a cell's colour is its share of the row."""
    names = [_escaped(name) for name in confusion.classes]
    shares = [[round(count / max(sum(row), 1), 4) for count in row] for row in confusion.counts]
    small = len(names) <= _MOST_COUNTS
    figure = go.Figure(
        go.Heatmap(
            z=shares,
            x=names,
            y=names,
            customdata=confusion.counts,
            text=[[str(count) if count else "" for count in row] for row in confusion.counts] if small else None,
            texttemplate="%{text}" if small else None,
            zmin=0,
            zmax=1,
            xgap=1 if small else 0,
            ygap=1 if small else 0,
            colorbar={"tickformat": ".0%", "thickness": 10, "outlinewidth": 0},
            hovertemplate="true %{y}<br>predicted %{x}<br>%{customdata} images, %{z:.0%} of the row<extra></extra>",
        )
    )
    ticks: dict[str, Any] = {
        "type": "category",  # names like 1 or 2024-01-01 are names
        "tickmode": "array",
        "tickvals": names,
        "ticktext": [_escaped(shorten(name, _LONGEST_LABEL)) for name in confusion.classes],
        "showticklabels": small,
        "showgrid": False,
        "ticks": "",
        "ticklabelstandoff": 4,
    }
    return unstyled(
        figure,
        min(180 + max(27 * len(names), 150), 820),
        xaxis={**ticks, "title": {"text": "predicted", "standoff": 16}, "tickangle": -60},
        yaxis={**ticks, "title": {"text": "true", "standoff": 16}, "autorange": "reversed"},
    )


def differences(rows: Sequence[Row]) -> go.Figure:
    """What each change does to the F1: a dot for the mean with its interval, a faint dot for each seed."""
    drawn = [row for row in rows if not row.is_base]
    names = [_escaped(f"{row.knob} = {format_value(row.value)}") for row in drawn]
    figure = go.Figure()
    figure.add_scatter(
        x=[run.difference for row in drawn for run in row.runs],
        y=[name for row, name in zip(drawn, names, strict=True) for _ in row.runs],
        customdata=[[run.seed, run.trial] for row in drawn for run in row.runs],
        name="each seed",
        mode="markers",
        marker={"size": 6, "color": "var(--accent)", "opacity": 0.45},
        hovertemplate="%{y}, seed %{customdata[0]} (trial %{customdata[1]}): %{x:+.4f}<extra></extra>",
    )
    means = [(name, row.difference) for row, name in zip(drawn, names, strict=True) if row.difference is not None]
    figure.add_scatter(
        x=[each.mean for _, each in means],
        y=[name for name, _ in means],
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [0.0 if each.high is None else each.high - each.mean for _, each in means],
            "arrayminus": [0.0 if each.low is None else each.mean - each.low for _, each in means],
            "color": "var(--best)",
            "thickness": 2,
            "width": 0,
        },
        name="mean and 95 % interval",
        mode="markers",
        marker={"size": 10, "color": "var(--best)"},
        hovertemplate="%{y}: %{x:+.4f}<extra></extra>",
    )
    figure.add_vline(x=0, line={"color": "var(--quiet)", "width": 1})
    order = {"categoryorder": "array", "categoryarray": names[::-1], "type": "category", "ticklabelstandoff": 6}
    return unstyled(figure, 130 + 30 * len(drawn), xaxis={"title": "difference in macro-F1 to the base"}, yaxis=order)


def _escaped(name: str) -> str:
    """Plotly takes tags in its texts for markup, and would show the signs that stand for quotes."""
    return html.escape(name, quote=False)


def unstyled(figure: go.Figure, height: int, **layout: object) -> go.Figure:
    """Without Plotly's own look: the page brings one for light, dark and paper."""
    figure.update_layout(template=None, title=None, autosize=True, height=height)
    return figure.update_layout(**layout)
