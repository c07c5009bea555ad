"""One fit, watched and steered: calls the parts at the hooks of the callback."""

from __future__ import annotations

import contextvars
import math
import threading
import time
from collections.abc import Mapping
from typing import Any, Literal

from kwidgets.kernel import busy_messages
from kwidgets.kernel.interrupt import SafeInterrupt, deferred_interrupts
from kwidgets.kernel.running_kernel import is_run_by_program
from kwidgets.language import message, t, translated
from kwidgets.live import protocol
from kwidgets.live.keras_internals import fit_exceptions
from kwidgets.live.keras_internals.callback_effects import describe_early_end
from kwidgets.live.keras_internals.fit_errors import describe_error
from kwidgets.live.numbers.acts import Hook
from kwidgets.live.page.cell_output import ViewTarget
from kwidgets.live.page.cell_views import cell_views
from kwidgets.live.page.view import LiveView
from kwidgets.live.run.command_handler import CommandHandler, ended_message
from kwidgets.live.run.fit_description import describe_progress, describe_run
from kwidgets.live.run.fit_end_watcher import FitEndWatcher
from kwidgets.live.run.fit_state import FitState
from kwidgets.live.run.observers import Observers
from kwidgets.live.training_thread.command_queue import Command, CommandQueue
from kwidgets.live.training_thread.pace import Pace

SAMPLE_SECONDS = 0.1
PUBLISH_SECONDS = 0.2
MAX_BYTES_PER_SECOND = 18_000
POLL_SECONDS = 0.1


