"""Looking into the shell channel between two steps, where a kernel has no subshells (ipykernel 6).

Only what is for our comms is handled; all else waits, in order, for the end of the cell.
"""

from __future__ import annotations

import logging
import signal
import threading
from types import FrameType
from typing import Any

logger = logging.getLogger("kwidgets")


class ShellPoll:
    """Stands before the kernel's own receiver of the shell channel.

    Args:
        kernel: an ipykernel 6, or one that is made like it.
    """

    @staticmethod
    def fits(kernel: Any) -> bool:
        """Whether the kernel has what this needs."""
        return (
            hasattr(getattr(kernel, "shell_stream", None), "on_recv")
            and hasattr(kernel, "schedule_dispatch")
            and hasattr(kernel, "dispatch_shell")
            and hasattr(getattr(kernel, "comm_manager", None), "comm_msg")
        )

    def __init__(self, kernel: Any) -> None:
        self.kernel = kernel
        # Ids of the comms whose messages are handled here.
        self.comms: set[str] = set()
        self._looking = False
        self._found: list[dict[str, Any]] = []
        kernel.shell_stream.on_recv(self._receive, copy=False)

    def attend(self) -> None:
        """Handle what has come for our comms. On the main thread.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed meanwhile, and nothing else takes it.
        """
        import zmq

        if self._looking:
            return
        # An interrupt in the midst of a read would tear a message of several parts.
        signals: list[int] = []
        before = self._hold_interrupts(signals)
        try:
            self._looking = True
            try:
                self.kernel.shell_stream.flush(zmq.POLLIN)
            finally:
                self._looking = False
            for message in self._take():
                self._handle(message)
        finally:
            if before is not None:
                signal.signal(signal.SIGINT, before)
        if signals and callable(before):
            before(signals[0], None)

    def _hold_interrupts(self, signals: list[int]) -> Any:
        if threading.current_thread() is not threading.main_thread():
            return None
        before = signal.getsignal(signal.SIGINT)
        if not callable(before):
            return None

        def hold(signum: int, frame: FrameType | None) -> None:
            signals.append(signum)

        signal.signal(signal.SIGINT, hold)
        return before

    def _take(self) -> list[dict[str, Any]]:
        found, self._found = self._found, []
        return found

    def _receive(self, frames: Any) -> None:
        """Called by the stream for each message, while we look and at all other times."""
        if self._looking:
            try:
                message = self._ours(frames)
            except Exception:
                message = None
            if message is not None:
                self._found.append(message)
                return
        self.kernel.schedule_dispatch(self.kernel.dispatch_shell, frames)

    def _ours(self, frames: Any) -> dict[str, Any] | None:
        session = self.kernel.session
        _, rest = session.feed_identities(frames, copy=False)
        # A peek, without the content: the kernel may still have to read the message itself.
        message = session.deserialize(rest, content=False, copy=False)
        if message["header"]["msg_type"] != "comm_msg":
            return None
        if session.unpack(message["content"])["comm_id"] not in self.comms:
            return None
        whole: dict[str, Any] = session.deserialize(rest, content=True, copy=False)
        return whole

    def _handle(self, message: dict[str, Any]) -> None:
        kernel = self.kernel
        # ipywidgets sends no further change before it has heard that the last one was handled.
        kernel._publish_status("busy", "shell", parent=message)
        try:
            kernel.comm_manager.comm_msg(kernel.shell_stream, None, message)
        except Exception:
            logger.warning("a message could not be handled", exc_info=True)
        finally:
            kernel._publish_status("idle", "shell", parent=message)
            kernel._publish_status("busy", "shell")
