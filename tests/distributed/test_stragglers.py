"""Slow workers are found from what the others wait, and from the speed of their devices."""

from __future__ import annotations

import random
import time

import pytest

from kwidgets.distributed.remote.stragglers import MIN_READINGS, StragglerWatch, describe_all
from kwidgets.distributed.remote.worker_rows import unknown_worker
from kwidgets.language import translated
from kwidgets.live.protocol import Worker


def reading(rank: int, waiting: float | None, probe: float | None = None) -> Worker:
    return {
        **unknown_worker(rank, "training"),
        "waiting": waiting,
        "probe_seconds": probe,
    }


def watch(
    *workers: tuple[float | None, float | None], readings: int = MIN_READINGS
) -> StragglerWatch:
    """Return a watch with the same readings of each worker, many times."""
    found = StragglerWatch()
    for i in range(readings):
        for rank, (waiting, probe) in enumerate(workers):
            # No two measurements are the same.
            found.add(reading(rank, waiting, probe and probe * (1 + i / 100)))
    return found


def text_of(found: StragglerWatch) -> str:
    described = describe_all(found.find())
    return "" if described is None else translated(described)


def test_the_worker_that_never_waits_is_named_with_what_the_others_lose():
    slow = watch((0.41, None), (0.03, None), (0.39, None), (0.41, None))
    expected = "Rank 1 is slower than the others: they wait 38 % of the time for it."
    assert text_of(slow) == expected


def test_of_two_workers_the_other_one_is_named_too():
    slow = watch((0.5, None), (0.1, None))
    assert text_of(slow) == "Rank 1 is slower than rank 0, which waits 40 % of the time for it."


def test_a_device_that_is_as_fast_points_to_data_and_callbacks():
    assert "look at its data and callbacks" in text_of(watch((0.5, 1e-3), (0.1, 1.1e-3)))


def test_a_slow_device_is_named_although_all_wait_alike_as_on_gpus():
    slow = watch((0.9, 1e-3), (0.9, 2.5e-3), (0.9, 1e-3))
    assert "The device of rank 1 takes 2.5 times as long" in text_of(slow)
    assert "Its device takes 2.5 times" in text_of(watch((0.5, 1e-3), (0.1, 2.5e-3)))


def test_a_measurement_counts_once_however_often_it_is_reported():
    found = StragglerWatch()
    for _ in range(20):
        found.add(reading(0, None, 1e-3))
        found.add(reading(1, None, 5e-3))
    assert found.find() == []


@pytest.mark.parametrize(
    "workers",
    [
        [(0.4, 1e-3), (0.35, 1e-3)],  # alike
        [(None, None), (None, None)],  # paused, or no step yet
        [(0.0, None)],  # alone
    ],
)
def test_nobody_is_named_where_all_are_alike(workers):
    assert text_of(watch(*workers)) == ""


def test_a_few_readings_or_chance_name_nobody():
    assert text_of(watch((0.5, None), (0.0, None), readings=MIN_READINGS - 1)) == ""
    chance = random.Random(0)
    noisy = StragglerWatch()
    for _ in range(10):
        for rank in range(2):
            noisy.add(reading(rank, chance.random()))
    assert text_of(noisy) == ""


def test_a_named_worker_stays_named_until_it_is_clearly_as_fast():
    found = watch((0.5, None), (0.1, None))
    assert found.find()
    for waiting, named in ((0.35, True), (0.45, False)):
        for _ in range(10):
            found.add(reading(0, 0.5))
            found.add(reading(1, waiting))
        assert bool(found.find()) is named


def test_several_are_counted_and_a_start_begins_anew():
    found = watch(*[(0.05, None)] * 2, *[(0.5, None)] * 8)
    assert text_of(found) == "Ranks 0, 1 are slower than the others, which wait for them."
    many = watch(*[(0.05, None)] * 5, *[(0.5, None)] * 20)
    assert "5 workers are slower" in text_of(many)
    found.clear()
    assert text_of(found) == ""


def test_a_thousand_workers_are_judged_in_a_moment():
    found = watch(*[(0.5, 1e-3)] * 999, (0.0, 1e-3))
    started = time.process_time()
    assert [one.rank for one in found.find()] == [999]
    assert time.process_time() - started < 0.5
