"""Answer pages in a thread of its own, so that no cell or training waits for an export."""

from __future__ import annotations

import contextvars
import logging
import queue
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kwidgets import protocol as wire
from kwidgets.formats import protocol
from kwidgets.kernel.channel import channel
from kwidgets.kernel.running_kernel import user_variables

if TYPE_CHECKING:
    from kwidgets.formats.page.request_handler import RequestHandler

logger = logging.getLogger("kwidgets")

Send = Callable[[wire.Envelope, "list[bytes] | None"], None]


class ExportService:
    """Answers requests about exports. One per kernel; the thread starts with the first."""

    def __init__(self) -> None:
        self._requests: queue.Queue[tuple[dict[str, Any], Send] | None] = queue.Queue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._handler: RequestHandler | None = None
        channel.on_message(protocol.REQUEST_KINDS, self._receive)

    def start(self) -> None:
        """Do nothing: pages ask."""

    def stop(self) -> None:
        """End the thread."""
        with self._lock:
            if self._thread is not None:
                self._requests.put(None)
                self._thread = None

    def receive(self, content: dict[str, Any], send: Send) -> None:
        """Answer a request through ``send``, in the thread."""
        with self._lock:
            if self._thread is None:
                # In a copied context: otherwise output would go to the cell that ran last.
                self._thread = threading.Thread(
                    target=contextvars.copy_context().run,
                    args=(self._answer_all,),
                    name="kwidgets-export-requests",
                    daemon=True,
                )
                self._thread.start()
            self._requests.put((content, send))

    def _receive(self, content: dict[str, Any]) -> None:
        self.receive(content, channel.send)

    def _answer_all(self) -> None:
        while (request := self._requests.get()) is not None:
            try:
                self._answer(*request)
            except Exception:
                logger.warning("a request about an export failed", exc_info=True)

    def _answer(self, content: dict[str, Any], send: Send) -> None:
        # Imports Keras, which the user has done before there is a model.
        from kwidgets.formats.page.request_handler import RequestHandler

        request = wire.message_id(content)
        if request is None:
            return
        if self._handler is None:
            self._handler = RequestHandler(user_variables)
        answer = self._handler.answer(str(content.get("kind")), content.get("payload"))
        send(wire.envelope(protocol.EXPORT_ANSWER, answer, id=request), None)


service = ExportService()
