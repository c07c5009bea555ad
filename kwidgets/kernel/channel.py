"""One comm of a known id, on which this kernel and every page with our JupyterLab extension talk.

A comm that a page opens dies with the page, and only one connection of a kernel may have one. This
one belongs to the kernel: a page listens for its id, and speaks to it, on any connection and at any
time, after a reload as before. What we say is heard by all pages, so it names what it is about.

A page says ``hello`` at first and then again and again, while it lives: nobody there, nothing sent.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from kwidgets import language, protocol
from kwidgets._version import __version__
from kwidgets.kernel import busy_messages
from kwidgets.kernel.running_kernel import running_kernel
from kwidgets.language import t

logger = logging.getLogger("kwidgets")

# Pages say hello every 30 seconds; browsers let a page in the background run once a minute.
LEASE_SECONDS = 150.0

Receiver = Callable[[dict[str, Any]], None]


class Channel:
    """The comm and who receives what comes on it. Safe to use from any thread."""

    def __init__(self) -> None:
        self._comm: Any = None
        self._receivers: dict[str, Receiver] = {}
        self._greeters: list[Callable[[], None]] = []
        self._heard_at: float | None = None
        self._lock = threading.Lock()
        self._complaints: set[str] = set()
        # Whether messages are handled while a cell runs.
        self.hears_while_busy = False

    @property
    def is_open(self) -> bool:
        return self._comm is not None

    @property
    def is_heard(self) -> bool:
        """Whether a page listens, as far as we know."""
        if self._comm is None or self._heard_at is None:
            return False
        # A busy kernel that hears nothing cannot tell whether the page still lives.
        return not self.hears_while_busy or time.monotonic() - self._heard_at < LEASE_SECONDS

    def receive(self, kinds: tuple[str, ...], receiver: Receiver) -> None:
        """Hand messages of these kinds to ``receiver``, in whatever thread they come."""
        for kind in kinds:
            self._receivers[kind] = receiver

    def greet(self, greeter: Callable[[], None]) -> None:
        """Call ``greeter`` when a page has said hello, to tell it what there is."""
        self._greeters.append(greeter)

    def open(self) -> bool:
        """Begin to listen; return whether there is a kernel to do so. Again: nothing."""
        if self._comm is not None:
            return True
        if running_kernel() is None:
            return False
        import comm

        ours = comm.create_comm(
            target_name=protocol.CHANNEL, comm_id=protocol.CHANNEL, primary=False
        )
        ours.on_msg(self._handle)
        ours.handle_close = lambda message: None
        comm.get_comm_manager().register_comm(ours)
        self._comm = ours
        self.hears_while_busy = busy_messages.hear_while_busy(ours)
        self._welcome()
        return True

    def close(self) -> None:
        """Tell the pages goodbye and stop listening."""
        if self._comm is None:
            return
        import comm

        self.send(protocol.envelope(protocol.GOODBYE, {}))
        ours, self._comm = self._comm, None
        # No comm_close: JupyterLab does not know the comm and would log an error.
        ours._closed = True
        comm.get_comm_manager().comms.pop(protocol.CHANNEL, None)

    def send(self, message: protocol.Envelope, buffers: list[bytes] | None = None) -> None:
        """Send a message to all pages, in order.

        Raises:
            ConnectionError: the channel is closed.
        """
        with self._lock:
            if self._comm is None:
                raise ConnectionError("kwidgets was unloaded in this kernel")
            self._comm.send(message, buffers=buffers)

    def _welcome(self) -> None:
        import sys

        keras = sys.modules.get("keras")
        welcome = protocol.Welcome(
            kwidgets=__version__,
            keras_backend=keras.backend.backend() if keras and hasattr(keras, "backend") else None,
            hears_while_busy=self.hears_while_busy,
        )
        self.send(protocol.envelope(protocol.WELCOME, welcome))

    def _handle(self, message: dict[str, Any]) -> None:
        """Handle what a page sent; nothing that it sends may raise in here."""
        try:
            content = message["content"]["data"]
            if not isinstance(content, dict) or content.get("v") != protocol.PROTOCOL_VERSION:
                self._refuse(content)
                return
            kind = content.get("kind")
            if kind == protocol.HELLO:
                self._heard_at = time.monotonic()
                payload = content.get("payload")
                if isinstance(payload, dict):
                    language.hear_page(payload.get("language"))
                self._welcome()
                for greeter in self._greeters:
                    greeter()
            elif kind in self._receivers:
                self._heard_at = time.monotonic()
                self._receivers[kind](content)
            else:
                self._complain(f"message of kind {kind!r} ignored")
        except Exception:
            logger.warning("a message of the side panel could not be handled", exc_info=True)

    def _refuse(self, content: Any) -> None:
        """Answer a page of another version with what to upgrade."""
        version = content.get("v") if isinstance(content, dict) else None
        newer = isinstance(version, int) and version > protocol.PROTOCOL_VERSION
        told = t(
            "This page's kwidgets extension speaks version %1 of the messages, the kernel's "
            "kwidgets %2 version %3.",
            repr(version),
            __version__,
            protocol.PROTOCOL_VERSION,
        )
        advice = (
            t("Upgrade kwidgets in the kernel (%pip install --upgrade kwidgets) and restart it.")
            if newer
            else t(
                "Upgrade kwidgets where JupyterLab runs (pip install --upgrade kwidgets) and "
                "reload the page."
            )
        )
        text = f"{told} {advice}"
        self._complain(text)
        refused = protocol.Refused(message=text, version=protocol.PROTOCOL_VERSION)
        request = content.get("id") if isinstance(content, dict) else None
        self.send(
            protocol.envelope(
                protocol.REFUSED, refused, id=request if isinstance(request, str) else None
            )
        )

    def _complain(self, text: str) -> None:
        if text not in self._complaints and len(self._complaints) < 20:
            self._complaints.add(text)
            logger.warning("side panel: %s", text)


channel = Channel()
