"""The anywidget that shows recorded runs in front ends without our extension."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import anywidget
import traitlets

from kwidgets import protocol as wire
from kwidgets.kernel import busy_messages, marimo_kernel
from kwidgets.library_widgets import STATIC, CodeModel, static_file, version_of
from kwidgets.record import protocol
from kwidgets.record.page.service import service

logger = logging.getLogger("kwidgets")

BUNDLE = "runs-view.js.gz"
INSIGHT_BUNDLE = "insight-view.js.gz"


class RunsLibrary(CodeModel):
    """The code of the view, gzipped: sent once per kernel, shared by all views of runs."""

    runs = traitlets.Bytes(help=f"{BUNDLE}: an ES module").tag(sync=True)
    plotly = traitlets.Bytes(help="plotly.js.gz: Plotly, an ES module").tag(sync=True)
    insight = traitlets.Bytes(
        help=f"{INSIGHT_BUNDLE}: predictions, layers and data; empty until they are asked for"
    ).tag(sync=True)

    @classmethod
    def make(cls) -> RunsLibrary:
        return cls(runs=static_file(BUNDLE), plotly=static_file("plotly.js.gz"))

    def send_insight(self) -> None:
        """Send the code that draws predictions, layers and data, once."""
        if not self.insight:
            self.insight = static_file(INSIGHT_BUNDLE)


class RunsWidget(anywidget.AnyWidget):
    """One view of recorded runs. Its state says how it begins; all else is requested.

    Args:
        saved: an envelope of kind ``saved_runs``.
        on_created: called when a front end has created the widget, so that it can draw it.
    """

    _esm = STATIC / "runs.js"

    library = traitlets.Unicode(help="IPY_MODEL_ reference to the RunsLibrary").tag(sync=True)
    library_version = traitlets.Unicode(help="changes with the library's code").tag(sync=True)
    saved = traitlets.Any(None, help="an envelope of kind saved_runs").tag(sync=True)

    def __init__(self, saved: dict[str, Any], on_created: Callable[[], None]) -> None:
        library = RunsLibrary.shared()
        super().__init__(
            saved=saved,
            library=library.reference,
            library_version=version_of(library.runs, library.plotly, static_file(INSIGHT_BUNDLE)),
        )
        self._on_created = on_created
        busy_messages.receive_while_busy(self.comm)
        marimo_kernel.keep_after_cell(self.comm)
        self.on_msg(self._receive)

    def _receive(self, widget: object, content: object, buffers: object) -> None:
        if not isinstance(content, dict) or content.get("v") != wire.PROTOCOL_VERSION:
            logger.warning("runs: a message of another version was ignored: reload the page")
        elif content.get("kind") == wire.HELLO:
            self._on_created()
        else:
            if content.get("kind") == protocol.RUN_INSIGHT:
                RunsLibrary.shared().send_insight()
            service.receive(content, self._send)

    def _send(self, message: wire.Envelope, buffers: list[bytes] | None) -> None:
        if self.comm is not None:
            self.send(message, buffers)
