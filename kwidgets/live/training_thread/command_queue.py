"""Commands to a running fit: queued from any thread, applied on the training thread.

They are applied at the safe point, a hook between two steps: on JAX a learning rate that another
thread sets is silently lost.
"""

from __future__ import annotations

import collections
import dataclasses
import math
import threading
from collections.abc import Callable
from typing import Literal

Reply = Callable[[bool, str], None]


def _no_reply(ok: bool, message: str) -> None:
    pass


@dataclasses.dataclass(frozen=True)
class Command:
    """A command of a user; ``reply(ok, message)`` reports its result.

    ``call`` runs ``function``, which may read the model's values: they are consistent then.
    """

    kind: Literal["pause", "resume", "stop", "set_learning_rate", "follow_schedule", "call"]
    value: float | None = None
    reply: Reply = _no_reply
    function: Callable[[], None] | None = None


class CommandQueue:
    """Commands that wait for the training thread."""

    def __init__(self) -> None:
        self._commands: collections.deque[Command] = collections.deque()
        self._arrived = threading.Event()
        # Read on every step: a plain attribute costs nothing.
        self.pending = False

    def put(self, command: Command) -> None:
        """Queue ``command``. From any thread."""
        self._commands.append(command)
        self.pending = True
        self._arrived.set()

    def take(self) -> list[Command]:
        """Remove and return the queued commands, oldest first."""
        self.pending = False
        self._arrived.clear()
        taken = []
        while self._commands:
            taken.append(self._commands.popleft())
        return taken

    def wait(self, timeout_seconds: float) -> None:
        """Wait until there is a command, or for ``timeout_seconds``."""
        self._arrived.wait(timeout_seconds)


def check_learning_rate(value: object) -> float:
    """Return ``value`` as a learning rate.

    Raises:
        TypeError: it is not a number.
        ValueError: it is not finite and above 0.
    """
    expected = "a learning rate is a number above 0, such as 0.001"
    if isinstance(value, bool) or not hasattr(value, "__float__"):
        raise TypeError(f"{expected}; got {value!r} ({type(value).__name__}). Pass a float.")
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"{expected}; got {value!r} ({type(value).__name__}). Pass a float."
        ) from error
    if not (math.isfinite(number) and number > 0):
        raise ValueError(f"{expected}; got {number!r}. The rate in force is kept.")
    return number
