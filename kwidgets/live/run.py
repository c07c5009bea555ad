"""One fit, watched and steered: joins store, sampler, progress, commands and view."""

from __future__ import annotations

import collections
import contextvars
import dataclasses
import math
import re
import threading
import time
import uuid
from collections.abc import Mapping
from typing import Any

import keras

from kwidgets import protocol
from kwidgets.kernel import inbox
from kwidgets.kernel.interrupt import SafeInterrupt
from kwidgets.live.device import describe_device
from kwidgets.live.guard import Guard
from kwidgets.live.learning_rate import (
    LearningRateError,
    read_learning_rate,
    schedule_name,
    set_learning_rate,
)
from kwidgets.live.metrics import MetricStore
from kwidgets.live.progress import FitProgress
from kwidgets.live.sampling import MetricSampler, direction_of
from kwidgets.live.saved import saved_bundle
from kwidgets.live.steering import Command, CommandQueue
from kwidgets.live.view import LiveView, Place
from kwidgets.live.watch import FitWatch

SAMPLE_SECONDS = 0.1
PUBLISH_SECONDS = 0.2
ATTEND_SECONDS = 0.1
SCHEDULE_SECONDS = 1.0
WATCH_SECONDS = 0.5
# Sampling and publishing may each take up to this share of the fit's time, else they come less
# often, down to once in MAX_INTERVAL_SECONDS.
MAX_SHARE = 1 / 250
MAX_INTERVAL_SECONDS = 2.0

INTERRUPT_DETAIL = (
    "Interrupted: stopping after this step. A second interrupt stops at once, "
    "but may leave the model unusable."
)


class Pace:
    """Says when something is due: every ``seconds``, or less often if it proves expensive."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._began = time.perf_counter()
        self._costs: collections.deque[float] = collections.deque(maxlen=5)
        self.due_at = 0.0

    def done(self, started: float) -> None:
        """It was done just now, having started at ``started`` (perf_counter)."""
        now = time.perf_counter()
        self._costs.append(now - started)
        # The cheapest of the last few: the first ones include one-time work.
        affordable = min(self._costs) / MAX_SHARE
        # A fit of seconds should show a curve too: early on, wait no longer than a part of its age.
        early = (now - self._began) / 20
        self.due_at = now + max(self._seconds, min(affordable, early, MAX_INTERVAL_SECONDS))


def describe_error(error: BaseException) -> str:
    """Return an exception in a line: its own first one, or the cause that TensorFlow buries."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip()
    # Keras says first where it was, in a line of its own.
    text = re.sub(r"\AException encountered when calling \S+\s*", "", text)
    lines = text.splitlines() or [""]
    line = f"{type(error).__name__}: {lines[0]}"
    if lines[0].endswith(":"):
        # TensorFlow heads it "Graph execution error:" and puts what Python raised further down.
        causes = [line for line in lines if re.match(r"\w*(Error|Exception): .", line.strip())]
        line = causes[-1].strip() if causes else f"{line} {_told_by_tensorflow(lines)}".strip()
    elif (
        len(lines) > 1 and len(lines[0]) < 200 and not lines[1].startswith(("Traceback", "  File"))
    ):
        # "…'x' sizes: 1000" and, on the next line, "'y' sizes: 1797".
        line = " ".join([line, *(other.strip() for other in lines[1:3])]).strip()
    return line[:300]


def _told_by_tensorflow(lines: list[str]) -> str:
    """What stands between the Python stack of an op and its node's name: the reason."""
    reasons = [
        line.strip()
        for line in lines[1:]
        if line.strip()
        and not line.startswith((" ", "\t", "Detected at", "Stack trace", "Original"))
    ]
    reasons = [line.partition("[[")[0].strip() for line in reasons if not line.startswith("[[")]
    return next((line for line in reversed(reasons) if line), "")


