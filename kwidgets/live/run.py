"""One fit, watched and steered: joins store, sampler, progress, commands and view."""

from __future__ import annotations

import contextvars
import dataclasses
import functools
import math
import threading
import time
from collections.abc import Mapping
from typing import Any

import keras

from kwidgets import protocol as wire
from kwidgets.kernel import cell_end, inbox
from kwidgets.kernel.interrupt import SafeInterrupt
from kwidgets.language import current, t
from kwidgets.live import protocol
from kwidgets.live.devices.describe import describe_device
from kwidgets.live.devices.missing_gpu import unseen_gpu
from kwidgets.live.devices.monitor import DeviceMonitor
from kwidgets.live.devices.wire import wire_devices
from kwidgets.live.guard import Guard
from kwidgets.live.keras_internals import continued_fit, learning_rate
from kwidgets.live.keras_internals.callback_effects import RateChanges, early_end, rate_words
from kwidgets.live.keras_internals.continued_fit import Before, find_before, fingerprint
from kwidgets.live.keras_internals.fit_errors import describe_error
from kwidgets.live.keras_internals.fit_frame import FitWatch
from kwidgets.live.keras_internals.metric_reader import FitReader
from kwidgets.live.numbers.progress import FitProgress
from kwidgets.live.pace import Pace
from kwidgets.live.page.cell_output import Place
from kwidgets.live.page.cell_views import cells
from kwidgets.live.page.labels import status_word
from kwidgets.live.page.saved_output import format_seconds
from kwidgets.live.page.view import LiveView
from kwidgets.live.steering import Command, CommandQueue

SAMPLE_SECONDS = 0.1
PUBLISH_SECONDS = 0.2
MAX_BYTES_PER_SECOND = 18_000
ATTEND_SECONDS = 0.1
SCHEDULE_SECONDS = 1.0
WATCH_SECONDS = 0.5
# A cell that an exception ends takes its time to write the traceback.
CELL_SECONDS = 5.0


