"""Read the rows of a table of metrics, each with the values that it has."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping

from kwidgets.live.numbers.bounded_table import AXES, NAN, MetricTable


@dataclasses.dataclass(frozen=True)
class StoredRow:
    """A row of a table, with the values that it has."""

    step: int
    epoch: float
    seconds: float
    values: Mapping[str, float]


def rows_of(table: MetricTable, statistic: str = "") -> list[StoredRow]:
    """Return the rows of a table. Call with the store locked.

    Args:
        table: one of a store.
        statistic: only the columns that begin with it, such as ``mean/``, which is left out.
    """
    columns = table.view(max(1, len(table))).columns
    found = []
    for row, step in enumerate(columns["step"]):
        values = {}
        for column, numbers in columns.items():
            if column in AXES or column.startswith(NAN) or not column.startswith(statistic):
                continue
            is_nan = columns.get(f"{NAN}{column}")
            if not math.isnan(numbers[row]) or (is_nan is not None and is_nan[row] == 1):
                values[column.removeprefix(statistic)] = float(numbers[row])
        epoch, seconds = float(columns["epoch"][row]), float(columns["seconds"][row])
        found.append(StoredRow(int(step), epoch, seconds, values))
    return found


def logs_of(row: StoredRow) -> dict[str, float]:
    """Return the values of a row of the epoch table, named as in Keras's logs."""
    logs = {}
    for column, value in row.values.items():
        split, _, name = column.partition("/")
        if name:
            logs[f"val_{name}" if split == "validation" else name] = value
    return logs
