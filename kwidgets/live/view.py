"""The live view in the cell's output: shown, kept up to date, and left behind as a picture."""

from __future__ import annotations

import contextvars
import threading
import uuid
from collections.abc import Callable
from typing import Any, Protocol

from kwidgets import protocol
from kwidgets.kernel import inbox
from kwidgets.kernel.channel import channel
from kwidgets.live.commands import CommandReceiver
from kwidgets.live.encode import TablePatcher, as_json, snapshot_of, wire_best, with_buffers
from kwidgets.live.guard import Guard
from kwidgets.live.metrics import MetricStore
from kwidgets.live.pages import PagesOutlet, runs
from kwidgets.live.steering import Command


class Place(Protocol):
    """Where a live view is shown."""

    def show(self, model_id: str, snapshot: protocol.Envelope) -> None:
        """Show the view of the widget with this id, or of the run in ``snapshot``."""

    def leave(self, bundle: dict[str, Any]) -> None:
        """The run has ended; ``bundle`` shows it without a kernel."""


class CellOutput:
    """The output of a cell: the view, and in its place a picture when the run has ended.

    Our JupyterLab extension draws the snapshot and asks the channel for the rest; other front ends
    draw the widget.
    """

    def __init__(self) -> None:
        self._display_id = uuid.uuid4().hex

    def show(self, model_id: str, snapshot: protocol.Envelope) -> None:
        view = {"version_major": 2, "version_minor": 0, "model_id": model_id}
        self._publish(
            {
                protocol.MIME_TYPE: snapshot,
                "application/vnd.jupyter.widget-view+json": view,
                "text/plain": "Live training view: needs a notebook with widgets",
            }
        )

    def leave(self, bundle: dict[str, Any]) -> None:
        self._publish(bundle, update=True)

    def _publish(self, bundle: dict[str, Any], update: bool = False) -> None:
        from IPython.display import publish_display_data

        publish_display_data(data=bundle, transient={"display_id": self._display_id}, update=update)


class WidgetOutlet:
    """The anywidget that front ends without our extension draw.

    Args:
        snapshot: gives a fresh envelope of kind snapshot.
        submit: takes the commands that a view sends.
        resync: asked to send a snapshot to whoever listens.
        in_cell: whether it is shown in a cell's output, which our extension draws by itself.
    """

    def __init__(
        self,
        snapshot: Callable[[], dict[str, Any]],
        submit: Callable[[Command], None],
        resync: Callable[[], None],
        in_cell: bool,
    ) -> None:
        # Imported here: a plain script needs no widgets.
        from kwidgets.live import widget

        self._send = widget.send
        # Where our extension draws, none of the 400 kB that draw the widget need to travel.
        self._widget, self.hears_commands = widget.open_widget(
            snapshot, with_library=not (in_cell and channel.is_heard)
        )
        self._receiver = CommandReceiver(submit, resync, self.send)
        self._widget.on_msg(self._receive)
        # A view speaks as soon as it is drawn, where anybody hears it.
        self._is_drawn = not in_cell

    @property
    def model_id(self) -> str:
        return str(self._widget.model_id)

    def send(self, message: protocol.Envelope, buffers: list[bytes] | None = None) -> None:
        """Send to all views of the widget; not at all where the pages draw it themselves."""
        if channel.is_heard and not self._is_drawn:
            return
        if self._widget.comm is None:
            raise ConnectionError("the view was closed; the run goes on without it")
        self._send(self._widget, message, buffers)

    def close(self, last: dict[str, Any]) -> None:
        # ipywidgets keeps every widget for good: let it not keep the model in training too.
        self._widget.fresh_snapshot = lambda: last
        self._widget.on_msg(self._receive, remove=True)

    def _receive(self, widget: object, content: object, buffers: object) -> None:
        self._is_drawn = True
        self._widget.bring_library()
        self._receiver.receive(widget, content, buffers)


