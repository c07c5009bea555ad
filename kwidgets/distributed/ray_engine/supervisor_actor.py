"""The supervisor of a job as a Ray actor that outlives the kernel, on the cluster."""

from __future__ import annotations

import dataclasses
import os
import threading
import traceback
from typing import Any, Final, TypedDict

import ray

from kwidgets.distributed.job import Job
from kwidgets.distributed.messages import CommandMessage, Polled, StateItem
from kwidgets.distributed.ray_engine.launcher import RayLauncher
from kwidgets.distributed.supervisor.supervise import Progress, Supervisor, WatchedDesk

#: Ray finds the actors of jobs there, by the ids of the jobs.
NAMESPACE: Final = "kwidgets"
#: Of a worker's output, the last that is kept for a kernel to read.
KEPT_OUTPUT: Final = 1_000_000
#: For a kernel to read how the training has ended.
_LINGER_SECONDS: Final = 24 * 3600.0


class News(TypedDict):
    """What is to be kept where the kernel is: how the job has ended, once it has; its progress; and
    of each worker with new output where that begins, and the output."""

    result: StateItem | None
    progress: Progress | None
    output: dict[int, tuple[int, bytes]]


class SupervisorActor:
    """Has the desk of a job, and supervises it in a thread. Its methods return at once.

    Args:
        job: the keys of ``Job``.
        function: the user's, pickled.
        progress: of an earlier supervisor, which was lost; None for a new training.
    """

    def __init__(
        self, job: dict[str, Any], function: bytes, progress: Progress | None = None
    ) -> None:
        self._job = Job(**job)
        self._progress = progress
        os.environ["KWIDGETS_RUNS"] = self._job.runs
        self._desk = WatchedDesk()
        self._function = ray.put(function)
        self._result: StateItem | None = None
        self._output: dict[int, _KeptOutput] = {}
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Start the workers."""
        myself = ray.get_runtime_context().current_actor
        threading.Thread(target=self._supervise, args=(myself,), daemon=True).start()

    def post(self, items: list[Any], takes_commands: bool) -> list[CommandMessage]:
        """As ``Desk.post``."""
        return self._desk.post(items, takes_commands)

    def poll(self, after: int) -> Polled:
        """As ``Desk.poll``."""
        found: Polled = self._desk.poll(after)
        return found

    def send(self, command: CommandMessage) -> None:
        """As ``Desk.send``."""
        self._desk.send(command)

    def news(self, read: dict[int, int]) -> News:
        """Return what is to be kept where the kernel is.

        Args:
            read: how many bytes of each worker's output are known.
        """
        with self._lock:
            new = {rank: kept.after(read.get(rank, 0)) for rank, kept in self._output.items()}
            output = {rank: found for rank, found in new.items() if found[1]}
            return News(result=self._result, progress=self._progress, output=output)

    def _supervise(self, myself: Any) -> None:
        try:
            launcher = RayLauncher(
                self._job, self._function, myself, self._desk.terminated, self._add_output
            )
            self._result = Supervisor(
                self._job, self._desk, launcher, self._keep_progress, self._progress
            ).run()
        except BaseException as error:
            self._result = StateItem(
                kind="state",
                state="failed",
                attempt=1,
                text=f"The supervisor has failed: {type(error).__name__}: {error}",
                traceback=traceback.format_exc(),
                rank=None,
            )
        # The one that has started the training ends this actor.
        threading.Event().wait(_LINGER_SECONDS)
        os._exit(0)

    def _keep_progress(self, progress: Progress) -> None:
        self._progress = progress

    def _add_output(self, rank: int, output: bytes) -> None:
        with self._lock:
            self._output.setdefault(rank, _KeptOutput()).add(output)


@dataclasses.dataclass
class _KeptOutput:
    """The last output of a worker.

    Attributes:
        begin: where ``data`` begins in all of the output.
        data: the output.
    """

    begin: int = 0
    data: bytes = b""

    def add(self, output: bytes) -> None:
        data = self.data + output
        self.begin += max(0, len(data) - KEPT_OUTPUT)
        self.data = data[-KEPT_OUTPUT:]

    def after(self, read: int) -> tuple[int, bytes]:
        begin = max(read, self.begin)
        return begin, self.data[begin - self.begin :]
