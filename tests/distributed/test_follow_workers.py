"""A kernel that reads a desk knows how the workers are doing, whenever it begins to read."""

from __future__ import annotations

import contextvars
import json
from typing import Any

from kwidgets.distributed.desk.desk import Desk
from kwidgets.distributed.messages import FitItem, State, StateItem, WorkerItem
from kwidgets.distributed.remote.follow import FollowedTraining
from kwidgets.distributed.remote.placeholder import placeholder
from kwidgets.distributed.remote.worker_rows import unknown_worker
from kwidgets.language import message, translated
from kwidgets.live.page.view import LiveView
from kwidgets.live.protocol import WorkerState

SECONDS = 20.0


def follow(desk: Desk, workers: int = 2) -> FollowedTraining:
    view = LiveView(contextvars.copy_context())
    training = FollowedTraining(lambda: desk, lambda: None, view, workers, "jax")
    training.start()
    return training


def state(name: State, attempt: int = 1, **more: Any) -> StateItem:
    known = {"text": "", "traceback": "", "rank": None, **more}
    return StateItem(kind="state", state=name, attempt=attempt, **known)


def worker(rank: int, name: WorkerState, attempt: int = 1) -> WorkerItem:
    return WorkerItem(kind="worker", attempt=attempt, worker=unknown_worker(rank, name))


def fit(attempt: int) -> FitItem:
    return FitItem(**{**placeholder("jax"), "fit": 1, "attempt": attempt})


def waits_for(training: FollowedTraining) -> str:
    workers = training.view.workers
    found = None if workers is None else workers["waits_for"]
    return "" if found is None else translated(found)


def expect_waits_for(training: FollowedTraining, text: str) -> None:
    assert training.wait(lambda: waits_for(training) == text, SECONDS), waits_for(training)


def end(training: FollowedTraining, desk: Desk, name: State = "finished", **more: Any) -> None:
    desk.post([state(name, **more)])
    assert training.wait(lambda: not training.follows, SECONDS)


def test_a_lost_worker_is_shown_until_all_have_joined_again():
    desk = Desk()
    training = follow(desk)
    expect_waits_for(training, "0 of 2 workers have joined")
    desk.post([worker(0, "preparing")])
    expect_waits_for(training, "1 of 2 workers have joined")
    desk.post([worker(1, "training"), fit(1)])
    expect_waits_for(training, "")
    text = message("Rank %1 was lost (%2).", "1", "killed by signal SIGKILL")
    desk.post([state("restarting", text=text, rank=1), worker(0, "training")])
    expect_waits_for(training, "0 of 2 workers have joined")
    assert training.view.workers is not None
    assert [row["state"] for row in training.view.workers["rows"]] == ["starting", "lost"]
    notices = training.latest.describe_progress()["notices"]
    assert [notice["text"] for notice in notices] == ["Rank 1 was lost (killed by signal SIGKILL)."]
    desk.post([worker(0, "preparing", attempt=2), worker(1, "preparing", attempt=2)])
    expect_waits_for(training, "preparing the first batch")
    desk.post([fit(2)])
    expect_waits_for(training, "")
    # Who reads later finds the fits before the state of the supervisor.
    later = follow(desk)
    assert later.wait(lambda: later.state["state"] == "training", SECONDS)
    assert later.state["attempt"] == 2
    end(training, desk)
    end(later, desk)


def test_the_error_of_a_worker_has_its_rank_and_traceback():
    desk = Desk()
    training = follow(desk)
    text = message("Rank %1 failed: %2", "1", "ValueError: no file")
    end(training, desk, "failed", text=text, traceback="Traceback …", rank=1)
    workers, progress = training.view.workers, training.latest.describe_progress()
    assert workers is not None
    assert workers["error"] == {"rank": 1, "traceback": "Traceback …"}
    assert [row["state"] for row in workers["rows"]] == ["starting", "failed"]
    assert (progress["status"], progress["detail"]) == (
        "failed",
        "Rank 1 failed: ValueError: no file",
    )
    assert progress["notices"] == []
    # Saved before a first fit, without epochs that never were.
    assert training.view.summary().startswith("Training failed, 0:00. Rank 1 failed")


def test_a_thousand_workers_are_a_small_message_a_second():
    desk = Desk()
    training = follow(desk, workers=1000)
    descriptions = []
    training.wait(lambda: training.view.workers is not None, SECONDS)
    for _ in range(3):
        desk.post([worker(rank, "training") for rank in range(1000)])
        training.wait(lambda: len(training.workers) == 1000, SECONDS)
        descriptions.append(training.view.workers)
    sizes = [len(json.dumps(workers)) for workers in descriptions]
    assert max(sizes) < 8_000
    end(training, desk)
    assert len(training.workers) == 1000
