"""Write a list of runs as a table of plain text, and as HTML for readers without our extension."""

from __future__ import annotations

import datetime
import html
from collections.abc import Sequence

from kwidgets.language import t
from kwidgets.live.page.number_format import format_seconds, format_value
from kwidgets.record.clean import format_bytes
from kwidgets.record.run_file.run_info import RunInfo, State

# Of more metrics only the first ones are shown.
_MAX_VALUES = 6
_CELL = "padding:2px 12px 2px 0;white-space:nowrap;text-align:"


def state_label(run: RunInfo) -> str:
    """Return the state of a run in the kernel's language."""
    labels: dict[State, str] = {
        "running": t("running"),
        "finished": t("finished"),
        "stopped": t("stopped"),
        "interrupted": t("interrupted"),
        "failed": t("failed"),
        "died": t("died"),
    }
    label = labels[run.state]
    return t("%1, diverged", label) if run.diverged else label


def text_table(runs: Sequence[RunInfo], count: int) -> str:
    """Return the runs as lines of text; ``count`` is how many there are in all."""
    if not runs:
        return empty_text()
    rows = [_titles(runs), *(_cells(run, _values(runs)) for run in runs)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell.ljust(width) if column < _NUM_TEXTS else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    more = [] if count == len(runs) else [_more_text(len(runs), count)]
    return "\n".join([lines[0], "─" * len(lines[0]), *lines[1:], *more])


def html_table(runs: Sequence[RunInfo], count: int) -> str:
    """Return the runs as an HTML table without scripts."""
    if not runs:
        return f"<p>{html.escape(empty_text())}</p>"

    def line(tag: str, cells: Sequence[str]) -> str:
        return "".join(
            f'<{tag} style="{_CELL}{"left" if column < _NUM_TEXTS else "right"}">'
            f"{html.escape(cell)}</{tag}>"
            for column, cell in enumerate(cells)
        )

    body = "".join(f"<tr>{line('td', _cells(run, _values(runs)))}</tr>" for run in runs)
    more = "" if count == len(runs) else f"<p>{html.escape(_more_text(len(runs), count))}</p>"
    head = f"<thead><tr>{line('th', _titles(runs))}</tr></thead>"
    return f"<table>{head}<tbody>{body}</tbody></table>{more}"


def empty_text() -> str:
    """Return what stands where no run is, and what to do next."""
    return t("No runs yet. Train a model with model.fit(…); each run is recorded.")


def _more_text(shown: int, count: int) -> str:
    return t("The latest %1 of %2 runs.", shown, f"{count:,}")


# Columns at the left that are texts; all others are numbers.
_NUM_TEXTS = 4


def _titles(runs: Sequence[RunInfo]) -> list[str]:
    return [
        t("id"),
        t("name"),
        t("state"),
        t("started"),
        t("duration"),
        *_values(runs),
        t("size"),
    ]


def _cells(run: RunInfo, values: Sequence[str]) -> list[str]:
    started = datetime.datetime.fromtimestamp(run.created)
    return [
        run.id,
        run.title,
        state_label(run),
        f"{started:%Y-%m-%d %H:%M}",
        format_seconds(run.progress["seconds"]),
        *(format_value(run.values[name]) if name in run.values else "–" for name in values),
        format_bytes(run.bytes),
    ]


def _values(runs: Sequence[RunInfo]) -> list[str]:
    return list(dict.fromkeys(name for run in runs for name in run.values))[:_MAX_VALUES]
