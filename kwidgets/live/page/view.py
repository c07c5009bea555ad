"""Show fits in a view, keep it up to date, and replace it by a picture at the end.

A view shows one fit after another: a loop in a cell has one view, in which the user selects a fit.
"""

from __future__ import annotations

import contextvars
import threading
import uuid
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from kwidgets import protocol as wire
from kwidgets.kernel.channel import channel
from kwidgets.kernel.front_end import shows_widgets
from kwidgets.kernel.output_place import current_place
from kwidgets.kernel.running_kernel import CellExecution, cell_execution, has_page
from kwidgets.language import t
from kwidgets.live import protocol
from kwidgets.live.numbers.metric_store import MetricStore
from kwidgets.live.page.cell_output import Drawer, ShownView, ViewTarget
from kwidgets.live.page.channel_runs import ChannelRun, WatchedTraining, runs
from kwidgets.live.page.encode import TablePatcher, snapshot_of, wire_best
from kwidgets.live.page.fallback_output import fallback_bundle, fallback_picture, headline
from kwidgets.live.page.receive_commands import ReadLog, Reply
from kwidgets.live.page.saved_output import earlier_snapshot, saved_bundle, summarize
from kwidgets.live.page.target_for_cell import target_for_cell
from kwidgets.live.page.widget_connection import WidgetConnection
from kwidgets.live.training_thread.command_queue import Command
from kwidgets.live.training_thread.error_guard import ErrorGuard
from kwidgets.page_connection import connect

T = TypeVar("T")

# The number of earlier fits that can be selected.
MAX_EARLIER = 40
# The size of an update without numbers, and of one metric's best epoch.
MESSAGE_BYTES = 1_500
BEST_BYTES = 130


class Fit(Protocol):
    """A fit that a view shows."""

    store: MetricStore
    # Whether its store begins with the numbers of an earlier fit of the same model.
    continues: bool

    @property
    def model(self) -> object: ...

    @property
    def ended(self) -> bool: ...

    def describe_run(self, view: LiveView) -> protocol.RunInfo: ...

    def describe_progress(self) -> protocol.Progress: ...

    def submit(self, command: Command) -> None: ...

    def after_cell(self, error: BaseException | None) -> None: ...


class Insight(Protocol):
    """What is known of a fit besides its numbers: predictions, layers, data."""

    @property
    def revision(self) -> int:
        """Changes whenever something new is known. From any thread."""

    def answer(self, request: dict[str, Any], reply: Reply) -> None:
        """Answer a view's request. From any thread."""

    def brief_parts(self) -> list[Any]:
        """Return what a page that joins needs. From any thread."""

    def saved_parts(self) -> list[Any]:
        """Return what the saved output keeps: parts of ``kwidgets/insight/protocol.py``."""

    def recorded_parts(self) -> list[Any]:
        """Return what the file of the run keeps, which has more epochs. From any thread."""


