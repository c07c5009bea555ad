"""Answer requests of pages in a thread of its own, so that no cell or training waits for it."""

from __future__ import annotations

import contextvars
import logging
import queue
import threading
from collections.abc import Callable
from typing import Any

from kwidgets import protocol as wire
from kwidgets.kernel.channel import channel

logger = logging.getLogger("kwidgets")

Send = Callable[[wire.Envelope], None]
#: From the kind and the payload of a request to its answer.
Answer = Callable[[str, Any], Any]


class RequestService:
    """Answers one wing's requests. One per kernel; the thread starts with the first request.

    Args:
        name: of the thread.
        request_kinds: the kinds of message that are requests.
        answer_kind: the kind of message of an answer.
        load: returns what answers, when the first request comes; it may import Keras.
    """

    def __init__(
        self,
        name: str,
        request_kinds: tuple[str, ...],
        answer_kind: str,
        load: Callable[[], Answer],
    ) -> None:
        self._name = name
        self._answer_kind = answer_kind
        self._load = load
        self._requests: queue.Queue[tuple[dict[str, Any], Send] | None] = queue.Queue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._answer: Answer | None = None
        channel.on_message(request_kinds, self._receive)

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
                    name=self._name,
                    daemon=True,
                )
                self._thread.start()
            self._requests.put((content, send))

    def _receive(self, content: dict[str, Any]) -> None:
        self.receive(content, channel.send)

    def _answer_all(self) -> None:
        while (request := self._requests.get()) is not None:
            try:
                self._answer_one(*request)
            except Exception:
                logger.warning("a request to %s failed", self._name, exc_info=True)

    def _answer_one(self, content: dict[str, Any], send: Send) -> None:
        request = wire.message_id(content)
        if request is None:
            return
        if self._answer is None:
            self._answer = self._load()
        answer = self._answer(str(content.get("kind")), content.get("payload"))
        send(wire.envelope(self._answer_kind, answer, id=request))
