"""What a page gets of the workers: all of a few, of many what stands out, in few bytes."""

from __future__ import annotations

import json

from kwidgets.distributed.messages import State, StateItem
from kwidgets.distributed.remote.stragglers import Straggler
from kwidgets.distributed.remote.worker_rows import MAX_ROWS, describe_workers, unknown_worker
from kwidgets.language import translated
from kwidgets.live.protocol import Device, Worker

GPU = Device(
    kind="gpu",
    name="NVIDIA H200 NVL 141 GB",
    use=0.831234567,
    memory_used_bytes=123_456_789_012,
    memory_total_bytes=150_754_820_096,
)


def state(name: State, attempt: int = 1, **more: object) -> StateItem:
    known = {"text": "", "traceback": "", "rank": None, **more}
    return StateItem(kind="state", state=name, attempt=attempt, **known)  # type: ignore[typeddict-item]


def worker(rank: int, waiting: float = 0.4123456) -> Worker:
    return {
        **unknown_worker(rank, "training"),
        "host": f"node-{rank // 8}.cluster.example.org",
        "step": 123_456,
        "step_seconds": 0.0523456789,
        "probe_seconds": 0.00123456789,
        "waiting": waiting,
        "devices": [GPU] * 8,
    }


def test_a_thousand_workers_are_a_summary_and_the_ones_that_stand_out():
    known = {rank: worker(rank) for rank in range(1000)}
    known[700] = worker(700, waiting=0.01)
    known[300] = unknown_worker(300, "lost")
    del known[500]
    slow = [Straggler(700, 0.4, None, 999)]
    found = describe_workers(known, 1000, state("training"), slow)
    assert (found["count"], found["hosts"]) == (1000, 125)
    assert found["step_seconds"] == 0.052346
    assert [row["rank"] for row in found["rows"]][:4] == [300, 500, 700, 0]
    assert len(found["rows"]) == MAX_ROWS
    # Once a second, beside the curves, of 20 kB/s.
    assert len(json.dumps(found)) < 8_000


def test_rows_of_a_few_workers_are_all_and_stay_in_their_order():
    found = describe_workers({1: worker(1)}, 3, state("training"))
    assert [(row["rank"], row["state"]) for row in found["rows"]] == [
        (0, "starting"),
        (1, "training"),
        (2, "starting"),
    ]


def test_many_devices_of_a_worker_are_one_with_the_memory_of_all():
    (device,) = describe_workers({0: worker(0)}, 1, state("training"))["rows"][0]["devices"]
    assert device["name"] == "8 × NVIDIA H200 NVL 141 GB"
    assert device["use"] == 0.83
    assert device["memory_total_bytes"] == 8 * 150_754_820_096


def test_the_start_says_for_whom_it_waits():
    def waits_for(known: dict[int, Worker], name: State) -> str:
        found = describe_workers(known, 2, state(name))["waits_for"]
        return "" if found is None else translated(found)

    assert waits_for({}, "starting") == "0 of 2 workers have joined"
    one = {0: unknown_worker(0, "starting"), 1: unknown_worker(1, "lost")}
    assert waits_for(one, "restarting") == "1 of 2 workers have joined"
    both = {0: unknown_worker(0, "preparing"), 1: unknown_worker(1, "preparing")}
    assert waits_for(both, "starting") == "preparing the first batch"
    assert waits_for(both, "training") == ""


def test_the_end_of_a_long_traceback_is_kept():
    long = "\n".join(["Traceback", *["  File x"] * 5_000, "ValueError: why"])
    error = describe_workers({}, 2, state("failed", traceback=long, rank=1))["error"]
    assert error is not None and error["rank"] == 1
    assert error["traceback"].endswith("ValueError: why")
    assert len(error["traceback"]) < 8_100
    assert describe_workers({}, 2, state("failed"))["error"] is None
