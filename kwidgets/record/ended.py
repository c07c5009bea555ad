"""Wait for what the trainings of this process that have ended are still writing.

Run files and checkpoints are written in threads, which end some milliseconds after ``fit``. Whoever
then looks for the run finds it whole.
"""

from __future__ import annotations

import time
import weakref
from typing import Protocol

#: On a disk that hangs; what is there so far is then read.
TIMEOUT_SECONDS = 2.0


class Writer(Protocol):
    """Writes in a thread, which keeps it alive."""

    def wait(self, timeout_seconds: float) -> bool:
        """Return whether all is written, at the latest after ``timeout_seconds``."""


_writers: weakref.WeakSet[Writer] = weakref.WeakSet()


def add_ended(writer: Writer) -> None:
    """Let :func:`wait_for_ended` wait for ``writer``, whose training has ended."""
    _writers.add(writer)


def wait_for_ended() -> None:
    """Wait until all is written. Not in a thread that writes."""
    until = time.monotonic() + TIMEOUT_SECONDS
    for writer in list(_writers):
        if writer.wait(max(0.0, until - time.monotonic())):
            _writers.discard(writer)