class LiveView:
    """The view of a fit, and of further fits in its cell.

    Args:
        context: the one in which output goes to the fit's cell.
        target: shows the view; None for the output of that cell.
        keep_earlier: whether the fits before the one that is shown can be selected.
        needs_widget: whether the target draws the widget also where our extension is.
    """

    def __init__(
        self,
        context: contextvars.Context,
        target: ViewTarget | None = None,
        *,
        keep_earlier: bool = True,
        needs_widget: bool = True,
    ) -> None:
        self.run_id = uuid.uuid4().hex
        # The number of the fit that is shown, from 1.
        self.fit_number = 0
        # The number of the fit of which that one is a branch, after it was rewound.
        self.branch_of: int | None = None
        self.receives_commands = False
        # The approximate size of the last message.
        self.sent_bytes = 0
        # Whether the picture is shown at the end of the cell only: another fit may follow.
        self.stays_until_cell_end = False
        #: What is known besides the numbers of the fit that is shown; kept after its end.
        self.insight: Insight | None = None
        #: Of a training with several workers: what is known of them, and what reads their logs.
        self.workers: protocol.Workers | None = None
        self.read_log: ReadLog | None = None
        self._context = context
        self._in_cell = target is None
        self._needs_widget = needs_widget and target is not None
        self._keeps_earlier = keep_earlier
        self._target = target or self._in_context(target_for_cell)
        self._lock = threading.RLock()
        self._sequence = 0
        self._fit: Fit | None = None
        # Of the fit that is shown: its numbers and its last description.
        self._store = MetricStore()
        self._model_id = 0
        self._run: protocol.RunInfo | None = None
        self._run_sent: protocol.RunInfo | None = None
        self._progress: protocol.Progress | None = None
        self._earlier: list[protocol.EarlierFit] = []
        self._earlier_dropped = 0
        self._batch = TablePatcher(self._store.batch)
        self._epoch = TablePatcher(self._store.epoch)
        self._marks_sent: list[protocol.Mark] = []
        self._workers_sent: protocol.Workers | None = None
        self._widget: WidgetConnection | None = None
        self._channel_run: ChannelRun | None = None
        self._closed = False

    @property
    def fit(self) -> Fit | None:
        """The running fit; None if the last one has ended."""
        return self._fit

    def show(self, fit: Fit) -> None:
        """Show ``fit`` from now on. Without a kernel (a script, a terminal) there is no view."""
        with self._lock:
            continues = fit.continues and self._model_id == id(fit.model)
            if not continues:
                self._keep_earlier()
                self.fit_number += 1
                self.branch_of = None
                self._batch = TablePatcher(fit.store.batch)
                self._epoch = TablePatcher(fit.store.epoch)
            else:
                self._batch.continue_with(fit.store.batch)
                self._epoch.continue_with(fit.store.epoch)
            self._fit, self._store, self._model_id = fit, fit.store, id(fit.model)
            first = self._widget is None
            if first and not has_page():
                return
            if first:
                self._open()
            self._closed = False
            assert self._widget is not None and self._channel_run is not None
            run = self._describe()[0]
            self._widget.attach(fit.submit)
            self._channel_run.attach(fit.model, run["model_name"], fit.submit)
            if first:
                self._show_output()
            elif not continues:
                self._sequence += 1
                self._send_snapshot(since=max(len(self._earlier) - 1, 0))
            if not first:
                self._refresh_output(at_once=True)
            # A snapshot has everything; what was sent before a view was open has not.
            if first or continues:
                self.publish()

    def branch(self, go_back: Callable[[], None], detail: str) -> None:
        """Keep the curves so far as those of an earlier fit, and show a branch of it from now on.

        Args:
            go_back: drops from the store what the branch does not have.
            detail: what became of the earlier fit.
        """
        with self._lock:
            self._describe()
            assert self._progress is not None
            self._progress["status"], self._progress["detail"] = "stopped", detail
            self._keep_earlier()
            self.branch_of = self.fit_number
            self.fit_number += 1
            go_back()
            self._batch = TablePatcher(self._store.batch)
            self._epoch = TablePatcher(self._store.epoch)
            if self._widget is None or self._closed:
                return
            self._sequence += 1
            self._send_snapshot(since=max(len(self._earlier) - 1, 0))
            self._refresh_output(at_once=True)

    def publish(self) -> None:
        """Send the changes since the last time."""
        with self._lock:
            if self._widget is None or self._closed:
                return
            run, progress = self._describe()
            update = protocol.Update(sequence=self._sequence + 1, progress=progress)
            if run != self._run_sent:
                update["run"] = self._run_sent = run
            workers = self.workers
            if workers is not None and workers != self._workers_sent:
                update["workers"] = self._workers_sent = workers
            store = self._store
            with store.lock:
                batch, epoch = self._batch.patch(), self._epoch.patch()
                if batch is not None:
                    update["batch"] = batch
                if epoch is not None:
                    update["epoch"] = epoch
                    update["best"] = wire_best(store.best)
                if store.marks is not self._marks_sent:
                    update["marks"] = self._marks_sent = store.marks
            self._sequence += 1
            self.sent_bytes = MESSAGE_BYTES + BEST_BYTES * len(update.get("best", ()))
            self.sent_bytes += sum(len(table["data"]) for table in (batch, epoch) if table)
            try:
                self._send_payload(protocol.UPDATE, update)
            finally:
                self._refresh_output()

    def send_insight(self, part: Any) -> None:
        """Send a part of ``kwidgets/insight/protocol.py``. From any thread, also after the end."""
        with self._lock:
            if self._widget is None:
                return
            self._send_payload(protocol.INSIGHT, part)

    def _answer(self, request: dict[str, Any], reply: Reply) -> None:
        insight = self.insight
        if insight is None:
            reply(False, t("No predictions, layers or data for this training."))
        else:
            insight.answer(request, reply)

    def _read_log(self, rank: int, size: int) -> protocol.WorkerLog | None:
        if self.read_log is None:
            raise ValueError(t("No output of this worker is known."))
        return self.read_log(rank, size)

    def end(self) -> None:
        """Drop the references to the fit and its model: it has ended."""
        with self._lock:
            if self._fit is None:
                return
            self._describe()
            self._fit = None
            if self._widget is None or self._channel_run is None:
                return
            self._widget.detach()
            assert self._progress is not None
            progress = self._progress
            self._channel_run.detach(WatchedTraining(progress["elapsed_seconds"], progress["step"]))
        ErrorGuard()("The view", self._refresh_output, at_once=True)
        if not self.stays_until_cell_end:
            self.show_saved_output()

    def show_saved_output(self) -> None:
        """Replace the view by a picture with the data, which needs no kernel."""
        with self._lock:
            if self._widget is None or self._channel_run is None or self._closed:
                return
            self._closed = True
            bundle, last = self.bundle(), self._snapshot()
            guard = ErrorGuard()
            guard("The view", self._widget.close, last)
            guard("The side panel", self._channel_run.close, last, bundle)
            self._in_context(self._target.show_saved, bundle)

    def bundle(self) -> dict[str, Any]:
        """Return an output that shows the fits so far without a kernel. From any thread."""
        with self._lock:
            run, progress = self._describe()
            if self._fit is not None and not self._fit.ended:
                progress["detail"] = t(
                    "Saved during training; the final result is not available here."
                )
            insight = [] if self.insight is None else self.insight.saved_parts()
            return saved_bundle(
                self._store,
                run,
                progress,
                self._earlier,
                self._earlier_dropped,
                insight,
                self.workers,
            )

    def headline(self) -> str:
        """Return where the fit is, in a line of text. From any thread."""
        with self._lock:
            return headline(*self._describe(), self.workers)

    def summary(self) -> str:
        """Return the fit in a line of text. From any thread."""
        with self._lock:
            return summarize(self._store, *self._describe())

    def _describe(self) -> tuple[protocol.RunInfo, protocol.Progress]:
        """Return the description of the fit, or the last one if the fit has ended."""
        if self._fit is not None:
            self._run = self._fit.describe_run(self)
            self._progress = self._fit.describe_progress()
        assert self._run is not None and self._progress is not None
        return self._run, self._progress

    def _keep_earlier(self) -> None:
        if self._run is None or self._progress is None or not self._keeps_earlier:
            return
        self._earlier.append(earlier_snapshot(self._store, self._run, self._progress))
        surplus = max(0, len(self._earlier) - MAX_EARLIER)
        del self._earlier[:surplus]
        self._earlier_dropped += surplus

    def _open(self) -> None:
        connect()
        # Whether commands are received is known only after this: the first update has it.
        self._run_sent = self._describe()[0]
        self._widget = WidgetConnection(
            self._snapshot,
            self._resync,
            self._refresh_output,
            not self._needs_widget,
            self._answer,
            self._read_log,
        )
        self.receives_commands = self._widget.receives_commands
        execution = self._in_context(self._execution)
        self._channel_run = ChannelRun(
            self.run_id, self._snapshot, self._resync, execution, self._answer, self._read_log
        )
        runs.add(self._channel_run)

    def _execution(self) -> CellExecution | None:
        """Return the request whose cell has this view among its outputs; None without one."""
        place = current_place()
        elsewhere = place.captured_by is not None or place.widgets
        return cell_execution() if self._in_cell and not elsewhere else None

    def _show_output(self) -> None:
        assert self._widget is not None
        view = ShownView(
            model_id=self._widget.model_id,
            snapshot=self._json_snapshot,
            fallback=lambda picture: fallback_bundle(
                self._store, *self._describe(), picture, self.workers
            ),
            picture=lambda: fallback_picture(self._store, *self._describe()),
            drawn_by=self._drawn_by,
        )
        self._in_context(self._target.show, view)

    def _json_snapshot(self) -> wire.Envelope:
        return wire.envelope(protocol.SNAPSHOT, self._snapshot()["payload"])

    def _drawn_by(self) -> Drawer | None:
        """Return what is known to be able to draw this view."""
        if channel.has_listening_page:
            return "extension"
        return "widget" if shows_widgets() else None

    def _snapshot(self, since: int = 0) -> dict[str, Any]:
        with self._lock:
            run, progress = self._describe()
            payload = snapshot_of(
                self._store,
                run,
                progress,
                self._sequence,
                earlier=self._earlier[since:],
                earlier_start=self._earlier_dropped + since,
            )
            if self.insight is not None:
                payload["insight"] = self.insight.brief_parts()
            if self.workers is not None:
                payload["workers"] = self.workers
            return dict(wire.envelope(protocol.SNAPSHOT, payload))

    def _refresh_output(self, at_once: bool = False) -> None:
        """Bring the output up to date. From the thread of the fit, and from that in which a page
        says that it can draw the widget: the next step of the fit may take a minute."""
        # The target may ask for a snapshot. A lock of its own, taken first, would be a deadlock.
        with self._lock:
            self._in_context(self._target.refresh, at_once=at_once)

    def _resync(self) -> None:
        with self._lock:
            self._send_snapshot()

    def _send_snapshot(self, since: int = 0) -> None:
        self._send_payload(protocol.SNAPSHOT, self._snapshot(since)["payload"])

    def _send_payload(self, kind: str, payload: Any) -> None:
        message = wire.envelope(kind, payload)
        assert self._channel_run is not None and self._widget is not None
        # If one of them fails, the other must work all the same.
        try:
            self._in_context(self._channel_run.send, message)
        finally:
            self._in_context(self._widget.send, message)

    def _in_context(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        # A copy each time: a context can be entered by one thread at a time.
        return self._context.copy().run(function, *args, **kwargs)
