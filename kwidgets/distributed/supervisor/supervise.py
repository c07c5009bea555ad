"""Start the workers of a job, and start all of them again from the last checkpoint when one is
lost: JAX cannot go on with other processes than those with which it began."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, TypedDict

from kwidgets.distributed.desk.desk import Desk
from kwidgets.distributed.job import Job
from kwidgets.distributed.messages import (
    FINAL_STATES,
    LOST_PEER_STATUS,
    LOST_SECONDS,
    CommandMessage,
    Restart,
    State,
    StateItem,
)
from kwidgets.distributed.supervisor.launcher import (
    Launcher,
    LaunchError,
    Start,
    StartedWorker,
)
from kwidgets.distributed.supervisor.sizes import Sizes
from kwidgets.language import Message, message
from kwidgets.record.last_run import find_run
from kwidgets.record.run_file.open_file import UnreadableRunError

_CHECK_SECONDS: Final = 0.05
#: After the first worker has failed, for the others to say why: its peers fail too.
_REPORT_SECONDS: Final = 3.0
#: After the first worker has ended well, for the others to do the same.
_END_SECONDS: Final = 120.0
#: Between two looks whether an elastic training can have more workers.
_GROW_SECONDS: Final = 30.0
#: For the checkpoint from which more workers go on.
_CHECKPOINT_SECONDS: Final = 30.0


class WatchedDesk(Desk):
    """A desk that tells its supervisor what the workers say."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()
        #: The recorded run of each fit.
        self.recorded: dict[int, str] = {}
        #: The errors that workers of this attempt have reported.
        self.failures: list[StateItem] = []
        #: How the last fit ended, or its status.
        self.status = ""
        #: Whether a kernel wants the workers to be ended at once.
        self.terminated = threading.Event()
        #: Whether a kernel has read since the training has ended.
        self.read_after_end = threading.Event()
        self.has_ended = False

    def post(self, items: list[Any], takes_commands: bool = False) -> list[Any]:
        with self.lock:
            for item in items:
                if item["kind"] == "fit":
                    self.status = item["progress"]["status"]
                    if item["recorded_as"] is not None:
                        self.recorded[item["fit"]] = item["recorded_as"]
        # The supervisor decides what an error of a worker means.
        failures = [i for i in items if i["kind"] == "state" and i["rank"] is not None]
        self.failures += failures
        return super().post([i for i in items if i not in failures], takes_commands)

    def poll(self, after: int) -> Any:
        if self.has_ended:
            self.read_after_end.set()
        return super().poll(after)

    def send(self, command: Any) -> None:
        if command["kind"] == "terminate":
            self.terminated.set()
        else:
            super().send(command)


