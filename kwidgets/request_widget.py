"""The anywidget of a view that requests what it shows, in front ends without our extension."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, ClassVar

import anywidget
import traitlets

from kwidgets import protocol as wire
from kwidgets.kernel import busy_messages, marimo_kernel
from kwidgets.library_widgets import CodeModel
from kwidgets.request_service import RequestService

logger = logging.getLogger("kwidgets")


class RequestWidget(anywidget.AnyWidget):
    """One view. Its state says how it begins; all else is requested.

    Args:
        saved: an envelope with what the notebook saves of the view.
        on_created: called when a front end has created the widget, so that it can draw it.
        library: the code of the view.
        library_version: changes with that code.
    """

    #: What answers the requests.
    service: ClassVar[RequestService]

    library = traitlets.Unicode(help="IPY_MODEL_ reference to the code of the view").tag(sync=True)
    library_version = traitlets.Unicode(help="changes with the library's code").tag(sync=True)
    saved = traitlets.Any(None, help="an envelope with what the notebook saves").tag(sync=True)

    def __init__(
        self,
        saved: dict[str, Any],
        on_created: Callable[[], None],
        library: CodeModel,
        library_version: str,
    ) -> None:
        super().__init__(saved=saved, library=library.reference, library_version=library_version)
        self._on_created = on_created
        busy_messages.receive_while_busy(self.comm)
        marimo_kernel.keep_after_cell(self.comm)
        self.on_msg(self._receive)

    def prepare(self, kind: str) -> None:
        """Do what a request needs before it is answered."""

    def _receive(self, widget: object, content: object, buffers: object) -> None:
        if not isinstance(content, dict) or content.get("v") != wire.PROTOCOL_VERSION:
            name = type(self).__name__
            logger.warning("%s: a message of another version was ignored: reload the page", name)
        elif content.get("kind") == wire.HELLO:
            self._on_created()
        else:
            self.prepare(str(content.get("kind")))
            self.service.receive(content, self._reply)

    # Not "_send": with that, ipywidgets sends everything.
    def _reply(self, message: wire.Envelope) -> None:
        if self.comm is not None:
            self.send(message)
