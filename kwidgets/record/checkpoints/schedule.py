"""When to take a checkpoint: as often as its measured cost allows."""

from __future__ import annotations

from typing import Final

#: No automatic checkpoint earlier in a fit: a short one is repeated more quickly than resumed.
FIRST_AFTER_SECONDS: Final = 10.0
MIN_INTERVAL_SECONDS: Final = 5.0
#: The training stands still for at most 1/200 of the time, and the disk is busy for 1/20.
STALL_FACTOR: Final = 200.0
WRITE_FACTOR: Final = 20.0


class CheckpointSchedule:
    """The times of the automatic checkpoints of one fit. Times are those of one clock, in seconds.

    Args:
        begun: when the fit began.
        fits_budget: whether two checkpoints fit into the bytes that a notebook may have.
    """

    def __init__(self, begun: float, fits_budget: bool) -> None:
        self.interval = MIN_INTERVAL_SECONDS
        self.automatic = fits_budget
        self._first_at = begun + FIRST_AFTER_SECONDS
        self._due_at = self._first_at
        self._stall = self._write = 0.0
        self._failures = 0

    @property
    def due_at(self) -> float:
        """When the next checkpoint is due; infinity if none is automatic."""
        return self._due_at if self.automatic else float("inf")

    def has_begun(self, now: float) -> bool:
        """Return whether the fit is old enough for automatic checkpoints, and has the room."""
        return self.automatic and now >= self._first_at

    def may_take_best(self, now: float) -> bool:
        """Return whether a checkpoint may be taken out of turn because the model is the best yet.

        The next one is then due later, so that the share of the time remains the same.
        """
        return self.has_begun(now) and now >= self._due_at - self.interval

    def taken(self, now: float, stall_seconds: float) -> None:
        """A checkpoint was copied, for which the training stood still for ``stall_seconds``."""
        self._stall = stall_seconds
        self._set_interval()
        self._due_at = min(max(self._due_at, now) + self.interval, now + 2 * self.interval)

    def written(self, write_seconds: float) -> None:
        """A checkpoint was written in so many seconds."""
        self._write, self._failures = write_seconds, 0
        before = self.interval
        self._set_interval()
        self._due_at += max(0.0, self.interval - before)

    def failed(self) -> None:
        """A checkpoint could not be written: the next attempt comes later each time."""
        self._failures += 1
        before = self.interval
        self._set_interval()
        self._due_at += self.interval - before

    def _set_interval(self) -> None:
        measured = max(MIN_INTERVAL_SECONDS, STALL_FACTOR * self._stall, WRITE_FACTOR * self._write)
        self.interval = measured * 2 ** min(self._failures, 6)
