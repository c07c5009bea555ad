"""Send a live view's messages to its anywidget, and receive commands from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kwidgets import protocol as wire
from kwidgets.kernel import running_kernel
from kwidgets.kernel.channel import channel
from kwidgets.live.page.commands import CommandReceiver, Submit


class WidgetOutlet:
    """The anywidget that front ends without our extension draw.

    Args:
        snapshot: gives a fresh envelope of kind snapshot.
        resync: asked to send a snapshot to whoever listens.
        in_cell: whether it is shown in a cell's output, which our extension draws by itself.
    """

    def __init__(
        self, snapshot: Callable[[], dict[str, Any]], resync: Callable[[], None], in_cell: bool
    ) -> None:
        # Imported here: a plain script needs no widgets.
        from kwidgets.live.page import widget

        self._send = widget.send
        # Where our extension draws, none of the 400 kB that draw the widget need to travel. Nor
        # where a program runs the notebook, which would keep them in the file.
        unseen = in_cell and (channel.is_heard or running_kernel.nobody_looks())
        self._widget, self.hears_commands = widget.open_widget(snapshot, with_library=not unseen)
        self._receiver = CommandReceiver(resync, self.send)
        self._widget.on_msg(self._receive)
        # A view speaks as soon as it is drawn, where anybody hears it.
        self._is_drawn = not in_cell

    @property
    def model_id(self) -> str:
        return str(self._widget.model_id)

    def attach(self, submit: Submit) -> None:
        """Give commands to the fit that takes them with ``submit``."""
        self._receiver.submit = submit

    def detach(self) -> None:
        """The fit has ended."""
        self._receiver.submit = None

    def send(self, message: wire.Envelope, buffers: list[bytes] | None = None) -> None:
        """Send to all views of the widget; not at all where the pages draw it themselves."""
        if channel.is_heard and not self._is_drawn:
            return
        if self._widget.comm is None:
            raise ConnectionError("the view was closed; the run goes on without it")
        self._send(self._widget, message, buffers)

    def close(self, last: dict[str, Any]) -> None:
        # ipywidgets keeps every widget for good: let it not keep the numbers too.
        self._widget.fresh_snapshot = lambda: last
        self._widget.on_msg(self._receive, remove=True)

    def _receive(self, widget: object, content: object, buffers: object) -> None:
        self._is_drawn = True
        self._widget.bring_library()
        self._receiver.receive(content)
