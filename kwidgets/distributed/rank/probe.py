"""Measure how fast the device of a worker is, by a small computation of a fixed size."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

#: Of the time of a training.
MAX_SHARE: Final = 0.005
#: Between two measurements, in seconds.
MIN_SECONDS: Final = 3.0
_SIZE: Final = 256
_REPEATS: Final = 4


class DeviceProbe:
    """Measures the device of this process alone: it is never a collective.

    It is done right after an agreement, when the device has nothing else to do: all have waited for
    each other. On JAX only, on which several processes train.

    Args:
        backend: Keras's.
        compute: does the computation and waits for it; None for a product of matrices on the first
            device of this process.
    """

    def __init__(self, backend: str, compute: Callable[[], Any] | None = None) -> None:
        self._compute = compute
        self._works = backend == "jax" or compute is not None
        self._due_at = 0.0
        #: Of the last measurement; None before the first one.
        self.seconds: float | None = None

    def measure_if_due(self) -> None:
        """Measure, if the last time is long enough ago. On the training thread."""
        if not self._works or time.perf_counter() < self._due_at:
            return
        try:
            self._measure()
        except Exception:  # a view's figure must not end a training
            self._works, self.seconds = False, None

    def _measure(self) -> None:
        if self._compute is None:
            self._compute = _matrix_product()
        started = time.perf_counter()
        # The fastest of a few: what else runs on the computer disturbs single ones.
        self.seconds = min(_duration(self._compute) for _ in range(_REPEATS))
        now = time.perf_counter()
        self._due_at = now + max(MIN_SECONDS, (now - started) / MAX_SHARE)


def _duration(compute: Callable[[], Any]) -> float:
    started = time.perf_counter()
    compute()
    return time.perf_counter() - started


def _matrix_product() -> Callable[[], Any]:
    import jax
    import numpy as np

    # An array of its own device alone, whatever Keras divides among all of them.
    matrix = jax.device_put(np.full((_SIZE, _SIZE), 1 / _SIZE, np.float32), jax.local_devices()[0])
    product = jax.jit(lambda value: value @ value @ value)

    def compute() -> None:
        product(matrix).block_until_ready()

    compute()  # It is compiled.
    return compute
