"""Read the numbers of a run file, reduced by SQLite to as many rows as a chart can show.

A million points take a second this way; read one by one they would take ten.
"""

from __future__ import annotations

import dataclasses
import math
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kwidgets.live.numbers.bounded_table import AXES, FloatArray
from kwidgets.record.run_file import schema
from kwidgets.record.run_file.open_file import open_run_file

# SQLite allows 2,000 columns in a result; a metric takes up to four.
_METRICS_A_QUERY = 400


@dataclasses.dataclass(frozen=True)
class Points:
    """Samples within the epochs, each the mean of ``batches`` batches that end at ``step``.

    Attributes:
        width: recorded samples that a row combines.
        axes: ``step``, ``epoch``, ``seconds``, each of shape (rows,).
        batches: of shape (rows,).
        mean: a metric's means, of shape (rows,); NaN where there is no value.
        lowest: the smallest sample of each row, if they were asked for and rows are combined.
        highest: the largest one.
    """

    width: int
    axes: dict[str, FloatArray]
    batches: FloatArray
    mean: dict[str, FloatArray]
    lowest: dict[str, FloatArray]
    highest: dict[str, FloatArray]


@dataclasses.dataclass(frozen=True)
class EpochRow:
    """The logs of an epoch as Keras names them; NaN is a value. ``epoch`` counts finished ones."""

    step: int
    epoch: float
    seconds: float
    is_partial: bool
    logs: Mapping[str, float]


def read_points(path: Path, max_rows: int, with_extremes: bool = False) -> Points:
    """Return the samples within the epochs in at most ``max_rows`` rows.

    Rows combine a power of two of samples, so that those of a running training stay the same.

    Raises:
        UnreadableRunError: the file cannot be read.
    """
    with open_run_file(path) as file:
        columns = _metric_columns(file, "point")
        first, last = file.execute("SELECT min(id), max(id) FROM point").fetchone()
        if first is None:
            return _points(1, [], columns, False)
        width = _width(last - first + 1, max_rows)
        if width == 1:
            rows = _single_rows(file, columns)
            return _points(1, rows, columns, False)
        with_extremes = with_extremes and width > 1
        rows = list(_combined_rows(file, columns, first, last, width, with_extremes))
        return _points(width, rows, columns, with_extremes)


def read_epochs(path: Path, max_rows: int) -> list[EpochRow]:
    """Return the epochs; of very many every second, fourth … one.

    Raises:
        UnreadableRunError: the file cannot be read.
    """
    with open_run_file(path) as file:
        columns = _metric_columns(file, "epoch")
        first, last = file.execute("SELECT min(id), max(id) FROM epoch").fetchone()
        if first is None:
            return []
        width = _width(last - first + 1, max_rows)
        names = "".join(f", {schema.quoted(column)}" for column in columns.values())
        rows = file.execute(
            f"SELECT step, epoch, seconds, partial{names} FROM epoch"
            " WHERE (id - ? + 1) % ? = 0 OR id = ? ORDER BY id",
            (first, width, last),
        )
        return [
            EpochRow(
                step=row[0],
                epoch=row[1],
                seconds=row[2],
                is_partial=bool(row[3]),
                logs={
                    name: number
                    for name, value in zip(columns, row[4:], strict=True)
                    if (number := schema.read_number(value)) is not None
                },
            )
            for row in rows
        ]


@dataclasses.dataclass(frozen=True)
class PointRow:
    """A sample as it is in the file: means over ``batches`` batches up to ``step``."""

    step: int
    epoch: float
    seconds: float
    batches: int
    values: dict[str, float]


def read_all_points(path: Path, after_step: int = -1) -> list[PointRow]:
    """Return every sample after a step, in the order in which they were taken.

    Raises:
        UnreadableRunError: the file cannot be read.
    """
    with open_run_file(path) as file:
        columns = _metric_columns(file, "point")
        names = "".join(f", {schema.quoted(column)}" for column in columns.values())
        rows = file.execute(
            f"SELECT step, epoch, seconds, batches{names} FROM point WHERE step > ? ORDER BY id",
            (after_step,),
        )
        return [
            PointRow(
                row[0],
                row[1],
                row[2],
                row[3],
                {
                    name: number
                    for name, value in zip(columns, row[4:], strict=True)
                    if (number := schema.read_number(value)) is not None
                },
            )
            for row in rows
        ]


