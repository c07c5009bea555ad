"""Where a view is shown: the output of a cell, and the widget that other front ends draw there."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, Protocol

from kwidgets import protocol as wire
from kwidgets.kernel import inbox
from kwidgets.kernel.channel import channel
from kwidgets.language import t
from kwidgets.live import protocol
from kwidgets.live.page.commands import CommandReceiver, Submit


class Place(Protocol):
    """Where a live view is shown."""

    def show(self, model_id: str, snapshot: wire.Envelope) -> None:
        """Show the view of the widget with this id, or of the run in ``snapshot``."""

    def leave(self, bundle: dict[str, Any]) -> None:
        """The run has ended; ``bundle`` shows it without a kernel."""


class CellOutput:
    """The output of a cell: the view, and in its place a picture when the run has ended.

    Our JupyterLab extension draws the snapshot and asks the channel for the rest; other front ends
    draw the widget.
    """

    def __init__(self) -> None:
        self._display_id = uuid.uuid4().hex

    def show(self, model_id: str, snapshot: wire.Envelope) -> None:
        view = {"version_major": 2, "version_minor": 0, "model_id": model_id}
        self._publish(
            {
                protocol.MIME_TYPE: snapshot,
                "application/vnd.jupyter.widget-view+json": view,
                "text/plain": t("Live training view: needs a notebook with widgets"),
            }
        )

    def leave(self, bundle: dict[str, Any]) -> None:
        self._publish(bundle, update=True)

    def _publish(self, bundle: dict[str, Any], update: bool = False) -> None:
        from IPython.display import publish_display_data

        publish_display_data(data=bundle, transient={"display_id": self._display_id}, update=update)


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
        unseen = in_cell and (channel.is_heard or inbox.nobody_looks())
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
