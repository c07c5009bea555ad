"""Count the steps and epochs of a fit, and compute its speed and remaining time."""

from __future__ import annotations

import time
from collections.abc import Callable

from kwidgets.live.protocol import Phase


class Clock:
    """Seconds of training since ``start``, pauses left out."""

    def __init__(self, now: Callable[[], float] = time.perf_counter) -> None:
        self._now = now
        self._start = now()
        self._paused_at: float | None = None
        self._stopped_at: float | None = None

    def seconds(self) -> float:
        end = self._stopped_at if self._stopped_at is not None else self._paused_at
        return (self._now() if end is None else end) - self._start

    def pause(self) -> None:
        if self._paused_at is None:
            self._paused_at = self._now()

    def resume(self) -> None:
        if self._paused_at is not None:
            self._start += self._now() - self._paused_at
            self._paused_at = None

    def stop(self) -> None:
        if self._stopped_at is None:
            self._stopped_at = self._now() if self._paused_at is None else self._paused_at


class FitProgress:
    """Counts finished batches and epochs, and estimates the remaining time.

    Args:
        epochs: the epoch number at which the fit ends (Keras's ``epochs``).
        initial_epoch: the epoch number at which it began, from 0.
        batches: batches an epoch, or None while unknown (a generator's first epoch).
        steps_per_execution: batches that Keras runs between two hooks.
        begins_one_too_many: whether Keras, on this backend, begins one more batch before it notices
            that data of unknown length has ended.
    """

    def __init__(
        self,
        epochs: int,
        batches: int | None,
        *,
        initial_epoch: int = 0,
        steps_per_execution: int = 1,
        begins_one_too_many: bool = True,
        clock: Clock | None = None,
    ) -> None:
        self.clock = clock or Clock()
        self.epochs = epochs
        self.initial_epoch = initial_epoch
        self.batches = batches
        self.phase: Phase = "starting"
        self.epoch = initial_epoch  # the running one, from 0
        self.finished_epochs = 0
        self.batch = 0  # finished in this epoch
        self.validation_batch = 0
        self._steps_per_execution = steps_per_execution
        self._begins_one_too_many = begins_one_too_many
        self._steps_before_epoch = 0
        self._training_ended = False
        self._speed: float | None = None
        self._marker: tuple[float, int] | None = None
        self._validation_began = 0.0
        self._validation_seconds = 0.0
        self._all_validation_seconds = 0.0

    @property
    def step(self) -> int:
        """Batches finished since fit began."""
        return self._steps_before_epoch + self.batch

    @property
    def steps_of_next_call(self) -> int:
        """Batches that Keras trains before its next hook; 0 where that is not known."""
        if self.batches is None:
            return 0
        return max(0, min(self._steps_per_execution, self.batches - self.batch))

    @property
    def total_steps(self) -> int | None:
        """Batches of the whole fit, where an epoch's length is known."""
        if self.batches is None:
            return None
        return self.batches * max(self.epochs - self.initial_epoch, 0)

    @property
    def fractional_epoch(self) -> float:
        """Epochs done, such as 1.5 for half of the second; counted from 0 as ``initial_epoch``."""
        length = self.batches or max(self.batch + 1, 1)
        return self.epoch + min(self.batch / length, 1.0)

    @property
    def steps_per_second(self) -> float | None:
        """Recent training speed, validation and pauses left out."""
        return self._speed

    @property
    def validating_seconds(self) -> float:
        """For how long the running validation has been running."""
        if self.phase != "validating":
            return 0.0
        return self.clock.seconds() - self._validation_began

    @property
    def remaining_seconds(self) -> float | None:
        """Time to the end at the recent speed, each epoch's validation included."""
        if not self._speed or self.total_steps is None:
            return None
        epochs_left = self.epochs - self.initial_epoch - self.finished_epochs
        validation = self._validation_seconds * epochs_left - self.validating_seconds
        return max((self.total_steps - self.step) / self._speed + max(validation, 0.0), 0.0)

    def begin_epoch(self, epoch: int) -> None:
        self._steps_before_epoch += self.batch
        self.epoch = epoch
        self.batch = 0
        self.validation_batch = 0
        self._training_ended = False

    def begin_batch(self, batch: int) -> None:
        """Note that Keras is about to run ``batch``: those before it are finished."""
        self.batch = batch
        if self.step:
            self.phase = "training"

    def measure_speed(self) -> None:
        """Measure the speed since the last call, and smooth it."""
        now = self.clock.seconds() - self._all_validation_seconds
        if self._marker is not None:
            seconds, steps = now - self._marker[0], self.step - self._marker[1]
            if seconds > 0 and steps > 0:
                speed = steps / seconds
                # Half-way to the new value each second: smooth, but not slow.
                share = 1 - 0.5**seconds
                self._speed = (
                    speed if self._speed is None else self._speed + share * (speed - self._speed)
                )
        self._marker = (now, self.step)

    def end_training_of_epoch(self, cut_short: bool = False) -> None:
        """Count the epoch's last batch: its data has ended, or the fit was stopped."""
        if self._training_ended:
            return
        self._training_ended = True
        done = self.batch + self._steps_per_execution
        if self.batches is not None:
            self.batch = min(done, self.batches)
        elif cut_short or not self._begins_one_too_many:
            self.batch = done

    def begin_validation(self, cut_short: bool = False) -> None:
        self.end_training_of_epoch(cut_short)
        self.phase = "validating"
        self.validation_batch = 0
        self._validation_began = self.clock.seconds()

    def end_validation(self) -> None:
        self._validation_seconds = self.validating_seconds
        self._all_validation_seconds += self._validation_seconds

    def end_epoch(self, cut_short: bool = False) -> None:
        """Count the epoch: its training and its validation, if any, are done."""
        self.end_training_of_epoch(cut_short)
        self.phase = "training"
        self.finished_epochs += 1
        if self.batches is None and not cut_short:
            self.batches = self.batch
