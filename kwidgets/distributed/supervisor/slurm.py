"""Start the workers as one SLURM job, by submitit."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import submitit

from kwidgets.distributed.desk.socket_desk import DeskAddress
from kwidgets.distributed.job import Job
from kwidgets.distributed.supervisor.launcher import LaunchError, Report, Start
from kwidgets.distributed.supervisor.slurm_task import ended_path, run_task
from kwidgets.language import message

#: submitit's own is five minutes.
_MINUTES: Final = 24 * 60
#: For a file of a node to be seen here, and for a cancelled job to end.
_SHARED_SECONDS: Final = 10.0
_CANCEL_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 0.2
#: As coordinator: rank 0 says which, once SLURM has chosen its node.
_RANK_0: Final = "rank 0"


class SlurmLauncher:
    """Starts the workers of a job in SLURM's queue; their output goes to files.

    The folder of the runs, which has that of the job beside it, has to be on storage that the nodes
    share with this computer.

    Args:
        job: the job. Its options are those of submitit, ``desk_host``, and ``cluster``, "local" for
            processes of this computer, as tests use.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        options = dict(job.engine_options)
        options.pop("desk_host", None)
        self._cluster = options.pop("cluster", "slurm")
        self._options = options
        self._desk: DeskAddress | None = None
        self._size = 0
        self._starts: list[Start] = []
        self._submitted = _Submitted()
        self._report: Report = lambda text: None

    def set_desk(self, address: DeskAddress) -> None:
        self._desk = address

    def reserve(self, sizes: Sequence[int], report: Report) -> int:
        self._size, self._starts, self._submitted = sizes[0], [], _Submitted()
        self._report = report
        return sizes[0]

    def room(self) -> int:
        return 0

    def release(self) -> None:
        """Nothing is kept for the workers."""

    def coordinator(self) -> str:
        return _RANK_0

    def start(self, start: Start) -> SlurmWorker:
        """Start a worker; when it is the last of them, all are submitted."""
        self._starts.append(start)
        if len(self._starts) == self._size:
            self._submitted.job = self._submit()
        return SlurmWorker(self._submitted, ended_path(self._job.folder, start.attempt, start.rank))

    def _submit(self) -> Any:
        assert self._desk is not None
        nodes = int(self._options.get("nodes", 1))
        if self._size % nodes:
            raise LaunchError(
                message(
                    "%1 workers cannot be divided among %2 nodes (engine_options).",
                    str(self._size),
                    str(nodes),
                )
            )
        parameters: dict[str, Any] = {
            "name": f"kwidgets-{self._job.job_id}",
            "nodes": nodes,
            "tasks_per_node": self._size // nodes,
            "timeout_min": _MINUTES,
            **self._options,
        }
        folder = Path(self._job.folder, "submitit")
        try:
            executor = submitit.AutoExecutor(folder, cluster=self._cluster)
            executor.update_parameters(**parameters)
            submitted = executor.submit(
                run_task,
                self._job.folder,
                dataclasses.asdict(self._desk),
                [dataclasses.asdict(each) for each in self._starts],
            )
        except Exception as error:
            raise LaunchError(
                message(
                    "SLURM has not accepted the job (%1). Run this on a login node, where sbatch "
                    "works, and check engine_options.",
                    f"{type(error).__name__}: {error}",
                )
            ) from error
        self._report(message("Waiting in the queue of SLURM: job %1.", str(submitted.job_id)))
        return submitted


class _Submitted:
    """The job in SLURM's queue, for all of its workers."""

    job: Any = None

    def cancel(self) -> None:
        if self.job is None:
            return
        self.job.cancel(check=False)
        until = time.monotonic() + _CANCEL_SECONDS
        while not self.job.done(force_check=True) and time.monotonic() < until:
            time.sleep(_LOOK_SECONDS)
        self.job = None


class SlurmWorker:
    """A worker of a submitted job.

    Args:
        submitted: the job of all workers.
        ended: the file that its task writes at its end.
    """

    def __init__(self, submitted: _Submitted, ended: Path) -> None:
        self._submitted, self._ended = submitted, ended
        self._done_at: float | None = None

    def poll(self) -> str | None:
        if self._ended.exists():
            return self._ended.read_text(encoding="utf-8")
        job = self._submitted.job
        if job is None or not job.done():
            return None
        # The file of a task may be seen later than SLURM knows its end.
        self._done_at = self._done_at or time.monotonic()
        if time.monotonic() < self._done_at + _SHARED_SECONDS:
            return None
        return f"its SLURM job {job.job_id} has ended: {job.state}"

    def kill(self) -> None:
        # A task that has ended well leaves the job to the others.
        if self.poll() != "":
            self._submitted.cancel()
