"""Exchange messages with every page that has our JupyterLab extension, over one comm.

A comm that a page opens is closed with the page, and belongs to one connection of the kernel. This
one belongs to the kernel and has a known id: a page can use it on any connection and at any time,
also after a reload. All pages receive each message, so a message names the run it is about.

A page sends ``hello`` at first and then regularly. Without pages, nothing is sent.
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

# Pages send hello every 30 seconds; browsers let a page in the background run once a minute.
LEASE_SECONDS = 150.0

Receiver = Callable[[dict[str, Any]], None]


class Channel:
    """The comm and the receivers of its messages. Safe to use from any thread."""

    def __init__(self) -> None:
        self._comm: Any = None
        self._receivers: dict[str, Receiver] = {}
        self._hello_listeners: list[Callable[[], None]] = []
        self._page_seen_at: float | None = None
        self._lock = threading.Lock()
        self._warned: set[str] = set()
        #: What was said to a page of an incompatible version; None if the last page was not one.
        self.refusal: str | None = None
        # Whether messages are handled while a cell runs.
        self.receives_while_busy = False

    @property
    def is_open(self) -> bool:
        return self._comm is not None

    @property
    def receives(self) -> bool:
        """Whether the kernel passes the pages' messages to this channel."""
        return self._comm is not None and _registered_comm() is self._comm

    @property
    def has_listening_page(self) -> bool:
        """Whether a page has sent a message lately, so that one is open."""
        if self._comm is None or self._page_seen_at is None:
            return False
        # A busy kernel that handles no messages cannot know whether the page is still open.
        return not self.receives_while_busy or time.monotonic() - self._page_seen_at < LEASE_SECONDS

    def on_message(self, kinds: tuple[str, ...], receiver: Receiver) -> None:
        """Pass messages of these kinds to ``receiver``, in the thread in which they arrive."""
        for kind in kinds:
            self._receivers[kind] = receiver

    def on_hello(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` when a page has sent ``hello``, so that it can send its state."""
        self._hello_listeners.append(listener)

    def open(self) -> bool:
        """Open the comm, unless it is open; return whether there is a kernel to do so."""
        if self._comm is not None:
            return True
        if running_kernel() is None:
            return False
        import comm

        ours = comm.create_comm(
            target_name=protocol.CHANNEL, comm_id=protocol.CHANNEL, primary=False
        )
        ours.on_msg(self._handle)
        self._comm = ours
        # A page may close it, but it belongs to the kernel and serves all pages.
        ours.handle_close = lambda message: self._register()
        self._register()
        self.receives_while_busy = busy_messages.receive_while_busy(ours)
        self._welcome()
        return True

    def close(self) -> None:
        """Send goodbye to the pages and close the comm."""
        if self._comm is None:
            return
        import comm

        self.send(protocol.envelope(protocol.GOODBYE, {}))
        ours, self._comm = self._comm, None
        # No comm_close: JupyterLab does not know the comm and would log an error.
        ours._closed = True
        comm.get_comm_manager().comms.pop(protocol.CHANNEL, None)

    def restore(self) -> None:
        """Have the kernel pass messages to this channel again, if something has ended that.

        Anything in the kernel may: a page that closes the comm or opens one of the same id, or code
        that clears the list of comms. Pages that looked for the channel meanwhile get a welcome.
        """
        if self._comm is not None and not self.receives:
            self._register()
            self._welcome()

    def _register(self) -> None:
        ours = self._comm
        if ours is None or self.receives:
            return
        import comm

        ours._closed = False
        comm.get_comm_manager().register_comm(ours)

    def send(self, message: protocol.Envelope) -> None:
        """Send a message to all pages, in order.

        Raises:
            ConnectionError: the channel is closed.
        """
        self.restore()
        with self._lock:
            if self._comm is None:
                raise ConnectionError("kwidgets was unloaded in this kernel")
            try:
                self._comm.send(message)
            except UnicodeEncodeError:
                self._comm.send(protocol.encodable(message))

    def _welcome(self) -> None:
        import sys

        keras = sys.modules.get("keras")
        welcome = protocol.Welcome(
            kwidgets=__version__,
            keras_backend=keras.backend.backend() if keras and hasattr(keras, "backend") else None,
            hears_while_busy=self.receives_while_busy,
        )
        self.send(protocol.envelope(protocol.WELCOME, welcome))

    def _handle(self, message: dict[str, Any]) -> None:
        """Handle a page's message, whatever it contains; never raises."""
        try:
            content = message["content"]["data"]
            if not isinstance(content, dict) or content.get("v") != protocol.PROTOCOL_VERSION:
                self._refuse(content)
                return
            kind = content.get("kind")
            if kind == protocol.HELLO:
                self._page_seen_at = time.monotonic()
                self.refusal = None
                payload = content.get("payload")
                if isinstance(payload, dict):
                    language.set_page_language(payload.get("language"))
                self._welcome()
                for listener in self._hello_listeners:
                    listener()
            elif kind in self._receivers:
                self._page_seen_at = time.monotonic()
                self._receivers[kind](content)
            else:
                self._warn_once(f"message of kind {kind!r} ignored")
        except Exception:
            logger.warning("a message of the side panel could not be handled", exc_info=True)

    def _refuse(self, content: Any) -> None:
        """Answer a page of another version with a message that says which part to upgrade."""
        version = content.get("v") if isinstance(content, dict) else None
        newer = isinstance(version, int) and version > protocol.PROTOCOL_VERSION
        mismatch = t(
            "The extension in this page uses version %1 of the messages, and kwidgets %2 in the "
            "kernel uses version %3.",
            protocol.shortened(repr(version), 50),
            __version__,
            protocol.PROTOCOL_VERSION,
        )
        advice = (
            t(
                "Upgrade kwidgets in the kernel (%pip install --upgrade kwidgets), then "
                "restart the kernel."
            )
            if newer
            else t(
                "Upgrade kwidgets in JupyterLab's environment (pip install --upgrade kwidgets), "
                "then reload the page."
            )
        )
        self.refusal = text = protocol.shortened(f"{mismatch} {advice}")
        self._warn_once(text)
        refused = protocol.Refused(message=text, version=protocol.PROTOCOL_VERSION)
        request = protocol.message_id(content) if isinstance(content, dict) else None
        self.send(protocol.envelope(protocol.REFUSED, refused, id=request))

    def _warn_once(self, text: str) -> None:
        text = protocol.shortened(text)
        if text not in self._warned and len(self._warned) < 20:
            self._warned.add(text)
            logger.warning("side panel: %s", text)


def _registered_comm() -> Any | None:
    """Return the comm to which the kernel passes messages with the channel's id."""
    import comm

    return comm.get_comm_manager().comms.get(protocol.CHANNEL)


channel = Channel()
