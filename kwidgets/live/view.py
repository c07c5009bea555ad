"""The live view in the cell's output: shown, kept up to date, and left behind as a picture."""

from __future__ import annotations

import contextvars
import threading
import uuid
from collections.abc import Callable
from typing import Any, Protocol

from kwidgets import protocol
from kwidgets.kernel import inbox
from kwidgets.live.encode import MAX_ROWS, TablePatcher, encode_table, with_buffers
from kwidgets.live.metrics import MetricStore
from kwidgets.live.steering import Command


class Place(Protocol):
    """Where a live view is shown."""

    def show(self, model_id: str) -> None:
        """Show the view of the widget with this id."""

    def leave(self, bundle: dict[str, Any]) -> None:
        """The run has ended; ``bundle`` shows it without a kernel."""


class CellOutput:
    """The output of a cell: the view, and in its place a picture when the run has ended."""

    def __init__(self) -> None:
        self._display_id = uuid.uuid4().hex

    def show(self, model_id: str) -> None:
        view = {"version_major": 2, "version_minor": 0, "model_id": model_id}
        self._publish(
            {
                "application/vnd.jupyter.widget-view+json": view,
                "text/plain": "Live training view: needs a notebook with widgets",
            }
        )

    def leave(self, bundle: dict[str, Any]) -> None:
        self._publish(bundle, update=True)

    def _publish(self, bundle: dict[str, Any], update: bool = False) -> None:
        from IPython.display import publish_display_data

        publish_display_data(data=bundle, transient={"display_id": self._display_id}, update=update)


class LiveView:
    """What a kernel shows of one fit.

    Args:
        store: the numbers; read under its lock.
        describe_run: gives what holds for the whole fit.
        describe_progress: gives where the fit is.
        submit: takes the commands that a view sends.
        context: where output belongs to: the cell that made the LivePlot.
        place: where the view is shown; None for the output of that cell.
    """

    def __init__(
        self,
        store: MetricStore,
        describe_run: Callable[[], protocol.RunInfo],
        describe_progress: Callable[[], protocol.Progress],
        submit: Callable[[Command], None],
        context: contextvars.Context,
        place: Place | None = None,
    ) -> None:
        self._store = store
        self._describe_run = describe_run
        self._describe_progress = describe_progress
        self._submit = submit
        self._context = context
        self._place = place or CellOutput()
        self._lock = threading.RLock()
        self._sequence = 0
        self._batch = TablePatcher(store.batch)
        self._epoch = TablePatcher(store.epoch)
        self._run_sent: protocol.RunInfo | None = None
        self._widget: Any = None
        self._receiver: Any = None
        self._closed = False
        self.hears_commands = False

    def open(self) -> None:
        """Show the view. Without a kernel (a script, a terminal) there is nothing to show."""
        if inbox.running_kernel() is None:
            return
        # Imported here: a plain script needs no widgets.
        from kwidgets.live import widget

        self._run_sent = self._describe_run()
        self._widget, self.hears_commands = widget.open_widget(self._snapshot)
        self._receiver = widget.CommandReceiver(self._submit, self._resync, self._send)
        self._widget.on_msg(self._receiver.receive)
        self._in_context(self._place.show, self._widget.model_id)
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
                    update["best"] = _wire_best(self._store.best)
            self._sequence += 1
            self._send_payload(protocol.UPDATE, update)

    def close(self, bundle: dict[str, Any]) -> None:
        """Replace the view by ``bundle``, which needs no kernel."""
        with self._lock:
            if self._widget is None:
                return
            self._closed = True
            # ipywidgets keeps every widget for good: let it not keep the model in training too.
            last = self._snapshot()
            self._widget.fresh_snapshot = lambda: last
            self._widget.on_msg(self._receiver.receive, remove=True)
            self._in_context(self._place.leave, bundle)

    def _snapshot(self) -> dict[str, Any]:
        with self._lock:
            payload = snapshot_of(
                self._store, self._describe_run(), self._describe_progress(), self._sequence
            )
            return dict(protocol.envelope(protocol.SNAPSHOT, payload))

    def _resync(self) -> None:
        with self._lock:
            self._send_payload(protocol.SNAPSHOT, self._snapshot()["payload"])

    def _send_payload(self, kind: str, payload: Any) -> None:
        buffers = with_buffers(payload)
        self._send(protocol.envelope(kind, payload), buffers)

    def _send(self, message: protocol.Envelope, buffers: list[bytes] | None = None) -> None:
        from kwidgets.live import widget

        if self._widget.comm is None:
            raise ConnectionError("the view was closed; the run goes on without it")
        self._in_context(widget.send, self._widget, message, buffers)

    def _in_context(self, function: Callable[..., None], *args: Any, **kwargs: Any) -> None:
        # A copy each time: a context can be entered by one thread at a time.
        self._context.copy().run(function, *args, **kwargs)


def snapshot_of(
    store: MetricStore,
    run: protocol.RunInfo,
    progress: protocol.Progress,
    sequence: int = 0,
    max_batch_rows: int = MAX_ROWS,
    max_epoch_rows: int = MAX_ROWS,
) -> protocol.Snapshot:
    """Return all that a view needs to start from nothing; table data as bytes."""
    with store.lock:
        return protocol.Snapshot(
            sequence=sequence,
            run=run,
            progress=progress,
            batch=encode_table(store.batch.view(max_batch_rows)),
            epoch=encode_table(store.epoch.view(max_epoch_rows)),
            best=_wire_best(store.best),
        )


def _wire_best(best: dict[str, protocol.BestEpoch]) -> dict[str, protocol.BestEpoch]:
    return {name: dict(entry) for name, entry in best.items()}  # type: ignore[misc]
