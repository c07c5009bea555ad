"""The first points of a resumed training are compared with the recorded ones, bit by bit."""

from __future__ import annotations

import math

import pytest

from kwidgets.record.resume.retrained_points import RecordedPoint, RetrainedPoints

POINTS = [
    RecordedPoint(100, 10, {"loss": 0.5}),  # begins before the checkpoint
    RecordedPoint(112, 12, {"loss": 0.4}),
    RecordedPoint(120, 8, {"loss": 0.3, "acc": math.nan}),
    RecordedPoint(130, 10, {"loss": 0.2}),
]


def test_it_asks_for_the_samples_that_it_needs() -> None:
    check = RetrainedPoints(POINTS, 100, enough=2)
    assert (check.next_begin, check.next_step, check.verdict) == (100, 112, "open")
    check.add(105, 5, {"loss": 9.0})  # a sample of another length says nothing
    check.add(112, 12, {"loss": 0.4})
    assert (check.next_begin, check.next_step) == (112, 120)
    check.add(120, 8, {"loss": 0.3, "acc": math.nan})
    assert (check.verdict, check.next_step) == ("exact", None)


def test_the_last_bit_makes_a_difference() -> None:
    check = RetrainedPoints(POINTS, 100)
    check.add(112, 12, {"loss": math.nextafter(0.4, 1)})
    assert check.verdict == "different"
    assert check.difference is not None and check.difference[1:3] == ("loss", 0.4)


def test_missed_points_are_passed_over() -> None:
    check = RetrainedPoints(POINTS, 100)
    check.add(125, 25, {"loss": 0.1})
    assert check.next_step == 130
    check.add(130, 10, {"loss": 0.2})
    assert check.verdict == "exact"


@pytest.mark.parametrize("step", [115, 500])
def test_without_points_there_is_nothing_to_compare(step: int) -> None:
    assert RetrainedPoints(POINTS[:2], step).verdict == "nothing to compare"
