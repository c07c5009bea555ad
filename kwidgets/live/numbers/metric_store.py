"""All numbers of one fit: tables of its metrics, best epochs and marks, safe between threads."""

from __future__ import annotations

import copy
import math
import threading
from collections.abc import Mapping
from typing import Protocol

import numpy as np

from kwidgets.live.numbers.bounded_table import AXES, CAPACITY, NAN, MetricTable
from kwidgets.live.numbers.history import History, history_mark
from kwidgets.live.numbers.stored_rows import rows_of
from kwidgets.live.protocol import BestEpoch, Mark, MetricInfo, Split

MAX_MARKS = 200
# The one whose values decide which epoch is the best comes first.
SPLITS: tuple[Split, ...] = ("validation", "training")
#: The column of the epoch table that is 1 in rows of epochs which were stopped early, else NaN.
PARTIAL = "partial"


class StoreListener(Protocol):
    """Is told of each row and mark that a store gets, on the training thread."""

    def add_batches(
        self,
        step: int,
        epoch: float,
        seconds: float,
        values: Mapping[str, float],
        num_batches: int,
    ) -> None:
        """Take the arguments of :meth:`MetricStore.add_batches`."""

    def add_epoch(
        self,
        step: int,
        epoch: float,
        seconds: float,
        logs: Mapping[str, float],
        complete: bool,
    ) -> None:
        """Take the arguments of :meth:`MetricStore.add_epoch`."""

    def replace_epoch(self, logs: Mapping[str, float]) -> None:
        """Give the epoch that was added last other logs."""

    def add_mark(self, mark: Mark) -> None:
        """Take a mark."""


