"""Make a plotly Figure of a fit, which users can style, save and embed."""

from __future__ import annotations

import html
import math
from typing import Literal

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from kwidgets.language import translated
from kwidgets.live import protocol
from kwidgets.live.numbers.batch_curve import batch_curve
from kwidgets.live.numbers.metric_store import PARTIAL, MetricStore
from kwidgets.live.page.svg_picture import MARK, TRAINING, VALIDATION

MAX_POINTS = 2_000
_X_COLUMNS: dict[str, Literal["step", "epoch", "seconds"]] = {
    "step": "step",
    "epoch": "epoch",
    "time": "seconds",
}
_X_TITLES = {"step": "step", "epoch": "epoch", "time": "seconds of training"}


def make_figure(
    store: MetricStore, x_axis: protocol.XAxis = "epoch", log_scale: bool = False
) -> go.Figure:
    """Return a figure with one subplot a metric and at most ``MAX_POINTS`` a trace."""
    with store.lock:
        metrics = dict(store.metrics)
        batch = store.batch.view(MAX_POINTS).columns
        epoch = store.epoch.view(MAX_POINTS).columns
        best = dict(store.best)
        marks = list(store.marks)
    # Plotly renders a subset of HTML in texts; a metric's name is plain text.
    titles = [html.escape(name) for name in metrics]
    figure = make_subplots(
        rows=max(len(metrics), 1), cols=1, shared_xaxes=True, subplot_titles=titles or None
    )
    x = _X_COLUMNS[x_axis]
    first_epoch = math.ceil(batch["epoch"][0]) - 1 if len(batch["epoch"]) else 0.0
    for row, (name, metric) in enumerate(metrics.items(), start=1):
        curve = batch_curve(batch, name, metric["kind"], x, first_epoch).line()
        training, validation = epoch.get(f"training/{name}"), epoch.get(f"validation/{name}")
        lines = (
            ("training, batches", *curve, "lines", TRAINING, "solid", 0.35),
            ("training", epoch[x], training, "lines+markers", TRAINING, "solid", 1.0),
            ("validation", epoch[x], validation, "lines+markers", VALIDATION, "dash", 1.0),
        )
        for label, xs, ys, mode, color, dash, opacity in lines:
            if ys is None or not len(ys):
                continue
            symbol = "diamond" if label == "validation" else "circle"
            partial = np.zeros(len(xs)) == 1
            if label != "training, batches":
                partial = epoch.get(PARTIAL, np.zeros(len(xs))) == 1
            figure.add_trace(
                go.Scatter(
                    x=xs,
                    y=ys,
                    name=label,
                    legendgroup=label,
                    showlegend=row == 1,
                    mode=mode,
                    opacity=opacity,
                    line={"color": color, "dash": dash, "width": 2 if opacity == 1 else 1},
                    # Hollow for an epoch that was stopped early.
                    marker={"symbol": np.where(partial, f"{symbol}-open", symbol).tolist()},
                ),
                row=row,
                col=1,
            )
        if name in best:
            point = best[name]
            figure.add_trace(
                go.Scatter(
                    x=[point[x]],
                    y=[point["value"]],
                    name="best epoch",
                    legendgroup="best epoch",
                    showlegend=row == 1,
                    mode="markers",
                    marker={"symbol": "star", "size": 12, "color": "#1f2328"},
                ),
                row=row,
                col=1,
            )
    for mark in marks:
        text = html.escape(translated(mark["text"]))
        figure.add_vline(
            x=mark[x],
            line={"color": MARK, "dash": "dot", "width": 1},
            # Without a text, Plotly would write "new text".
            **({"annotation_text": text} if mark["kind"] == "diverged" else {}),
        )
        figure.add_trace(
            go.Scatter(
                x=[mark[x]],
                y=[None],
                name=text,
                mode="markers",
                marker={"color": MARK, "symbol": "line-ns-open"},
            )
        )
    figure.update_xaxes(title_text=_X_TITLES[x_axis], row=max(len(metrics), 1), col=1)
    if log_scale:
        figure.update_yaxes(type="log")
    figure.update_layout(
        hovermode="x unified", height=max(1, len(metrics)) * 260 + 80, template="plotly_white"
    )
    return figure
