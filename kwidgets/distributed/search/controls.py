"""What users command a search to do, from any thread: pause, stop, end the running trial."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Literal

from kwidgets.distributed.search.state import SearchState
from kwidgets.kernel import busy_messages
from kwidgets.live.run.fit_run import FitRun
from kwidgets.live.training_thread.command_queue import Command

Do = Literal["pause", "resume", "stop", "stop_trial"]
COMMANDS: tuple[Do, ...] = ("pause", "resume", "stop", "stop_trial")

_WAIT_SECONDS = 0.1


class SearchControls:
    """Passes the commands to the search and to its running fits.

    Args:
        state: of the search.
    """

    def __init__(self, state: SearchState) -> None:
        self._state = state
        self._runs: dict[FitRun, int] = {}
        self._lock = threading.Lock()
        self._changed = threading.Event()
        #: The trials that the user has stopped.
        self.stopped_trials: set[int] = set()
        #: Whether no further trial begins.
        self.stops = False
        #: Ends a search whose loop is not ours, between two trials.
        self.on_stop: Callable[[], None] = lambda: None

    # From any thread.

    def do(self, command: Do) -> None:
        """Carry out a command; without effect on a search that has ended."""
        if self._state.ended:
            return
        status = self._state.head.status
        if command == "pause" and status == "running":
            self._state.change(status="paused")
            self._submit("pause")
        elif command == "resume" and status == "paused":
            self._state.change(status="running")
            self._submit("resume")
        elif command == "stop":
            self.stops = True
            self._state.change(status="stopping")
            self.on_stop()
            self._stop_trials()
        elif command == "stop_trial":
            self._stop_trials()
        self._changed.set()

    def _stop_trials(self) -> None:
        self.stopped_trials |= set(self._state.running)
        self._submit("stop")
        # One that is paused would wait until it is resumed.
        if self._state.head.status == "paused":
            self._state.change(status="running")
        self._submit("resume")

    def _submit(self, kind: Literal["pause", "resume", "stop"]) -> None:
        with self._lock:
            runs = list(self._runs)
        for run in runs:
            run.submit(Command(kind))

    # On the training thread.

    def add_fit(self, run: FitRun, trial: int) -> None:
        """Let the commands reach a fit of a trial, which begins."""
        with self._lock:
            self._runs[run] = trial
        if trial in self.stopped_trials:
            run.submit(Command("stop"))
        elif self._state.head.status == "paused":
            run.submit(Command("pause"))

    def remove_fit(self, run: FitRun) -> None:
        """Forget a fit that has ended. From any thread."""
        with self._lock:
            trial = self._runs.pop(run, None)
        if run.status == "stopped" and trial is not None:
            self.stopped_trials.add(trial)

    @property
    def is_paused(self) -> bool:
        """Whether no trial begins until the user resumes the search."""
        return self._state.head.status == "paused"

    def receive(self) -> None:
        """Handle what the page has sent, where no other thread does so while a cell runs."""
        if busy_messages.needs_polling():
            busy_messages.poll()

    def wait_while_paused(self) -> None:
        """Wait between two trials until the search goes on. Ctrl-C ends the wait."""
        while self.is_paused:
            self._changed.wait(_WAIT_SECONDS)
            self._changed.clear()
            self.receive()
