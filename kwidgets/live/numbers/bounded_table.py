"""A table of metric values over steps: when it is full, neighbouring rows are merged.

Merged rows keep the lowest and the highest value.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from typing import Literal

import numpy as np
import numpy.typing as npt

AXES = ("step", "epoch", "seconds")
# Begins the name of a column that says where NaN is a value.
NAN = "nan/"
FloatArray = npt.NDArray[np.float64]

# Rows kept in memory before neighbours are merged: 27 minutes of samples at 10 a second at full
# resolution, and with 20 metrics at most 13 MB.
CAPACITY = 16_384


@dataclasses.dataclass(frozen=True)
class TableView:
    """A table reduced to at most so many rows, each for ``width`` appended rows."""

    width: int
    start: int
    columns: dict[str, FloatArray]

    @property
    def rows(self) -> int:
        return len(self.columns["step"])


class MetricTable:
    """Rows of (step, epoch, seconds) and one value a metric, appended in order.

    When ``capacity`` rows are full, neighbours are merged in pairs, so that a row combines
    ``width`` appended ones (a power of two). The values of a merged row depend on ``reduce``:

    * ``mean``: the mean weighted by ``weight``, and the smallest and largest value;
    * ``last``: the last row's values. NaN may be a value there: a column ``nan/<name>`` is 1 where
      it is, and NaN where the row has no value.
    """

    def __init__(self, reduce: Literal["mean", "last"], capacity: int = CAPACITY) -> None:
        if capacity < 2 or capacity % 2:
            raise ValueError(f"capacity must be an even number of at least 2, not {capacity}")
        self.reduce = reduce
        self.width = 1
        self.appended = 0
        # Counts changes, and those of them that have dropped rows.
        self.revision = 0
        self.cuts = 0
        self._capacity = capacity
        self._names: list[str] = []
        self._axes = np.empty((min(256, capacity), len(AXES)))
        self._mean = np.empty((len(self._axes), 0))
        self._min = self._mean.copy()
        self._max = self._mean.copy()
        # 0 where there is no value; in a table of means also where it is NaN.
        self._weight = self._mean.copy()

    def __len__(self) -> int:
        """Return the number of rows kept, not of rows appended."""
        return -(-self.appended // self.width)

    @property
    def names(self) -> tuple[str, ...]:
        """Columns of values, in the order of their first appearance."""
        return tuple(self._names)

    def append(
        self,
        step: float,
        epoch: float,
        seconds: float,
        values: Mapping[str, float],
        weight: float = 1.0,
    ) -> None:
        """Add a row; a metric missing from ``values`` is NaN in it."""
        self._add_columns(values)
        if self.appended == self._capacity * self.width:
            self._halve()
        row, merged = divmod(self.appended, self.width)
        if row == len(self._axes):
            self._grow()
        new = self._row(values)
        self._axes[row] = (step, epoch, seconds)
        if self.reduce == "last":
            self._set_last(row, values)
        elif merged:
            weights = np.where(np.isnan(new), 0.0, weight)
            pair = [self._mean[row], new], [self._weight[row], weights]
            self._mean[row], self._weight[row] = _weighted_mean(*map(np.stack, pair))
            self._min[row] = np.fmin(self._min[row], new)
            self._max[row] = np.fmax(self._max[row], new)
        else:
            self._mean[row] = self._min[row] = self._max[row] = new
            self._weight[row] = np.where(np.isnan(new), 0.0, weight)
        self.appended += 1
        self.revision += 1

    def replace_last(self, values: Mapping[str, float]) -> None:
        """Give the row that was appended last other values. For tables of last values."""
        self._add_columns(values)
        self._set_last(len(self) - 1, values)
        self.revision += 1

    def cut(self, step: float) -> None:
        """Drop the rows after ``step``. Of merged rows, those that end after it go as a whole."""
        kept = int(np.searchsorted(self._axes[: len(self), 0], step, side="right"))
        if kept < len(self):
            self.appended = kept * self.width
            self.cuts += 1
            self.revision += 1

    def view(self, max_rows: int, start: int = 0) -> TableView:
        """Return the table reduced to at most ``max_rows`` rows, from row ``start`` on.

        While ``width`` stays the same, only the last row changes and new ones follow, so that a
        reader that has the others can read the end only.
        """
        rows = len(self)
        factor = 1
        while -(-rows // factor) > max_rows:
            factor *= 2
        width = self.width * factor
        first = min(start * factor, rows)
        part = slice(first, rows)
        edges = np.arange(0, rows - first, factor)
        axes = self._axes[part]
        last = np.minimum(edges + factor, rows - first) - 1
        columns = {name: axes[last, i] for i, name in enumerate(AXES)}
        if self.reduce == "last":
            is_nan = np.isnan(self._mean) & (self._weight > 0)
            for i, name in enumerate(self._names):
                columns[name] = self._mean[part][last, i]
                # Decided by the whole table, so that all parts of it have the same columns.
                if is_nan[:rows, i].any():
                    columns[f"{NAN}{name}"] = np.where(is_nan[part][last, i], 1.0, math.nan)
            return TableView(width, start, columns)
        for i, name in enumerate(self._names):
            mean, weight = self._mean[part, i], self._weight[part, i]
            if factor > 1:
                total = _bucket(np.add, np.where(weight > 0, mean, 0.0) * weight, edges)
                with np.errstate(invalid="ignore", divide="ignore"):
                    mean = total / _bucket(np.add, weight, edges)
            columns[f"mean/{name}"] = mean.copy()
            if width > 1:
                columns[f"min/{name}"] = _bucket(np.fmin, self._min[part, i], edges)
                columns[f"max/{name}"] = _bucket(np.fmax, self._max[part, i], edges)
        return TableView(width, start, columns)

    def _row(self, values: Mapping[str, float]) -> FloatArray:
        return np.array([values.get(name, math.nan) for name in self._names], dtype=np.float64)

    def _set_last(self, row: int, values: Mapping[str, float]) -> None:
        self._mean[row] = self._row(values)
        self._weight[row] = [name in values for name in self._names]

    def _add_columns(self, names: Iterable[str]) -> None:
        for name in names:
            if name not in self._names:
                self._add_column(name)

    def _add_column(self, name: str) -> None:
        self._names.append(name)
        blank = np.full((len(self._axes), 1), math.nan)
        self._mean, self._min, self._max = (
            np.concatenate([array, blank], axis=1) for array in (self._mean, self._min, self._max)
        )
        self._weight = np.concatenate([self._weight, np.zeros_like(blank)], axis=1)

    def _grow(self) -> None:
        size = min(2 * len(self._axes), self._capacity)
        for name in ("_axes", "_weight", "_mean", "_min", "_max"):
            array = getattr(self, name)
            larger = np.full((size, *array.shape[1:]), math.nan)
            larger[: len(array)] = array
            setattr(self, name, larger)

    def _halve(self) -> None:
        half = self._capacity // 2
        first, second = slice(0, 2 * half, 2), slice(1, 2 * half, 2)
        self._axes[:half] = self._axes[second]
        if self.reduce == "mean":
            pair = (
                np.stack([self._mean[first], self._mean[second]]),
                np.stack([self._weight[first], self._weight[second]]),
            )
            self._mean[:half], self._weight[:half] = _weighted_mean(*pair)
            self._min[:half] = np.fmin(self._min[first], self._min[second])
            self._max[:half] = np.fmax(self._max[first], self._max[second])
        else:
            self._mean[:half], self._weight[:half] = self._mean[second], self._weight[second]
        self.width *= 2


def _bucket(ufunc: np.ufunc, values: FloatArray, edges: npt.NDArray[np.intp]) -> FloatArray:
    """Reduce ``values`` between ``edges``, which may be empty (reduceat raises then)."""
    if not len(edges):
        return np.empty(0)
    reduced: FloatArray = ufunc.reduceat(values, edges)
    return reduced


def _weighted_mean(values: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the mean and the total weight along the first axis, without NaN (weight 0)."""
    total = weights.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (np.where(weights > 0, values, 0.0) * weights).sum(axis=0) / total
    return mean, total
