"""Poll the shell channel between two steps, where a kernel has no subshells (ipykernel 6).

Only messages for our comms are handled; the others wait, in order, for the end of the cell.
"""

from __future__ import annotations

import logging
from typing import Any

from kwidgets.kernel.interrupt import deferred_interrupts

logger = logging.getLogger("kwidgets")


class ShellPoller:
    """Receives the shell channel's messages in place of the kernel, and passes the others on.

    Args:
        kernel: an ipykernel 6, or one with the same interfaces.
    """

    @staticmethod
    def fits(kernel: Any) -> bool:
        """Return whether the kernel has the interfaces that this needs."""
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
        self._is_polling = False
        self._found: list[dict[str, Any]] = []
        kernel.shell_stream.on_recv(self._receive, copy=False)

    def poll(self) -> None:
        """Handle the messages that have arrived for our comms. On the main thread.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed meanwhile, and nothing else takes it.
        """
        import zmq

        if self._is_polling:
            return
        # An interrupt during a read would split a message of several parts.
        with deferred_interrupts():
            self._is_polling = True
            try:
                self.kernel.shell_stream.flush(zmq.POLLIN)
            finally:
                self._is_polling = False
            for message in self._take():
                self._handle(message)

    def _take(self) -> list[dict[str, Any]]:
        found, self._found = self._found, []
        return found

    def _receive(self, frames: Any) -> None:
        """Handle one message; the stream calls this while we poll and at all other times."""
        if self._is_polling:
            try:
                message = self._message_to_us(frames)
            except Exception:
                message = None
            if message is not None:
                self._found.append(message)
                return
        self.kernel.schedule_dispatch(self.kernel.dispatch_shell, frames)

    def _message_to_us(self, frames: Any) -> dict[str, Any] | None:
        session = self.kernel.session
        _, rest = session.feed_identities(frames, copy=False)
        # Without the content: the kernel may still have to read the message itself.
        message = session.deserialize(rest, content=False, copy=False)
        if message["header"]["msg_type"] != "comm_msg":
            return None
        if session.unpack(message["content"])["comm_id"] not in self.comms:
            return None
        whole: dict[str, Any] = session.deserialize(rest, content=True, copy=False)
        return whole

    def _handle(self, message: dict[str, Any]) -> None:
        kernel = self.kernel
        # ipywidgets sends no further change until the kernel reports the last one as handled.
        kernel._publish_status("busy", "shell", parent=message)
        try:
            kernel.comm_manager.comm_msg(kernel.shell_stream, None, message)
        except Exception:
            logger.warning("a message could not be handled", exc_info=True)
        finally:
            kernel._publish_status("idle", "shell", parent=message)
            kernel._publish_status("busy", "shell")
