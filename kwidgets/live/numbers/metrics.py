"""The numbers of a fit: bounded memory, extremes never lost. Knows neither Keras nor Plotly."""

from __future__ import annotations

import copy
import csv
import dataclasses
import math
import os
import threading
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from kwidgets.live.protocol import BestEpoch, Mark, MetricInfo

AXES = ("step", "epoch", "seconds")
FloatArray = npt.NDArray[np.float64]

# Rows kept in memory before neighbours are merged: 27 minutes of samples at 10 a second at full
# resolution, and with 20 metrics at most 13 MB.
CAPACITY = 16_384
MAX_MARKS = 200


@dataclasses.dataclass(frozen=True)
class TableView:
    """A table reduced to at most so many rows, each standing for ``width`` appended rows."""

    width: int
    start: int
    columns: dict[str, FloatArray]

    @property
    def rows(self) -> int:
        return len(self.columns["step"])


class MetricTable:
    """Rows of (step, epoch, seconds) and one value a metric, appended in order.

    When ``capacity`` rows are full, neighbours are merged two by two, so that a row stands for
    ``width`` (a power of two) appended ones. What a merged row holds depends on ``reduce``:

    * ``mean``: the mean weighted by ``weight``, and the smallest and largest value;
    * ``last``: the last row's values.
    """

    def __init__(self, reduce: Literal["mean", "last"], capacity: int = CAPACITY) -> None:
        if capacity < 2 or capacity % 2:
            raise ValueError(f"capacity must be an even number of rows, at least 2; got {capacity}")
        self.reduce = reduce
        self.width = 1
        self.appended = 0
        self._capacity = capacity
        self._names: list[str] = []
        self._axes = np.empty((min(256, capacity), len(AXES)))
        self._mean = np.empty((len(self._axes), 0))
        self._min = self._mean.copy()
        self._max = self._mean.copy()
        self._weight = self._mean.copy()  # 0 where the value is NaN

    def __len__(self) -> int:
        """Rows kept (not appended)."""
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
        for name in values:
            if name not in self._names:
                self._add_column(name)
        if self.appended == self._capacity * self.width:
            self._halve()
        row, merged = divmod(self.appended, self.width)
        if row == len(self._axes):
            self._grow()
        new = np.array([values.get(name, math.nan) for name in self._names], dtype=np.float64)
        self._axes[row] = (step, epoch, seconds)
        weights = np.where(np.isnan(new), 0.0, weight)
        if merged and self.reduce == "mean":
            pair = [self._mean[row], new], [self._weight[row], weights]
            self._mean[row], self._weight[row] = _weighted_mean(*map(np.stack, pair))
            self._min[row] = np.fmin(self._min[row], new)
            self._max[row] = np.fmax(self._max[row], new)
        else:
            self._mean[row] = self._min[row] = self._max[row] = new
            self._weight[row] = weights
        self.appended += 1

    def view(self, max_rows: int, start: int = 0) -> TableView:
        """Reduce to at most ``max_rows`` rows and return those from ``start`` on.

        Boundaries of the reduced rows never move while ``width`` stays the same: only the last
        row changes and new ones follow, so that a reader can ask for the end alone.
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
            for i, name in enumerate(self._names):
                columns[name] = self._mean[part][last, i]
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
            self._mean[:half] = self._mean[second]
        self.width *= 2


def _bucket(ufunc: np.ufunc, values: FloatArray, edges: npt.NDArray[np.intp]) -> FloatArray:
    """Reduce ``values`` between ``edges``, which may be empty (reduceat refuses that)."""
    if not len(edges):
        return np.empty(0)
    reduced: FloatArray = ufunc.reduceat(values, edges)
    return reduced


def _weighted_mean(values: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean along the first axis, and the weights' sum. What weighs nothing (NaN) is left out."""
    total = weights.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (np.where(weights > 0, values, 0.0) * weights).sum(axis=0) / total
    return mean, total


