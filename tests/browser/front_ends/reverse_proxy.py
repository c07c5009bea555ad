"""A reverse proxy that shows a server at another path, as nginx does with ``sub_filter``.

The server knows nothing of the path: the proxy takes it off each request, and writes it in front of
the addresses in pages and redirects.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
from collections.abc import Iterator

from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.httputil import HTTPHeaders
from tornado.web import Application
from tornado.websocket import WebSocketClientConnection, WebSocketHandler, websocket_connect

from tests.browser.server import free_port

# What belongs to one connection, not to the message.
HOP_BY_HOP = {
    "connection",
    "content-encoding",
    "content-length",
    "keep-alive",
    "transfer-encoding",
    "upgrade",
}
# An absolute address in a page of JupyterLab: of a script, or in what it gives to its scripts.
ADDRESS = re.compile(rb"""((?:"baseUrl":|"full\w+Url":|\b(?:src|href)=)\s*")/""")
LARGEST_MESSAGE = 100_000_000


@contextlib.contextmanager
def reverse_proxy(target: str, prefix: str) -> Iterator[str]:
    """Serve ``target``, an address without a path, at ``prefix``; yields the address of that."""
    port = free_port()
    loop = asyncio.new_event_loop()
    options = {"target": target, "prefix": prefix}

    async def listen() -> None:
        paths = [(f"{prefix}(/.*)", _Proxy, options)]
        Application(paths, websocket_max_message_size=LARGEST_MESSAGE).listen(port, "127.0.0.1")

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(listen(), loop).result()
    try:
        yield f"http://127.0.0.1:{port}{prefix}"
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


class _Proxy(WebSocketHandler):
    """Passes on a request, or the messages of a websocket."""

    def initialize(self, target: str, prefix: str) -> None:
        self.target, self.prefix = target, prefix
        self.upstream: WebSocketClientConnection | None = None

    def check_origin(self, origin: str) -> bool:
        return True  # The server behind decides.

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        return subprotocols[0] if subprotocols else None

    async def get(self, path: str) -> None:
        if self.request.headers.get("Upgrade", "").lower() == "websocket":
            await super().get(path)
        else:
            await self._pass_on(path)

    async def open(self, path: str) -> None:
        headers = self._without(self.request.headers)
        offered = headers.get_list("Sec-WebSocket-Protocol")
        for name in [name for name in headers if name.lower().startswith("sec-websocket")]:
            del headers[name]
        # Until this is done tornado keeps what the page sends.
        self.upstream = await websocket_connect(
            HTTPRequest(self._address(path).replace("http", "ws", 1), headers=headers),
            on_message_callback=self._from_upstream,
            subprotocols=[name.strip() for part in offered for name in part.split(",")] or None,
            max_message_size=LARGEST_MESSAGE,
        )

    async def _pass_on(self, path: str) -> None:
        sends_body = self.request.method in ("POST", "PUT", "PATCH")
        answer = await AsyncHTTPClient().fetch(
            HTTPRequest(
                self._address(path),
                method=self.request.method,
                headers=self._without(self.request.headers),
                body=self.request.body if sends_body else None,
                follow_redirects=False,
                request_timeout=60,
            ),
            raise_error=False,
        )
        self.set_status(answer.code, answer.reason)
        for name, value in answer.headers.get_all():
            if name.lower() == "location" and value.startswith("/"):
                value = self.prefix + value
            if name.lower() not in HOP_BY_HOP:
                self.add_header(name, value)
        body = answer.body
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            body = ADDRESS.sub(rb"\1" + self.prefix.encode() + b"/", body)
        if answer.code not in (204, 304):
            self.write(body)

    head = post = put = patch = delete = options = _pass_on

    def clear(self) -> None:
        super().clear()
        # Tornado's own would stand beside the server's.
        self.clear_header("Content-Type")

    def on_message(self, message: str | bytes) -> None:
        self.upstream.write_message(message, binary=isinstance(message, bytes))

    def on_close(self) -> None:
        if self.upstream:
            self.upstream.close()

    def _from_upstream(self, message: str | bytes | None) -> None:
        if message is None:
            self.close()
        else:
            self.write_message(message, binary=isinstance(message, bytes))

    def _address(self, path: str) -> str:
        query = f"?{self.request.query}" if self.request.query else ""
        return f"{self.target}{path}{query}"

    def _without(self, headers: HTTPHeaders) -> HTTPHeaders:
        """Return the headers less those of the connection. The host remains the one that the
        browser knows, because the server compares it with the origin of a page."""
        kept = headers.copy()
        for name in HOP_BY_HOP | {"accept-encoding"}:
            kept.pop(name, None)
        return kept
