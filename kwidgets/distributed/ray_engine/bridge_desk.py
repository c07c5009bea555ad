"""The desk of a bridge, which ends when a kernel has read how the training has ended."""

from __future__ import annotations

import threading

from kwidgets.distributed.messages import Polled, State, StateItem
from kwidgets.distributed.ray_engine.relay_desk import RelayDesk
from kwidgets.distributed.supervisor.main import LINGER_SECONDS
from kwidgets.language import Message


class BridgeDesk(RelayDesk):
    """Knows whether a kernel has read the end."""

    def __init__(self) -> None:
        super().__init__()
        self._read = threading.Event()

    def poll(self, after: int) -> Polled:
        found = super().poll(after)
        self._read.set()
        return found

    def wait_for_reader(self) -> None:
        """Wait until a kernel has read what is known now, a short time."""
        self._read.clear()
        self._read.wait(LINGER_SECONDS)

    def say(self, state: State, text: str | Message) -> StateItem:
        """Post a state of this program's own."""
        item = StateItem(kind="state", state=state, attempt=1, text=text, traceback="", rank=None)
        self.post([item])
        return item
