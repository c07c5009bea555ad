"""Test that a report on arrays is used again only while nothing that it depends on has changed."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest

from kwidgets.insight.data.known_reports import KnownReports
from kwidgets.insight.data.measure import Deadline
from kwidgets.insight.data.report import Data, Report


@pytest.fixture
def known() -> KnownReports:
    return KnownReports()


def look(known: KnownReports, x: Any, y: Any = None, **others: Any) -> Report:
    return known.report_on(Data(x, y, names={"x": "x", "y": "y"}, **others), Deadline(60))


def rows(count: int = 200) -> np.ndarray:
    return np.random.default_rng(0).random((count, 3), dtype="float32")


def test_the_report_on_the_same_arrays_is_made_once(known):
    x, y = rows(), np.arange(200) % 3
    assert look(known, x, y) is not look(known, x, y)  # the first one has what was measured
    assert look(known, x, y) is look(known, x, y)
    assert look(known, x, y) == look(KnownReports(), x, y)


def test_views_that_a_fit_makes_anew_are_known(known):
    x = rows()
    look(known, x[:100], validation_data=(x[100:], None))
    again = [look(known, x[:100], validation_data=(x[100:], None)) for _ in range(2)]
    assert again[0] is again[1]
    assert look(known, x[:101], validation_data=(x[101:], None)) is not again[0]


@pytest.mark.parametrize("count", [200, 100_000])
def test_values_that_change_in_place_are_looked_at_again(known, count):
    x = rows(count)
    for _ in range(2):
        assert not any(each.id.startswith("nan-values") for each in look(known, x).findings)
    x[count - 7, 1] = np.nan
    assert any(each.id.startswith("nan-values") for each in look(known, x).findings)


def test_rows_in_another_order_are_looked_at_again(known):
    x, y = rows(), np.sort(np.arange(200) % 3)
    before = [look(known, x, y, validation_split=0.2) for _ in range(2)][1]
    assert any(each.id.startswith("sorted-labels") for each in before.findings)
    np.random.default_rng(0).shuffle(y)
    after = look(known, x, y, validation_split=0.2)
    assert not any(each.id.startswith("sorted-labels") for each in after.findings)


def test_another_setting_of_the_fit_is_looked_at_again(known):
    x, y = rows(), np.arange(200) % 3
    before = [look(known, x, y) for _ in range(2)][1]
    assert look(known, x, y, has_model=True) is not before
    assert look(known, x.copy(), y) is not before


def test_a_report_keeps_no_data_alive(known):
    x, y = rows(), np.arange(200) % 3
    look(known, x, y)
    dead = weakref.ref(x), weakref.ref(y)
    del x, y
    gc.collect()
    assert [ref() for ref in dead] == [None, None]


@pytest.mark.parametrize(
    "x", [[[1.0, 2.0]] * 20, np.array(["a"] * 20), rows().T, np.ma.masked_array(rows())]
)
def test_other_data_is_looked_at_each_time(known, x):
    assert look(known, x) is not look(known, x)
