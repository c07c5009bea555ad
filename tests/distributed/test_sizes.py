"""With how many workers an elastic training goes on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from kwidgets.distributed.job import Job
from kwidgets.distributed.messages import StateItem
from kwidgets.distributed.supervisor import supervise
from kwidgets.distributed.supervisor.launcher import LaunchError, Report, Start
from kwidgets.distributed.supervisor.sizes import Sizes
from kwidgets.distributed.supervisor.supervise import Supervisor, WatchedDesk
from kwidgets.language import translated


def a_job(least: int, most: int, folder: Path = Path()) -> Job:
    """Return a job of ``least`` to ``most`` workers."""
    return Job(
        job_id="job",
        folder=str(folder),
        runs=str(folder),
        workers=most,
        min_workers=least,
        devices=None,
        backend="jax",
        seed=0,
        max_restarts=2,
        cell={},
        versions={},
        started=0.0,
        options={},
        sys_path=[],
        cwd=str(folder),
    )


class Launched:
    """Launches nothing: each attempt has the next of the given ends."""

    def __init__(self, desk: WatchedDesk, ends: Sequence[Any], most: Sequence[int] = ()) -> None:
        self._desk, self._ends, self._most = desk, list(ends), list(most)
        self.sizes: list[int] = []

    def set_desk(self, address: Any) -> None: ...

    def reserve(self, sizes: Sequence[int], report: Report) -> int:
        most = self._most.pop(0) if self._most else sizes[0]
        self.sizes.append(next(size for size in sizes if size <= most))
        return self.sizes[-1]

    def room(self) -> int:
        return max(0, (self._most or [0])[0] - self.sizes[-1])

    def release(self) -> None: ...

    def coordinator(self) -> str:
        return "localhost:1"

    def start(self, start: Start) -> Launched:
        self.end = self._ends[0]
        if start.rank == start.workers - 1:
            self._ends.pop(0)
        if isinstance(self.end, OSError) and start.rank == self.end.errno:
            raise self.end
        if isinstance(self.end, int) and start.rank == 0:
            item = StateItem(kind="state", state="failed", attempt=1, text="", traceback="", rank=0)
            item["batch_size"] = self.end
            self._desk.post([item])
        return self

    def poll(self) -> str | None:
        return self.end if self.end in ("", None) else "exit status 1"

    def kill(self) -> None: ...


def test_batches_have_the_same_size_with_fewer_workers() -> None:
    sizes = Sizes(a_job(2, 8))
    assert sizes.possible() == [8, 7, 6, 5, 4, 3, 2]
    sizes.refuse_batch(36)
    assert sizes.possible() == [6, 4, 3, 2]
    assert sizes.larger(3, room=2) == 4
    assert sizes.larger(4, room=1) is None
    assert sizes.limit(3)
    assert sizes.possible() == [3, 2]
    assert not sizes.limit(1)
    sizes.refuse_batch(35)
    with pytest.raises(LaunchError, match="35, 36 samples cannot be divided among 2 to 3"):
        sizes.possible()


def test_a_training_goes_on_with_a_number_of_workers_that_divides_its_batches() -> None:
    desk = WatchedDesk()
    launched = Launched(desk, [64, ""])
    assert Supervisor(a_job(1, 3), desk, launched).run()["state"] == "finished"
    assert launched.sizes == [3, 2]


def test_a_training_goes_on_without_the_worker_that_cannot_be_started() -> None:
    desk = WatchedDesk()
    launched = Launched(desk, [OSError(1, "no memory"), ""])
    assert Supervisor(a_job(1, 2), desk, launched).run()["state"] == "finished"
    assert launched.sizes == [2, 1]


def test_without_enough_workers_a_training_fails_and_says_why() -> None:
    desk = WatchedDesk()
    launched = Launched(desk, [OSError(1, "no memory")])
    result = Supervisor(a_job(2, 2), desk, launched).run()
    assert result["state"] == "failed"
    assert "Rank 1 cannot be started" in translated(result["text"])


def test_a_training_grows_from_a_new_checkpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervise, "_GROW_SECONDS", 0.0)
    desk = WatchedDesk()
    desk.status = "running"
    # There is room for two workers, later for five.
    launched = Launched(desk, [None, ""], most=[2, 5])
    supervisor = Supervisor(a_job(1, 4), desk, launched)
    checkpoints = [{}, {}, {"1": "new"}]
    monkeypatch.setattr(
        supervisor,
        "_checkpoints",
        lambda: checkpoints.pop(0) if len(checkpoints) > 1 else {"1": "new"},
    )
    assert supervisor.run()["state"] == "finished"
    assert launched.sizes == [2, 4]
    assert [command["kind"] for command in desk.post([], True)] == ["checkpoint"]
