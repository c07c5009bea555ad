"""Look at the columns of a table: constant ones, and those from which the target can be read."""

from __future__ import annotations

import dataclasses
from typing import Final

import numpy as np

from kwidgets.insight.data.array_view import Array
from kwidgets.insight.data.measure import Measured

#: Rows with more values are no table of separate columns.
MAX_COLUMNS: Final = 1_000
_LEAK: Final = 0.99
# Columns of a time series, or pixels, resemble the target together.
_RELATED: Final = 0.9
# In fewer rows, different whole numbers may be chance.
_NUMBERED_ROWS: Final = 100
_NUMBERED_COLUMNS: Final = 100
# More rows of a column with fractions are not sorted, and an id that was scaled is not found.
_SCALED_ROWS: Final = 5_000
_FIRST: Final = 1_000


@dataclasses.dataclass(frozen=True)
class Column:
    """A column of a table: its place and its name in code."""

    index: int
    name: str


def columns_of(measured: Measured) -> int:
    """Return how many columns a part has; 0 if it is no table of numbers."""
    view = measured.part.view
    if view is None or len(view.shape) != 2 or not view.is_number or not measured.sample.size:
        return 0
    return view.row_size if 1 < view.row_size <= MAX_COLUMNS else 0


def column_at(measured: Measured, index: int) -> Column:
    view = measured.part.view
    assert view is not None
    return Column(index, view.columns[index] if view.columns else str(index))


def constant_columns(measured: Measured) -> tuple[Column, ...]:
    """Return the columns whose value is the same in each sampled row."""
    if columns_of(measured) == 0 or len(measured.sample) < 10:
        return ()
    with np.errstate(all="ignore"):
        same = np.nanmax(measured.sample, axis=0) == np.nanmin(measured.sample, axis=0)
    return tuple(column_at(measured, int(index)) for index in np.flatnonzero(same))


def leaking_columns(x: Measured, y: Array, y_rows: Array) -> tuple[tuple[Column, float], ...]:
    """Return columns that are nearly proportional to the target, with their correlation.

    None where many columns are: then they are values of a series, or of a picture.

    Args:
        x: the inputs, a table.
        y: (rows,) the targets as numbers, or the class numbers.
        y_rows: (rows,) the row of each of them.
    """
    count = columns_of(x)
    if count < 3 or len(x.sample) < 20:
        return ()
    at_x, at_y = _common(x.sample_rows, y_rows)
    if len(at_x) < 20:
        return ()
    columns = (x.sample if len(at_x) == len(x.sample) else x.sample[at_x]).astype(np.float64)
    targets = y[at_y].astype(np.float64)
    good = np.isfinite(targets)
    if not x.is_finite:
        good &= np.isfinite(columns).all(axis=1)
    if good.sum() < 20:
        return ()
    if not good.all():
        columns, targets = columns[good], targets[good]
    related = np.abs(correlations(columns, targets))
    leaking = np.flatnonzero(related > _LEAK)
    others = int((related > _RELATED).sum())
    if not len(leaking) or others > max(2, count // 10):
        return ()
    return tuple((column_at(x, int(index)), float(related[index])) for index in leaking)


def row_number_columns(x: Measured) -> tuple[Column, ...]:
    """Return the columns that number the rows: different values, nearly all of a range in equal
    steps, in any order.

    A part of them, as after a split, is enough: a random choice would have equal values.
    """
    count = columns_of(x)
    rows = len(x.sample)
    if not 0 < count <= _NUMBERED_COLUMNS or rows < _NUMBERED_ROWS or rows != x.part.rows:
        return ()
    found = []
    for index in range(count):
        # To sort takes long; the first values mostly tell that a column has others.
        first = x.sample[:_FIRST, index]
        is_whole = bool((first == np.floor(first)).all())
        if len(np.unique(first)) < len(first) or not (is_whole or rows <= _SCALED_ROWS):
            continue
        values = np.sort(x.sample[:, index].astype(np.float64))
        steps = np.diff(values)
        if not np.isfinite(values).all() or not steps.min() > 0:
            continue
        # Of float32, and after scaling, steps are not exactly equal.
        places = (values - values[0]) / np.median(steps[steps <= 1.5 * steps.min()])
        if places[-1] <= 4 * len(values) and np.abs(places - np.round(places)).max() < 0.1:
            found.append(column_at(x, index))
    return tuple(found) if len(found) <= 2 else ()


def _common(rows: Array, others: Array) -> tuple[Array, Array]:
    """Return the places in both of the row numbers that both have; each has them in order."""
    if len(rows) == 0 or len(others) == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    places = np.minimum(np.searchsorted(others, rows), len(others) - 1)
    at_rows = np.flatnonzero(others[places] == rows)
    return at_rows, places[at_rows]


def correlations(columns: Array, targets: Array) -> Array:
    """Return the correlation of each column with the targets; 0 where one is constant."""
    with np.errstate(all="ignore"):
        centred = columns - columns.mean(axis=0)
        other = targets - targets.mean()
        scale = np.sqrt(np.einsum("ij,ij->j", centred, centred) * np.dot(other, other))
        found = np.dot(other, centred) / scale
    return np.asarray(np.nan_to_num(found))
