"""Which training a call of ``distribute`` finds again."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

import kwidgets as kw
from kwidgets.distributed.distribute import _unfinished
from kwidgets.distributed.job import DESK_FILE, RESULT_FILE, Job
from kwidgets.distributed.jobs import jobs_folder
from kwidgets.distributed.rank.main import is_lost_peer
from kwidgets.record.fit_facts.process import describe_process

CELL = {"notebook": "a.ipynb", "cell_id": "1", "script": None, "code": "c", "fit_in_cell": 1}


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """Return a job that runs, as far as its files say."""
    folder = jobs_folder(tmp_path) / "20260101-000000-abcdef"
    folder.mkdir(parents=True)
    job = Job(
        job_id=folder.name,
        folder=str(folder),
        runs=str(tmp_path),
        workers=2,
        devices=None,
        backend="jax",
        seed=0,
        max_restarts=2,
        cell=dict(CELL),
        versions={},
        started=0.0,
        options={},
        sys_path=[],
        cwd=str(tmp_path),
        source="def train(): ...",
    )
    job.write()
    (folder / DESK_FILE).write_text(json.dumps({"process": describe_process()}))
    return job


def find(job: Job, source: str = "", **cell: Any) -> str | None:
    found, _ = _unfinished(Path(job.runs), {**CELL, **cell}, source or job.source)
    return None if found is None else found.job_id


def test_the_same_call_of_the_same_cell_finds_its_training_again(job: Job) -> None:
    assert find(job) == job.job_id
    assert find(job, cell_id="2") is None
    assert find(job, notebook="b.ipynb") is None
    assert find(job, fit_in_cell=2) is None, "the next one of a loop"
    (Path(job.folder) / RESULT_FILE).write_text("{}")
    assert find(job) is None, "it has ended"


def test_a_changed_cell_or_function_is_no_longer_the_same_training(job: Job) -> None:
    for changed in ({"code": "d"}, {"source": "def train(): 1"}):
        with pytest.raises(kw.DistributeError, match=r"still runs.*kwidgets\.reconnect"):
            find(job, **changed)


def test_another_function_of_a_script_is_another_training(job: Job) -> None:
    cell = {"notebook": None, "cell_id": None, "script": "train.py", "code": None}
    dataclasses.replace(job, cell={**CELL, **cell}).write()
    assert find(job, **cell) == job.job_id
    assert find(job, source="def other(): ...", **cell) is None


def test_only_errors_of_the_collectives_say_that_a_worker_was_lost() -> None:
    gloo = ValueError("UNKNOWN: Gloo all-reduce failed: Connection closed by peer")
    assert is_lost_peer(gloo, workers=2)
    assert not is_lost_peer(gloo, workers=1)
    assert not is_lost_peer(OSError(98, "Address already in use"), workers=2)
    assert not is_lost_peer(RuntimeError("my sensor: heartbeat timeout"), workers=2)
