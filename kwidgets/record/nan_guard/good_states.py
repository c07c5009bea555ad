"""Copies of a training's state in memory, of which the last good ones are kept: ``GoodStates``."""

from __future__ import annotations

import collections
import dataclasses
import time
from typing import Any, Final

import keras
import numpy as np
import psutil

from kwidgets.record.checkpoints.training_state import (
    HostBuffers,
    TrainingState,
    num_bytes,
    read_state,
)

#: The training stands still for copies for at most 1/200 of the time.
COST_FACTOR: Final = 200.0
MIN_INTERVAL_SECONDS: Final = 0.1
#: Two good copies, and one of which it is not known yet.
_COPIES: Final = 3
#: More of the free memory is left to the training.
_MEMORY_SHARE: Final = 0.5


class NotEnoughMemoryError(Exception):
    """The copies do not fit into the free memory.

    Args:
        needed_bytes: for all copies.
        free_bytes: of the machine.
    """

    def __init__(self, needed_bytes: int, free_bytes: int) -> None:
        super().__init__(f"{needed_bytes} bytes needed, {free_bytes} bytes free")
        self.needed_bytes, self.free_bytes = needed_bytes, free_bytes


@dataclasses.dataclass(frozen=True)
class GoodState:
    """A copy of a state in reused memory.

    Attributes:
        state: the copy.
        step: the number of finished batches on the step axis.
        has_metrics: whether the metrics of its epoch have the value of a batch.
    """

    state: TrainingState
    step: int
    has_metrics: bool
    buffers: HostBuffers


class GoodStates:
    """The copies for one training. To be used on the training thread, between two batches.

    A copy is good if its weights are finite, and if the loss was finite when it was made *and* the
    next time that it was read: the loss of the batches so far says nothing of the weights after
    them.

    Args:
        model: the model in training.

    Raises:
        NotEnoughMemoryError: the copies would take too much memory.
    """

    def __init__(self, model: Any) -> None:
        needed, free = _COPIES * num_bytes(model), int(psutil.virtual_memory().available)
        if needed > _MEMORY_SHARE * free:
            raise NotEnoughMemoryError(needed, free)
        self.due_at = 0.0
        self._model = model
        self._buffers = [HostBuffers() for _ in range(_COPIES)]
        self._costs: collections.deque[float] = collections.deque(maxlen=3)
        self._good: list[GoodState] = []
        self._candidate: GoodState | None = None
        self._restored: GoodState | None = None
        # Weights that never were finite, such as a mask with -inf.
        self._ignored: frozenset[str] | None = None

    def copy(self, epoch: int, batch: int, step: int, is_good: bool = False) -> bool:
        """Copy the state; return whether its weights are finite, without which it is dropped.

        Args:
            epoch: Keras's number of the epoch.
            batch: finished batches of the epoch.
            step: finished batches on the step axis.
            is_good: whether it is good without a further look at the loss.
        """
        started = time.perf_counter()
        used = [kept.buffers for kept in self._good]
        buffers = next(each for each in self._buffers if each not in used)
        state = read_state(self._model, epoch, batch, buffers=buffers)
        bad = _not_finite(state)
        if self._ignored is None:
            self._ignored = bad
        copy = GoodState(state, step, batch > 0, buffers)
        finite = bad <= self._ignored
        self._candidate = copy if finite else None
        if is_good:
            self.confirm()
        self._set_next(started)
        return finite

    def confirm(self) -> None:
        """The loss is finite: so was the state that was copied last."""
        if self._candidate is not None:
            self._good = [*self._good, self._candidate][1 - _COPIES :]
            self._candidate = None

    def take(self) -> GoodState | None:
        """Return the state to restore, or None if there is none.

        It is the last good one; if that did not help, the one before it.
        """
        self._candidate = None
        if len(self._good) > 1 and self._good[-1] is self._restored:
            self._good.pop()
        self._restored = self._good[-1] if self._good else None
        return self._restored

    def _set_next(self, started: float) -> None:
        now = time.perf_counter()
        self._costs.append(now - started)
        # The cheapest of the last few: the first ones get their memory.
        self.due_at = now + max(MIN_INTERVAL_SECONDS, COST_FACTOR * min(self._costs))


def _not_finite(state: TrainingState) -> frozenset[str]:
    """Return the names of weights that have a value which is NaN or infinite."""
    return frozenset(
        name
        for name, array in state.arrays.items()
        if name.startswith("model/") and not _is_finite(array)
    )


def _is_finite(array: np.ndarray) -> bool:
    if not keras.backend.is_float_dtype(array.dtype.name):
        return True
    # A sum reads the memory once and makes no array; it may overflow where no value is infinite.
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(np.sum(array))) or bool(np.isfinite(array).all())
