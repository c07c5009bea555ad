"""When checkpoints are taken, and which of them are kept."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from kwidgets.record.checkpoints import retention
from kwidgets.record.checkpoints.folder import temporary_folder, write_folder
from kwidgets.record.checkpoints.retention import KeptCheckpoint, over_budget, tidy, unneeded
from kwidgets.record.checkpoints.schedule import FIRST_AFTER_SECONDS, CheckpointSchedule


def test_a_short_fit_has_no_automatic_checkpoint() -> None:
    due_at = CheckpointSchedule(100.0, fits_budget=True).due_at
    assert due_at == 100.0 + FIRST_AFTER_SECONDS
    assert CheckpointSchedule(100.0, fits_budget=False).due_at == float("inf")


def test_the_interval_follows_the_measured_cost() -> None:
    schedule = CheckpointSchedule(0.0, fits_budget=True)
    schedule.taken(60.0, stall_seconds=0.001)
    assert schedule.due_at == 65.0
    schedule.written(0.5)
    assert schedule.due_at == 70.0
    schedule.taken(70.0, stall_seconds=0.1)
    assert schedule.due_at == 90.0


def test_the_best_may_come_out_of_turn_once_an_interval() -> None:
    schedule = CheckpointSchedule(0.0, fits_budget=True)
    assert not schedule.may_take_best(FIRST_AFTER_SECONDS - 1)
    schedule.taken(60.0, 0.0)
    assert schedule.may_take_best(61.0)
    schedule.taken(61.0, 0.0)
    assert not schedule.may_take_best(62.0)
    assert schedule.due_at == 70.0  # two in two intervals
    assert schedule.may_take_best(65.0)


def test_failures_are_repeated_less_and_less_often() -> None:
    schedule = CheckpointSchedule(0.0, fits_budget=True)
    schedule.taken(60.0, 0.0)
    schedule.failed()
    assert schedule.due_at == 70.0
    schedule.taken(70.0, 0.0)
    schedule.failed()
    assert schedule.due_at == 90.0


def kept(run: str, created: float, reason: str = "interval", size: int = 10) -> KeptCheckpoint:
    path = Path(f"{run}{retention.SUFFIX}") / f"{created}-{reason}"
    return KeptCheckpoint(path, reason, created, size)


def test_the_last_two_and_what_has_a_reason_are_kept() -> None:
    run = [
        *(kept("a", 1, "user"), kept("a", 2), kept("a", 3, "best"), kept("a", 4, "before")),
        *(kept("a", 5, "best"), kept("a", 6), kept("a", 7), kept("a", 8)),
    ]
    assert [checkpoint.created for checkpoint in unneeded(run)] == [2, 3, 6]


def test_the_oldest_runs_go_first_and_the_last_checkpoint_stays() -> None:
    old = [kept("20260101", 1), kept("20260101", 2, "user")]
    running = [kept("20260102", 3), kept("20260102", 4)]
    own = [kept("20260103", 5, "user"), kept("20260103", 6), kept("20260103", 7)]
    every = [*own, *old, *running]

    def going(limit: int) -> list[float]:
        found = over_budget(every, limit, "20260103", lambda run_id: run_id == "20260102")
        return [checkpoint.created for checkpoint in found]

    assert going(70) == []
    assert going(55) == [1, 2]
    assert going(40) == [1, 2, 3]
    assert going(0) == [1, 2, 3, 6, 5]


def test_tidy_deletes_folders_and_what_a_dead_process_left(tmp_path: Path) -> None:
    def make(run: str, created: int) -> Path:
        return write_folder(
            temporary_folder(tmp_path / f"{run}{retention.SUFFIX}"),
            str(created),
            {"a": np.zeros(1000)},
            {"created": created, "reason": "interval"},
        )

    old = make("20260101", 1)
    own = [make("20260102", created) for created in (2, 3, 4)]
    # By the run whose process wrote them; None is that of another computer.
    has_process = {"dead": False, "alive": True, "abandoned": None, "elsewhere": None}
    written = {
        run: temporary_folder(tmp_path / f"{run}{retention.SUFFIX}")
        for run in [*has_process, "20260102"]
    }
    os.utime(written["abandoned"], (0, 0))
    deleted = tidy(
        tmp_path, "20260102", limit_bytes=20_000, has_process=lambda run: has_process.get(run)
    )
    assert sorted(deleted) == sorted([own[0], old])
    assert not old.parent.exists()
    left = {run for run, path in written.items() if path.exists()}
    assert left == {"alive", "elsewhere", "20260102"}
    assert own[1].exists() and own[2].exists()


@pytest.mark.parametrize("reason", ["user", "best", "before", "end"])
def test_a_reason_keeps_a_checkpoint(reason: str) -> None:
    run = [kept("a", 1, reason), kept("a", 2), kept("a", 3), kept("a", 4)]
    assert [checkpoint.created for checkpoint in unneeded(run)] == [2]
