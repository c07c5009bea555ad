"""All numbers of one fit: tables of its metrics, best epochs and marks, safe between threads."""

from __future__ import annotations

import copy
import math
import threading
from collections.abc import Mapping
from typing import Literal

import numpy as np

from kwidgets.live.numbers.bounded_table import CAPACITY, MetricTable
from kwidgets.live.numbers.history import History
from kwidgets.live.protocol import BestEpoch, Mark, MetricInfo

MAX_MARKS = 200
#: The column of the epoch table that is 1 in rows of epochs which were stopped early, else NaN.
PARTIAL = "partial"


class MetricStore:
    """The metrics of one fit. Written on the training thread, read from any."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.lock = threading.RLock()
        self.batch = MetricTable("mean", capacity)
        self.epoch = MetricTable("last", capacity)
        self.metrics: dict[str, MetricInfo] = {}
        self.best: dict[str, BestEpoch] = {}
        self.marks: list[Mark] = []

    def copy(self) -> MetricStore:
        """Return a copy, for a fit that continues the curves."""
        with self.lock:
            other = MetricStore()
            other.batch, other.epoch = copy.deepcopy(self.batch), copy.deepcopy(self.epoch)
            other.metrics, other.best = dict(self.metrics), dict(self.best)
            other.marks = list(self.marks)
        return other

    def add_mark(self, mark: Mark) -> None:
        """Add a mark; of very many the latest are kept."""
        with self.lock:
            self.marks = [*self.marks, mark][-MAX_MARKS:]

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

    def drop_metrics_without_values(self, logs: Mapping[str, float]) -> None:
        """Drop metrics that have no value: neither sampled nor in ``logs``."""
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

        An epoch that was stopped early is not ``complete``: its training values are means over a
        few batches, which may be better than those of any whole epoch. It is flagged in the column
        ``partial``, and is never the best one.
        """
        values: dict[str, float] = {} if complete else {PARTIAL: 1.0}
        with self.lock:
            for key, value in logs.items():
                split, name = split_of(key)
                values[f"{split}/{name}"] = value
                if name not in self.metrics:
                    self.declare(MetricInfo(name=name, kind="epoch", direction=None, group=None))
            self.epoch.append(step, epoch, seconds, values)
            if complete:
                self._update_best(step, epoch, seconds, values)

    def _update_best(
        self,
        step: int,
        epoch: int,
        seconds: float,
        values: Mapping[str, float],
    ) -> None:
        splits: tuple[Literal["validation", "training"], ...] = ("validation", "training")
        for name, metric in self.metrics.items():
            for split in splits:
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
                        epoch=epoch,
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
