"""Trainings with several workers, of which none is left after a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

import kwidgets as kw
from kwidgets.distributed.distributed_run import DistributedRun

#: Two workers import JAX and Keras at the same time, beside other tests.
START_SECONDS = 300.0

Start = Callable[..., DistributedRun]


@pytest.fixture
def distribute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Start]:
    """Return ``kwidgets.distribute`` on JAX, whose runs are in the test's own folder."""
    monkeypatch.setenv("KWIDGETS_RUNS", str(tmp_path / "runs"))
    started: list[DistributedRun] = []

    def start(train: Callable[..., Any], **arguments: Any) -> DistributedRun:
        arguments = {"backend": "jax", "wait": False, "reconnect": False, **arguments}
        started.append(kw.distribute(train, **arguments))
        return started[-1]

    yield start
    for run in started:
        processes = processes_of(run)
        run.terminate()
        run._training.wait(lambda run=run: not run._training.follows, 60)
        _, left = psutil.wait_procs(processes, 60)
        for process in left:
            process.kill()
        assert not left, "processes were left"


def processes_of(run: DistributedRun) -> list[psutil.Process]:
    """Return the supervisor of a training and its workers."""
    try:
        supervisor = psutil.Process(run._supervisor.pid)  # type: ignore[union-attr]
        return [supervisor, *supervisor.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def wait_for_steps(run: DistributedRun, steps: int) -> None:
    """Wait until the view has points of so many steps."""

    def are_there() -> bool:
        rows = run.history.samples.get("step", ())
        return run._training.ended or (len(rows) > 0 and rows[-1] >= steps)

    assert run._training.wait(are_there, START_SECONDS), run.state
    assert not run._training.ended, run._training.state