@dataclasses.dataclass(frozen=True, repr=False, eq=False)
class History(Mapping[str, FloatArray]):
    """The numbers of a fit so far, as columns.

    A mapping like Keras's ``History.history``: metric names, ``val_`` before validation ones, each
    a float64 array of shape (epochs,), with the value that Keras reports for the epoch (NaN where
    the epoch has none). ``epoch`` (numbered as Keras
    numbers them, from 0), ``step`` (batches finished in this fit) and ``seconds`` (of training,
    pauses left out) say where each value stands.

    ``batches`` holds the same per sample within the epochs: ``epoch`` is fractional there and
    ``mean/<metric>`` is the mean over the batches since the sample before (for metrics that have no
    mean over batches, such as AUC, Keras's running value). After very many samples (``CAPACITY``)
    one row stands for several, and ``min/`` and ``max/`` columns hold their extremes.

    ``marks`` tells where somebody acted: you, a callback such as ``ReduceLROnPlateau``, or a new
    fit that goes on with the curves; each has ``kind``, ``text``, ``step``, ``epoch``, ``seconds``.

    A further fit of the same model goes on counting epochs, steps and seconds.
    """

    epochs: dict[str, FloatArray]
    batches: dict[str, FloatArray]
    marks: tuple[Mark, ...] = ()

    def __getitem__(self, name: str) -> FloatArray:
        try:
            return self.epochs[name]
        except KeyError:
            there = ", ".join(self.epochs)
            raise KeyError(f"the history has no {name!r} (yet); it has {there}") from None

    def __repr__(self) -> str:
        return (
            f"History({len(self.epochs['step'])} epochs of {', '.join(self.epochs)}; "
            f"{len(self.batches['step'])} samples of {', '.join(self.batches)})"
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self.epochs)

    def __len__(self) -> int:
        return len(self.epochs)

    def to_pandas(self, batches: bool = False) -> Any:
        """Return a ``pandas.DataFrame`` with a row an epoch, or a sample within the epochs.

        Raises:
            ImportError: pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise ImportError(
                "to_pandas() needs pandas, which is not installed: pip install pandas. "
                "to_csv() and the columns themselves need nothing."
            ) from error
        return pd.DataFrame(self.batches if batches else self.epochs)

    def to_csv(self, path: str | os.PathLike[str], batches: bool = False) -> None:
        """Write a CSV file with a row an epoch, or a sample within the epochs; NaN is left empty.

        Raises:
            OSError: the file cannot be written.
        """
        columns = self.batches if batches else self.epochs
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            for row in zip(*columns.values(), strict=True):
                writer.writerow("" if math.isnan(value) else f"{value:.10g}" for value in row)


class MetricStore:
    """All numbers of a fit. Written by the training thread, read from any."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.lock = threading.RLock()
        self.batch = MetricTable("mean", capacity)
        self.epoch = MetricTable("last", capacity)
        self.metrics: dict[str, MetricInfo] = {}
        self.best: dict[str, BestEpoch] = {}
        self.marks: list[Mark] = []

    def copy(self) -> MetricStore:
        """Return a store with the same numbers, for a fit that goes on with them."""
        with self.lock:
            other = MetricStore()
            other.batch, other.epoch = copy.deepcopy(self.batch), copy.deepcopy(self.epoch)
            other.metrics, other.best = dict(self.metrics), dict(self.best)
            other.marks = list(self.marks)
        return other

    def add_mark(self, mark: Mark) -> None:
        """Note that somebody acted; of very many the latest are kept."""
        with self.lock:
            self.marks = [*self.marks, mark][-MAX_MARKS:]

    def declare(self, metric: MetricInfo) -> None:
        """Make a metric known before its first value, or describe it better than before."""
        with self.lock:
            self.metrics[metric["name"]] = metric

    def add_batches(
        self,
        step: int,
        epoch: float,
        seconds: float,
        values: Mapping[str, float],
        num_batches: int,
    ) -> None:
        """Add the means of ``values`` over the ``num_batches`` batches that end at ``step``."""
        with self.lock:
            self.batch.append(step, epoch, seconds, values, weight=num_batches)

    def forget_without_values(self, logs: Mapping[str, float]) -> None:
        """Drop metrics that turned out to have no number: neither sampled nor in ``logs``."""
        with self.lock:
            for name in list(self.metrics):
                if not {name, f"val_{name}"} & logs.keys() and name not in self.batch.names:
                    del self.metrics[name]

    def sampled_names(self) -> list[str]:
        """Return the metrics that have a curve within the epochs."""
        return [name for name, metric in self.metrics.items() if metric["kind"] != "epoch"]

    def add_epoch(
        self,
        step: int,
        epoch: int,
        seconds: float,
        logs: Mapping[str, float],
        complete: bool = True,
    ) -> None:
        """Add an epoch's logs, named as Keras names them. ``epoch`` counts finished epochs.

        An epoch that was cut short is not ``complete``: its training values are means over a few
        batches, which may look better than any whole epoch's.
        """
        values: dict[str, float] = {}
        with self.lock:
            for key, value in logs.items():
                split, name = split_of(key)
                values[f"{split}/{name}"] = value
                if name not in self.metrics:
                    self.declare(MetricInfo(name=name, kind="epoch", direction=None, group=None))
            self.epoch.append(step, epoch, seconds, values)
            self._update_best(step, epoch, seconds, values, complete)

    def _update_best(
        self,
        step: int,
        epoch: int,
        seconds: float,
        values: Mapping[str, float],
        complete: bool,
    ) -> None:
        splits: tuple[Literal["validation", "training"], ...] = ("validation",)
        if complete:
            splits += ("training",)
        for name, metric in self.metrics.items():
            for split in splits:
                value = values.get(f"{split}/{name}", math.nan)
                if not math.isfinite(value) or metric["direction"] is None:
                    continue
                best = self.best.get(name)
                better = (
                    best is None
                    # A validation value outranks any training one: it is what counts.
                    or (split == "validation" and best["split"] == "training")
                    or (
                        split == best["split"]
                        and (
                            value < best["value"]
                            if metric["direction"] == "min"
                            else value > best["value"]
                        )
                    )
                )
                if better:
                    self.best[name] = BestEpoch(
                        split=split,
                        epoch=epoch,
                        step=step,
                        seconds=seconds,
                        value=value,
                    )
                break

    def history(self) -> History:
        """A copy of all numbers so far."""
        with self.lock:
            batches = self.batch.view(len(self.batch) or 1).columns
            epochs = self.epoch.view(len(self.epoch) or 1).columns
            named = {
                "step": epochs["step"],
                "epoch": epochs["epoch"] - 1,
                "seconds": epochs["seconds"],
            }
            for name in self.sampled_names():
                named[name] = np.full(len(epochs["step"]), math.nan)
        for column, values in epochs.items():
            split, _, name = column.partition("/")
            if name:
                named[name if split == "training" else f"val_{name}"] = values
        return History(epochs=named, batches=batches, marks=tuple(self.marks))


def split_of(key: str) -> tuple[Literal["training", "validation"], str]:
    """Split a key of Keras's logs, such as ``val_loss``, into its split and the metric's name."""
    if key.startswith("val_"):
        return "validation", key.removeprefix("val_")
    return "training", key
