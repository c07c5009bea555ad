"""Test the metric store and its tables: bounded memory, all extremes, stable reduced views."""

import base64
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwidgets.live.numbers.bounded_table import MetricTable
from kwidgets.live.numbers.metric_store import MetricStore
from kwidgets.live.page.encode import TablePatcher, encode_table
from kwidgets.live.protocol import MetricInfo

finite = st.floats(-1e6, 1e6)


def fill(table: MetricTable, values: list[float], weight: float = 1.0) -> None:
    for i, value in enumerate(values):
        table.append(i + 1, (i + 1) / 10, (i + 1) / 100, {"loss": value}, weight)


@given(st.lists(finite, min_size=1, max_size=200), st.sampled_from([2, 8, 64]), st.integers(1, 40))
def test_a_reduced_view_loses_no_extreme_and_no_mean(values, capacity, max_rows):
    table = MetricTable("mean", capacity=capacity)
    fill(table, values)
    view = table.view(max_rows)
    assert view.rows <= max_rows
    assert len(table) <= capacity
    low = view.columns.get("min/loss", view.columns["mean/loss"])
    high = view.columns.get("max/loss", view.columns["mean/loss"])
    assert low.min() == min(values)
    assert high.max() == max(values)
    counts = np.minimum(view.width, len(values) - np.arange(view.rows) * view.width)
    assert np.average(view.columns["mean/loss"], weights=counts) == pytest.approx(
        np.mean(values), abs=1e-6
    )
    assert view.columns["step"][-1] == len(values)


def test_means_are_weighted_by_the_batches_they_stand_for():
    table = MetricTable("mean", capacity=2)
    table.append(1, 0, 0, {"loss": 1.0}, weight=1)
    table.append(4, 0, 0, {"loss": 3.0}, weight=3)
    assert table.view(1).columns["mean/loss"][0] == 2.5


def test_last_keeps_the_last_row_of_each_bucket():
    table = MetricTable("last", capacity=4)
    fill(table, [1.0, 2.0, 3.0, 4.0, 5.0])
    assert list(table.view(10).columns["loss"]) == [2.0, 4.0, 5.0]


@given(st.lists(st.sampled_from([1.0, -2.0, math.nan]), min_size=1, max_size=60))
def test_nan_is_a_gap_and_hides_no_number(values):
    table = MetricTable("mean", capacity=8)
    fill(table, values)
    mean = table.view(1).columns["mean/loss"][0]
    known = [value for value in values if not math.isnan(value)]
    assert mean == pytest.approx(np.mean(known)) if known else math.isnan(mean)


def test_a_metric_may_appear_late():
    table = MetricTable("mean", capacity=8)
    table.append(1, 0, 0, {"loss": 1.0})
    table.append(2, 0, 0, {"loss": 2.0, "accuracy": 0.5})
    assert math.isnan(table.view(8).columns["mean/accuracy"][0])
    assert table.view(8).columns["mean/accuracy"][1] == 0.5


def apply_patch(known: dict[str, list[float]], patch) -> dict[str, list[float]]:
    """Apply a patch as the view does."""
    data = base64.b64decode(patch["data"])
    columns = np.frombuffer(data, "<f4").reshape(len(patch["columns"]), patch["rows"])
    return {
        name: [*known.get(name, [])[: patch["start"]], *column]
        for name, column in zip(patch["columns"], columns, strict=True)
    }


@given(st.lists(st.integers(1, 30), min_size=1, max_size=30), st.sampled_from(["mean", "last"]))
def test_patches_add_up_to_the_whole_table(bursts, reduce):
    table = MetricTable(reduce, capacity=32)
    patcher = TablePatcher(table, max_rows=8)
    known: dict[str, list[float]] = {}
    step = 0
    for burst in bursts:
        for _ in range(burst):
            step += 1
            values = {"loss": math.sin(step)}
            if step > 20:
                values["accuracy"] = step / 1000
            table.append(step, step / 10, step / 100, values)
        patch = patcher.patch()
        assert patch is not None
        known = apply_patch(known, patch)
        whole = apply_patch({}, encode_table(table.view(8)))
        assert known == whole or np.allclose(
            list(known.values()), list(whole.values()), equal_nan=True
        )
        assert list(known) == list(whole)
    assert patcher.patch() is None


def test_patches_are_small():
    table = MetricTable("mean")
    patcher = TablePatcher(table)
    fill(table, [1.0] * 400)
    patcher.patch()
    table.append(401, 0, 0, {"loss": 1.0})
    patch = patcher.patch()
    assert patch is not None
    assert patch["rows"] == 1


def test_a_validation_value_outranks_training_for_best():
    store = MetricStore()
    store.declare(MetricInfo(name="accuracy", kind="mean", direction="max", group=None))
    store.declare(MetricInfo(name="odd", kind="mean", direction=None, group=None))
    store.add_epoch(10, 1, 1.0, {"accuracy": 0.99, "odd": 1.0})
    assert store.best["accuracy"]["split"] == "training"
    store.add_epoch(20, 2, 2.0, {"accuracy": 0.99, "val_accuracy": 0.5, "odd": 2.0})
    store.add_epoch(30, 3, 3.0, {"accuracy": 0.99, "val_accuracy": 0.7, "odd": 3.0})
    store.add_epoch(40, 4, 4.0, {"accuracy": 0.99, "val_accuracy": math.nan})
    assert store.best["accuracy"] == {
        "split": "validation", "epoch": 3, "step": 30, "seconds": 3.0, "value": 0.7,
    }  # fmt: skip
    assert "odd" not in store.best, "no best without a known direction"


def test_an_epoch_that_was_stopped_early_is_flagged_and_never_the_best():
    store = MetricStore()
    store.declare(MetricInfo(name="loss", kind="mean", direction="min", group=None))
    store.add_epoch(10, 1, 1.0, {"loss": 2.0, "val_loss": 3.0})
    store.add_epoch(12, 2, 1.1, {"loss": 0.5, "val_loss": 1.0}, complete=False)
    assert store.best["loss"]["epoch"] == 1
    np.testing.assert_array_equal(store.epoch.view(9).columns["partial"], [math.nan, 1.0])
    assert list(store.history()["loss"]) == [2.0, 0.5], "the history has it, as Keras's has"
    assert "partial" not in store.history()


def test_history_is_named_as_keras_names_it():
    store = MetricStore()
    store.add_epoch(10, 1, 1.0, {"loss": 2.0, "val_loss": 3.0})
    history = store.history()
    assert list(history["loss"]) == [2.0]
    assert list(history["val_loss"]) == [3.0]
    assert list(history["epoch"]) == [0.0]
    assert "loss" in history and len(history) == 5


def test_an_empty_store_has_an_empty_history():
    history = MetricStore().history()
    assert {name: len(column) for name, column in history.items()} == {
        "step": 0,
        "epoch": 0,
        "seconds": 0,
    }
