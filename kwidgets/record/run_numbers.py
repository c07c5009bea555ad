"""Load the numbers of a recorded run into the tables of the live view."""

from __future__ import annotations

import dataclasses

from kwidgets.live.numbers.bounded_table import AXES, CAPACITY
from kwidgets.live.numbers.history import History
from kwidgets.live.numbers.metric_store import MetricStore
from kwidgets.record.run_file.numbers import Points, read_epochs, read_points
from kwidgets.record.run_file.reader import read_marks
from kwidgets.record.run_file.run_info import RunInfo

#: Rows of the table within the epochs that a chart on a page gets; it draws 160 of them, and more
#: where the user zooms.
CHART_ROWS = 1_000


def load_store(info: RunInfo, max_rows: int = CHART_ROWS) -> MetricStore:
    """Return the numbers of a run, those within the epochs in at most ``max_rows`` rows.

    Raises:
        UnreadableRunError: the file cannot be read.
    """
    return _store_of(info, read_points(info.path, max_rows), max_rows)


def load_history(info: RunInfo) -> History:
    """Return the numbers of a run as users get them.

    Raises:
        UnreadableRunError: the file cannot be read.
    """
    points = read_points(info.path, CAPACITY, with_extremes=True)
    history = _store_of(info, points, CAPACITY).history()
    batches = {axis: points.axes[axis] for axis in AXES}
    for name, mean in points.mean.items():
        batches[f"mean/{name}"] = mean
        if points.width > 1:
            batches[f"min/{name}"] = points.lowest[name]
            batches[f"max/{name}"] = points.highest[name]
    return dataclasses.replace(history, batches=batches)


def _store_of(info: RunInfo, points: Points, max_rows: int) -> MetricStore:
    store = MetricStore()
    for metric in info.metrics:
        store.declare(metric)
    columns = [points.axes[axis].tolist() for axis in AXES]
    batches = points.batches.tolist()
    means = {name: values.tolist() for name, values in points.mean.items()}
    for row, (step, epoch, seconds) in enumerate(zip(*columns, strict=True)):
        values = {name: column[row] for name, column in means.items()}
        store.add_batches(int(step), epoch, seconds, values, int(batches[row]))
    for each in read_epochs(info.path, max_rows):
        store.add_epoch(each.step, each.epoch, each.seconds, each.logs, not each.is_partial)
    # Those of all epochs, also where the table has only some.
    store.best.update(info.best)
    for mark in read_marks(info.path):
        store.add_mark(mark)
    return store
