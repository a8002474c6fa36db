"""The charts of a model's page, without colours that the page's style decides on."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from trainer.evaluation.calibration import reliability
from trainer.evaluation.out_of_fold import OutOfFold

from search.reports.charts import F1_TITLE, epoch_step, unstyled

_LEAST_IMAGES: Final = 5
"""Images of a bin; of fewer a share is no figure."""
_DASHES: Final = ("solid", "dash", "dot", "dashdot", "longdash")


def reliability_chart(answers: OutOfFold, temperature: float) -> go.Figure:
    """Before and after the temperature, with the diagonal on which both would ideally lie."""
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": "var(--quiet)", "width": 1, "dash": "dot"},
        hoverinfo="skip",
        name="as sure as right",
    )
    lines: dict[str, tuple[float, dict[str, Any]]] = {"as trained": (1.0, {"color": "var(--accent)"})}
    if temperature != 1.0:
        lines["with the temperature"] = (temperature, {"color": "var(--best)"})
    for name, (divisor, colour) in lines.items():
        points = reliability(answers.probabilities(divisor), answers.labels)
        bins = [each for each in points if each.count >= _LEAST_IMAGES]
        largest = max((each.count for each in bins), default=1)
        figure.add_scatter(
            x=[round(each.confidence, 4) for each in bins],
            y=[round(each.accuracy, 4) for each in bins],
            customdata=[each.count for each in bins],
            name=name,
            mode="lines+markers",
            line={**colour, "width": 1.6},
            marker={**colour, "size": [5 + 11 * (each.count / largest) ** 0.5 for each in bins]},
            hovertemplate="says %{x:.0%}, is right %{y:.0%} of %{customdata} images<extra></extra>",
        )
    return unstyled(
        figure,
        400,
        xaxis={"title": "probability that the model gives its answer", "range": [0, 1.02], "tickformat": ".0%"},
        yaxis={"title": "share that is right", "range": [0, 1.04], "tickformat": ".0%"},
    )


def fold_curves(curves: Mapping[int, Mapping[int, float]], best: int) -> go.Figure:
    """Macro-F1 of each fold after each epoch, their mean, and the median of the folds' best epochs."""
    figure = go.Figure()
    for i, fold in enumerate(sorted(curves)):
        epochs = sorted(curves[fold])
        figure.add_scatter(
            x=epochs,
            y=[round(curves[fold][epoch], 5) for epoch in epochs],
            name=f"fold {fold}",
            mode="lines+markers",
            opacity=0.7,
            marker={"size": 4},
            line={"color": "var(--accent)", "width": 1.4, "dash": _DASHES[i % len(_DASHES)]},
            hovertemplate=f"fold {fold}, epoch %{{x}}: F1 %{{y:.4f}}<extra></extra>",
        )
    common_epochs = sorted(set.intersection(*(set(curve) for curve in curves.values())))
    if len(curves) > 1 and common_epochs:
        figure.add_scatter(
            x=common_epochs,
            y=[round(float(np.mean([curve[epoch] for curve in curves.values()])), 5) for epoch in common_epochs],
            name="mean",
            mode="lines+markers",
            marker={"size": 6},
            line={"color": "var(--best)", "width": 3.2},
            hovertemplate="mean, epoch %{x}: F1 %{y:.4f}<extra></extra>",
        )
    figure.add_vline(
        x=best,
        line={"color": "var(--quiet)", "width": 1, "dash": "dot"},
        annotation={"text": f"median best epoch: {best}", "font": {"color": "var(--quiet)"}, "yanchor": "bottom"},
        annotation_position="top",
    )
    longest = max((epoch for curve in curves.values() for epoch in curve), default=1)
    xaxis = {"title": "epoch", "dtick": epoch_step(longest), "tickformat": "d", "rangemode": "tozero"}
    return unstyled(
        figure,
        400,
        xaxis=xaxis,
        yaxis={"title": F1_TITLE},
        legend={"orientation": "h", "x": 0, "y": -0.22, "yanchor": "top"},
    )
