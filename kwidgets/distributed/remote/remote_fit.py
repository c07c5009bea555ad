"""A fit that runs in another process, for the live view and for the controls of users."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from kwidgets.distributed.messages import CommandMessage, FitItem, Row
from kwidgets.distributed.remote.remote_insight import RemoteInsight
from kwidgets.language import t
from kwidgets.live import protocol
from kwidgets.live.numbers.metric_store import MetricStore
from kwidgets.live.page.status_labels import status_label
from kwidgets.live.training_thread.command_queue import Command, Reply

if TYPE_CHECKING:
    from kwidgets.live.page.view import LiveView


class RemoteModel:
    """Stands for the model of another process, which this kernel does not have."""


class RemoteFit:
    """One fit of rank 0, as far as it is known here.

    Args:
        first: the first item of the fit.
        model: stands for its model.
        send: sends a command to the desk.
        extra: returns the notices that are known besides.
    """

    def __init__(
        self,
        first: FitItem,
        model: RemoteModel,
        send: Callable[[CommandMessage], None],
        extra: Callable[[], list[protocol.Notice]],
    ) -> None:
        self.store = MetricStore()
        self.number, self.attempt = first["fit"], first["attempt"]
        self.branch = first["branch"]
        # A fit whose workers were started again shows the same curves.
        self.continues = first["attempt"] > 1
        self.model = model
        self.insight = RemoteInsight()
        self._send, self._extra = send, extra
        self._run, self._progress = first["run"], first["progress"]
        self._end: tuple[protocol.Status, str] | None = None
        self._waiting: dict[str, Reply] = {}
        self._lock = threading.Lock()

    @property
    def status(self) -> protocol.Status:
        return self._progress["status"] if self._end is None else self._end[0]

    @property
    def detail(self) -> str:
        return self._progress["detail"] if self._end is None else self._end[1]

    @property
    def ended(self) -> bool:
        return self.status in protocol.FINAL_STATUSES

    def is_running(self) -> bool:
        """Return whether the fit still runs, as far as is known."""
        return not self.ended

    @property
    def state(self) -> RemoteFit:
        """Itself: what is known of its predictions and layers is shown, not kept as objects."""
        return self

    predictions = layers = None

    def notice_end(self) -> None:
        """Nothing: its end is reported."""

    def add(self, item: FitItem) -> None:
        """Take what is new."""
        self._run, self._progress = item["run"], item["progress"]
        self.store.recorded_as = item["recorded_as"]
        with self.store.lock:
            for metric in item["run"]["metrics"]:
                if metric["name"] not in self.store.metrics:
                    self.store.declare(metric)
            self.store.epochs_before = item["run"]["epochs_before"]
            for row in item["rows"]:
                _add(self.store, row)
        if "insight" in item:
            self.insight.set_parts(item["insight"])

    def go_back(self, item: FitItem) -> None:
        """Let the numbers be those of an item with all of them: the fit was rewound."""
        numbers = MetricStore()
        for row in item["rows"]:
            _add(numbers, row)
        self.branch = item["branch"]
        self.store.go_back(item["branch_step"], numbers)

    def end(self, status: protocol.Status, detail: str) -> None:
        """End the fit for a reason of the supervisor's, who knows more of a failure than rank 0."""
        if not self.ended or (status == self.status == "failed" and detail):
            self._end = status, detail
        self._refuse(t("The training has ended (%1).", status_label(self.status)))

    def replace(self, other: RemoteFit) -> None:
        """Take the place of what was known of the same fit before."""
        if other.attempt < self.attempt:
            other._refuse(t("The workers were started again before this took effect."))
        with other._lock:
            self._waiting, other._waiting = other._waiting, {}

    def _refuse(self, reason: str) -> None:
        """Refuse the commands that have not been answered."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        for reply in waiting.values():
            reply(False, reason)

    def reply(self, command_id: str, ok: bool, message: str) -> None:
        """Take rank 0's answer to a command."""
        with self._lock:
            reply = self._waiting.pop(command_id, None)
        if reply is not None:
            reply(ok, message)

    # What the view asks.

    def describe_run(self, view: LiveView) -> protocol.RunInfo:
        """Return the facts of the fit, as ``view`` shows them."""
        described = cast(
            protocol.RunInfo,
            {**self._run, "run_id": view.run_id, "fit": view.fit_number, "controls": "live"},
        )
        described.pop("branch_of", None)
        return described

    def describe_progress(self) -> protocol.Progress:
        """Return where the fit is."""
        progress = cast(protocol.Progress, {**self._progress, "question": None})
        progress["status"], progress["detail"] = self.status, self.detail
        progress["notices"] = [*self._extra(), *progress["notices"]]
        if self.ended:
            progress["can_checkpoint"] = False
        return progress

    def submit(self, command: Command) -> None:
        """Send a command to the workers. From any thread."""
        if self.ended:
            command.reply(False, t("The training has ended (%1).", status_label(self.status)))
            return
        command_id = uuid.uuid4().hex
        with self._lock:
            self._waiting[command_id] = command.reply
        self._send(
            CommandMessage(id=command_id, kind=command.kind, value=command.value, text=command.text)
        )

    def after_cell(self, error: BaseException | None) -> None:
        """Nothing: the fit does not end with its cell."""


def _add(store: MetricStore, row: Row) -> None:
    if row["add"] == "batches":
        store.add_batches(row["step"], row["epoch"], row["seconds"], row["values"], row["batches"])
    elif row["add"] == "epoch":
        store.add_epoch(row["step"], row["epoch"], row["seconds"], row["values"], row["complete"])
    elif row["add"] == "mark":
        store.add_mark(row["mark"])
    else:
        last = store.epoch.view(max(1, len(store.epoch))).columns
        if len(last["step"]):
            step, epoch, seconds = (float(last[axis][-1]) for axis in ("step", "epoch", "seconds"))
            store.replace_epoch(int(step), epoch, seconds, row["values"])
