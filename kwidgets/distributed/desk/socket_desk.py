"""A desk behind a socket, for plain processes, and the client of it.

Python's ``multiprocessing.connection`` authenticates both sides by a token that is never sent
(HMAC). Messages are JSON: its own ``send``, which pickles, is not used.
"""

from __future__ import annotations

import dataclasses
import json
import threading
from multiprocessing.connection import Client, Connection, Listener
from typing import Any, Final

from kwidgets.distributed.desk.desk import Desk
from kwidgets.distributed.messages import CommandMessage, Polled

#: What a client may call.
_CALLS: Final = ("post", "poll", "send")
#: Of a message; more is refused.
_MAX_BYTES: Final = 64_000_000


class DeskLostError(Exception):
    """The desk does not answer: its process has ended, or the network is down."""


@dataclasses.dataclass(frozen=True)
class DeskAddress:
    """Where a desk is.

    Attributes:
        host: the name or address of the computer.
        port: the port of the socket.
        token: a secret that both sides know, as hexadecimal digits.
    """

    host: str
    port: int
    token: str = dataclasses.field(repr=False)


class DeskServer:
    """Lets other processes call a desk.

    Args:
        desk: the desk.
        host: the address at which it listens; by default this computer only.
        token: what clients have to know.
    """

    def __init__(self, desk: Desk, token: str, host: str = "127.0.0.1", port: int = 0) -> None:
        self._desk = desk
        self._listener = Listener((host, port), backlog=64, authkey=bytes.fromhex(token))
        address: Any = self._listener.address
        self.address = DeskAddress(host, int(address[1]), token)
        threading.Thread(target=self._accept, name="kwidgets-desk", daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection = self._listener.accept()
            except Exception:  # who does not know the token, or leaves before it has proved it
                if getattr(self._listener, "_listener", None) is None:
                    return
                continue
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: Any) -> None:
        with connection:
            while True:
                try:
                    call, arguments = json.loads(connection.recv_bytes(_MAX_BYTES))
                    result = getattr(self._desk, call)(*arguments) if call in _CALLS else None
                    connection.send_bytes(json.dumps(result).encode())
                except (OSError, EOFError, ValueError, TypeError, KeyError):
                    return


class DeskClient:
    """Calls a desk in another process, from one thread at a time.

    Args:
        address: where it is.

    Raises:
        DeskLostError: it does not answer.
    """

    def __init__(self, address: DeskAddress) -> None:
        self._lock = threading.Lock()
        try:
            self._connection: Connection[Any, Any] = Client(
                (address.host, address.port), authkey=bytes.fromhex(address.token)
            )
        except Exception as error:
            raise DeskLostError(f"{type(error).__name__}: {error}") from error

    def post(self, items: list[Any], takes_commands: bool = False) -> list[CommandMessage]:
        """As :meth:`Desk.post`.

        Raises:
            DeskLostError: it does not answer.
        """
        found: list[CommandMessage] = self._call("post", items, takes_commands)
        return found

    def poll(self, after: int) -> Polled:
        """As :meth:`Desk.poll`.

        Raises:
            DeskLostError: it does not answer.
        """
        found: Polled = self._call("poll", after)
        return found

    def send(self, command: CommandMessage) -> None:
        """As :meth:`Desk.send`.

        Raises:
            DeskLostError: it does not answer.
        """
        self._call("send", command)

    def close(self) -> None:
        self._connection.close()

    def _call(self, name: str, *arguments: Any) -> Any:
        with self._lock:
            try:
                self._connection.send_bytes(json.dumps([name, arguments]).encode())
                return json.loads(self._connection.recv_bytes(_MAX_BYTES))
            except (OSError, EOFError, ValueError) as error:
                raise DeskLostError(f"{type(error).__name__}: {error}") from error
