"""Read and set the learning rate during a fit, and mark its changes on the curves."""

from __future__ import annotations

import time
from typing import Protocol

from kwidgets.language import Message, message, t, translated
from kwidgets.live.keras_internals.callback_effects import LearningRateChanges, format_rate
from kwidgets.live.keras_internals.fit_frame import FitFrame
from kwidgets.live.keras_internals.learning_rate import LearningRateError
from kwidgets.live.keras_internals.metric_reader import MetricReader
from kwidgets.live.numbers.progress import FitProgress
from kwidgets.live.training_thread.command_queue import LARGEST, SMALLEST, Command
from kwidgets.live.training_thread.error_guard import ErrorGuard

# A schedule is a computation of its own: it is not read at every update.
SCHEDULE_SECONDS = 1.0


class LearningRateSource(Protocol):
    """Reads and sets the learning rate of what is in training."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the optimizers, if there are several."""

    #: The one of several optimizers whose rate is read and set.
    chosen: str

    def prepare(self) -> None:
        """Prepare for a rate set by hand, before the step is traced."""

    def restore(self) -> None:
        """Undo :meth:`prepare`."""

    def schedule_name(self) -> str | Message | None:
        """Return the name of the schedule or function that sets the rate, or None."""

    def is_overridden(self) -> bool:
        """Return whether a rate set by hand overrides the schedule."""

    def read(self) -> float | None:
        """Return the current rate, or None if there is none."""

    def iterations(self) -> int | None:
        """Return the optimizer's count of its updates, or None where a loop counts."""

    def set(self, value: float) -> str:
        """Set the rate from the next step on; return a note for the user, or "".

        Raises:
            LearningRateError: it cannot be set; the message says why.
        """

    def follow_schedule(self) -> None:
        """Let the schedule set the rate again.

        Raises:
            LearningRateError: there is none, or it was not overridden.
        """


class LearningRateControl:
    """The learning rate of one fit. To be used on the training thread.

    Args:
        source: reads and sets it.
        frame: has the callbacks of the fit, one of which may have changed the rate.
        reader: takes the marks.
        progress: where the fit is.
        guard: calls what may fail.
    """

    def __init__(
        self,
        source: LearningRateSource,
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
        self.names = source.names
        self.chosen = source.chosen
        self._source: LearningRateSource | None = source
        self._frame = frame
        self._reader = reader
        self._progress = progress
        self._guard = guard
        self._changes = LearningRateChanges()
        self._read_at = 0.0

    def prepare(self) -> None:
        """Prepare the optimizer for a rate set by hand, before the step is traced."""
        if self._source is not None:
            self._guard("Preparing the learning rate", self._source.prepare)

    def restore(self) -> None:
        """Restore the optimizer as it was before :meth:`prepare`."""
        if self._source is not None:
            self._guard("Returning to the schedule", self._source.restore)

    def release(self) -> None:
        """Drop the reference to the model: the fit has ended."""
        self._source = None

    def read(self, by_user: bool = False) -> None:
        """Read the rate; mark a change that was not the user's."""
        if self._source is not None:
            self._guard("Reading the learning rate", self._read, self._source, by_user)

    def read_if_due(self, now: float) -> None:
        """Read the rate, or a schedule's rate only if the last time is ``SCHEDULE_SECONDS`` ago."""
        if not self.schedule or now - self._read_at > SCHEDULE_SECONDS:
            self.read()

    def is_overridden(self) -> bool:
        """Return whether a rate set by hand overrides the schedule."""
        source = self._source
        if source is None:
            return False
        return bool(self._guard("Reading the learning rate", source.is_overridden))

    def iterations(self) -> int | None:
        """Return the optimizer's count of its updates, which a schedule gets; None without one."""
        source = self._source
        return (
            None if source is None else self._guard("Reading the learning rate", source.iterations)
        )

    def apply(self, command: Command) -> str:
        """Set the rate, follow the schedule again, or choose one of several optimizers.

        Returns:
            A note for the user, or "".

        Raises:
            LearningRateError: it cannot be done; the message says why.
        """
        assert self._source is not None
        if command.kind == "choose_optimizer":
            self._choose(self._source, command.text)
            return ""
        old = self.value
        note = ""
        if command.kind == "follow_schedule":
            self._source.follow_schedule()
        else:
            assert command.value is not None
            note = self._source.set(command.value)
        self.set_by_user = True
        self.read(by_user=True)
        rates = format_rate(old), format_rate(self.value)
        if command.kind == "follow_schedule":
            schedule = self._source.schedule_name()
            text = message("Learning rate %1 → %2, returned to %3", *rates, schedule or "")
        elif self.names:
            text = message("%1: learning rate %2 → %3", self.chosen, *rates)
        else:
            text = message("Learning rate %1 → %2", *rates)
        self._reader.add_mark("user", text)
        return note

    def halve(self, old: float | None) -> tuple[float, float] | None:
        """Set half of the rate ``old``, without a mark; return the old rate and the new one.

        A schedule is overridden. Returns None if the rate is unknown or cannot be set.
        """
        assert self._source is not None
        if old is None or not SMALLEST <= old / 2 <= LARGEST:
            return None
        try:
            self._source.set(old / 2)
        except LearningRateError:
            return None
        self.read(by_user=True)
        return old, old / 2

    def _choose(self, source: LearningRateSource, name: str) -> None:
        if name not in self.names:
            raise LearningRateError(t("This training has no optimizer “%1”.", name))
        source.chosen = self.chosen = name
        # A difference from the rate of the other optimizer is no change.
        self.value = None
        self.read()

    def _read(self, source: LearningRateSource, by_user: bool) -> None:
        old = self.value
        name = source.schedule_name()
        self.schedule = None if name is None else translated(name)
        self.value = new = source.read()
        self._read_at = time.perf_counter()
        if by_user or self.schedule or old is None or new is None or old == new:
            return
        text = self._changes.describe(self._frame.callbacks(), old, new)
        if text and self._progress.step:
            self._reader.add_mark("callback", text)
