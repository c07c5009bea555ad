"""Apply the commands of users to a fit, on the training thread."""

from __future__ import annotations

import time
from typing import Final

from kwidgets.language import message, t
from kwidgets.live.keras_internals.learning_rate import LearningRateError
from kwidgets.live.keras_internals.variable_values import sync_variables
from kwidgets.live.numbers.acts import Act, Hook
from kwidgets.live.page.number_format import format_seconds
from kwidgets.live.page.status_labels import status_label
from kwidgets.live.run.fit_state import FitState
from kwidgets.live.run.fit_status import FitStatus
from kwidgets.live.run.observers import ActKind, CommandRefusedError, Observers
from kwidgets.live.training_thread.command_queue import Command, CommandQueue

_RATE_ACTS: Final[dict[str, ActKind]] = {
    "set_learning_rate": "learning_rate",
    "follow_schedule": "follow_schedule",
}
# What changes the variables of the model or its optimizer.
_NOT_IN_VALIDATION = ("set_learning_rate", "follow_schedule", "rewind")


class CommandHandler:
    """Takes commands out of ``queue`` and applies them. To be used on the training thread.

    Args:
        fit: the state of the training.
        queue: of the commands.
        observers: of the training.
        trains_on: whether the step that begins is still trained after a stop, as Keras does.
    """

    def __init__(
        self, fit: FitState, queue: CommandQueue, observers: Observers, trains_on: bool
    ) -> None:
        self._trains_on = trains_on
        self._fit = fit
        self._queue = queue
        self._observers = observers
        # Commands that wait for the end of the validation.
        self._deferred: list[Command] = []
        self._paused_at = 0.0
        #: The user's answer to the question of an observer.
        self.answer: str | None = None

    def apply_queued(self, hook: Hook) -> bool:
        """Apply what is queued, oldest first; return whether there was anything.

        Args:
            hook: the one in which this is called. In the validation, commands that set the
                learning rate are kept until :meth:`queue_deferred`.
        """
        may_set_rate = hook not in ("on_train_begin", "on_test_batch_begin")
        commands = self._queue.take()
        for command in commands:
            if command.kind in _NOT_IN_VALIDATION and not may_set_rate:
                self._deferred.append(command)
            else:
                self._apply(command, hook)
        return bool(commands)

    def queue_deferred(self) -> None:
        """Queue the commands that had to wait."""
        for command in self._deferred:
            self._queue.put(command)
        self._deferred.clear()

    def refuse_queued(self) -> None:
        """Refuse the commands that have not been applied: the fit has ended."""
        for command in [*self._deferred, *self._queue.take()]:
            self._reply(command, False, ended_message(self._fit.status))

    def _apply(self, command: Command, hook: Hook) -> None:
        note = ""
        act: ActKind | None = None
        self._observers.before_command(command, hook)
        if command.kind in ("set_learning_rate", "follow_schedule", "choose_optimizer"):
            act = _RATE_ACTS.get(command.kind)
            try:
                note = self._fit.rate.apply(command)
            except LearningRateError as error:
                self._reply(command, False, str(error))
                return
            except Exception as error:
                text = f"{type(error).__name__}: {error}"
                self._reply(command, False, t("Cannot set the learning rate: %1", text))
                return
        elif command.kind in ("checkpoint", "rewind", "set_nan_guard"):
            try:
                applied = self._observers.apply(command, hook)
                if applied is None:
                    raise CommandRefusedError(t("Not available: this training is not recorded."))
                note = applied
            except CommandRefusedError as error:
                self._reply(command, False, str(error))
                return
            except Exception as error:
                self._reply(command, False, f"{type(error).__name__}: {error}")
                return
        elif command.kind == "answer":
            self.answer = command.text
        elif command.kind == "call":
            assert command.function is not None
            self._fit.guard("Reading the model", sync_variables, self._fit.model)
            self._fit.guard("Reading the model", command.function)
        elif command.kind == "stop" and self._fit.status.status != "stopping":
            self._fit.trainer.stop_training = True
            act = "stop"
            self._fit.status.set("stopping")
            # Keras still trains the step that begins: the curves end after it.
            begins = self._trains_on and hook in ("on_epoch_begin", "on_train_batch_begin")
            steps = self._fit.progress.steps_of_next_call if begins else 0
            self._fit.reader.add_mark("user", message("Stop"), steps)
        elif command.kind == "pause" and self._fit.status.status == "running":
            act = "pause"
            self._fit.status.set("paused")
            self._fit.progress.clock.pause()
            self._paused_at = time.monotonic()
        elif command.kind == "resume" and self._fit.status.status == "paused":
            act = "resume"
            self._fit.status.set("running")
            seconds = time.monotonic() - self._paused_at
            self._fit.reader.add_mark("user", message("Paused for %1", format_seconds(seconds)))
        if self._fit.status.status != "paused":
            self._fit.progress.clock.resume()
        if act is not None:
            self._fit.acts.append(self._describe_act(act, hook))
            self._observers.after_act(act, self._fit.rate.value)
        self._reply(command, True, note)

    def _describe_act(self, act: ActKind, hook: Hook) -> Act:
        progress, rate = self._fit.progress, self._fit.rate
        return Act(progress.epoch, progress.batch, hook, rate.iterations(), act, rate.value)

    def _reply(self, command: Command, ok: bool, message: str) -> None:
        self._fit.guard("Replying", command.reply, ok, message)


def ended_message(status: FitStatus) -> str:
    """Return why a command is refused after the fit has ended."""
    return t("The training has ended (%1).", status_label(status.status))
