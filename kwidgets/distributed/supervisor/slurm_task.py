"""One task of a SLURM job: starts a worker on its node, and writes how it has ended."""

from __future__ import annotations

import dataclasses
import os
import time
from pathlib import Path
from typing import Any, Final

import submitit

from kwidgets.distributed.desk.socket_desk import DeskAddress
from kwidgets.distributed.job import Job
from kwidgets.distributed.supervisor.launcher import Start
from kwidgets.distributed.supervisor.local import LocalLauncher, free_port, own_address

_LOOK_SECONDS: Final = 0.1
#: For rank 0 to say where JAX's processes meet.
_MEET_SECONDS: Final = 300.0


def run_task(folder: str, desk: dict[str, Any], starts: list[dict[str, Any]]) -> str:
    """Run the worker of this task, and return how it has ended.

    Args:
        folder: of the job.
        desk: the fields of its ``DeskAddress``.
        starts: the fields of a ``Start`` for each task.
    """
    rank = int(submitit.JobEnvironment().global_rank)
    start = Start(**starts[rank])
    if start.coordinator is not None:
        start = dataclasses.replace(start, coordinator=_meet(folder, start))
    # SLURM has set CUDA_VISIBLE_DEVICES.
    launcher = LocalLauncher(Job.read(Path(folder)), [])
    launcher.set_desk(DeskAddress(**desk))
    worker = launcher.start(start)
    while (state := worker.poll()) is None:
        time.sleep(_LOOK_SECONDS)
    _write(ended_path(folder, start.attempt, rank), state)
    return state


def ended_path(folder: str, attempt: int, rank: int) -> Path:
    """Return the file that says how a worker has ended."""
    return Path(folder, f"ended-{attempt}-{rank}")


def _meet(folder: str, start: Start) -> str:
    """Return the ``host:port`` that rank 0 has chosen on its node.

    Raises:
        TimeoutError: rank 0 has not said it.
    """
    path = Path(folder, f"coordinator-{start.attempt}")
    if start.rank == 0:
        _write(path, f"{own_address()}:{free_port()}")
    until = time.monotonic() + _MEET_SECONDS
    while not path.exists():
        if time.monotonic() > until:
            raise TimeoutError(f"rank 0 has not written {path}: do the nodes share it?")
        time.sleep(_LOOK_SECONDS)
    return path.read_text(encoding="utf-8")


def _write(path: Path, text: str) -> None:
    """Write a file that is seen as a whole."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