@dataclasses.dataclass(frozen=True)
class FitSettings:
    """What Keras tells a callback about the fit."""

    epochs: int
    batches: int | None

    @classmethod
    def from_params(cls, params: Mapping[str, Any] | None) -> FitSettings:
        params = params or {}
        return cls(epochs=int(params.get("epochs") or 0), batches=params.get("steps") or None)


class FitRun:
    """One fit. Methods are called on the training thread, except where they say "from any thread".

    Args:
        model: the model in training.
        settings: what Keras tells about the fit.
        options: how the view starts out.
        context: where output belongs to.
        place: where the view is shown; None for the cell's output.
    """

    def __init__(
        self,
        model: keras.Model,
        settings: FitSettings,
        options: protocol.ViewOptions,
        context: contextvars.Context,
        place: Place | None = None,
    ) -> None:
        self.store = MetricStore()
        self.status: protocol.Status = "running"
        self.detail = ""
        # Whether the learning rate was set by a command.
        self.steered = False
        self._model = model
        self._options = options
        self._guard = Guard()
        self._not_finite: dict[str, str] = {}
        self._commands = CommandQueue()
        self._deferred: list[Command] = []
        self._ended = threading.Event()
        self._lock = threading.RLock()
        self._progress = FitProgress(
            settings.epochs,
            settings.batches,
            steps_per_execution=int(getattr(model, "steps_per_execution", 1) or 1),
        )
        self._run_id = uuid.uuid4().hex
        self._device = self._guard("Reading the device", describe_device) or "unknown device"
        self._learning_rate: float | None = None
        self._schedule: str | None = None
        self._learning_rate_read_at = 0.0
        self._step_sampled = 0
        self._sampling = Pace(SAMPLE_SECONDS)
        self._publishing = Pace(PUBLISH_SECONDS)
        self._attend_at = math.inf
        self._in_epoch = False
        self._sampled_in_epoch = False
        self._trained_seconds = 0.0
        self._sampler: MetricSampler | None = None
        self._watch = FitWatch()
        self._interrupt = SafeInterrupt(self._watch.is_running)
        self._context = context
        self._on_main_thread = threading.current_thread() is threading.main_thread()
        self.view = LiveView(
            self.store,
            self._describe_run,
            self._describe_progress,
            self.submit,
            context,
            model,
            place,
        )

    @property
    def ended(self) -> bool:
        return self._ended.is_set()

    @property
    def thread_id(self) -> int:
        """The thread in which fit runs."""
        return self._watch.thread_id

    def is_running(self) -> bool:
        """Whether fit has neither told of its end nor gone without a word."""
        return not self.ended and self._watch.is_running()

    # Hooks, in the order in which Keras calls them.

    def begin(self) -> None:
        self._interrupt.install()
        self._attend()  # who listens? A kernel that was busy may not have heard of it.
        self._guard("Reading the metrics", self._find_metrics)
        self._guard("Reading the learning rate", self._read_learning_rate)
        self._guard("The live view", self.view.open)
        self._attend_at = 0.0 if inbox.needs_attention() else math.inf
        self._guard("Watching the cell", self._listen_to_cell, True)
        # In a copy of the context, or what it shows would land in whatever cell ran last.
        watching = threading.Thread(
            target=self._context.copy().run,
            args=(self._watch_fit,),
            name="kwidgets-watch",
            daemon=True,
        )
        self._guard("Watching the fit", watching.start)

    def begin_epoch(self, epoch: int) -> None:
        if not self._progress.finished_epochs and not self._progress.step:
            self._progress.initial_epoch = epoch
        self._progress.begin_epoch(epoch)
        self._step_sampled = self._progress.step
        self._in_epoch = True
        self._sampled_in_epoch = False
        if self._sampler is not None:
            self._sampler.start_epoch()
        self.safe_point()

    def begin_train_batch(self, batch: int) -> None:
        """Called at every step: nothing here but what must be."""
        self._progress.begin_batch(batch)
        now = time.perf_counter()
        if now >= self._attend_at:
            self._attend()
        if self._commands.pending or self._interrupt.requested:
            self.safe_point()
        if batch and now >= self._sampling.due_at:
            self._sample()
            self._publish_if_due()

    def begin_validation(self) -> None:
        if not self._in_epoch:
            return
        self._progress.begin_validation(bool(self._model.stop_training))
        self._end_training_of_epoch()

    def begin_validation_batch(self, batch: int) -> None:
        self._progress.validation_batch = batch
        if time.perf_counter() >= self._attend_at:
            self._attend()
        if self._commands.pending or self._interrupt.requested:
            self.safe_point(learning_rate=False)
        # A validation that is over in no time is not worth a word that comes and goes.
        if self._progress.validating_seconds > PUBLISH_SECONDS:
            self._publish_if_due()

    def end_validation(self) -> None:
        self._progress.end_validation()
        for command in self._deferred:
            self._commands.put(command)
        self._deferred.clear()

    def end_epoch(self, epoch: int, logs: Mapping[str, Any]) -> None:
        progress = self._progress
        stopped = bool(self._model.stop_training)
        progress.end_epoch(stopped)
        if self._in_epoch:
            self._end_training_of_epoch()
        complete = not stopped or progress.batch == progress.batches
        self._guard("Reading the epoch's results", self._add_epoch, epoch, logs, complete)
        self._publish_if_due()
        self.safe_point()

    def _end_training_of_epoch(self) -> None:
        """Validation, if any, comes next; Keras resets its metrics before it."""
        self._in_epoch = False
        self._trained_seconds = self._progress.clock.seconds()
        # A sample stands for the batches since the one before, within an epoch: the rest of this
        # one must be read now. Where there was none, the epoch's logs tell the same for nothing.
        if self._sampled_in_epoch:
            self._sample()

    def end(self) -> None:
        self._guard("Reading the learning rate", self._read_learning_rate)
        if self.status == "stopping" and self.detail != INTERRUPT_DETAIL:
            self._end("stopped", "")
        elif self._ended_early():
            self._end("finished", "A callback ended the training early.")
        else:
            self._end("finished", "")
        self._interrupt.raise_if_requested()

    def _ended_early(self) -> bool:
        progress = self._progress
        return progress.finished_epochs < progress.epochs - progress.initial_epoch

    def bundle(self) -> dict[str, Any]:
        """Return what shows the run without a kernel, as far as it has come. From any thread."""
        progress = self._describe_progress()
        if not self.ended:
            progress["detail"] = "Saved while the training ran; its end is not known here."
        return saved_bundle(self.store, self._describe_run(), progress)

    # Steering.

    def submit(self, command: Command) -> None:
        """Queue a command for the next safe point. From any thread."""
        if self.ended:
            command.reply(False, f"The training has ended ({self.status}).")
            return
        self._commands.put(command)

    def safe_point(self, learning_rate: bool = True) -> None:
        """Between two steps: do what was asked for. Blocks while paused.

        Args:
            learning_rate: whether the rate may be set here; else that waits for the next step.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed since the last safe point.
        """
        while True:
            if self._interrupt.requested:
                if self._in_epoch:
                    self._sample()
                self._end("interrupted", "")
                self._interrupt.raise_if_requested()
            acted = False
            for command in self._commands.take():
                self._apply(command, learning_rate)
                acted = True
            if acted:
                self._publish()
            if self.status != "paused":
                return
            self._commands.wait(SAMPLE_SECONDS)
            self._attend()

    def _attend(self) -> None:
        """Hear what the front end says, where nobody else hears it while we run."""
        if inbox.needs_attention():
            self._guard("Listening to the front end", inbox.attend)
            self._attend_at = time.perf_counter() + ATTEND_SECONDS

    def _apply(self, command: Command, learning_rate: bool) -> None:
        message = ""
        if command.kind == "set_learning_rate":
            if not learning_rate:
                self._deferred.append(command)
                return
            try:
                assert command.value is not None
                set_learning_rate(self._model, command.value)
                self.steered = True
            except LearningRateError as error:
                self._guard("Replying", command.reply, False, str(error))
                return
            except Exception as error:
                message = f"The learning rate could not be set: {type(error).__name__}: {error}"
                self._guard("Replying", command.reply, False, message)
                return
            self._guard("Reading the learning rate", self._read_learning_rate)
        elif command.kind == "call":
            assert command.function is not None
            self._guard("Reading the model", command.function)
        elif command.kind == "stop":
            self._model.stop_training = True
            self._set_status("stopping")
        elif command.kind == "pause" and self.status == "running":
            self._set_status("paused")
            self._progress.clock.pause()
        elif command.kind == "resume" and self.status == "paused":
            self._set_status("running")
        if self.status != "paused":
            self._progress.clock.resume()
        self._guard("Replying", command.reply, True, message)

    def _set_status(self, status: protocol.Status, detail: str = "") -> None:
        with self._lock:
            if not self.ended:
                self.status, self.detail = status, detail

    # Reading.

    def _find_metrics(self) -> None:
        self._sampler = MetricSampler(self._model)
        for metric in self._sampler.describe():
            self.store.declare(metric)

    def _sample(self) -> None:
        started = time.perf_counter()
        self._progress.measure_speed()
        self._guard("Reading the metrics", self._read_metrics)
        self._sampling.done(started)

    def _read_metrics(self) -> None:
        progress = self._progress
        num_batches = progress.step - self._step_sampled
        if self._sampler is None or num_batches <= 0:
            return
        values = self._sampler.sample()
        self._sampled_in_epoch = True
        if any(name not in self.store.metrics for name in values):
            for metric in self._sampler.describe():
                self.store.declare(metric)
        self.store.add_batches(
            progress.step,
            progress.fractional_epoch,
            progress.clock.seconds(),
            values,
            num_batches,
        )
        self._step_sampled = progress.step
        self._note_not_finite(values)

    def _note_not_finite(self, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            if not math.isfinite(value) and name not in self._not_finite:
                self._not_finite[name] = (
                    f"{name} became {'NaN' if math.isnan(value) else 'infinite'} by step "
                    f"{self._progress.step:,}. A smaller learning rate often helps; "
                    "look for NaN in the data too."
                )

    def _add_epoch(self, epoch: int, logs: Mapping[str, Any], complete: bool) -> None:
        scalars: dict[str, float] = {}
        for name, value in logs.items():
            try:
                scalars[str(name)] = float(value)
            except (TypeError, ValueError):  # a custom train_step may log anything
                continue
        for name in scalars:
            if not name.startswith("val_") and name not in self.store.metrics:
                self.store.declare(
                    protocol.MetricInfo(name=name, kind="epoch", direction=direction_of(name, None))
                )
        self._note_not_finite(scalars)
        self.store.forget_without_values(scalars)
        progress = self._progress
        if not self._sampled_in_epoch:
            self.store.add_batches(
                progress.step,
                progress.fractional_epoch,
                self._trained_seconds,
                {name: scalars[name] for name in self.store.sampled_names() if name in scalars},
                max(progress.batch, 1),
            )
        self.store.add_epoch(
            progress.step, epoch + 1, progress.clock.seconds(), scalars, complete=complete
        )

    def _read_learning_rate(self) -> None:
        self._schedule = schedule_name(getattr(self._model, "optimizer", None))
        self._learning_rate = read_learning_rate(self._model)
        self._learning_rate_read_at = time.perf_counter()

    # Showing.

    def _publish_if_due(self) -> None:
        if time.perf_counter() >= self._publishing.due_at:
            self._publish()

    def _publish(self) -> None:
        started = time.perf_counter()
        # A schedule is a computation of its own: not at every update.
        if not self._schedule or started - self._learning_rate_read_at > SCHEDULE_SECONDS:
            self._guard("Reading the learning rate", self._read_learning_rate)
        self._guard("The live view", self.view.publish)
        self._publishing.done(started)

    def _describe_run(self) -> protocol.RunInfo:
        live = self.view.hears_commands or not self._on_main_thread
        return protocol.RunInfo(
            run_id=self._run_id,
            model_name=str(getattr(self._model, "name", type(self._model).__name__)),
            optimizer=type(getattr(self._model, "optimizer", None)).__name__,
            backend=str(keras.backend.backend()),
            device=self._device,
            epochs=self._progress.epochs,
            initial_epoch=self._progress.initial_epoch,
            metrics=list(self.store.metrics.values()),
            controls="live" if live else "after_cell",
            options=self._options,
        )

    def _describe_progress(self) -> protocol.Progress:
        progress = self._progress
        rate = self._learning_rate
        return protocol.Progress(
            status=self.status,
            detail=self.detail,
            phase=progress.phase,
            epoch=min(progress.epoch + 1, progress.epochs),
            batch=progress.batch,
            batches=progress.batches,
            validation_batch=progress.validation_batch,
            step=progress.step,
            total_steps=progress.total_steps,
            elapsed_seconds=progress.clock.seconds(),
            remaining_seconds=None if self.ended else progress.remaining_seconds,
            steps_per_second=progress.steps_per_second,
            learning_rate=None if rate is None else protocol.wire_number(rate),
            learning_rate_schedule=self._schedule,
            notices=[
                protocol.Notice(level="warning", text=text)
                for text in [*self._not_finite.values(), *self._guard.failures.values()]
            ],
        )

    # Ending.

    def _end(self, status: protocol.Status, detail: str) -> None:
        with self._lock:
            if self.ended:
                return
            self.status, self.detail = status, detail
            self._progress.clock.stop()
            self._ended.set()
        self._interrupt_back()
        for command in [*self._deferred, *self._commands.take()]:
            self._guard("Replying", command.reply, False, f"The training has ended ({status}).")
        self._guard("Watching the cell", self._listen_to_cell, False)
        self._guard("The live view", self.view.publish)
        self._guard("The picture of the run", self._leave_picture)

    def _interrupt_back(self) -> None:
        if not self._interrupt.requested:
            self._interrupt.uninstall()

    def _leave_picture(self) -> None:
        self.view.close(self.bundle())

    def abandon(self, error: BaseException | None = None) -> None:
        """Fit is gone without on_train_end: an exception ended it. From any thread."""
        if isinstance(error, KeyboardInterrupt):
            self._end("interrupted", "")
        else:
            text = "An exception ended the training."
            self._end("failed", text if error is None else describe_error(error))

    def _watch_fit(self) -> None:
        while not self._ended.wait(WATCH_SECONDS):
            if not self._watch.is_running():
                # The end of the cell, which knows the error, comes first where there is one.
                if not self._ended.wait(WATCH_SECONDS) and not self._watch.is_running():
                    self.abandon()
            elif self._interrupt.requested and self.detail != INTERRUPT_DETAIL:
                self._set_status("stopping", INTERRUPT_DETAIL)
                self._guard("The live view", self.view.publish)

    def _listen_to_cell(self, listen: bool) -> None:
        from IPython.core.getipython import get_ipython

        shell = get_ipython()
        if shell is None:
            return
        if listen:
            shell.events.register("post_run_cell", self._after_cell)
        elif self._after_cell in shell.events.callbacks["post_run_cell"]:
            shell.events.unregister("post_run_cell", self._after_cell)

    def _after_cell(self, result: Any) -> None:
        if not self._watch.is_running():
            if self._in_epoch and self._on_main_thread and not self.ended:
                self._sample()  # the batches until it failed
            self.abandon(getattr(result, "error_in_exec", None))
