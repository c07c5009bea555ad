"""Write the results of several fits as an HTML table, for readers without our extension."""

from __future__ import annotations

import base64
import html
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kwidgets.language import t
from kwidgets.live import protocol
from kwidgets.live.numbers.bounded_table import NAN
from kwidgets.live.numbers.metric_store import PARTIAL
from kwidgets.live.page.number_format import format_seconds, format_value
from kwidgets.live.page.status_labels import progress_label

Columns = dict[str, npt.NDArray[np.float32]]

# Of more metrics only the first ones are in the table; all are in the data.
MAX_METRICS = 6
# Of an epoch in a table of float32.
_ROUNDING = 1e-3


def fits_table(snapshots: Sequence[protocol.Snapshot]) -> str:
    """Return a table with a row for each snapshot: name, epochs, values, time."""
    values = [_values(snapshot) for snapshot in snapshots]
    columns = list(dict.fromkeys(name for row in values for name in row))
    titles = [t("fit"), t("name"), t("status"), t("epochs"), *columns, t("time")]
    rows = []
    for snapshot, row in zip(snapshots, values, strict=True):
        run, progress = snapshot["run"], snapshot["progress"]
        cells = [
            str(run["fit"]),
            run["model_name"],
            progress_label(progress),
            t("%1 of %2", _finished_epochs(snapshot), _all_epochs(run)),
            *(format_value(row[name]) if name in row else "–" for name in columns),
            format_seconds(progress["elapsed_seconds"]),
        ]
        rows.append(_row("td", cells))
    return f"<table><thead>{_row('th', titles)}</thead><tbody>{''.join(rows)}</tbody></table>"


def _row(tag: str, cells: Sequence[str]) -> str:
    return f"<tr>{''.join(f'<{tag}>{html.escape(cell)}</{tag}>' for cell in cells)}</tr>"


def _finished_epochs(snapshot: protocol.Snapshot) -> int:
    run, columns = snapshot["run"], _columns(snapshot["epoch"])
    whole = columns["epoch"][_is_whole(columns)]
    return (
        max(0, math.ceil(float(whole[-1]) - _ROUNDING) - _epochs_before(run)) if len(whole) else 0
    )


def _all_epochs(run: protocol.RunInfo) -> int:
    return run["epochs"] - run["initial_epoch"] - run.get("epochs_rewound", 0)


def _epochs_before(run: protocol.RunInfo) -> int:
    return run["initial_epoch"] + run["epochs_before"]


def _is_whole(columns: Columns) -> npt.NDArray[np.bool_]:
    """Return which epochs were not stopped early."""
    partial = columns.get(PARTIAL, np.zeros(len(columns["epoch"]), np.float32))
    return np.asarray(partial != 1)


def _values(snapshot: protocol.Snapshot) -> dict[str, float]:
    """Return the last and the best value of each metric, under the titles of their columns."""
    run, columns = snapshot["run"], _columns(snapshot["epoch"])
    values: dict[str, float] = {}
    for metric in run["metrics"][:MAX_METRICS]:
        name = metric["name"]
        for title, column in ((name, f"training/{name}"), (f"val_{name}", f"validation/{name}")):
            last = _last(columns, column, _epochs_before(run))
            if last is not None:
                values[title] = last
        best = snapshot["best"].get(name)
        if best is not None and math.isfinite(best["value"]):
            values[t("best %1", name)] = best["value"]
    return values


def _last(columns: Columns, column: str, epochs_before: int) -> float | None:
    """Return the value of the last epoch of the fit that has one, a whole one if there is any."""
    if column not in columns:
        return None
    y, zeros = columns[column], np.zeros(len(columns["epoch"]), np.float32)
    reported = ~np.isnan(y) | (columns.get(f"{NAN}{column}", zeros) == 1)
    reported &= columns["epoch"] > epochs_before
    telling = np.flatnonzero(reported & (_is_whole(columns) | ~np.isfinite(y)))
    rows = telling if len(telling) else np.flatnonzero(reported)
    return float(y[rows[-1]]) if len(rows) else None


def _columns(table: protocol.Table) -> Columns:
    numbers = np.frombuffer(base64.b64decode(table["data"]), "<f4").reshape(
        len(table["columns"]), table["rows"]
    )
    return dict(zip(table["columns"], numbers, strict=True))
