"""Post what a worker has to say to the desk, in a thread of its own, and take commands from it."""

from __future__ import annotations

import collections
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

import psutil

from kwidgets.distributed.messages import (
    LOST_SECONDS,
    POLL_SECONDS,
    CommandMessage,
    FitItem,
    ReplyItem,
    Row,
    WorkerItem,
)
from kwidgets.language import t
from kwidgets.live.devices.encode import wire_devices
from kwidgets.live.devices.usage import DeviceSampler
from kwidgets.live.numbers.metric_store import PARTIAL, MetricStore
from kwidgets.live.numbers.stored_rows import logs_of, rows_of
from kwidgets.live.protocol import Mark, Worker, WorkerState

if TYPE_CHECKING:
    from kwidgets.distributed.rank.steered_run import SteeredRun

logger = logging.getLogger("kwidgets")

#: Between two items of the fit and of the worker itself, in seconds.
FIT_SECONDS: Final = 0.1
WORKER_SECONDS: Final = 1.0
INSIGHT_SECONDS: Final = 2.0


class DeskCalls(Protocol):
    """A desk, wherever it is."""

    def post(self, items: list[Any], takes_commands: bool = False) -> list[CommandMessage]: ...


class Outbox:
    """Posts to the desk. When the desk is lost for long, it ends the process: nobody could stop it.

    Args:
        desk: the desk.
        rank: of this worker.
        attempt: how often the workers have been started.
        workers: how many there are: the more, the less often each says how it is doing.
    """

    def __init__(self, desk: DeskCalls, rank: int, attempt: int, workers: int) -> None:
        self._desk, self._rank, self._attempt = desk, rank, attempt
        self._rows: collections.deque[Row] = collections.deque()
        self._replies: collections.deque[ReplyItem] = collections.deque()
        self._commands: collections.deque[CommandMessage] = collections.deque()
        self._arrived = threading.Event()
        self._run: SteeredRun | None = None
        self._fits = 0
        # Whether the next item has all rows of the fit.
        self._is_first_item = True
        self._insight_revision = 0
        # How often the fit was rewound, and to which step the last time.
        self._branches, self._branch_step = 0, 0
        self._due = dict.fromkeys(("fit", "worker", "insight"), 0.0)
        self._worker_seconds = worker_seconds(workers)
        # Only rank 0 hears commands.
        self._post_seconds = POLL_SECONDS if rank == 0 else self._worker_seconds / 2
        self._sampler = DeviceSampler()
        self._meter = _StepMeter()
        self.state: WorkerState = "starting"
        self._answered_at = time.monotonic()
        self._ends = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="kwidgets-outbox", daemon=True)
        self._thread.start()

    # On the training thread.

    def begin_fit(self, run: SteeredRun) -> None:
        """Post the numbers of a fit from now on."""
        self.flush()
        with self._lock:
            self._rows.clear()
            if self._fits:
                self._refuse_late()
            self._fits += 1
            self._branches, self._branch_step = 0, 0
            self._is_first_item = True
            self._insight_revision = 0
            run.store.listeners.append(_StoreToDesk(self._rows))

    def _refuse_late(self) -> None:
        """Refuse the commands for the fit that has ended; a stop ends the next one too."""
        late = [each for each in self._commands if each["kind"] != "stop"]
        for command in late:
            self._commands.remove(command)
            self.reply_to(command["id"])(False, t("The training has ended."))

    def begun(self, run: SteeredRun) -> None:
        """The fit has begun: its description is known."""
        with self._lock:
            self._run = run
            self.state = "training"
            self._due["worker"] = 0.0

    def joined(self) -> None:
        """The workers are connected: each builds its model and data."""
        self.state = "preparing"
        self._due["worker"] = 0.0

    def rewound(self, run: SteeredRun, step: int) -> None:
        """The fit goes on from an earlier step, as a branch: its numbers are others now."""
        with self._lock:
            self._rows.clear()
            self._rows.extend(rows_of_store(run.store))
            self._branches += 1
            self._branch_step = step
            self._is_first_item = True

    def take_commands(self) -> list[CommandMessage]:
        """Return what the user wants, oldest first."""
        self._arrived.clear()
        taken = []
        while self._commands:
            taken.append(self._commands.popleft())
        return taken

    def wait(self, seconds: float) -> None:
        """Wait until there is a command, or for that long."""
        self._arrived.wait(seconds)

    def reply_to(self, command_id: str) -> Callable[[bool, str], None]:
        """Return what posts the result of a command; only rank 0 does."""

        def reply(ok: bool, message: str) -> None:
            if self._rank == 0:
                self._replies.append(ReplyItem(kind="reply", id=command_id, ok=ok, message=message))

        return reply

    def flush(self) -> None:
        """Post all that is known now."""
        self._due = dict.fromkeys(self._due, 0.0)
        self._post()

    def close(self) -> None:
        """Post the rest, and end the thread."""
        self.state = "ended"
        self._ends.set()
        self._thread.join(LOST_SECONDS)
        self.flush()

    # In the thread.

    def _work(self) -> None:
        while not self._ends.wait(self._post_seconds):
            try:
                self._post()
            except Exception:
                logger.warning("the desk of this training does not answer", exc_info=True)
                time.sleep(1)
            if time.monotonic() - self._answered_at > LOST_SECONDS:
                logger.error(
                    "rank %d ends: the desk of this training has been lost for %d s",
                    *(self._rank, int(LOST_SECONDS)),
                )
                os._exit(1)

    def _post(self) -> None:
        with self._lock:
            items = self._items()
            commands = self._desk.post(items, self._rank == 0)
        self._answered_at = time.monotonic()
        if commands:
            self._commands.extend(commands)
            self._arrived.set()

    def _items(self) -> list[Any]:
        items: list[Any] = []
        if self._rank == 0 and self._run is not None:
            # Numbers at once: they come as often as that already.
            is_due = self._is_due("fit", FIT_SECONDS)
            if is_due or self._rows:
                items.append(self._fit_item(self._run))
        while self._replies:
            items.append(self._replies.popleft())
        if self._is_due("worker", self._worker_seconds):
            items.append(
                WorkerItem(kind="worker", attempt=self._attempt, worker=self._describe_worker())
            )
        return items

    def _is_due(self, name: str, seconds: float) -> bool:
        now = time.monotonic()
        if now < self._due[name]:
            return False
        self._due[name] = now + seconds
        return True

    def _fit_item(self, run: SteeredRun) -> FitItem:
        rows = []
        for _ in range(len(self._rows)):
            rows.append(self._rows.popleft())
        item = FitItem(
            kind="fit",
            fit=self._fits,
            attempt=self._attempt,
            run=run.describe_run(run.view),
            progress=run.describe_progress(),
            recorded_as=run.store.recorded_as,
            branch=self._branches,
            branch_step=self._branch_step,
            complete=self._is_first_item,
            rows=rows,
        )
        self._is_first_item = False
        insight = run.view.insight
        if (
            insight is not None
            and insight.revision != self._insight_revision
            and (run.ended or self._is_due("insight", INSIGHT_SECONDS))
        ):
            self._insight_revision = insight.revision
            item["insight"] = insight.recorded_parts()
        return item

    def _describe_worker(self) -> Worker:
        run = self._run
        step = 0 if run is None else run.state.progress.step
        waited = 0.0 if run is None else run.rank.agreement.waited_seconds
        step_seconds, waiting = self._meter.measure(step, waited)
        return Worker(
            rank=self._rank,
            host=socket.gethostname(),
            state=self.state,
            step=step,
            step_seconds=step_seconds,
            probe_seconds=None if run is None else run.rank.probe.seconds,
            waiting=waiting,
            slow=None,
            devices=wire_devices(self._sampler.sample()),
        )


