"""The anywidget that shows the export panel in front ends without our extension."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import anywidget
import traitlets

from kwidgets import protocol as wire
from kwidgets.formats.page.service import service
from kwidgets.kernel import busy_messages, marimo_kernel
from kwidgets.library_widgets import STATIC, CodeModel, static_file, version_of

logger = logging.getLogger("kwidgets")

BUNDLE = "export-view.js.gz"


class ExportLibrary(CodeModel):
    """The code of the panel, gzipped: sent once per kernel, shared by all panels."""

    code = traitlets.Bytes(help=f"{BUNDLE}: an ES module").tag(sync=True)

    @classmethod
    def make(cls) -> ExportLibrary:
        return cls(code=static_file(BUNDLE))


class ExportWidget(anywidget.AnyWidget):
    """One export panel. Its state says how it begins; all else is requested.

    Args:
        saved: an envelope of kind ``saved_export``.
        on_created: called when a front end has created the widget, so that it can draw it.
    """

    _esm = STATIC / "export.js"

    library = traitlets.Unicode(help="IPY_MODEL_ reference to the ExportLibrary").tag(sync=True)
    library_version = traitlets.Unicode(help="changes with the library's code").tag(sync=True)
    saved = traitlets.Any(None, help="an envelope of kind saved_export").tag(sync=True)

    def __init__(self, saved: dict[str, Any], on_created: Callable[[], None]) -> None:
        library = ExportLibrary.shared()
        super().__init__(
            saved=saved, library=library.reference, library_version=version_of(library.code)
        )
        self._on_created = on_created
        busy_messages.receive_while_busy(self.comm)
        marimo_kernel.keep_after_cell(self.comm)
        self.on_msg(self._receive)

    def _receive(self, widget: object, content: object, buffers: object) -> None:
        if not isinstance(content, dict) or content.get("v") != wire.PROTOCOL_VERSION:
            logger.warning("export: a message of another version was ignored: reload the page")
        elif content.get("kind") == wire.HELLO:
            self._on_created()
        else:
            service.receive(content, self._send)

    def _send(self, message: wire.Envelope, buffers: list[bytes] | None) -> None:
        if self.comm is not None:
            self.send(message, buffers)
