"""Check a view's messages and turn them into commands for the training thread."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, cast

from kwidgets import protocol as wire
from kwidgets.language import t
from kwidgets.live import protocol
from kwidgets.live.training_thread.command_queue import Command, check_learning_rate

logger = logging.getLogger("kwidgets")


Submit = Callable[[Command], None]
#: Reports the result of a request: whether it was fulfilled, and a message.
Reply = Callable[[bool, str], None]
#: Answers a request about predictions, layers or data.
Answer = Callable[[dict[str, Any], Reply], None]
#: Returns the end of what a worker has printed; None if it has the size that a view has.
ReadLog = Callable[[int, int], protocol.WorkerLog | None]


class CommandReceiver:
    """Turns a view's messages into queued commands. Runs in another thread than the fit.

    Args:
        resync: sends a snapshot.
        send: sends an envelope to the view.
        answer: answers a request of kind ``insight``, also after the end of the fit.
        read_log: reads what a worker has printed. It raises ``ValueError`` if there is none.
    """

    def __init__(
        self,
        resync: Callable[[], None],
        send: Callable[[wire.Envelope], None],
        answer: Answer | None = None,
        read_log: ReadLog | None = None,
    ) -> None:
        # Queues a command for the training thread; None while no fit runs.
        self.submit: Submit | None = None
        self._resync = resync
        self._send = send
        self._answer = answer
        self._read_log = read_log
        self._warned: set[str] = set()

    def receive(self, content: object) -> None:
        """Handle one message; a malformed one is logged once and ignored."""
        if not isinstance(content, dict) or content.get("v") != wire.PROTOCOL_VERSION:
            version = content.get("v") if isinstance(content, dict) else content
            self._warn_once(
                f"message of version {version!r} ignored; this kernel uses version "
                f"{wire.PROTOCOL_VERSION}. Reload the page after upgrading kwidgets."
            )
            return
        kind, message_id = content.get("kind"), wire.message_id(content)
        if kind not in protocol.VIEW_KINDS:
            self._warn_once(
                f"message of kind {kind!r} ignored. Use one of {', '.join(protocol.VIEW_KINDS)}"
            )
            return
        if kind == protocol.RESYNC:
            self._resync()
            return
        if message_id is None:
            self._warn_once(f"{kind} without a valid id ignored")
            return
        payload = content.get("payload")
        fields = payload if isinstance(payload, dict) else {}
        if kind == protocol.INSIGHT:
            self._answer_request(message_id, fields)
            return
        if kind == protocol.READ_LOG:
            self._send_log(message_id, fields)
            return
        value: float | None = None
        if kind == protocol.SET_NAN_GUARD:
            value = float(fields.get("on") is True)
        if kind == protocol.SET_LEARNING_RATE:
            try:
                value = check_learning_rate(fields.get("value"))
            except (TypeError, ValueError) as error:
                self._reply(message_id, False, str(error))
                return
        submit = self.submit
        if submit is None:
            self._reply(message_id, False, t("The training has ended."))
            return
        acknowledgement: protocol.Acknowledge = {}
        self._send(wire.envelope(protocol.ACKNOWLEDGE, acknowledgement, id=message_id))
        submit(
            Command(
                cast(Any, kind),
                value,
                str(fields.get("name" if kind == protocol.CHOOSE_OPTIMIZER else "text", "")),
                reply=lambda ok, message: self._reply(message_id, ok, message),
            )
        )

    def _answer_request(self, message_id: str, request: dict[str, Any]) -> None:
        # Not queued: only what touches the model waits for the training thread.
        if self._answer is None:
            self._reply(message_id, False, t("The training has ended."))
            return
        self._answer(request, lambda ok, message: self._reply(message_id, ok, message))

    def _send_log(self, message_id: str, request: dict[str, Any]) -> None:
        rank, size = request.get("rank"), request.get("size")
        if self._read_log is None or type(rank) is not int or type(size) is not int:
            self._reply(message_id, False, t("No output of this worker is known."))
            return
        reply = protocol.Reply(ok=True, message="")
        try:
            log = self._read_log(rank, size)
        except ValueError as error:
            self._reply(message_id, False, str(error))
            return
        if log is not None:
            reply["log"] = log
        self._send(wire.envelope(protocol.REPLY, reply, id=message_id))

    def _reply(self, message_id: str, ok: bool, message: str) -> None:
        reply = protocol.Reply(ok=ok, message=wire.shortened(message))
        self._send(wire.envelope(protocol.REPLY, reply, id=message_id))

    def _warn_once(self, text: str) -> None:
        text = wire.shortened(text)
        if text not in self._warned and len(self._warned) < 20:
            self._warned.add(text)
            logger.warning("live view: %s", text)
