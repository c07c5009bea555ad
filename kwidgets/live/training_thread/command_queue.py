"""Commands to a running fit: queued from any thread, applied on the training thread.

They are applied at the safe point, a hook between two steps: on JAX a learning rate that another
thread sets is silently lost.
"""

from __future__ import annotations

import collections
import dataclasses
import threading
from collections.abc import Callable
from typing import Final, Literal

from kwidgets.live.numbers.as_number import as_number, describe_value

# The range of learning rates: that of the normal numbers of float32.
SMALLEST: Final = 2.0**-126
LARGEST: Final = (2 - 2.0**-23) * 2.0**127

Reply = Callable[[bool, str], None]


def _no_reply(ok: bool, message: str) -> None:
    pass


@dataclasses.dataclass(frozen=True)
class Command:
    """A command of a user; ``reply(ok, message)`` reports its result.

    ``call`` runs ``function``, which may read the model's values: they are consistent then.
    ``value`` is a learning rate, whether a switch is on, or the step to rewind to; ``text`` is what
    ``answer``, ``checkpoint``, ``rewind`` and ``choose_optimizer`` are about.
    """

    kind: Literal[
        "pause",
        "resume",
        "stop",
        "set_learning_rate",
        "follow_schedule",
        "answer",
        "checkpoint",
        "rewind",
        "set_nan_guard",
        "choose_optimizer",
        "call",
    ]
    value: float | None = None
    text: str = ""
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
        ValueError: it is not above 0, or too small or too large for an optimizer.
    """
    expected = "the learning rate must be a number above 0, such as 0.001"
    got = f"got {describe_value(value)}"
    number = None if isinstance(value, bool) else as_number(value)
    if number is None:
        raise TypeError(f"{expected}; {got}.")
    # Optimizers keep it as a float32: 1e39 would be infinite there, and 1e-60 zero.
    if not SMALLEST <= number <= LARGEST:
        raise ValueError(f"{expected}; {got}. The current rate is kept.")
    return number
