"""Send a live view's messages to its anywidget, and receive commands from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kwidgets import protocol as wire
from kwidgets.kernel.channel import channel
from kwidgets.kernel.front_end import note_widget, shows_widgets
from kwidgets.live.page.receive_commands import Answer, CommandReceiver, ReadLog, Submit


class WidgetConnection:
    """The connection to the anywidget that front ends without our extension draw.

    Args:
        snapshot: returns a new envelope of kind snapshot.
        resync: sends a snapshot to all views.
        can_draw: called when a front end has made the widget.
        in_cell: whether it is shown in a cell's output, which our extension draws without a widget.
        answer: answers requests about predictions, layers and data.
        read_log: reads what a worker has printed.
    """

    def __init__(
        self,
        snapshot: Callable[[], dict[str, Any]],
        resync: Callable[[], None],
        can_draw: Callable[[], None],
        in_cell: bool,
        answer: Answer | None = None,
        read_log: ReadLog | None = None,
    ) -> None:
        # Imported here: a plain script needs no widgets.
        from kwidgets.live.page import widget

        self._send = widget.send
        self._on_can_draw = can_draw
        # The library that draws the widget takes 400 kB. It is not sent where our extension draws.
        # Who draws it all the same requests it, if the kernel handles that while the cell runs.
        self._widget, self.receives_commands = widget.open_widget(
            snapshot,
            with_library=not in_cell or (shows_widgets() and not channel.has_listening_page),
        )
        self._receiver = CommandReceiver(resync, self.send, answer, read_log)
        self._widget.on_msg(self._receive)
        # A view sends a message as soon as it is drawn, if the kernel handles it then.
        self._is_drawn = not in_cell

    @property
    def model_id(self) -> str:
        return str(self._widget.model_id)

    def attach(self, submit: Submit) -> None:
        """Pass commands to ``submit``, which queues them for a fit."""
        self._receiver.submit = submit

    def detach(self) -> None:
        """Refuse commands: the fit has ended."""
        self._receiver.submit = None

    def send(self, message: wire.Envelope) -> None:
        """Send to all views of the widget, or nothing where our extension draws the view."""
        if channel.has_listening_page and not self._is_drawn:
            return
        if self._widget.comm is None:
            raise ConnectionError("the view was closed; training continues without it")
        self._send(self._widget, message)

    def close(self, last: dict[str, Any]) -> None:
        """Keep only the last snapshot, for front ends that draw the widget later."""
        # ipywidgets never drops a widget, which would keep the numbers alive too.
        self._widget.fresh_snapshot = lambda: last
        self._widget.on_msg(self._receive, remove=True)

    def _receive(self, widget: object, content: object, buffers: object) -> None:
        note_widget()
        if isinstance(content, dict) and content.get("kind") == wire.HELLO:
            self._on_can_draw()
            return
        self._is_drawn = True
        self._widget.send_library()
        self._receiver.receive(content)
