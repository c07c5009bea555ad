"""Encode metrics for the wire: tables as float32 columns, complete or as patches."""

from __future__ import annotations

import base64

import numpy as np

from kwidgets.live import protocol
from kwidgets.live.numbers.bounded_table import MetricTable, TableView
from kwidgets.live.numbers.metric_store import MetricStore
from kwidgets.live.protocol import Table

# Rows of a table in a message: more points than a chart can show apart.
MAX_ROWS = 500


def encode_table(view: TableView) -> Table:
    """Return ``view`` as a wire table."""
    # No view draws the extremes: they may be those of single batches.
    extremes = ("min/", "max/")
    columns = {name: values for name, values in view.columns.items() if name[:4] not in extremes}
    with np.errstate(over="ignore"):  # values beyond float32 become infinite
        data = b"".join(column.astype("<f4").tobytes() for column in columns.values())
    packed = base64.b64encode(data).decode("ascii")
    return Table(start=view.start, rows=view.rows, columns=list(columns), data=packed)


class TablePatcher:
    """Remembers which rows a view has, and returns the others."""

    def __init__(self, table: MetricTable, max_rows: int = MAX_ROWS) -> None:
        self._table = table
        self._max_rows = max_rows
        self._revision = -1
        self._cuts = 0
        self._width = 0
        self._columns: list[str] = []
        self._complete_rows = 0

    def continue_with(self, table: MetricTable) -> None:
        """Use ``table`` from now on, which begins with all rows of the previous table."""
        self._table = table

    def patch(self) -> Table | None:
        """Return the rows that changed since the last call, or None. Call with the store locked."""
        if self._table.revision == self._revision:
            return None
        if self._table.cuts != self._cuts:
            self._cuts, self._complete_rows = self._table.cuts, 0
        view = self._table.view(self._max_rows, self._complete_rows)
        if view.width != self._width or list(view.columns) != self._columns:
            view = self._table.view(self._max_rows)
        self._revision = self._table.revision
        self._width = view.width
        self._columns = list(view.columns)
        # The last row may still change: send it again next time. In a table of last values it may
        # be replaced too.
        final = self._table.appended - (self._table.reduce == "last")
        self._complete_rows = max(0, final) // view.width
        return encode_table(view)


def snapshot_of(
    store: MetricStore,
    run: protocol.RunInfo,
    progress: protocol.Progress,
    sequence: int = 0,
    max_batch_rows: int = MAX_ROWS,
    max_epoch_rows: int = MAX_ROWS,
    earlier: list[protocol.EarlierFit] | None = None,
    earlier_start: int = 0,
) -> protocol.Snapshot:
    """Return a complete snapshot for a view."""
    with store.lock:
        return protocol.Snapshot(
            sequence=sequence,
            run=run,
            progress=progress,
            batch=encode_table(store.batch.view(max_batch_rows)),
            epoch=encode_table(store.epoch.view(max_epoch_rows)),
            best=wire_best(store.best),
            marks=store.marks,
            earlier_start=earlier_start,
            earlier=earlier or [],
        )


def wire_best(best: dict[str, protocol.BestEpoch]) -> dict[str, protocol.BestEpoch]:
    """Return a copy, which later epochs do not change."""
    return {name: dict(entry) for name, entry in best.items()}  # type: ignore[misc]
