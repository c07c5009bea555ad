"""Show the progress of a fit in HTML and in text, where no page can draw the live view."""

from __future__ import annotations

import base64
import html
from typing import Any

from kwidgets.kernel.channel import channel
from kwidgets.language import t, translated
from kwidgets.live import protocol
from kwidgets.live.numbers.metric_store import MetricStore
from kwidgets.live.page.number_format import format_seconds
from kwidgets.live.page.saved_output import latest_values
from kwidgets.live.page.status_labels import epoch_label, progress_label, workers_label
from kwidgets.live.page.svg_picture import draw_picture


def fallback_bundle(
    store: MetricStore,
    run: protocol.RunInfo,
    progress: protocol.Progress,
    picture: str = "",
    workers: protocol.Workers | None = None,
) -> dict[str, Any]:
    """Return a mime bundle that any front end shows: it contains no code.

    Args:
        picture: from :func:`fallback_picture`; drawing one costs more than the rest.
        workers: of a training with several workers.
    """
    where, values = headline(run, progress, workers), latest_values(store)
    lines = [
        f"<div><b>{html.escape(where)}</b></div>",
        _bar(progress),
        f"<div>{html.escape(values)}</div>",
        picture,
        *(f"<div>{html.escape(notice['text'])}</div>" for notice in progress["notices"]),
        f"<div><small>{html.escape(_advice())}</small></div>",
    ]
    return {"text/html": "".join(lines), "text/plain": f"{where} · {values}" if values else where}


def fallback_picture(store: MetricStore, run: protocol.RunInfo, progress: protocol.Progress) -> str:
    """Return the charts so far as HTML."""
    svg = base64.b64encode(draw_picture(store, run, progress).encode()).decode("ascii")
    text = html.escape(t("Charts of the training so far"))
    return f'<img alt="{text}" style="max-width:100%" src="data:image/svg+xml;base64,{svg}">'


def headline(
    run: protocol.RunInfo, progress: protocol.Progress, workers: protocol.Workers | None = None
) -> str:
    """Return where a fit is, in a line of text."""
    label = progress_label(progress)
    if workers is not None and workers["waits_for"] is not None:
        return f"{workers_label(workers)} · {translated(workers['waits_for'])}"
    parts = [f"{run['model_name']}: {label}" if run["model_name"] else label]
    if run["epochs"] or progress["epoch"]:
        parts.append(epoch_label(run, progress["epoch"]))
    parts.append(format_seconds(progress["elapsed_seconds"]))
    remaining = progress["remaining_seconds"]
    if remaining is not None:
        parts.append(t("%1 left", format_seconds(remaining)))
    return " · ".join(parts)


def _bar(progress: protocol.Progress) -> str:
    total = progress["total_steps"]
    value = f' value="{progress["step"]}" max="{total}"' if total else ""
    label = html.escape(t("Training progress"))
    return f'<progress aria-label="{label}" style="width:100%"{value}></progress>'


def _advice() -> str:
    if channel.refusal is not None:
        stop = t("To stop safely after the current step, interrupt the kernel (■).")
        return f"{stop} {channel.refusal}"
    return t(
        "To stop safely after the current step, interrupt the kernel (■). For charts with "
        "Pause, Stop and Learning rate, run pip install kwidgets in the environment of "
        "JupyterLab or Notebook, then reload the page."
    )
