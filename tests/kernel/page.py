"""A page with our JupyterLab extension for tests, without a browser."""

from __future__ import annotations

import contextlib
import os
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from jupyter_client.manager import start_new_kernel

from kwidgets import protocol
from kwidgets.models import protocol as models_protocol


class Page:
    """Sends and receives on the channel of a kernel, in a subshell if the kernel has them."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.heard: list[dict[str, Any]] = []
        self.texts: list[str] = []
        self.subshell: str | None = None

    def find_subshell(self) -> None:
        request = self.client.session.msg("create_subshell_request", {})
        self.client.control_channel.send(request)
        reply = self.client.get_control_msg(timeout=30)
        self.subshell = reply["content"]["subshell_id"]

    def send(
        self, kind: str, payload: object = None, *, v: int = protocol.PROTOCOL_VERSION, **more: Any
    ) -> str:
        """Send an envelope; return its id."""
        message_id = uuid.uuid4().hex
        data = {"v": v, "kind": kind, "id": message_id, "payload": payload or {}, **more}
        self.send_comm("comm_msg", data=data)
        return message_id

    def send_comm(self, message_type: str, **content: Any) -> None:
        """Send a message about the channel's comm: ``comm_msg``, ``comm_open``, ``comm_close``."""
        message = self.client.session.msg(
            message_type, {"comm_id": protocol.CHANNEL, "data": {}, **content}
        )
        if self.subshell is not None:
            message["header"]["subshell_id"] = self.subshell
        self.client.shell_channel.send(message)

    def ask(self, kind: str, payload: object = None, seconds: float = 60) -> dict[str, Any]:
        """Send a request; return the payload of its answer."""
        message_id = self.send(kind, payload)
        return self.wait_for(lambda m: m.get("id") == message_id, seconds)["payload"]

    def run(self, code: str, cell_id: str | None = None) -> str:
        """Execute a cell, of this id in its notebook; return the id of the request."""
        content = {"code": code, "allow_stdin": True, "stop_on_error": False}
        metadata = {"cellId": cell_id} if cell_id else {}
        request = self.client.session.msg("execute_request", content, metadata=metadata)
        self.client.shell_channel.send(request)
        return str(request["header"]["msg_id"])

    def wait_for(
        self, wanted: Callable[[dict[str, Any]], bool], seconds: float = 60
    ) -> dict[str, Any]:
        """Return the first message on the channel that is ``wanted``, and drop those before."""
        return self.read_until(lambda: next(filter(wanted, self.heard), None), seconds)

    def read_until(self, condition: Callable[[], Any], seconds: float = 60) -> Any:
        end = time.monotonic() + seconds
        while True:
            value = condition()
            if value:
                self.heard.clear()
                return value
            remaining = end - time.monotonic()
            assert remaining > 0, "it did not come"
            message = self.client.get_iopub_msg(timeout=remaining)
            content = message["content"]
            if message["msg_type"] == "comm_msg" and content["comm_id"] == protocol.CHANNEL:
                self.heard.append(content["data"])
            elif message["msg_type"] == "stream":
                self.texts.append(content["text"])
            elif message["msg_type"] == "error":
                raise AssertionError("\n".join(content["traceback"]))


@contextlib.contextmanager
def client_of_new_kernel(
    setup: str = "%load_ext kwidgets", cwd: Path | None = None, **environment: str
) -> Iterator[Any]:
    """Start a kernel on JAX, and run ``setup`` in it; yield its client.

    JAX is imported in a third of TensorFlow's time; what a page shows does not depend on it.
    """
    place = {} if cwd is None else {"cwd": str(cwd)}
    manager, client = start_new_kernel(
        env={**os.environ, "KERAS_BACKEND": "jax", **environment}, **place
    )
    client.execute_interactive(setup)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def open_page(client: Any) -> Page:
    """Return a page that has said hello."""
    page = Page(client)
    page.find_subshell()
    page.send(protocol.HELLO)
    page.wait_for(lambda m: m["kind"] == protocol.WELCOME)
    return page


def training_run(page: Page) -> dict[str, Any]:
    """Wait for a running fit; return its entry in the list of runs."""

    def is_running(message: dict[str, Any]) -> bool:
        return message["kind"] == models_protocol.RUNS and any(
            run["status"] == "running" for run in message["payload"]["runs"]
        )

    return page.wait_for(is_running)["payload"]["runs"][0]