def worker_seconds(workers: int) -> float:
    """Return how often each of so many workers says how it is doing: a hundred a second in all."""
    return max(WORKER_SECONDS, workers / 100)


class _StepMeter:
    """Measures the steps of a worker between two readings."""

    def __init__(self) -> None:
        self._last = time.monotonic(), 0, 0.0

    def measure(self, step: int, waited: float) -> tuple[float | None, float | None]:
        """Return the seconds of a step, and the share of them in which it waited."""
        now = time.monotonic()
        before, step_before, waited_before = self._last
        self._last = now, step, waited
        if step <= step_before:
            return None, None
        seconds = now - before
        return seconds / (step - step_before), min(1.0, (waited - waited_before) / seconds)


def rows_of_store(store: MetricStore) -> list[Row]:
    """Return all numbers of a store, as it gets them."""
    rows: list[Row] = []
    to_desk = _StoreToDesk(rows)
    before = 0
    with store.lock:
        points, epochs, marks = rows_of(store.batch, "mean/"), rows_of(store.epoch), store.marks
    for row in points:
        batches, before = row.step - before, row.step
        to_desk.add_batches(row.step, row.epoch, row.seconds, row.values, batches)
    for row in epochs:
        complete = not row.values.get(PARTIAL)
        to_desk.add_epoch(row.step, row.epoch, row.seconds, logs_of(row), complete)
    for mark in marks:
        to_desk.add_mark(mark)
    return rows


class _StoreToDesk:
    """Queues what a store gets."""

    def __init__(self, rows: collections.deque[Row] | list[Row]) -> None:
        self._rows = rows

    def add_batches(
        self,
        step: int,
        epoch: float,
        seconds: float,
        values: Mapping[str, float],
        num_batches: int,
    ) -> None:
        self._rows.append(
            Row(
                add="batches",
                step=step,
                epoch=epoch,
                seconds=seconds,
                values=dict(values),
                batches=num_batches,
            )
        )

    def add_epoch(
        self,
        step: int,
        epoch: float,
        seconds: float,
        logs: Mapping[str, float],
        complete: bool,
    ) -> None:
        self._rows.append(
            Row(
                add="epoch",
                step=step,
                epoch=epoch,
                seconds=seconds,
                values=dict(logs),
                complete=complete,
            )
        )

    def replace_epoch(self, logs: Mapping[str, float]) -> None:
        self._rows.append(Row(add="replace_epoch", values=dict(logs)))

    def add_mark(self, mark: Mark) -> None:
        self._rows.append(Row(add="mark", mark=mark))


def end_with_parent(parent_pid: int) -> None:
    """End this process when its parent is gone, so that no worker is left alone."""

    def watch() -> None:
        while psutil.pid_exists(parent_pid) and os.getppid() == parent_pid:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, name="kwidgets-parent", daemon=True).start()