class Progress(TypedDict):
    """How far a training has come: how often the workers were started, and the run of each fit."""

    attempt: int
    recorded: dict[str, str]


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How one attempt has ended.

    Attributes:
        kind: "finished", all have ended well; "failed", a worker raised an error, or none can be
            started; "lost", a worker was lost; "resized", the training goes on with another number
            of workers; or "terminated", by the user.
        text: why, as a sentence; "" where nothing is to be said.
        traceback: of the error, or "".
        rank: the worker it is about.
    """

    kind: str
    text: str | Message = ""
    traceback: str = ""
    rank: int | None = None


class Supervisor:
    """Supervises one job until it has ended.

    Args:
        job: the job.
        desk: for the workers and kernels.
        launcher: starts the workers.
        write_progress: keeps what another supervisor needs to go on, if this one is lost.
        progress: what an earlier one has kept, which was lost; None for a new training.
    """

    def __init__(
        self,
        job: Job,
        desk: WatchedDesk,
        launcher: Launcher,
        write_progress: Callable[[Progress], None] = lambda progress: None,
        progress: Progress | None = None,
    ) -> None:
        self._job, self._desk, self._launcher = job, desk, launcher
        self._write_progress = write_progress
        self._attempt = self._losses = self._size = 0
        self._sizes = Sizes(job)
        # Why the workers were started again.
        self._why: str | Message = ""
        self._written: Progress | None = None
        if progress is not None:
            self._attempt = progress["attempt"]
            desk.recorded = {int(fit): run for fit, run in progress["recorded"].items()}

    def run(self) -> StateItem:
        """Return the final state. No worker is left then."""
        resume = self._checkpoints()
        restart: Restart | None = None
        if self._attempt:
            outcome = Outcome("lost", message("The process that supervises the workers was lost."))
            self._say("restarting", _restarting(outcome, bool(resume)), outcome)
            reason = message("The supervisor of the workers was lost")
            restart = Restart(reason=reason, number=self._attempt, limit=self._job.max_restarts)
        while True:
            self._attempt += 1
            self._keep_progress()
            if not resume and self._attempt == 1:
                self._say("starting", "")
            outcome = self._attempt_once(resume, restart)
            if outcome.kind == "finished":
                stopped = self._desk.status == "stopped"
                return self._say("stopped" if stopped else "finished", "")
            if outcome.kind == "terminated":
                return self._say("stopped", message("The workers were ended."))
            restarts = self._losses
            if outcome.kind == "lost":
                self._losses += 1
            if outcome.kind == "failed" or self._losses > self._job.max_restarts:
                text = outcome.text
                if outcome.kind == "lost" and self._job.max_restarts:
                    text = message("%1 It was restarted %2 times, the limit.", text, str(restarts))
                return self._say("failed", text, outcome)
            resume, self._why = self._checkpoints(), outcome.text
            self._say("restarting", _restarting(outcome, bool(resume)), outcome)
            reason = message("Rank %1 was lost", str(outcome.rank))
            if outcome.kind == "resized":
                reason = message("The number of workers changed")
            restart = Restart(reason=reason, number=self._attempt, limit=self._job.max_restarts)

    def _attempt_once(self, resume: dict[str, str], restart: Restart | None) -> Outcome:
        self._desk.failures.clear()
        workers: list[StartedWorker] = []
        try:
            size = self._launcher.reserve(self._sizes.possible(), self._report)
            if size != self._size and size < self._job.workers:
                self._report(
                    message("Training with %1 of %2 workers.", str(size), str(self._job.workers))
                )
            self._size = size
            coordinator = self._launcher.coordinator() if size > 1 else None
            for rank in range(size):
                start = Start(rank, size, self._attempt, coordinator, resume, restart)
                workers.append(self._launcher.start(start))
            return self._wait(workers)
        except LaunchError as error:
            kind = "terminated" if self._desk.terminated.is_set() else "failed"
            return Outcome(kind, error.text)
        except OSError as error:
            text = message("Rank %1 cannot be started (%2).", str(len(workers)), str(error))
            return Outcome("resized" if self._sizes.limit(len(workers)) else "failed", text)
        finally:
            for worker in workers:
                worker.kill()
            self._launcher.release()

    def _report(self, text: str | Message) -> None:
        """Say what the start waits for, and why the workers are started again."""
        state: State = "starting" if self._attempt == 1 else "restarting"
        self._say(state, message("%1 %2", self._why, text) if self._why else text)

    def _wait(self, workers: list[StartedWorker]) -> Outcome:
        ended_at: float | None = None
        look_at = time.monotonic() + _GROW_SECONDS
        while True:
            if self._job.is_elastic and time.monotonic() > look_at:
                look_at = time.monotonic() + _GROW_SECONDS
                if size := self._grown_size(len(workers)):
                    text = message("There is room for %1 workers.", str(size))
                    return Outcome("resized", text)
            if self._desk.terminated.is_set():
                return Outcome("terminated")
            self._keep_progress()
            states = [worker.poll() for worker in workers]
            if any(states) or self._desk.failures:
                return self._after_loss(workers, states)
            if all(state == "" for state in states):
                return Outcome("finished")
            if "" in states:
                ended_at = ended_at or time.monotonic()
                if time.monotonic() > ended_at + _END_SECONDS:
                    left = [str(rank) for rank, state in enumerate(states) if state is None]
                    text = message(
                        "Rank %1 has not ended %2 s after the others. Does your function do the "
                        "same on all workers?",
                        ", ".join(left),
                        f"{_END_SECONDS:.0f}",
                    )
                    return Outcome("failed", text)
            time.sleep(_CHECK_SECONDS)

    def _after_loss(self, workers: list[StartedWorker], states: Sequence[str | None]) -> Outcome:
        """Return why a worker has ended: it, or one that it waited for, may still say so."""
        if first := _killed(states):
            return _lost(first)
        until = time.monotonic() + _REPORT_SECONDS
        while time.monotonic() < until and not self._desk.failures:
            states = [worker.poll() for worker in workers]
            if all(state is not None for state in states):
                break
            time.sleep(_CHECK_SECONDS)
        if self._desk.failures:
            return self._failure()
        first = _killed(states)
        if first is None and None in states:
            # JAX ends the others when one of them does not answer its heartbeat.
            rank = states.index(None)
            return Outcome("lost", message("Rank %1 does not answer.", str(rank)), rank=rank)
        return _lost(first or next((r, s) for r, s in enumerate(states) if s))

    def _grown_size(self, size: int) -> int | None:
        """Return with how many workers a running training can go on, if that is more than now.

        There is a new checkpoint then, so that nothing is lost.
        """
        if self._desk.status != "running":
            return None
        larger = self._sizes.larger(size, self._launcher.room())
        if larger is None:
            return None
        before = self._checkpoints()
        text = f"{larger} workers"
        self._desk.send(CommandMessage(id="grow", kind="checkpoint", value=None, text=text))
        until = time.monotonic() + _CHECKPOINT_SECONDS
        while time.monotonic() < until:
            if self._checkpoints() != before:
                return larger
            time.sleep(_CHECK_SECONDS)
        return None

    def _failure(self) -> Outcome:
        first = self._desk.failures[0]
        batch_size = first.get("batch_size")
        if batch_size is not None and self._job.is_elastic:
            self._sizes.refuse_batch(batch_size)
            text = message(
                "Batches of %1 samples cannot be divided among %2 workers.",
                str(batch_size),
                str(self._size),
            )
            return Outcome("resized", text)
        text = message("Rank %1 failed: %2", str(first["rank"]), first["text"])
        return Outcome("failed", text, first["traceback"], first["rank"])

    def _checkpoints(self) -> dict[str, str]:
        """Return the last checkpoint of each fit that has one, by the fit's number."""
        found = {}
        until = time.monotonic() + 2 * LOST_SECONDS
        for number, run_id in self._desk.recorded.items():
            try:
                run = find_run(run_id)
                # Workers that have lost an earlier supervisor take a moment to end.
                while run is not None and run.info.state == "running" and time.monotonic() < until:
                    time.sleep(_CHECK_SECONDS)
                    run = find_run(run_id)
            except UnreadableRunError:
                continue
            if run is not None and run.checkpoints:
                found[str(number)] = str(run.checkpoints[0].folder)
        return found

    def _keep_progress(self) -> None:
        recorded = {str(fit): run for fit, run in self._desk.recorded.items()}
        progress = Progress(attempt=self._attempt, recorded=recorded)
        if progress != self._written:
            self._written = progress
            self._write_progress(progress)

    def _say(self, state: State, text: str | Message, outcome: Outcome | None = None) -> StateItem:
        item = StateItem(
            kind="state",
            state=state,
            attempt=self._attempt,
            text=text,
            traceback="" if outcome is None else outcome.traceback,
            rank=None if outcome is None else outcome.rank,
        )
        Desk.post(self._desk, [item])
        self._desk.has_ended = state in FINAL_STATES
        return item


def _restarting(outcome: Outcome, resumes: bool) -> Message:
    if resumes:
        return message("%1 Restarting from the last checkpoint.", outcome.text)
    return message("%1 Restarting from the beginning: there is no checkpoint yet.", outcome.text)


def _killed(states: Sequence[str | None]) -> tuple[int, str] | None:
    """Return the first worker that was ended from outside, and how; None without one.

    Those that have lost a peer end by themselves: with ``LOST_PEER_STATUS``, or by JAX, which
    aborts.
    """
    own_ends = ("", f"exit status {LOST_PEER_STATUS}", "exit status 1", "killed by signal SIGABRT")
    return next((each for each in enumerate(states) if each[1] not in (None, *own_ends)), None)  # type: ignore[return-value]


def _lost(first: tuple[int, str]) -> Outcome:
    rank, state = first
    return Outcome("lost", message("Rank %1 was lost (%2).", str(rank), state), rank=rank)
