"""Show the fits of this kernel on pages with our extension, also on those opened during a fit."""

from __future__ import annotations

import collections
import dataclasses
import time
import weakref
from collections.abc import Callable
from typing import Any

from kwidgets import protocol as wire
from kwidgets.kernel.channel import channel
from kwidgets.kernel.running_kernel import CellExecution
from kwidgets.live import protocol
from kwidgets.live.page.receive_commands import Answer, CommandReceiver, ReadLog, Submit

# The latest runs are kept, also after their end: each takes about 100 kB.
MAX_RUNS = 8

Snapshot = Callable[[], dict[str, Any]]


class ChannelRun:
    """The fits of one view on the channel. Kept after their end, for pages that missed it.

    Args:
        run_id: identifies the view on the channel.
        snapshot: returns a new envelope of kind snapshot.
        resync: sends a snapshot to all pages.
        execution: the one that has the view in its cell's output; None if no cell has it.
        answer: answers requests about predictions, layers and data.
        read_log: reads what a worker has printed.
    """

    def __init__(
        self,
        run_id: str,
        snapshot: Snapshot,
        resync: Callable[[], None],
        execution: CellExecution | None = None,
        answer: Answer | None = None,
        read_log: ReadLog | None = None,
    ) -> None:
        self.run_id = run_id
        # None as soon as the cell's output is another one.
        self.execution = execution
        self.started_at = time.time()
        self.model_name = ""
        self.status: str = "running"
        self._model: weakref.ref[object] | None = None
        self._snapshot = snapshot
        self._bundle: dict[str, Any] | None = None
        self._receiver = CommandReceiver(resync, self.send, answer, read_log)

    @property
    def model(self) -> object | None:
        """The model that is being trained, or was last; None if it no longer exists."""
        return None if self._model is None else self._model()

    @property
    def submit(self) -> Submit | None:
        """Queues a command for the training thread; None while no fit runs."""
        return self._receiver.submit

    def attach(self, model: object, model_name: str, submit: Submit) -> None:
        """Start a fit of ``model``, which is referenced weakly."""
        self.model_name = model_name
        self._model = weakref.ref(model)
        self._receiver.submit = submit
        self._bundle = None
        self.status = "running"
        runs.changed()

    def detach(self, trained: WatchedTraining) -> None:
        """Refuse commands: the fit, of which ``trained`` says how long it was, has ended."""
        self._receiver.submit = None
        if self.model is not None:
            runs.add_training(self.model, trained)
        runs.changed()

    def send(self, message: wire.Envelope) -> None:
        """Send ``message`` about this run to the pages, if there are any."""
        if message["kind"] in (protocol.UPDATE, protocol.SNAPSHOT):
            self._set_status(message["payload"]["progress"]["status"])
        if channel.has_listening_page:
            channel.send({**message, "run": self.run_id})

    def receive(self, content: dict[str, Any]) -> None:
        """Handle a page's message about this run."""
        if self._bundle is None or content.get("kind") != protocol.RESYNC:
            self._receiver.receive(content)
            return
        self.send(wire.envelope(protocol.SNAPSHOT, self._snapshot()["payload"]))
        self.send(wire.envelope(protocol.BUNDLE, self._bundle))

    def close(self, last: dict[str, Any], bundle: dict[str, Any]) -> None:
        """Keep only the last snapshot, and send the saved output: the view's fits have ended."""
        self._snapshot = lambda: last
        self._bundle = bundle
        self.send(wire.envelope(protocol.BUNDLE, bundle))

    def _set_status(self, status: str) -> None:
        if status != self.status:
            self.status = status
            runs.changed()


@dataclasses.dataclass(frozen=True)
class WatchedTraining:
    """How long fits and loops of a model have trained, pauses left out."""

    seconds: float
    steps: int


class ChannelRuns:
    """The runs that pages can show, oldest first."""

    def __init__(self) -> None:
        self._runs: collections.OrderedDict[str, ChannelRun] = collections.OrderedDict()
        self._listeners: list[Callable[[], None]] = []
        # How long each model was trained, by the model's id.
        self._trained: dict[int, tuple[weakref.ref[object], WatchedTraining]] = {}

    def __iter__(self) -> Any:
        return iter(list(self._runs.values()))

    def add(self, run: ChannelRun) -> None:
        self.cell_executed(run.execution)
        self._runs[run.run_id] = run
        ended = [run for run in self if run.submit is None]
        for run in ended[: max(0, len(self._runs) - MAX_RUNS)]:
            del self._runs[run.run_id]
        self.changed()

    def cell_executed(self, execution: CellExecution | None) -> None:
        """Note that ``execution`` has cleared the output of its cell, with the views in it."""
        for run in self:
            known = run.execution
            if execution is None or known is None or known.cell_id != execution.cell_id:
                continue
            if known.request_id != execution.request_id:
                run.execution = None
                self.changed()

    def run_training(self, model: object) -> ChannelRun | None:
        """Return the run that trains ``model`` now, or None."""
        return next((run for run in self if run.submit is not None and run.model is model), None)

    def run_changing(self, model: object) -> ChannelRun | None:
        """Return the run that changes variables of ``model`` now, or None.

        It may train another model that shares them: one around this one, or one inside it.
        """
        active = [run for run in self if run.submit is not None]
        variables = _variables(model) if active else set()
        return self.run_training(model) or next(
            (run for run in active if variables & _variables(run.model)), None
        )

    def training_of(self, model: object) -> WatchedTraining | None:
        """Return all ended fits and loops of ``model`` together; None without any."""
        reference, trained = self._trained.get(id(model), (None, None))
        return trained if reference is not None and reference() is model else None

    def add_training(self, model: object, trained: WatchedTraining) -> None:
        """Add a fit or a loop of ``model``."""
        if (before := self.training_of(model)) is not None:
            trained = WatchedTraining(
                before.seconds + trained.seconds, before.steps + trained.steps
            )
        self._trained[id(model)] = (weakref.ref(model), trained)

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` when a run begins, ends, or its status changes."""
        self._listeners.append(listener)

    def changed(self) -> None:
        for listener in self._listeners:
            listener()

    def receive(self, content: dict[str, Any]) -> None:
        """Handle a page's message about a run."""
        run_id = content.get("run")
        run = self._runs.get(run_id) if isinstance(run_id, str) else None
        if run is None:
            channel.send(wire.envelope(protocol.UNKNOWN_RUN, {}, run=str(run_id)))
        else:
            run.receive(content)


def _variables(model: object) -> set[int]:
    return {id(variable) for variable in getattr(model, "variables", ())}


runs = ChannelRuns()
channel.on_message(protocol.VIEW_KINDS, runs.receive)