class LiveView:
    """What a kernel shows of one fit.

    Args:
        store: the numbers; read under its lock.
        describe_run: gives what holds for the whole fit.
        describe_progress: gives where the fit is.
        submit: takes the commands that a view sends.
        context: where output belongs to: the cell that made the LivePlot.
        model: in training; held weakly.
        place: where the view is shown; None for the output of that cell.
    """

    def __init__(
        self,
        store: MetricStore,
        describe_run: Callable[[], protocol.RunInfo],
        describe_progress: Callable[[], protocol.Progress],
        submit: Callable[[Command], None],
        context: contextvars.Context,
        model: object,
        place: Place | None = None,
    ) -> None:
        self._store = store
        self._describe_run = describe_run
        self._describe_progress = describe_progress
        self._submit = submit
        self._context = context
        self._model = model
        self._in_cell = place is None
        self._place = place or CellOutput()
        self._lock = threading.RLock()
        self._sequence = 0
        self._batch = TablePatcher(store.batch)
        self._epoch = TablePatcher(store.epoch)
        self._run_sent: protocol.RunInfo | None = None
        self._widget: WidgetOutlet | None = None
        self._pages: PagesOutlet | None = None
        self._closed = False
        self.hears_commands = False

    def open(self) -> None:
        """Show the view. Without a kernel (a script, a terminal) there is nothing to show."""
        if inbox.running_kernel() is None:
            return
        from kwidgets import connect

        connect.connect()
        self._run_sent = self._describe_run()
        self._widget = WidgetOutlet(self._snapshot, self._submit, self._resync, self._in_cell)
        self.hears_commands = self._widget.hears_commands
        self._pages = PagesOutlet(
            self._run_sent["run_id"],
            self._model,
            self._run_sent["model_name"],
            self._snapshot,
            self._submit,
            self._resync,
        )
        runs.add(self._pages)
        self._in_context(self._place.show, self._widget.model_id, self._saved_snapshot())
        # The snapshot that opened the widget could not know yet whether commands are heard.
        self.publish()

    def publish(self) -> None:
        """Send what changed since the last time."""
        with self._lock:
            if self._widget is None or self._closed:
                return
            update = protocol.Update(
                sequence=self._sequence + 1, progress=self._describe_progress()
            )
            run = self._describe_run()
            if run != self._run_sent:
                update["run"] = self._run_sent = run
            with self._store.lock:
                batch, epoch = self._batch.patch(), self._epoch.patch()
                if batch is not None:
                    update["batch"] = batch
                if epoch is not None:
                    update["epoch"] = epoch
                    update["best"] = wire_best(self._store.best)
            self._sequence += 1
            self._send_payload(protocol.UPDATE, update)

    def close(self, bundle: dict[str, Any]) -> None:
        """Replace the view by ``bundle``, which needs no kernel."""
        with self._lock:
            if self._widget is None or self._pages is None:
                return
            self._closed = True
            last = self._snapshot()
            guard = Guard()
            guard("The view", self._widget.close, last)
            guard("The side panel", self._pages.close, last, bundle)
            self._in_context(self._place.leave, bundle)

    def _snapshot(self) -> dict[str, Any]:
        with self._lock:
            payload = snapshot_of(
                self._store, self._describe_run(), self._describe_progress(), self._sequence
            )
            return dict(protocol.envelope(protocol.SNAPSHOT, payload))

    def _saved_snapshot(self) -> protocol.Envelope:
        return protocol.envelope(protocol.SNAPSHOT, as_json(self._snapshot()["payload"]))

    def _resync(self) -> None:
        with self._lock:
            self._send_payload(protocol.SNAPSHOT, self._snapshot()["payload"])

    def _send_payload(self, kind: str, payload: Any) -> None:
        buffers = with_buffers(payload)
        message = protocol.envelope(kind, payload)
        assert self._pages is not None and self._widget is not None
        # Whatever ails one of them is not the other's.
        try:
            self._in_context(self._pages.send, message, buffers)
        finally:
            self._in_context(self._widget.send, message, buffers)

    def _in_context(self, function: Callable[..., None], *args: Any, **kwargs: Any) -> None:
        # A copy each time: a context can be entered by one thread at a time.
        self._context.copy().run(function, *args, **kwargs)
