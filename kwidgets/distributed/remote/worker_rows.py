"""Describe the workers for the page: all of a few, of many those that stand out."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, cast

from kwidgets.distributed.messages import StateItem
from kwidgets.distributed.remote.stragglers import Straggler
from kwidgets.language import Message, message
from kwidgets.live.protocol import Device, Worker, WorkerError, Workers, WorkerState

#: About 5 kB a message.
MAX_ROWS: Final = 16
#: Of a traceback.
MAX_TRACEBACK: Final = 8_000
_STATES: Final = ("failed", "lost", "ended", "starting", "preparing", "training")


def unknown_worker(rank: int, state: WorkerState = "starting") -> Worker:
    """Return a worker that has not reported yet."""
    return Worker(
        rank=rank,
        host="",
        state=state,
        step=0,
        step_seconds=None,
        probe_seconds=None,
        waiting=None,
        slow=None,
        devices=[],
    )


def describe_workers(
    known: Mapping[int, Worker],
    count: int,
    state: StateItem,
    stragglers: Sequence[Straggler] = (),
) -> Workers:
    """Return what a page shows of the workers.

    Args:
        known: those that have reported, by rank.
        count: how many there are.
        state: how the training stands.
        stragglers: the slow ones.
    """
    slow = {one.rank: one.describe() for one in stragglers}
    reported = [worker for rank, worker in known.items() if rank < count]
    seconds = [value for one in reported if (value := one["step_seconds"]) is not None]
    return Workers(
        state=state["state"],
        waits_for=_waits_for(reported, count, state),
        count=count,
        hosts=len({worker["host"] for worker in reported if worker["host"]}),
        step_seconds=round(statistics.median(seconds), 6) if seconds else None,
        rows=[
            _row(known.get(rank) or unknown_worker(rank), slow.get(rank))
            for rank in _ranks_to_show(known, count, slow)
        ],
        error=_error(state),
    )


def _waits_for(reported: Sequence[Worker], count: int, state: StateItem) -> Message | None:
    if state["state"] not in ("starting", "restarting"):
        return None
    joined = sum(worker["state"] != "lost" for worker in reported)
    if joined < count:
        return message("%1 of %2 workers have joined", f"{joined:,}", f"{count:,}")
    if any(worker["state"] == "starting" for worker in reported):
        return message("connecting the workers")
    return message("preparing the first batch")


def _error(state: StateItem) -> WorkerError | None:
    if state["state"] != "failed" or not state["traceback"]:
        return None
    traceback = state["traceback"]
    if len(traceback) > MAX_TRACEBACK:
        traceback = f"…\n{traceback[-MAX_TRACEBACK:].partition(chr(10))[2]}"
    return WorkerError(rank=state["rank"], traceback=traceback)


def _ranks_to_show(
    known: Mapping[int, Worker], count: int, slow: Mapping[int, Message]
) -> list[int]:
    """Return the ranks in the order in which they are shown: those that stand out are first."""
    if count <= MAX_ROWS:
        return list(range(count))
    usual = _usual(known.values(), "waiting"), _usual(known.values(), "probe_seconds")

    def stands_out(rank: int) -> tuple[int, bool, float, int]:
        worker = known.get(rank)
        state = worker["state"] if worker else "starting"
        return _STATES.index(state), rank not in slow, -_distance(worker, *usual), rank

    return sorted(range(count), key=stands_out)[:MAX_ROWS]


def _usual(workers: Iterable[Worker], name: str) -> float | None:
    values = [value for one in workers if (value := cast(Any, one)[name]) is not None]
    return statistics.median(values) if values else None


def _distance(worker: Worker | None, waiting: float | None, probe: float | None) -> float:
    """Return how far the figures of a worker are from the usual ones, as a share.

    In steps of a twentieth, so that ranks which differ by chance stay where they are.
    """
    if worker is None:
        return 0.0
    distance = 0.0
    if waiting is not None and worker["waiting"] is not None:
        distance = abs(worker["waiting"] - waiting)
    if probe and worker["probe_seconds"] is not None:
        distance = max(distance, abs(worker["probe_seconds"] / probe - 1))
    return round(20 * distance) / 20


def _row(worker: Worker, slow: Message | None) -> Worker:
    seconds, probe, waiting = worker["step_seconds"], worker["probe_seconds"], worker["waiting"]
    return {
        **worker,
        "step_seconds": None if seconds is None else round(seconds, 6),
        "probe_seconds": None if probe is None else round(probe, 6),
        "waiting": None if waiting is None else round(waiting, 2),
        "slow": slow,
        "devices": _by_kind(worker["devices"]),
    }


def _by_kind(devices: Sequence[Device]) -> list[Device]:
    """Return one device of each kind, with the mean use and the memory of all."""
    found = []
    for kind in ("gpu", "cpu"):
        same = [device for device in devices if device["kind"] == kind]
        if not same:
            continue
        uses = [device["use"] for device in same if device["use"] is not None]
        name = same[0]["name"] if len(same) == 1 else f"{len(same)} × {same[0]['name']}"
        found.append(
            Device(
                kind=same[0]["kind"],
                name=name,
                use=round(sum(uses) / len(uses), 2) if uses else None,
                memory_used_bytes=_sum(device["memory_used_bytes"] for device in same),
                memory_total_bytes=_sum(device["memory_total_bytes"] for device in same),
            )
        )
    return found


def _sum(values: Iterable[float | None]) -> float | None:
    found = [value for value in values if value is not None]
    return sum(found) if found else None
