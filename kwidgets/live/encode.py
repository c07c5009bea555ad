"""Plain data → wire: tables as float32 columns, whole or as patches of what changed."""

from __future__ import annotations

import numpy as np

from kwidgets.live.metrics import MetricTable, TableView
from kwidgets.protocol import Table

# Points a trace that a view is given: more than a chart has pixels to tell apart.
MAX_ROWS = 500


def encode_table(view: TableView) -> Table:
    """Return ``view`` as a wire table, its data as bytes."""
    with np.errstate(over="ignore"):  # beyond float32 is off any chart: infinity says so
        data = b"".join(column.astype("<f4").tobytes() for column in view.columns.values())
    return Table(start=view.start, rows=view.rows, columns=list(view.columns), data=data)


class TablePatcher:
    """Remembers what of a table a view has, and gives what it lacks."""

    def __init__(self, table: MetricTable, max_rows: int = MAX_ROWS) -> None:
        self._table = table
        self._max_rows = max_rows
        self._appended = -1
        self._width = 0
        self._columns: list[str] = []
        self._complete_rows = 0

    def patch(self) -> Table | None:
        """Return rows that changed since the last call, or None. Call with the store locked."""
        if self._table.appended == self._appended:
            return None
        view = self._table.view(self._max_rows, self._complete_rows)
        if view.width != self._width or list(view.columns) != self._columns:
            view = self._table.view(self._max_rows)
        self._appended = self._table.appended
        self._width = view.width
        self._columns = list(view.columns)
        # The last row may still change: send it again next time.
        self._complete_rows = self._appended // view.width
        return encode_table(view)


def with_buffers(payload: dict[str, object]) -> list[bytes]:
    """Move the tables' bytes out of ``payload`` into a list of buffers, leaving their index."""
    buffers: list[bytes] = []
    for name in ("batch", "epoch"):
        table = payload.get(name)
        if isinstance(table, dict) and isinstance(table["data"], bytes):
            buffers.append(table["data"])
            payload[name] = {**table, "data": len(buffers) - 1}
    return buffers
