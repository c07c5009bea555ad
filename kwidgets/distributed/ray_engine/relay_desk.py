"""A desk that passes all calls to the supervisor's actor."""

from __future__ import annotations

from typing import Any

from kwidgets.distributed.desk.desk import Desk
from kwidgets.distributed.messages import LOST_SECONDS, CommandMessage, Polled


class RelayDesk(Desk):
    """Answers as the desk of a supervisor does, once it is connected to one.

    Until then it is a desk of its own, with what is known so far.
    """

    def __init__(self, supervisor: Any = None) -> None:
        super().__init__()
        self._supervisor = supervisor

    def connect(self, supervisor: Any) -> None:
        """Pass calls to a supervisor, and the commands that wait; None for no longer."""
        waiting = super().post([], True)
        self._supervisor = supervisor
        for command in waiting:
            self.send(command)

    def post(self, items: list[Any], takes_commands: bool = False) -> list[CommandMessage]:
        if self._supervisor is None:
            return super().post(items, takes_commands)
        found: list[CommandMessage] = call(self._supervisor.post, items, takes_commands)
        return found

    def poll(self, after: int) -> Polled:
        if self._supervisor is None:
            return super().poll(after)
        # What was posted here is counted before the supervisor's items.
        before = self._first + len(self._items)
        found: Polled = call(self._supervisor.poll, max(0, after - before))
        return Polled(first=before + found["first"], items=found["items"])

    def send(self, command: CommandMessage) -> None:
        if self._supervisor is None:
            super().send(command)
        else:
            call(self._supervisor.send, command)


def call(method: Any, *arguments: Any) -> Any:
    """Return what a method of an actor returns.

    Raises:
        ConnectionError: the actor or the cluster does not answer.
    """
    import ray

    try:
        return ray.get(method.remote(*arguments), timeout=LOST_SECONDS)
    except ray.exceptions.RayError as error:
        raise ConnectionError(f"{type(error).__name__}: {error}") from error