# A look may take two seconds, and what it finds does not change while the process lives.
@functools.cache
def _unseen_gpu(language: str) -> str | None:
    return unseen_gpu()


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
        self.status: protocol.Status = "running"
        self.detail = ""
        # Whether the learning rate was set by a command.
        self.steered = False
        # Whether the fit stops because of an interrupt.
        self._interrupting = False
        self._model: Any = model
        self._options = options
        self._guard = Guard()
        self._commands = CommandQueue()
        self._deferred: list[Command] = []
        self._ended = threading.Event()
        self._lock = threading.RLock()
        self._progress = FitProgress(
            settings.epochs,
            settings.batches,
            steps_per_execution=int(getattr(model, "steps_per_execution", 1) or 1),
            begins_one_too_many=keras.backend.backend() != "torch",
        )
        before = self._guard("Looking for an earlier fit", find_before, model)
        self.goes_on = before is not None
        self._reader = FitReader(model, self._progress, before)
        self.store = self._reader.store
        self._device = self._guard("Reading the device", describe_device) or t("unknown device")
        self._devices = DeviceMonitor()
        self._unseen_gpu: str | None = None
        self._learning_rate: float | None = None
        self._schedule: str | None = None
        self._learning_rate_read_at = 0.0
        self._rate_changes = RateChanges()
        self._sampling = Pace(SAMPLE_SECONDS)
        self._publishing = Pace(PUBLISH_SECONDS)
        self._attend_at = math.inf
        self._watch = FitWatch()
        self._interrupt = SafeInterrupt(self._watch.is_running)
        self._context = context
        self._on_main_thread = threading.current_thread() is threading.main_thread()
        self._listens = False
        self.view = cells.view_for(context, place)

    @property
    def ended(self) -> bool:
        return self._ended.is_set()

    @property
    def model(self) -> keras.Model:
        """The model in training."""
        return self._model

    @property
    def thread_id(self) -> int:
        """The thread in which fit runs."""
        return self._watch.thread_id

    def is_running(self) -> bool:
        """Whether the fit goes on, as far as can be seen. From any thread."""
        return not self.ended and self._watch.is_running()

    def bundle(self) -> dict[str, Any]:
        """Return what shows the run without a kernel, as far as it has come. From any thread."""
        return self.view.bundle()

    # The hooks of the callback, in the order in which Keras calls them.

    def begin(self) -> None:
        self._interrupt.install()
        self._attend()  # who listens? A kernel that was busy may not have heard of it.
        self._guard("Preparing the learning rate", learning_rate.prepare, self._model)
        self._guard("Reading the metrics", self._reader.find_metrics)
        self._guard("Reading the learning rate", self._read_learning_rate)
        self._unseen_gpu = self._guard("Looking for GPUs", _unseen_gpu, current())
        self._guard("Watching the devices", self._devices.start)
        self._guard("The live view", self.view.show, self)
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
            self._reader.begin_fit(epoch)
            self._progress.begin_epoch(epoch)
            if self.goes_on:
                self._reader.mark("fit", t("A new fit goes on"))
        else:
            self._progress.begin_epoch(epoch)
        self._reader.begin_epoch()
        self._guard("Reading the learning rate", self._read_learning_rate)
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
        if not self._reader.in_epoch:
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
        if self._reader.in_epoch:
            self._end_training_of_epoch()
        complete = not stopped or progress.batch == progress.batches
        self._guard("Reading the epoch's results", self._reader.end_epoch, epoch, logs, complete)
        self._publish_if_due()
        self.safe_point()

    def _end_training_of_epoch(self) -> None:
        if self._reader.end_training():
            self._sample()

    def end(self) -> None:
        self._guard("Reading the learning rate", self._read_learning_rate)
        if self.status == "stopping" and not self._interrupting:
            self._end("stopped", "")
        elif self._ended_early():
            detail = self._guard(
                "Looking at the callbacks", early_end, self._watch.callbacks(), self._reader.logs
            )
            self._reader.mark("callback", detail or t("Ended early"))
            self._end("finished", detail or "")
        else:
            self._end("finished", "")
        self._interrupt.raise_if_requested()

    def _ended_early(self) -> bool:
        progress = self._progress
        return progress.finished_epochs < progress.epochs - progress.initial_epoch

    # Steering.

    def submit(self, command: Command) -> None:
        """Queue a command for the next safe point. From any thread."""
        if self.ended:
            command.reply(False, t("The training has ended (%1).", status_word(self.status)))
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
                if self._reader.in_epoch:
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

    def _apply(self, command: Command, may_set_rate: bool) -> None:
        message = ""
        if command.kind in ("set_learning_rate", "follow_schedule"):
            if not may_set_rate:
                self._deferred.append(command)
                return
            try:
                message = self._steer(command)
            except learning_rate.LearningRateError as error:
                self._guard("Replying", command.reply, False, str(error))
                return
            except Exception as error:
                message = t(
                    "The learning rate could not be set: %1", f"{type(error).__name__}: {error}"
                )
                self._guard("Replying", command.reply, False, message)
                return
        elif command.kind == "call":
            assert command.function is not None
            self._guard("Reading the model", command.function)
        elif command.kind == "stop" and self.status != "stopping":
            self._model.stop_training = True
            self._set_status("stopping")
            self._reader.mark("user", t("Stop"))
        elif command.kind == "pause" and self.status == "running":
            self._set_status("paused")
            self._progress.clock.pause()
            self._paused_at = time.monotonic()
        elif command.kind == "resume" and self.status == "paused":
            self._set_status("running")
            seconds = time.monotonic() - self._paused_at
            self._reader.mark("user", t("Paused for %1", format_seconds(seconds)))
        if self.status != "paused":
            self._progress.clock.resume()
        self._guard("Replying", command.reply, True, message)

    def _steer(self, command: Command) -> str:
        """Set the learning rate, or give it back to its schedule; return what there is to say."""
        old = self._learning_rate
        message = ""
        if command.kind == "follow_schedule":
            learning_rate.follow_schedule(self._model)
        else:
            assert command.value is not None
            message = learning_rate.set_learning_rate(self._model, command.value)
        self.steered = True
        self._guard("Reading the learning rate", self._read_learning_rate, by_user=True)
        rates = rate_words(old), rate_words(self._learning_rate)
        if command.kind == "follow_schedule":
            text = t("Learning rate %1 → %2, back to %3", *rates, self._schedule)
        else:
            text = t("Learning rate %1 → %2", *rates)
        self._reader.mark("user", text)
        return message

    def _set_status(self, status: protocol.Status, detail: str = "") -> None:
        with self._lock:
            if not self.ended:
                self.status, self.detail = status, detail

    # Reading.

    def _sample(self) -> None:
        started = time.perf_counter()
        self._progress.measure_speed()
        self._guard("Reading the metrics", self._reader.sample)
        self._sampling.done(started)

    def _read_learning_rate(self, by_user: bool = False) -> None:
        """Read the rate; a change since the last time that was not the user's leaves a mark."""
        old = self._learning_rate
        self._schedule = learning_rate.schedule_name(getattr(self._model, "optimizer", None))
        self._learning_rate = new = learning_rate.read_learning_rate(self._model)
        self._learning_rate_read_at = time.perf_counter()
        if by_user or self._schedule or old is None or new is None or old == new:
            return
        text = self._rate_changes.describe(self._watch.callbacks(), old, new)
        if text and self._progress.step:
            self._reader.mark("callback", text)

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
        self._publishing.done(started, self.view.sent_bytes / MAX_BYTES_PER_SECOND)

    def describe_run(self, view: LiveView) -> protocol.RunInfo:
        """Return what holds for the whole fit, as ``view`` shows it. From any thread."""
        live = view.hears_commands or not self._on_main_thread
        return protocol.RunInfo(
            run_id=view.run_id,
            fit=view.fit_number,
            model_name=str(getattr(self._model, "name", type(self._model).__name__)),
            optimizer=type(getattr(self._model, "optimizer", None)).__name__,
            backend=str(keras.backend.backend()),
            device=self._device,
            epochs=self._progress.epochs,
            initial_epoch=self._progress.initial_epoch,
            epochs_before=self._reader.epochs_before,
            first_epoch=self._reader.first_epoch,
            metrics=list(self.store.metrics.values()),
            controls="live" if live else "after_cell",
            options=self._options,
        )

    def describe_progress(self) -> protocol.Progress:
        """Return where the fit is. From any thread."""
        progress = self._progress
        rate = self._learning_rate
        held = self._guard("Reading the learning rate", learning_rate.is_held, self._model)
        warnings = [*self._reader.not_finite.values(), *self._guard.failures.values()]
        if self._unseen_gpu:
            warnings.insert(0, self._unseen_gpu)
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
            learning_rate=None if rate is None else wire.wire_number(rate),
            learning_rate_schedule=self._schedule,
            learning_rate_held=bool(held),
            notices=[protocol.Notice(level="warning", text=text) for text in warnings],
            devices=wire_devices(self._devices.latest),
        )

    # Ending.

    def _end(self, status: protocol.Status, detail: str, remember: bool = True) -> None:
        with self._lock:
            if self.ended:
                return
            self.status, self.detail = status, detail
            self._progress.clock.stop()
            self._ended.set()
        self._interrupt_back()
        for command in [*self._deferred, *self._commands.take()]:
            text = t("The training has ended (%1).", status_word(status))
            self._guard("Replying", command.reply, False, text)
        self._guard("Watching the cell", self._listen_to_cell, False)
        self._guard("Watching the devices", self._devices.stop)
        self._guard("Giving the learning rate back", learning_rate.restore, self._model)
        if remember:
            self._guard("Noting where the fit ended", self._remember)
        self._guard("The live view", self.view.publish)
        self._guard("The picture of the run", self.view.end)
        # Who keeps the numbers need not keep the model.
        self._model = None
        self._reader.release()

    def _interrupt_back(self) -> None:
        if not self._interrupt.requested:
            self._interrupt.uninstall()

    def _remember(self) -> None:
        step, epoch, seconds = self._reader.position
        before = Before(
            store=self.store,
            steps=step,
            epoch=round(epoch),
            first_epoch=self._reader.first_epoch,
            seconds=seconds,
            weights=fingerprint(self._model),
        )
        continued_fit.remember(self._model, before)

    def abandon(self, error: BaseException | None = None) -> None:
        """Fit is gone without on_train_end: an exception ended it. From any thread."""
        if isinstance(error, KeyboardInterrupt):
            self._end("interrupted", "", remember=False)
        else:
            text = t("An exception ended the training.")
            self._end("failed", text if error is None else describe_error(error), remember=False)

    def _watch_fit(self) -> None:
        while not self._ended.wait(WATCH_SECONDS):
            if not self._watch.is_running():
                # The end of the cell, which knows the error, comes first where there is one.
                patience = CELL_SECONDS if self._on_main_thread and self._listens else WATCH_SECONDS
                if not self._ended.wait(patience) and not self._watch.is_running():
                    self.abandon()
            elif self._interrupt.requested and not self._interrupting:
                self._interrupting = True
                detail = t(
                    "Interrupted: stopping after this step. A second interrupt stops at once, "
                    "but may leave the model unusable."
                )
                self._set_status("stopping", detail)
                self._guard("The live view", self.view.publish)

    def _listen_to_cell(self, listen: bool) -> None:
        if listen:
            self._listens = cell_end.after_each_cell(self._on_cell_end)
        else:
            cell_end.remove(self._on_cell_end)

    def _on_cell_end(self, result: Any) -> None:
        self.after_cell(getattr(result, "error_in_exec", None))

    def after_cell(self, error: BaseException | None) -> None:
        """A cell has ended, perhaps that of the fit. On the main thread."""
        if self.ended or (self._watch.is_running() and not self._failed_in_a_loop(error)):
            return
        if self._reader.in_epoch and self._on_main_thread:
            self._sample()  # the batches until it failed
        self.abandon(error)

    def _failed_in_a_loop(self, error: BaseException | None) -> bool:
        """Whether a loop of the user's own, which cannot be watched, has ended with its cell."""
        return error is not None and self._on_main_thread and not self._watch.sees_fit
