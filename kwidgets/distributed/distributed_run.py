"""A training with several workers, for the user who has started it or found it again."""

from __future__ import annotations

import json
import logging
import subprocess
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from kwidgets.distributed.desk.socket_desk import DeskAddress, DeskClient, DeskLostError
from kwidgets.distributed.errors import WorkerError
from kwidgets.distributed.job import DESK_FILE, RESULT_FILE, Job
from kwidgets.distributed.jobs import start_supervisor
from kwidgets.distributed.messages import CommandMessage, StateItem
from kwidgets.distributed.remote.follow import FollowedTraining
from kwidgets.distributed.remote.worker_log import read_end
from kwidgets.distributed.supervisor.local import log_path
from kwidgets.kernel import busy_messages
from kwidgets.language import t, translated
from kwidgets.live import protocol
from kwidgets.live.controls import RunControls
from kwidgets.live.numbers.history import History
from kwidgets.live.page.view import LiveView
from kwidgets.live.run.fit_run import FitRun
from kwidgets.live.training_thread.command_queue import Command
from kwidgets.live.view_options import DEFAULTS, check_options
from kwidgets.record.fit_facts.process import is_alive

if TYPE_CHECKING:
    from kwidgets.record.run import Run

logger = logging.getLogger("kwidgets")

_WAIT_SECONDS = 0.1
_START_SECONDS = 30.0


class DistributedRun(RunControls):
    """A training with several workers: watch and control it as a fit of this kernel.

    ``kwidgets.distribute`` returns one. The training runs in other processes: it goes on when the
    kernel is restarted or dies, and ``kwidgets.reconnect`` finds it again.

    Args:
        job: what is trained.
        supervisor: the process that was started for it; None if it was found.
    """

    _NOT_BEGUN = "starting"

    def __init__(self, job: Job, supervisor: subprocess.Popen[bytes] | None) -> None:
        super().__init__(check_options(DEFAULTS["x_axis"], DEFAULTS["smoothing"], False))
        self._job, self._supervisor = job, supervisor
        self._began = time.monotonic()
        # How often the supervisor was lost.
        self._replaced = 0
        view = LiveView(self._output_context())
        view.read_log = self._read_log
        self._training = FollowedTraining(
            self._connect, self._result, view, job.workers, job.backend
        )
        self._training.start()

    def __repr__(self) -> str:
        return f"<DistributedRun {self._job.job_id}: {self.state}, {self._job.workers} workers>"

    # ``RunControls`` asks for the run that it controls.
    @property
    def _run(self) -> FitRun:
        return cast(FitRun, self._training.latest)

    @_run.setter
    def _run(self, run: object) -> None:
        """Ignore what is set: the run is the latest of the training."""

    @property
    def state(self) -> str:
        """How the training stands: "starting", "training", "restarting", "finished", "stopped" (by
        the user) or "failed"."""
        return self._training.state["state"]

    @property
    def workers(self) -> list[protocol.Worker]:
        """The workers by rank: their host, step, seconds a step, and devices."""
        return [worker for _, worker in sorted(self._training.workers.items())]

    @property
    def run(self) -> Run | None:
        """The recorded run of the latest fit, as in ``kwidgets.runs``; None if there is none."""
        from kwidgets.record.run import Run
        from kwidgets.record.run_file import schema

        run_id = self._training.latest.store.recorded_as
        if run_id is None:
            return None
        return Run(Path(self._job.runs, f"{run_id}{schema.SUFFIX}"), run_id)

    def model(self) -> Any:
        """Return the trained model, as this kernel's Keras loads it from the last checkpoint.

        Raises:
            RuntimeError: there is no checkpoint.
        """
        run = self.run
        if run is None:
            raise RuntimeError("There is no model: no fit of this training has been recorded.")
        return run.model()

    def log(self, rank: int = 0) -> str:
        """Return what a worker has printed.

        Raises:
            ValueError: there is no such worker.
        """
        self._check_rank(rank)
        path = log_path(self._job.folder, rank)
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def _read_log(self, rank: int, known_size: int) -> protocol.WorkerLog | None:
        self._check_rank(rank)
        return read_end(log_path(self._job.folder, rank), rank, known_size)

    def _check_rank(self, rank: int) -> None:
        last = self._job.workers - 1
        if rank not in range(self._job.workers):
            raise ValueError(t("There is no rank %1: the ranks are 0 to %2.", repr(rank), last))

    def wait(self, timeout: float | None = None) -> History:
        """Wait until the training has ended, and return its values.

        The buttons of the view work meanwhile. Ctrl-C ends the waiting, not the training.

        Args:
            timeout: in seconds; None for as long as it takes.

        Raises:
            TimeoutError: the training goes on after that time.
            WorkerError: it has failed.
        """
        until = None if timeout is None else time.monotonic() + timeout
        training = self._training
        while not training.wait(lambda: not training.follows, _WAIT_SECONDS):
            if busy_messages.needs_polling():
                busy_messages.poll()
            if until is not None and time.monotonic() > until:
                raise TimeoutError(f"The training still runs after {timeout} s: {self.state}.")
        self._raise_if_failed()
        return self.history

    def _submit(self, command: Command) -> None:
        # Between two fits of the function, a stop is for the next one.
        if command.kind == "stop" and self._run.ended and not self._training.ended:
            self._training.send(
                CommandMessage(id=uuid.uuid4().hex, kind="stop", value=None, text="")
            )
            return
        super()._submit(command)

    def terminate(self) -> None:
        """End the workers at once, and the training with them. From any thread.

        What they have trained since the last checkpoint is lost; :meth:`stop` ends it after a step.
        """
        self._training.send(
            CommandMessage(id=uuid.uuid4().hex, kind="terminate", value=None, text="")
        )

    def _raise_if_failed(self) -> None:
        state = self._training.state
        if state["state"] == "failed":
            raise WorkerError(translated(state["text"]), state["rank"], state["traceback"])

    # Called in the thread that follows.

    def _connect(self) -> DeskClient:
        path = Path(self._job.folder, DESK_FILE)
        while not path.exists():
            self._check_supervisor()
            time.sleep(_WAIT_SECONDS)
        desk = json.loads(path.read_text(encoding="utf-8"))
        process, cluster = desk.pop("process"), desk.pop("cluster", None)
        try:
            return DeskClient(DeskAddress(**desk))
        except DeskLostError:
            if is_alive(process) is False and not Path(self._job.folder, RESULT_FILE).exists():
                if cluster is None or self._supervisor is not None:
                    self._replace_supervisor()
                else:
                    # The workers are on a cluster: only the connection to it was lost.
                    self._began = time.monotonic()
                    self._supervisor = start_supervisor(self._job)
            raise

    def _replace_supervisor(self) -> None:
        """Let another supervisor go on from the last checkpoints, if that may be done again."""
        if self._replaced >= self._job.max_restarts:
            self._training.lose_supervisor()
            return
        self._replaced += 1
        logger.warning("the process that supervises the workers was lost; another one goes on")
        self._began = time.monotonic()
        self._supervisor = start_supervisor(self._job)

    def _check_supervisor(self) -> None:
        if self._supervisor is None:
            is_lost = time.monotonic() > self._began + _START_SECONDS
        else:
            is_lost = self._supervisor.poll() is not None
        if is_lost:
            self._training.lose_supervisor()
            raise DeskLostError

    def _result(self) -> StateItem | None:
        if self._supervisor is not None:
            self._supervisor.poll()
        path = Path(self._job.folder, RESULT_FILE)
        if not path.exists():
            return None
        return cast(StateItem, json.loads(path.read_text(encoding="utf-8")))
