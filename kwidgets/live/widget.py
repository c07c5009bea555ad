"""The view's model: what a front end is given and what it sends back. Knows nothing of Keras."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any, cast

import anywidget
import traitlets

from kwidgets import protocol
from kwidgets.kernel import inbox
from kwidgets.live.steering import Command, check_learning_rate
from kwidgets.shared import STATIC, SharedModel, static_file, version_of

logger = logging.getLogger("kwidgets")


class Library(SharedModel):
    """The view's code and Plotly, gzipped: sent once per kernel, shared by all live views."""

    view = traitlets.Bytes(help="view.js.gz: the live view, an ES module").tag(sync=True)
    plotly = traitlets.Bytes(help="plotly.js.gz: Plotly, an ES module").tag(sync=True)

    @classmethod
    def make(cls) -> Library:
        return cls(view=static_file("view.js.gz"), plotly=static_file("plotly.js.gz"))


def _snapshot_to_json(value: None, widget: LiveWidget) -> dict[str, Any]:
    return widget.fresh_snapshot()


class LiveWidget(anywidget.AnyWidget):
    """One live view. Its synced state is only what a view needs to start; the rest are messages."""

    _esm = STATIC / "live.js"

    library = traitlets.Unicode(help="IPY_MODEL_ reference to the Library").tag(sync=True)
    library_version = traitlets.Unicode(help="changes with the library's code").tag(sync=True)
    # Never assigned: computed whenever a front end asks for the state (first show, page reload).
    snapshot = traitlets.Any(None, help="an envelope of kind snapshot").tag(
        sync=True, to_json=_snapshot_to_json
    )

    def __init__(self, fresh_snapshot: Callable[[], dict[str, Any]]) -> None:
        self.fresh_snapshot = fresh_snapshot
        library = Library.shared()
        super().__init__(
            library=library.reference,
            library_version=version_of(library.view, library.plotly),
        )


class CommandReceiver:
    """Turns messages of a view into commands. Handlers only queue: they run in another thread.

    Args:
        submit: takes a command for the training thread.
        resync: asked to send a snapshot.
        send: sends an envelope to the view.
    """

    def __init__(
        self,
        submit: Callable[[Command], None],
        resync: Callable[[], None],
        send: Callable[[protocol.Envelope], None],
    ) -> None:
        self._submit = submit
        self._resync = resync
        self._send = send
        self._complaints: set[str] = set()

    def receive(self, widget: object, content: object, buffers: object) -> None:
        """Handle one message; a malformed one is logged once and ignored."""
        if not isinstance(content, dict) or content.get("v") != protocol.PROTOCOL_VERSION:
            version = content.get("v") if isinstance(content, dict) else content
            self._complain(
                f"message of version {version!r} ignored; this kernel speaks "
                f"{protocol.PROTOCOL_VERSION}. Reload the page after upgrading kwidgets."
            )
            return
        kind, message_id = content.get("kind"), content.get("id")
        if kind not in protocol.VIEW_KINDS:
            self._complain(
                f"message of kind {kind!r} ignored; known are {', '.join(protocol.VIEW_KINDS)}"
            )
            return
        if kind == protocol.RESYNC:
            self._resync()
            return
        if not isinstance(message_id, str):
            self._complain(f"{kind} without an id ignored")
            return
        value: float | None = None
        if kind == protocol.SET_LEARNING_RATE:
            payload = content.get("payload")
            try:
                value = check_learning_rate(
                    payload.get("value") if isinstance(payload, dict) else None
                )
            except (TypeError, ValueError) as error:
                self._reply(message_id, False, str(error))
                return
        acknowledgement: protocol.Acknowledge = {}
        self._send(protocol.envelope(protocol.ACKNOWLEDGE, acknowledgement, id=message_id))
        self._submit(
            Command(
                cast(Any, kind),
                value,
                reply=lambda ok, message: self._reply(message_id, ok, message),
            )
        )

    def _reply(self, message_id: str, ok: bool, message: str) -> None:
        reply = protocol.Reply(ok=ok, message=message)
        self._send(protocol.envelope(protocol.REPLY, reply, id=message_id))

    def _complain(self, text: str) -> None:
        if text not in self._complaints and len(self._complaints) < 20:
            self._complaints.add(text)
            logger.warning("live view: %s", text)


_send_lock = threading.Lock()


def send(
    widget: LiveWidget, message: protocol.Envelope, buffers: list[bytes] | None = None
) -> None:
    """Send one message to all views of ``widget``, from any thread, in order."""
    with _send_lock:
        widget.send(message, buffers)


def open_widget(fresh_snapshot: Callable[[], dict[str, Any]]) -> tuple[LiveWidget, bool]:
    """Make the widget; return it with whether it hears commands while a cell runs."""
    widget = LiveWidget(fresh_snapshot)
    return widget, inbox.hear_while_busy(widget.comm)