def read_revision(path: Path) -> tuple[int, int, int]:
    """Return numbers that change when rows are added: of points, epochs and marks.

    Raises:
        UnreadableRunError: the file cannot be read.
    """
    with open_run_file(path) as file:
        row = file.execute(
            "SELECT (SELECT max(id) FROM point), (SELECT max(id) FROM epoch),"
            " (SELECT max(id) FROM mark)"
        ).fetchone()
    return row[0] or 0, row[1] or 0, row[2] or 0


def _width(rows: int, max_rows: int) -> int:
    width = 1
    while -(-rows // width) > max_rows:
        width *= 2
    return width


def _metric_columns(file: sqlite3.Connection, table: str) -> dict[str, str]:
    """Return the column of each metric, in the order of their first appearance."""
    rows = file.execute(
        "SELECT name, column_name FROM metric WHERE table_name = ? ORDER BY rowid", (table,)
    )
    return dict(rows.fetchall())


def _single_rows(file: sqlite3.Connection, columns: Mapping[str, str]) -> list[list[Any]]:
    names = "".join(f", {schema.quoted(column)}" for column in columns.values())
    rows = file.execute(f"SELECT step, epoch, seconds, batches{names} FROM point ORDER BY id")
    return [[*row[:4], *map(_number_or_nan, row[4:])] for row in rows]


def _number_or_nan(value: Any) -> float:
    number = schema.read_number(value)
    return math.nan if number is None else number


def _combined_rows(
    file: sqlite3.Connection,
    columns: Mapping[str, str],
    first: int,
    last: int,
    width: int,
    with_extremes: bool,
) -> Iterator[list[Any]]:
    """Yield a row for each ``width`` points: axes, batches, means, then smallest and largest."""
    quoted = [schema.quoted(column) for column in columns.values()]
    parts = [
        quoted[start : start + _METRICS_A_QUERY]
        for start in range(0, max(1, len(quoted)), _METRICS_A_QUERY)
    ]
    queries = [_combining_query(part, with_extremes) for part in parts]
    for start in range(first, last + 1, width):
        span = (start, min(start + width, last + 1))
        means: list[float] = []
        lowest: list[float] = []
        highest: list[float] = []
        for part, query in zip(parts, queries, strict=True):
            found = iter(file.execute(query, span).fetchone())
            last_id, samples, batches = next(found), next(found), next(found)
            if not samples:
                break
            for column in part:
                total, count, largest = next(found), next(found), next(found)
                smallest = next(found) if with_extremes else None
                # Texts, which NaN is stored as, are above all numbers.
                if count < samples or isinstance(largest, str):
                    query_exactly = _exact_query(column)
                    total, weight, largest = file.execute(query_exactly, span).fetchone()
                    means.append(total / weight if weight else math.nan)
                else:
                    means.append(math.nan if total is None else total / batches)
                lowest.append(_number_or_nan(smallest))
                highest.append(_number_or_nan(largest))
        if not samples:
            continue
        axes = file.execute("SELECT step, epoch, seconds FROM point WHERE id = ?", (last_id,))
        extremes = [*lowest, *highest] if with_extremes else []
        yield [*axes.fetchone(), batches, *means, *extremes]


def _combining_query(columns: list[str], with_extremes: bool) -> str:
    """Return a query of one row that reads each page of the file once."""
    wanted = ["max(id)", "count(*)", "total(batches)"]
    for column in columns:
        wanted += [f"sum({column} * batches)", f"count({column})", f"max({column})"]
        wanted += [f"min({column})"] if with_extremes else []
    return f"SELECT {', '.join(wanted)} FROM point WHERE id >= ? AND id < ?"


def _exact_query(column: str) -> str:
    return (
        f"SELECT sum({column} * batches), total(batches), max({column}) FROM point"
        f" WHERE id >= ? AND id < ? AND typeof({column}) = 'real'"
    )


def _points(
    width: int, rows: list[list[Any]], columns: Mapping[str, str], with_extremes: bool
) -> Points:
    count = len(columns) * (3 if with_extremes else 1)
    table = np.array(rows, dtype=np.float64).reshape(len(rows), len(AXES) + 1 + count).T
    values = table[len(AXES) + 1 :]
    parts = [dict(zip(columns, values[part * len(columns) :], strict=False)) for part in range(3)]
    mean, lowest, highest = parts if with_extremes else (parts[0], {}, {})
    return Points(
        width=width,
        axes=dict(zip(AXES, table, strict=False)),
        batches=table[len(AXES)],
        mean=mean,
        lowest=lowest,
        highest=highest,
    )
