"""Test that equal rows and different classes are found as a slow search finds them."""

from __future__ import annotations

import numpy as np
import pytest

from kwidgets.insight.data.classes import labels_of
from kwidgets.insight.data.measure import Deadline, measure
from kwidgets.insight.data.parts import parts_of
from kwidgets.insight.data.rows import equal_rows


@pytest.mark.parametrize("columns", [1, 2, 3, 64, 65])
@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
def test_equal_rows_are_those_that_a_slow_search_finds(columns, dtype):
    # More rows than are hashed at a time, of so few values that some rows are equal.
    values = np.random.default_rng(columns).integers(0, 2, (3_000, columns))
    x = values.astype(dtype) / (1 if dtype == "uint8" else 4)
    x[2_900] = x[3]
    other = np.concatenate([x[10:12], 1 + x[:5]])
    found = equal_rows(
        parts_of(x, "x", "x"), parts_of(other, "validation_x", "other"), Deadline(60)
    )
    first: dict[bytes, int] = {}
    again = [i for i, row in enumerate(x) if first.setdefault(row.tobytes(), i) != i]
    assert found is not None and found.complete
    assert found.duplicate_count == len(again) > 0
    assert list(found.duplicates) == again[: len(found.duplicates)]
    assert found.overlap_count == sum(row.tobytes() in first for row in other)


@pytest.mark.parametrize(
    "values",
    [
        np.array([-128, 127, 0], "int8"),
        np.array([3, 2**63 + 1, 3], "uint64"),
        np.array([-5, 70_000, 1], "int64"),
        np.array([0, 1, 1], "uint8"),
        np.array([1.0, 0.0, 2.0]),
    ],
)
def test_classes_are_numbered_in_the_order_of_their_values(values):
    y = np.tile(values, 10)
    labels = labels_of(measure(parts_of(y, "y", "y")[0], Deadline(60)), expected=True)
    classes, numbers = np.unique(y, return_inverse=True)
    assert labels is not None and labels.values == tuple(map(float, classes))
    np.testing.assert_array_equal(labels.numbers, numbers)
