"""Answer pages in a thread of its own, so that neither a cell nor a training waits for the disk."""

from __future__ import annotations

import contextvars
import logging
import queue
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kwidgets import protocol as wire
from kwidgets.kernel.channel import channel
from kwidgets.record import protocol

if TYPE_CHECKING:
    from kwidgets.record.page.request_handler import RequestHandler

logger = logging.getLogger("kwidgets")

Send = Callable[[wire.Envelope, "list[bytes] | None"], None]


class RunsService:
    """Answers requests about recorded runs. One per kernel; the thread starts with the first."""

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
                    name="kwidgets-runs",
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
                logger.warning("a request about recorded runs failed", exc_info=True)

    def _answer(self, content: dict[str, Any], send: Send) -> None:
        from kwidgets.record.page.request_handler import RequestHandler

        request = wire.message_id(content)
        if request is None:
            return
        if self._handler is None:
            self._handler = RequestHandler()
        answer, buffers = self._handler.answer(str(content.get("kind")), content.get("payload"))
        send(wire.envelope(protocol.RUNS_ANSWER, answer, id=request), buffers or None)


service = RunsService()
