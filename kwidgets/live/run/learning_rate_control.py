"""Read and set the learning rate during a fit, and mark its changes on the curves."""

from __future__ import annotations

import time
from typing import Any

import keras

from kwidgets.language import message
from kwidgets.live.keras_internals import learning_rate
from kwidgets.live.keras_internals.callback_effects import LearningRateChanges, format_rate
from kwidgets.live.keras_internals.fit_frame import FitFrame
from kwidgets.live.keras_internals.metric_reader import MetricReader
from kwidgets.live.numbers.progress import FitProgress
from kwidgets.live.training_thread.command_queue import Command
from kwidgets.live.training_thread.error_guard import ErrorGuard

# A schedule is a computation of its own: it is not read at every update.
SCHEDULE_SECONDS = 1.0


class LearningRateControl:
    """The learning rate of one fit. To be used on the training thread.

    Args:
        model: the model in training.
        frame: has the callbacks of the fit, one of which may have changed the rate.
        reader: takes the marks.
        progress: where the fit is.
        guard: calls what may fail.
    """

    def __init__(
        self,
        model: keras.Model,
        frame: FitFrame,
        reader: MetricReader,
        progress: FitProgress,
        guard: ErrorGuard,
    ) -> None:
        # The rate and the schedule's name, as they were read last.
        self.value: float | None = None
        self.schedule: str | None = None
        # Whether a command has set the rate.
        self.set_by_user = False
        self._model: Any = model
        self._frame = frame
        self._reader = reader
        self._progress = progress
        self._guard = guard
        self._changes = LearningRateChanges()
        self._read_at = 0.0

    def prepare(self) -> None:
        """Prepare the optimizer for a rate set by hand, before the step is traced."""
        self._guard("Preparing the learning rate", learning_rate.prepare, self._model)

    def restore(self) -> None:
        """Restore the optimizer as it was before :meth:`prepare`."""
        self._guard("Giving the learning rate back", learning_rate.restore, self._model)

    def release(self) -> None:
        """Drop the reference to the model: the fit has ended."""
        self._model = None

    def read(self, by_user: bool = False) -> None:
        """Read the rate; mark a change that was not the user's."""
        self._guard("Reading the learning rate", self._read, by_user)

    def read_if_due(self, now: float) -> None:
        """Read the rate, or a schedule's rate only if the last time is ``SCHEDULE_SECONDS`` ago."""
        if not self.schedule or now - self._read_at > SCHEDULE_SECONDS:
            self.read()

    def is_overridden(self) -> bool:
        """Return whether a rate set by hand overrides the schedule."""
        overridden = self._guard(
            "Reading the learning rate", learning_rate.is_overridden, self._model
        )
        return bool(overridden)

    def apply(self, command: Command) -> str:
        """Set the rate or follow the schedule again; return a note for the user, or "".

        Raises:
            LearningRateError: the rate cannot be set; the message says why.
        """
        old = self.value
        note = ""
        if command.kind == "follow_schedule":
            learning_rate.follow_schedule(self._model)
        else:
            assert command.value is not None
            note = learning_rate.set_learning_rate(self._model, command.value)
        self.set_by_user = True
        self.read(by_user=True)
        rates = format_rate(old), format_rate(self.value)
        if command.kind == "follow_schedule":
            schedule = learning_rate.schedule_label(getattr(self._model, "optimizer", None))
            text = message("Learning rate %1 → %2, back to %3", *rates, schedule)
        else:
            text = message("Learning rate %1 → %2", *rates)
        self._reader.add_mark("user", text)
        return note

    def _read(self, by_user: bool) -> None:
        old = self.value
        self.schedule = learning_rate.schedule_name(getattr(self._model, "optimizer", None))
        self.value = new = learning_rate.read_learning_rate(self._model)
        self._read_at = time.perf_counter()
        if by_user or self.schedule or old is None or new is None or old == new:
            return
        text = self._changes.describe(self._frame.callbacks(), old, new)
        if text and self._progress.step:
            self._reader.add_mark("callback", text)