class FitRun:
    """One fit. Methods are called on the training thread, except where they say "from any thread".

    Args:
        state: of the fit, with its parts.
        context: the one in which output goes to the fit's cell.
        target: shows the view; None for the cell's output.
    """

    kind: Literal["fit", "loop", "evaluation"] = "fit"
    #: Whether no other process trains the model too.
    is_alone: bool = True
    #: Whether a short fit ends with a checkpoint too: its model is nowhere else.
    needs_end_checkpoint: bool = False

    def __init__(
        self,
        state: FitState,
        context: contextvars.Context,
        target: ViewTarget | None = None,
    ) -> None:
        self._context = context
        self._fit = state
        self.store = self._fit.reader.store
        self.continues = self._fit.continues
        # The thread in which fit runs.
        self.thread_id = self._fit.frame.thread_id
        # Read at every step: an attribute of our own costs less than one of the state's.
        self._status = self._fit.status
        self._progress = self._fit.progress
        self._reader = self._fit.reader
        self.guard = self._guard = self._fit.guard
        self._commands = CommandQueue()
        self.observers = Observers(self)
        self._handler = CommandHandler(
            self._fit, self._commands, self.observers, trains_on=self.kind == "fit"
        )
        self._sampling = Pace(SAMPLE_SECONDS)
        self._publishing = Pace(PUBLISH_SECONDS)
        self._poll_at = math.inf
        #: Whether the observers are called before the next step; before the first one they are.
        self.call_before_step = True
        #: The batch of the running epoch before which the metrics are read, whatever the time.
        self.sample_at_batch = -1
        self._interrupt = SafeInterrupt(self._is_interrupt_deferred)
        # Whether the fit stops because of an interrupt.
        self._interrupting = False
        self._end_watcher = FitEndWatcher(self._fit)
        self.view = cell_views.view_for(context, target)

    # From any thread.

    @property
    def status(self) -> protocol.Status:
        return self._status.status

    @property
    def detail(self) -> str:
        """Why the status is what it is, such as an error's first line, or ""."""
        return self._status.detail

    @property
    def ended(self) -> bool:
        return self._status.ended

    @property
    def state(self) -> FitState:
        """The state of the fit, for its observers."""
        return self._fit

    @property
    def model(self) -> Any:
        """The model in training."""
        return self._fit.model

    @property
    def steered(self) -> bool:
        """Whether the learning rate was set by a command."""
        return self._fit.rate.set_by_user

    def is_running(self) -> bool:
        """Return whether the fit still runs, as far as can be seen."""
        return not self.ended and self._fit.frame.is_running()

    def notice_end(self) -> None:
        """End the run if an exception has ended its fit and is being handled. From any thread."""
        if self.ended or self._fit.frame.is_running():
            return
        error = self._fit.frame.active_error()
        if error is not None:
            self.abandon(error)

    def submit(self, command: Command) -> None:
        """Queue a command for the next safe point."""
        if self.ended:
            command.reply(False, ended_message(self._status))
            return
        self._commands.put(command)

    def may_use_model(self, wanted: bool = True) -> bool:
        """Return whether an observer may read or set variables of the model now.

        With several workers, all of them have to do that between the same two steps: if it may not,
        its hook is called again when they do.

        Args:
            wanted: whether it would use the model.
        """
        return True

    def is_due(self, time_seconds: float) -> bool:
        """Return whether a time of ``time.perf_counter`` has come: for all workers at once."""
        return time.perf_counter() >= time_seconds

    def publish_soon(self) -> None:
        """Show on the page what an observer has changed. From any thread."""
        self._guard("The live view", self.view.publish)

    def describe_run(self, view: LiveView) -> protocol.RunInfo:
        """Return the facts of the whole fit, as ``view`` shows them."""
        return describe_run(self._fit, view)

    def describe_progress(self) -> protocol.Progress:
        """Return where the fit is."""
        return describe_progress(self._fit)

    def bundle(self) -> dict[str, Any]:
        """Return an output that shows the run so far without a kernel."""
        return self.view.bundle()

    # The hooks of the callback, in the order in which Keras calls them.

    def begin(self) -> None:
        __tracebackhide__ = True
        self._interrupt.install()
        # Of SystemExit, which no hook and no wrapper of Keras reports, it is the first sign.
        self._fit.frame.when_released(self._interrupt.uninstall)
        # A kernel that was busy may not have handled yet that a page is there.
        self._poll_messages()
        self._fit.rate.prepare()
        self._guard("Reading the metrics", self._reader.find_metrics)
        self._fit.rate.read()
        self._fit.devices.start()
        self._guard("The live view", self.view.show, self)
        self._poll_at = 0.0 if busy_messages.needs_polling() else math.inf
        frame = self._fit.frame
        if frame.found_fit:
            self._guard("Monitoring the fit", fit_exceptions.watch, frame, self._after_error)
        self._guard("Monitoring the cell", self._end_watcher.watch_cells, self.after_cell)
        self._guard(
            "Monitoring the fit",
            self._end_watcher.start_thread,
            self._context,
            on_check=self._report_interrupt,
            on_gone=self.abandon,
        )
        self.observers.begin()

    def begin_epoch(self, epoch: int) -> None:
        __tracebackhide__ = True
        self._read_later_logs()
        if not self._progress.finished_epochs and not self._progress.step:
            self._progress.initial_epoch = epoch
            self._reader.begin_fit(epoch)
            self._progress.begin_epoch(epoch)
            if self.continues:
                self._reader.add_mark("fit", message("Training continued"))
        else:
            self._progress.begin_epoch(epoch)
        self._reader.begin_epoch()
        self.sample_at_batch = -1
        self._fit.rate.read()
        self.observers.begin_epoch(epoch)
        self.safe_point("on_epoch_begin")

    def begin_train_batch(self, batch: int) -> None:
        """Called at every step: does only what is necessary."""
        __tracebackhide__ = True
        self._progress.begin_batch(batch)
        if self.call_before_step:
            self.call_before_step = False
            self.observers.before_step(self._progress.epoch, batch)
        now = time.perf_counter()
        if now >= self._poll_at:
            self._poll_messages()
        if self._commands.pending or self._interrupt.requested:
            self.safe_point()
        if batch and (now >= self._sampling.due_at or batch == self.sample_at_batch):
            self._sample()
            self.observers.after_sample()
            self._publish_if_due()

    def begin_validation(self) -> None:
        if not self._reader.in_epoch:
            return
        self._progress.begin_validation(bool(self._fit.trainer.stop_training))
        self._end_training_of_epoch()
        self.observers.begin_validation()

    def begin_validation_batch(self, batch: int) -> None:
        __tracebackhide__ = True
        self._progress.validation_batch = batch
        if time.perf_counter() >= self._poll_at:
            self._poll_messages()
        if self._commands.pending or self._interrupt.requested:
            self.safe_point("on_test_batch_begin")
        # A short validation is not shown: it would come and go.
        if self._progress.validating_seconds > PUBLISH_SECONDS:
            self._publish_if_due()

    def end_validation(self) -> None:
        self._progress.end_validation()
        self.observers.end_validation()
        self._handler.queue_deferred()

    def end_epoch(self, epoch: int, logs: Mapping[str, Any]) -> None:
        __tracebackhide__ = True
        progress = self._progress
        stopped = bool(self._fit.trainer.stop_training)
        progress.end_epoch(stopped)
        if self._reader.in_epoch:
            self._end_training_of_epoch()
        complete = not stopped or progress.batch == progress.batches
        self._guard("Reading the epoch's results", self._reader.end_epoch, epoch, logs, complete)
        self.observers.end_epoch(epoch)
        self._publish_if_due()
        self.safe_point("on_epoch_end")

    def _read_later_logs(self) -> None:
        """Read what callbacks after ours have added to the logs of the last epoch."""
        self._guard("Reading the epoch's results", self._reader.read_later_logs)

    def end_batches(self) -> None:
        """The data of the epoch have ended: what observers may call before Keras's next hook."""
        self._progress.end_training_of_epoch()
        if self._reader.in_epoch:
            self._end_training_of_epoch()

    def _end_training_of_epoch(self) -> None:
        if self._reader.end_training():
            self._sample()
        self.observers.end_training()

    def end(self) -> None:
        __tracebackhide__ = True
        self._read_later_logs()
        self._fit.rate.read()
        self.observers.finish()
        if self.status == "stopping" and not self._interrupting:
            self._end("stopped", "")
        elif self._fit.end_reason is not None:
            self._end("finished", translated(self._fit.end_reason))
        elif self._progress.finished_epochs < self._progress.epochs - self._progress.initial_epoch:
            detail = self._guard(
                "Checking the callbacks",
                describe_early_end,
                self._fit.frame.callbacks(),
                self._reader.logs,
                self._reader.epochs_before - self._reader.whole_epochs_rewound,
            )
            self._reader.add_mark("callback", detail or message("Ended early"))
            self._end("finished", translated(detail) if detail else "")
        else:
            self._end("finished", "")
        self._interrupt.raise_if_requested()

    # Between two steps.

    def safe_point(self, hook: Hook = "on_train_batch_begin") -> None:
        """Apply the queued commands. Blocks while paused.

        Args:
            hook: calls this. In the validation, and before the training, the learning rate is not
                set: that waits for the end of the validation.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed since the last safe point.
        """
        __tracebackhide__ = True
        while True:
            if self._interrupt.requested:
                if self._waits_for_step(hook):
                    return
                self._before_interrupt(hook)
                self._interrupt.raise_if_requested()
            if self._handler.apply_queued(hook):
                self._publish()
            if self.status != "paused":
                return
            self._commands.wait(SAMPLE_SECONDS)
            self._poll_messages()

    def ask(self, text: str, answers: Mapping[str, str], seconds: float) -> str | None:
        """Ask the user before the training begins, and wait for the answer.

        Returns None where there is no user: no page, one that reaches the kernel only after the
        cell, or a program that runs the notebook.

        Args:
            text: the question.
            answers: the label of each answer, by its id.
            seconds: until the last answer is taken.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed.
        """
        if not self.view.receives_commands or is_run_by_program():
            return None
        until = time.monotonic() + seconds
        self._handler.answer = None
        self._fit.extras.question = protocol.Question(
            text=text,
            answers=[protocol.Answer(id=id, label=label) for id, label in answers.items()],
            seconds_left=seconds,
        )
        self._progress.clock.pause()
        try:
            self._publish()
            while self._handler.answer not in answers and time.monotonic() < until:
                self._commands.wait(SAMPLE_SECONDS)
                self._poll_messages()
                self.safe_point("on_train_begin")
                if self.status == "stopping":
                    break
        finally:
            self._fit.extras.question = None
            self._progress.clock.resume()
            self._publish()
        answer = self._handler.answer
        return answer if answer in answers else list(answers)[-1]

    def _is_interrupt_deferred(self) -> bool:
        """Return whether a Ctrl-C that arrives now has to wait for the next safe point."""
        return self._fit.frame.is_running()

    def _waits_for_step(self, hook: Hook) -> bool:
        """Return whether a Ctrl-C waits for the next step: before it, all is there to resume."""
        return hook in ("on_epoch_begin", "on_epoch_end")

    def _before_interrupt(self, hook: Hook) -> None:
        """Called before the KeyboardInterrupt is raised."""
        self.sample_now()
        self.observers.before_interrupt(hook)
        self._end("interrupted", "")

    def _poll_messages(self) -> None:
        """Handle what the front end has sent, where no other thread does so while we run."""
        if busy_messages.needs_polling():
            self._guard("Receiving messages from the front end", busy_messages.poll)
            self._poll_at = time.perf_counter() + POLL_SECONDS

    def sample_now(self) -> None:
        """Read the metrics up to the last batch, before an observer copies the state."""
        if self._reader.in_epoch:
            self._sample()

    def poll(self) -> None:
        """Receive messages while an observer works before the first batch.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed.
        """
        self._poll_messages()
        self.safe_point("on_train_begin")

    def _sample(self) -> None:
        started = time.perf_counter()
        self._progress.measure_speed()
        self._guard("Reading the metrics", self._reader.sample)
        self._sampling.done(started)

    def _publish_if_due(self) -> None:
        if time.perf_counter() >= self._publishing.due_at:
            self._publish()

    def _publish(self) -> None:
        started = time.perf_counter()
        self._fit.rate.read_if_due(started)
        self._guard("The live view", self.view.publish)
        self._publishing.done(started, self.view.sent_bytes / MAX_BYTES_PER_SECOND)

    # The end.

    def abandon(self, error: BaseException | None = None) -> None:
        """End the run of a fit that an exception ended, without on_train_end. From any thread."""
        if isinstance(error, KeyboardInterrupt):
            # Only here are the weights known to be at rest.
            in_thread_of_fit = threading.get_ident() == self.thread_id
            self._end("interrupted", "", remember=in_thread_of_fit)
        else:
            detail = self._describe_unknown() if error is None else describe_error(error)
            self._end("failed", detail, remember=False)

    def _describe_unknown(self) -> str:
        """Return what ended the fit where the exception is not known."""
        is_fit = self._fit.frame.found_fit
        if is_fit and self._guard("Monitoring the fit", fit_exceptions.sees_errors):
            return t("SystemExit, KeyboardInterrupt or a similar exception ended the training.")
        return t("An exception ended the training.")

    def after_cell(self, error: BaseException | None) -> None:
        """End the run if its fit is gone: a cell has ended. On the main thread."""
        if self.ended or (self._fit.frame.is_running() and not self._failed_in_a_loop(error)):
            return
        if self._fit.on_main_thread:
            self.sample_now()
        self.abandon(error)

    def _after_error(self, error: BaseException) -> None:
        """End the run: ``error`` has left its fit. On the training thread."""
        self.sample_now()
        self.abandon(error)

    def _failed_in_a_loop(self, error: BaseException | None) -> bool:
        """Return whether a training loop of the user's own has failed with its cell."""
        return error is not None and self._fit.on_main_thread and not self._fit.frame.found_fit

    def _report_interrupt(self) -> None:
        """Show that Ctrl-C was pressed, once. In the watching thread."""
        if not self._interrupt.requested or self._interrupting:
            return
        self._interrupting = True
        detail = t(
            "Interrupted: stopping after this step. A second interrupt stops immediately but "
            "may make the model unusable."
        )
        self._status.set("stopping", detail)
        self._guard("The live view", self.view.publish)

    def _end(self, status: protocol.Status, detail: str, remember: bool = True) -> None:
        self._progress.clock.stop()
        if not self._status.end(status, detail):
            return
        # Half an end would leave a view that never changes again.
        with deferred_interrupts():
            self._end_parts(remember)
        if not self._interrupt.requested:
            self._interrupt.uninstall()

    def _end_parts(self, remember: bool) -> None:
        self._handler.refuse_queued()
        self._guard("Monitoring the fit", fit_exceptions.forget, self._fit.frame)
        self._guard("Monitoring the cell", self._end_watcher.forget_cells)
        self._fit.devices.stop()
        self._fit.rate.restore()
        if remember:
            self._guard("Recording where the fit ended", self._reader.remember_end)
        self._guard("The live view", self.view.publish)
        self._guard("The picture of the run", self.view.end)
        self.observers.end()
        # Who keeps the numbers need not keep the model.
        self._fit.release()
