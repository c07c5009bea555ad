"""Describe a search in text and in HTML without scripts, for readers without our extension."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

from kwidgets.distributed.search.state import SearchState, SearchStatus
from kwidgets.distributed.search.trial_row import TrialRow, TrialState
from kwidgets.language import t

# Rows of the table: the best ones.
_MAX_ROWS = 20


def status_label(status: SearchStatus) -> str:
    """Return what a search does, or how it ended."""
    labels: dict[SearchStatus, str] = {
        "running": t("running"),
        "paused": t("paused"),
        "stopping": t("stopping"),
        "finished": t("finished"),
        "stopped": t("stopped"),
        "interrupted": t("interrupted"),
        "failed": t("failed"),
    }
    return labels[status]


def trial_label(state: TrialState) -> str:
    """Return what a trial does, or how it ended."""
    labels: dict[TrialState, str] = {
        "queued": t("queued"),
        "running": t("running"),
        "complete": t("complete"),
        "pruned": t("pruned"),
        "failed": t("failed"),
        "interrupted": t("interrupted"),
    }
    return labels[state]


def headline(state: SearchState) -> str:
    """Return where a search is, in a line of text."""
    head, ended = state.head, state.count_ended()
    count = str(ended) if head.planned is None else f"{ended}/{head.planned}"
    parts = [f"{head.title}: {status_label(head.status)}", t("%1 trials", count)]
    best = state.best()
    if best is not None and best.value is not None:
        what = head.metric or t("value")
        parts.append(t("best %1: %2 (trial %3)", what, format_value(best.value), best.number))
    return " · ".join(parts)


def result_text(state: SearchState) -> str:
    """Return a search and its best trial as text."""
    lines = [headline(state)]
    best = state.best()
    if best is not None:
        lines.append(params_text(best))
    if state.head.detail:
        lines.append(state.head.detail)
    return "\n".join(lines)


def trial_text(row: TrialRow) -> str:
    """Return a trial that has ended in a line of text."""
    value = "" if row.value is None else f" {format_value(row.value)}"
    detail = f" ({row.detail})" if row.detail else ""
    name = t("Trial %1", row.number)
    return f"{name}: {trial_label(row.state)}{value} · {params_text(row)}{detail}"


def params_text(row: TrialRow) -> str:
    """Return the hyperparameters of a trial in a line of text."""
    return ", ".join(f"{name}={format_param(value)}" for name, value in row.params.items())


def html_table(state: SearchState) -> str:
    """Return a search with its best trials as HTML."""
    rows = state.rows()
    names = list(dict.fromkeys(name for row in rows for name in row.params))
    sign = -1 if state.head.direction == "maximize" else 1
    rows.sort(key=lambda row: math.inf if _unknown(row.value) else sign * float(row.value or 0))
    titles = [t("trial"), t("state"), state.head.metric or t("value"), *names, t("epochs")]
    cells = [
        [
            str(row.number),
            trial_label(row.state),
            "" if row.value is None else format_value(row.value),
            *(format_param(row.params[name]) if name in row.params else "" for name in names),
            str(row.epochs),
        ]
        for row in rows[:_MAX_ROWS]
    ]
    parts = [f"<div><b>{html.escape(headline(state))}</b></div>", _bar(state)]
    texts = [*state.head.notes, state.head.detail]
    parts += [f"<div>{html.escape(text)}</div>" for text in texts if text]
    if cells:
        parts.append(f"<table>{_row('th', titles)}{''.join(_row('td', each) for each in cells)}")
        parts.append("</table>")
    if len(rows) > _MAX_ROWS:
        more = t("The best %1 of %2 trials.", _MAX_ROWS, len(rows))
        parts.append(f"<div>{html.escape(more)}</div>")
    return "".join(parts)


def _bar(state: SearchState) -> str:
    planned = state.head.planned
    if state.ended or not planned:
        return ""
    label = html.escape(t("Progress of the search"))
    value = f'value="{state.count_ended()}" max="{planned}"'
    return f'<progress aria-label="{label}" style="width:100%" {value}></progress>'


def _row(tag: str, cells: Sequence[str]) -> str:
    return f"<tr>{''.join(f'<{tag}>{html.escape(cell)}</{tag}>' for cell in cells)}</tr>"


def _unknown(value: float | None) -> bool:
    return value is None or math.isnan(value)


def format_value(value: float) -> str:
    """Return a value with few digits."""
    return f"{value:.4g}"


def format_param(value: object) -> str:
    """Return the value of a hyperparameter with few digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
