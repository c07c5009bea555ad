"""Let all workers do the same between the same two steps: rank 0 says what."""

from __future__ import annotations

import json
import time
from typing import Any, Final

import numpy as np

#: Most messages say "go on", in as many bytes.
_BYTES: Final = 512
_LENGTH_BYTES: Final = 4


class Agreement:
    """Gives what rank 0 says to all workers. All of them have to call it in the same places.

    Args:
        workers: how many there are.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        #: How long this worker has waited for the others here, in seconds.
        self.waited_seconds = 0.0

    def broadcast(self, message: dict[str, Any]) -> dict[str, Any]:
        """Return the message of rank 0; those of the others are ignored."""
        if self._workers == 1:
            return message
        text = json.dumps(message).encode()
        started = time.perf_counter()
        first = np.zeros(_BYTES, np.uint8)
        first[:_LENGTH_BYTES] = list(len(text).to_bytes(_LENGTH_BYTES, "big"))
        head = text[: _BYTES - _LENGTH_BYTES]
        first[_LENGTH_BYTES : _LENGTH_BYTES + len(head)] = list(head)
        first = self._broadcast(first)
        length = int.from_bytes(first[:_LENGTH_BYTES].tobytes(), "big")
        said = first[_LENGTH_BYTES:].tobytes()[:length]
        if length > len(said):
            # A size of powers of two: each size is compiled once.
            rest = np.zeros(1 << (length - len(said) - 1).bit_length(), np.uint8)
            mine = text[len(head) :][: len(rest)]
            rest[: len(mine)] = list(mine)
            said = (said + self._broadcast(rest).tobytes())[:length]
        self.waited_seconds += time.perf_counter() - started
        found: dict[str, Any] = json.loads(said)
        return found

    def gather(self, values: list[float]) -> np.ndarray:
        """Return the values of all workers, a row each, as float64."""
        row = np.asarray(values, np.float64)
        if self._workers == 1:
            return row[None]
        from jax.experimental import multihost_utils

        # As bytes: JAX has float32 only, unless x64 is enabled.
        rows = multihost_utils.process_allgather(row.view(np.uint8))
        return np.asarray(rows).astype(np.uint8).reshape(self._workers, -1).view(np.float64)

    @staticmethod
    def _broadcast(array: np.ndarray) -> np.ndarray:
        from jax.experimental import multihost_utils

        return np.asarray(multihost_utils.broadcast_one_to_all(array)).astype(np.uint8)
