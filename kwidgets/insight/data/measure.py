"""Measure a part: missing and infinite values exactly, ranges from a sample of its values."""

from __future__ import annotations

import dataclasses
import time
from typing import Final

import numpy as np

from kwidgets.insight.data.array_view import Array
from kwidgets.insight.data.finding import MAX_ROWS
from kwidgets.insight.data.parts import Part

#: More values than this are sampled for ranges.
SAMPLED_VALUES: Final = 1_000_000
# Values of one slice while all are searched for NaN: 16 MB of float32.
_SLICE_VALUES: Final = 4_194_304
# More different values than this are not counted.
MAX_DISTINCT: Final = 1_000
# Rows with more values are no table of separate columns.
_MOST_COLUMNS: Final = 1_000


@dataclasses.dataclass(frozen=True)
class Measured:
    """What is known about the values of a part. All numbers are of its finite values.

    Args:
        part: the part.
        nan, infinite: how many values are.
        nan_rows, infinite_rows: indices of the first rows with one, in the whole array.
        nan_row_count, infinite_row_count: of all such rows.
        nan_columns, infinite_columns: indices of the columns of a table with one, those with the
            most first.
        searched: how many rows were searched for them; fewer than all if it took too long.
        low, high, mean, deviation: of a sample of the values; None without finite numbers.
        whole: every sampled value is a whole number.
        distinct: how many different values a column of single numbers has; None if more than
            ``MAX_DISTINCT``, or if rows have several values.
        sample: (rows, values) the sampled rows; a row of many values is thinned out.
        sample_rows: the index of each sampled row, in the whole array.
    """

    part: Part
    nan: int = 0
    infinite: int = 0
    nan_rows: tuple[int, ...] = ()
    infinite_rows: tuple[int, ...] = ()
    nan_row_count: int = 0
    infinite_row_count: int = 0
    nan_columns: tuple[int, ...] = ()
    infinite_columns: tuple[int, ...] = ()
    searched: int = 0
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    deviation: float | None = None
    whole: bool = False
    distinct: int | None = None
    sample: Array = dataclasses.field(default_factory=lambda: np.zeros((0, 0)), compare=False)
    sample_rows: Array = dataclasses.field(
        default_factory=lambda: np.zeros(0, np.int64), compare=False
    )

    @property
    def is_finite(self) -> bool:
        """Whether no NaN and no infinite value was found."""
        return self.nan + self.infinite == 0

    @property
    def is_single(self) -> bool:
        """Whether each row is a single value."""
        view = self.part.view
        return view is not None and view.row_size == 1


class Deadline:
    """A limit of time that several measurements share.

    Args:
        seconds: of time on the clock.
        compared_values: the values of rows that may be compared, which take longest.
    """

    def __init__(self, seconds: float, compared_values: int = 100_000_000) -> None:
        self._end = time.monotonic() + seconds
        self.compared_values = compared_values

    @property
    def is_over(self) -> bool:
        return time.monotonic() > self._end


def measure(part: Part, deadline: Deadline) -> Measured:
    """Measure the values of a part; of one that has no numbers, nothing."""
    view = part.view
    if view is None or part.rows <= 0 or not (view.is_number or view.dtype == "category"):
        return Measured(part)
    found = Measured(part, searched=part.rows)
    if view.is_float or view.kind == "table":
        found = _search_for_nan(part, deadline)
    rows, sample = sample_of(part)
    finite = sample if found.nan + found.infinite == 0 else sample[np.isfinite(sample)]
    if finite.size == 0:
        return dataclasses.replace(found, sample=sample, sample_rows=rows)
    numbers = finite.astype(np.float64, copy=False)
    with np.errstate(all="ignore"):
        deviation, mean = float(numbers.std()), float(numbers.mean())
    distinct = None
    if view.row_size == 1:
        several = np.unique(numbers)
        distinct = len(several) if len(several) <= MAX_DISTINCT else None
    return dataclasses.replace(
        found,
        low=float(numbers.min()),
        high=float(numbers.max()),
        mean=mean,
        deviation=deviation,
        whole=sample.dtype.kind in "biu" or _are_whole(numbers),
        distinct=distinct,
        sample=sample,
        sample_rows=rows,
    )


def sample_of(part: Part, values: int = SAMPLED_VALUES) -> tuple[Array, Array]:
    """Return the indices and the values of rows from all over a part, flattened.

    Rows with very many values, such as large pictures, are thinned out too.
    """
    view = part.view
    assert view is not None
    size = max(1, view.row_size)
    count = min(part.rows, max(min(16, part.rows), values // size))
    rows = np.linspace(part.start, part.stop - 1, count).astype(np.int64)
    # A slice of all rows needs no copy.
    index = slice(part.start, part.stop) if count == part.rows else rows
    if count * size <= 2 * values:
        sample = view.read(index).reshape(count, -1)
    else:
        step = -(-count * size // values)
        # One by one: together they might not fit into memory.
        sample = np.stack([view.read(slice(row, row + 1)).reshape(-1)[::step] for row in rows])
    return rows, sample


def _search_for_nan(part: Part, deadline: Deadline) -> Measured:
    view = part.view
    assert view is not None
    counts, row_counts = [0, 0], [0, 0]
    rows: tuple[list[int], list[int]] = ([], [])
    # Of pixels or a series nobody asks in which "column" one is.
    has_columns = len(view.shape) == 2 and 1 < view.row_size <= _MOST_COLUMNS
    by_column = np.zeros((2, view.row_size if has_columns else 0), np.int64)
    step = max(1, _SLICE_VALUES // max(1, view.row_size))
    at = part.start
    while at < part.stop and not (at > part.start and deadline.is_over):
        stop = min(at + step, part.stop)
        values = view.read(slice(at, stop))
        if values.dtype.kind == "f" and not _sum_is_finite(values):
            flat = values.reshape(stop - at, -1)
            for kind, bad in enumerate((np.isnan(flat), np.isinf(flat))):
                counts[kind] += int(bad.sum())
                places = np.flatnonzero(bad.any(axis=1))
                row_counts[kind] += len(places)
                if has_columns:
                    by_column[kind] += bad.sum(axis=0)
                first = at + part.shift
                rows[kind].extend((places[: MAX_ROWS - len(rows[kind])] + first).tolist())
        at = stop
    return Measured(
        part,
        nan=counts[0],
        infinite=counts[1],
        nan_rows=tuple(rows[0]),
        infinite_rows=tuple(rows[1]),
        nan_row_count=row_counts[0],
        infinite_row_count=row_counts[1],
        nan_columns=_most_first(by_column[0]),
        infinite_columns=_most_first(by_column[1]),
        searched=at - part.start,
    )


def _most_first(counts: Array) -> tuple[int, ...]:
    order = np.argsort(-counts, kind="stable")
    return tuple(int(column) for column in order if counts[column])


def _are_whole(numbers: Array) -> bool:
    """Return whether all are whole numbers; the first ones mostly tell that they are not."""
    flat = numbers.reshape(-1)
    first = flat[:1_000]
    return bool((first == np.floor(first)).all()) and bool((flat == np.floor(flat)).all())


def _sum_is_finite(values: Array) -> bool:
    """Return whether a sum is finite: then all values are. Four times as fast as to ask each."""
    with np.errstate(all="ignore"):
        return bool(np.isfinite(np.sum(values)))
