"""The fits of this kernel as pages with our JupyterLab extension see them: over the channel, also
when the page was not there as the fit began."""

from __future__ import annotations

import collections
import weakref
from collections.abc import Callable
from typing import Any

from kwidgets import protocol as wire
from kwidgets.kernel.channel import channel
from kwidgets.live import protocol
from kwidgets.live.page.commands import CommandReceiver, Submit
from kwidgets.live.page.encode import with_buffers

# So many are kept, the latest ones, ended ones included: each some 100 kB.
MAX_RUNS = 8

Snapshot = Callable[[], dict[str, Any]]


class ChannelRun:
    """A view's fits on the channel. Outlives them: a page that lost the end may still ask for it.

    Args:
        run_id: names the view on the channel.
        snapshot: gives a fresh envelope of kind snapshot.
        resync: asked to send a snapshot to whoever listens.
    """

    def __init__(self, run_id: str, snapshot: Snapshot, resync: Callable[[], None]) -> None:
        self.run_id = run_id
        self.model_name = ""
        self.status: str = "running"
        self._model: weakref.ref[object] | None = None
        self._snapshot = snapshot
        self._bundle: dict[str, Any] | None = None
        self._receiver = CommandReceiver(resync, self.send)

    @property
    def model(self) -> object | None:
        """The model that is, or was, trained last, while it lives."""
        return None if self._model is None else self._model()

    @property
    def submit(self) -> Submit | None:
        """Takes a command for the training thread; None while no fit runs."""
        return self._receiver.submit

    def attach(self, model: object, model_name: str, submit: Submit) -> None:
        """A fit of ``model`` begins; the model is held weakly."""
        self.model_name = model_name
        self._model = weakref.ref(model)
        self._receiver.submit = submit
        self._bundle = None
        self.status = "running"
        runs.changed()

    def detach(self, seconds: float) -> None:
        """The fit has ended, after so many seconds."""
        self._receiver.submit = None
        if self.model is not None:
            runs.add_seconds(self.model, seconds)
        runs.changed()

    def send(self, message: wire.Envelope, buffers: list[bytes] | None = None) -> None:
        """Send ``message`` about this run to the pages, if any."""
        if message["kind"] in (protocol.UPDATE, protocol.SNAPSHOT):
            self._note(message["payload"]["progress"]["status"])
        if channel.has_listening_page:
            channel.send({**message, "run": self.run_id}, buffers)

    def receive(self, content: dict[str, Any]) -> None:
        """Handle what a page sent about this run."""
        if self._bundle is None or content.get("kind") != protocol.RESYNC:
            self._receiver.receive(content)
            return
        message = self._snapshot()
        payload = dict(message["payload"])
        buffers = with_buffers(payload)
        self.send(wire.envelope(protocol.SNAPSHOT, payload), buffers)
        self.send(wire.envelope(protocol.BUNDLE, self._bundle))

    def close(self, last: dict[str, Any], bundle: dict[str, Any]) -> None:
        """The view is left: keep only what it showed last."""
        self._snapshot = lambda: last
        self._bundle = bundle
        self.send(wire.envelope(protocol.BUNDLE, bundle))

    def _note(self, status: str) -> None:
        if status != self.status:
            self.status = status
            runs.changed()


class ChannelRuns:
    """The runs that a page may ask for, oldest first."""

    def __init__(self) -> None:
        self._runs: collections.OrderedDict[str, ChannelRun] = collections.OrderedDict()
        self._listeners: list[Callable[[], None]] = []
        # How long each model has been trained, by its id.
        self._seconds: dict[int, tuple[weakref.ref[object], float]] = {}

    def __iter__(self) -> Any:
        return iter(list(self._runs.values()))

    def add(self, outlet: ChannelRun) -> None:
        self._runs[outlet.run_id] = outlet
        ended = [run for run in self if run.submit is None]
        for run in ended[: max(0, len(self._runs) - MAX_RUNS)]:
            del self._runs[run.run_id]
        self.changed()

    def training(self, model: object) -> ChannelRun | None:
        """Return the run that trains ``model`` now, or None."""
        return next((run for run in self if run.submit is not None and run.model is model), None)

    def seconds_of(self, model: object) -> float | None:
        """Return how long the watched fits of ``model`` took that have ended; None without any."""
        reference, seconds = self._seconds.get(id(model), (None, 0.0))
        return seconds if reference is not None and reference() is model else None

    def add_seconds(self, model: object, seconds: float) -> None:
        """Note that a fit of ``model`` took so long."""
        total = (self.seconds_of(model) or 0.0) + seconds
        self._seconds[id(model)] = (weakref.ref(model), total)

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` when a run begins, ends, or its status changes."""
        self._listeners.append(listener)

    def changed(self) -> None:
        for listener in self._listeners:
            listener()

    def receive(self, content: dict[str, Any]) -> None:
        """Handle a page's message about a run."""
        run_id = content.get("run")
        outlet = self._runs.get(run_id) if isinstance(run_id, str) else None
        if outlet is None:
            channel.send(wire.envelope(protocol.UNKNOWN_RUN, {}, run=str(run_id)))
        else:
            outlet.receive(content)


runs = ChannelRuns()
channel.on_message(protocol.VIEW_KINDS, runs.receive)
