"""Find the trainings with several workers of a folder of runs, and start one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from kwidgets.distributed.engines import PROGRAMS, environment, kind_of
from kwidgets.distributed.job import DESK_FILE, FUNCTION_FILE, RESULT_FILE, Job
from kwidgets.record.fit_facts.process import is_alive

#: In the folder of the runs.
_FOLDER: Final = "distributed"


def jobs_folder(runs: Path) -> Path:
    """Return the folder of the jobs whose runs are in ``runs``."""
    return runs / _FOLDER


def start_job(job: Job, function: bytes) -> subprocess.Popen[bytes]:
    """Write a job, and start its supervisor, which outlives this process.

    Raises:
        OSError: the folder cannot be written.
    """
    folder = Path(job.folder)
    folder.mkdir(parents=True, mode=0o700)
    (folder.parent / ".gitignore").write_text("*\n", encoding="utf-8")
    (folder / FUNCTION_FILE).write_bytes(function)
    job.write()
    return start_supervisor(job)


def start_supervisor(job: Job) -> subprocess.Popen[bytes]:
    """Start what supervises a job that is written, in place of one that was lost too, or what
    connects to it; it outlives this process.

    Raises:
        OSError: it cannot be started.
    """
    folder = Path(job.folder)
    (folder / DESK_FILE).unlink(missing_ok=True)
    variables = {"KERAS_BACKEND": job.backend, "PYTHONUNBUFFERED": "1", **environment(job.engine)}
    with open(folder / "supervisor.log", "ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", PROGRAMS[kind_of(job.engine)], job.folder],
            env=os.environ | variables,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def running_jobs(runs: Path) -> Iterator[Job]:
    """Yield the jobs whose supervisor lives, as far as is known, the newest first."""
    return (job for job, is_running in unfinished_jobs(runs) if is_running)


def unfinished_jobs(runs: Path) -> Iterator[tuple[Job, bool]]:
    """Yield the jobs that have not ended, the newest first, and whether their supervisor lives."""
    for folder in sorted(jobs_folder(runs).glob("*/"), reverse=True):
        if (folder / RESULT_FILE).exists():
            continue
        try:
            desk: dict[str, Any] = json.loads((folder / DESK_FILE).read_text(encoding="utf-8"))
            is_running = is_alive(desk["process"]) is not False or desk.get("cluster") is not None
            yield Job.read(folder), is_running
        except (OSError, ValueError, KeyError, TypeError):
            continue