class MetricStore:
    """The metrics of one fit. Written on the training thread, read from any."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.lock = threading.RLock()
        self.batch = MetricTable("mean", capacity)
        self.epoch = MetricTable("last", capacity)
        self.metrics: dict[str, MetricInfo] = {}
        self.best: dict[str, BestEpoch] = {}
        self.marks: list[Mark] = []
        # The number of the last epoch before this fit, whose curves it may continue.
        self.epochs_before = 0
        #: Informed of all that is added.
        self.listeners: list[StoreListener] = []
        # The id of the recorded run whose numbers are here; a copy is of the run that it continues.
        self.recorded_as: str | None = None
        self._best_before: dict[str, BestEpoch] = {}

    def copy(self) -> MetricStore:
        """Return a copy, for a fit that continues the curves."""
        with self.lock:
            other = MetricStore()
            other.batch, other.epoch = copy.deepcopy(self.batch), copy.deepcopy(self.epoch)
            other.metrics, other.best = dict(self.metrics), dict(self.best)
            other.marks = list(self.marks)
            other.recorded_as = self.recorded_as
        return other

    def go_back(self, step: int, other: MetricStore | None = None) -> None:
        """Drop all after ``step``: the training was rewound to it.

        Args:
            step: on the step axis.
            other: the store whose numbers up to that step replace those of this one.
        """
        source = self if other is None else other.copy()
        with self.lock:
            self.batch, self.epoch = source.batch, source.epoch
            self.metrics = {**source.metrics, **self.metrics}
            self.batch.cut(step)
            self.epoch.cut(step)
            self.marks = [mark for mark in source.marks if mark["step"] <= step]
            self.best = {}
            for row in rows_of(self.epoch):
                if not row.values.get(PARTIAL):
                    self._update_best(row.step, row.epoch, row.seconds, row.values)
            self._best_before = dict(self.best)

    def seconds_at(self, step: int) -> float:
        """Return when ``step`` was trained, on the axis of seconds."""
        with self.lock:
            tables = [table.view(max(1, len(table))).columns for table in (self.batch, self.epoch)]
        steps, seconds = (
            np.concatenate([[0.0], *(columns[axis] for columns in tables)])
            for axis in ("step", "seconds")
        )
        order = np.argsort(steps, kind="stable")
        return float(np.interp(step, steps[order], seconds[order]))

    def add_mark(self, mark: Mark) -> None:
        """Add a mark; of very many the latest are kept."""
        with self.lock:
            self.marks = [*self.marks, mark][-MAX_MARKS:]
        for listener in self.listeners:
            listener.add_mark(mark)

    def declare(self, metric: MetricInfo) -> None:
        """Add a metric before its first value, or replace its description."""
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
        for listener in self.listeners:
            listener.add_batches(step, epoch, seconds, values, num_batches)

    def drop_metrics_without_values(self, logs: Mapping[str, float]) -> None:
        """Drop metrics that have no value: neither in the tables nor in ``logs``."""
        with self.lock:
            known = {*self.batch.names, *(name.partition("/")[2] for name in self.epoch.names)}
            for name in list(self.metrics):
                if not {name, f"val_{name}"} & logs.keys() and name not in known:
                    del self.metrics[name]

    def sampled_names(self) -> list[str]:
        """Return the metrics that have a curve within the epochs."""
        return [name for name, metric in self.metrics.items() if metric["kind"] != "epoch"]

    def add_epoch(
        self,
        step: int,
        epoch: float,
        seconds: float,
        logs: Mapping[str, float],
        complete: bool = True,
    ) -> None:
        """Add an epoch's logs, named as Keras names them. ``epoch`` counts finished epochs; values
        that a loop logs within an epoch have a fraction.

        An epoch that was stopped early is not ``complete``: its training values are means over a
        few batches, which may be better than those of any whole epoch. It is flagged in the column
        ``partial``, and is never the best one.
        """
        with self.lock:
            self._best_before = dict(self.best)
            values = self._epoch_values(logs, complete)
            self.epoch.append(step, epoch, seconds, values)
            if complete:
                self._update_best(step, epoch, seconds, values)
        for listener in self.listeners:
            listener.add_epoch(step, epoch, seconds, logs, complete)

    def replace_epoch(
        self,
        step: int,
        epoch: float,
        seconds: float,
        logs: Mapping[str, float],
        complete: bool = True,
    ) -> None:
        """Give the epoch that was added last other logs, which a later callback has changed."""
        with self.lock:
            self.best = self._best_before
            self._best_before = dict(self.best)
            values = self._epoch_values(logs, complete)
            self.epoch.replace_last(values)
            if complete:
                self._update_best(step, epoch, seconds, values)
        for listener in self.listeners:
            listener.replace_epoch(logs)

    def latest(self) -> dict[str, dict[Split, float]]:
        """Return the values of each metric in the last epoch of this fit that has one.

        Those of an epoch that was stopped early are means over a few batches: they are only
        returned where this fit has no whole epoch, or where they are not finite.
        """
        with self.lock:
            names = list(self.metrics)
            columns = self.epoch.view(max(1, len(self.epoch))).columns
        in_fit = columns["epoch"] > self.epochs_before
        no_rows = np.zeros(len(in_fit))
        is_whole = columns.get(PARTIAL, no_rows) != 1
        found: dict[str, dict[Split, float]] = {name: {} for name in names}
        for name, values in found.items():
            for split in SPLITS:
                column = columns.get(f"{split}/{name}")
                if column is None:
                    continue
                is_nan = columns.get(f"{NAN}{split}/{name}", no_rows) == 1
                known = in_fit & (~np.isnan(column) | is_nan)
                telling = np.flatnonzero(known & (is_whole | ~np.isfinite(column)))
                rows = telling if len(telling) else np.flatnonzero(known)
                if len(rows):
                    values[split] = float(column[rows[-1]])
        return found

    def _epoch_values(self, logs: Mapping[str, float], complete: bool) -> dict[str, float]:
        """Return the values of an epoch's row, and declare metrics that are new."""
        values: dict[str, float] = {} if complete else {PARTIAL: 1.0}
        for key, value in logs.items():
            split, name = split_of(key)
            values[f"{split}/{name}"] = value
            if name not in self.metrics:
                self.declare(MetricInfo(name=name, kind="epoch", direction=None, group=None))
        return values

    def _update_best(
        self,
        step: int,
        epoch: float,
        seconds: float,
        values: Mapping[str, float],
    ) -> None:
        for name, metric in self.metrics.items():
            for split in SPLITS:
                value = values.get(f"{split}/{name}", math.nan)
                if not math.isfinite(value) or metric["direction"] is None:
                    continue
                best = self.best.get(name)
                better = (
                    best is None
                    # A validation value replaces any training value.
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
                        epoch=math.ceil(epoch),
                        step=step,
                        seconds=seconds,
                        value=value,
                    )
                break

    def history(self) -> History:
        """Return a copy of all numbers so far."""
        with self.lock:
            batches = self.batch.view(len(self.batch) or 1).columns
            epochs = self.epoch.view(len(self.epoch) or 1).columns
            named = {
                "step": epochs["step"],
                # Values that a loop logs within an epoch have a fraction.
                "epoch": np.ceil(epochs["epoch"]) - 1,
                "seconds": epochs["seconds"],
            }
            for name in self.sampled_names():
                named[key_of("training", name)] = np.full(len(epochs["step"]), math.nan)
            marks = tuple(history_mark(mark) for mark in self.marks)
        for column, values in epochs.items():
            for split in SPLITS:
                if column.startswith(f"{split}/"):
                    named[key_of(split, column.removeprefix(f"{split}/"))] = values
        return History(epochs=named, batches=batches, marks=marks)


def key_of(split: Split, name: str) -> str:
    """Return the name of a metric's column in a history: that in Keras's logs.

    A log that is called as one of our own columns, such as ``step``, gets its split's name too.
    """
    key = name if split == "training" else f"val_{name}"
    return f"{split}/{name}" if key in AXES else key


def split_of(key: str) -> tuple[Split, str]:
    """Split a key of Keras's logs, such as ``val_loss``, into its split and the metric's name."""
    if key.startswith("val_"):
        return "validation", key.removeprefix("val_")
    return "training", key
