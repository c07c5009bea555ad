"""Test what is left of the numbers when a training is rewound."""

import math

import pytest

from kwidgets.live.numbers.bounded_table import MetricTable
from kwidgets.live.numbers.metric_store import MetricStore
from kwidgets.live.numbers.stored_rows import logs_of, rows_of
from kwidgets.live.page.encode import TablePatcher
from kwidgets.live.protocol import Mark, MetricInfo


def make_store(epochs=3):
    store = MetricStore()
    store.declare(MetricInfo(name="loss", kind="mean", direction="min", group=None))
    for epoch in range(1, epochs + 1):
        for step in (10 * epoch - 5, 10 * epoch):
            store.add_batches(step, step / 10, step / 2, {"loss": 1 / step}, 5)
        logs = {"loss": 1 / epoch, "val_loss": math.nan if epoch == 1 else 2 / epoch}
        store.add_epoch(10 * epoch, epoch, 5 * epoch, logs)
    return store


def test_all_after_the_step_is_dropped_and_the_best_epoch_is_found_again():
    store = make_store()
    for step in (5, 25):
        mark = Mark(kind="user", text={"key": "Stop", "values": []}, step=step, epoch=0, seconds=0)
        store.add_mark(mark)
    store.go_back(20)
    assert store.history()["step"].tolist() == [10, 20]
    assert store.history().batches["step"].tolist() == [5, 10, 15, 20]
    assert [mark["step"] for mark in store.marks] == [5]
    assert store.best["loss"]["step"] == 20
    assert store.seconds_at(15) == 7.5
    store.add_batches(25, 2.5, 13, {"loss": 0.5}, 5)
    assert store.history().batches["mean/loss"].tolist()[-2:] == [1 / 20, 0.5]


def test_the_numbers_of_another_branch_replace_those_of_this_one():
    store, other = make_store(1), make_store(3)
    store.go_back(20, other)
    assert store.history()["step"].tolist() == [10, 20]
    assert other.history()["step"].tolist() == [10, 20, 30]  # unchanged


@pytest.mark.parametrize("reduce", ["mean", "last"])
def test_a_merged_row_that_ends_after_the_step_is_dropped(reduce):
    table = MetricTable(reduce, capacity=4)
    for step in range(1, 8):
        table.append(step, step, step, {"loss": float(step)})
    assert table.width == 2
    table.cut(5)
    assert [row.step for row in rows_of(table, "mean/" if reduce == "mean" else "")] == [2, 4]
    table.append(5, 5, 5, {"loss": 50.0})
    (*_, last) = rows_of(table, "mean/" if reduce == "mean" else "")
    assert (last.step, last.values) == (5, {"loss": 50.0})


def test_a_view_gets_all_rows_of_a_table_that_was_cut():
    store = make_store()
    patcher = TablePatcher(store.batch)
    assert patcher.patch()["rows"] == 6
    store.batch.cut(20)
    store.add_batches(25, 2.5, 13, {"loss": 0.5}, 5)
    patch = patcher.patch()
    assert (patch["start"], patch["rows"]) == (0, 5)


def test_rows_have_the_values_of_their_logs():
    first, second, _ = rows_of(make_store().epoch)
    assert logs_of(second) == {"loss": 0.5, "val_loss": 1.0}
    assert math.isnan(logs_of(first)["val_loss"])
