"""Make one subshell for all our comms: a thread of the kernel that is free while a cell runs."""

from __future__ import annotations

import concurrent.futures
import threading
import weakref
from collections.abc import Callable
from typing import Any

_lock = threading.Lock()
_subshell: tuple[Any, str] | None = None  # (kernel, id)
# By kernel, the ids of the comms whose messages are routed to the subshell.
_rerouted: weakref.WeakKeyDictionary[Any, set[str]] = weakref.WeakKeyDictionary()


def own_subshell(kernel: Any) -> str:
    """Return the id of the subshell that serves all our comms; make it at the first call."""
    global _subshell
    with _lock:
        known = _existing_subshell(kernel)
        if known is not None:
            return known
        thread = kernel.shell_channel_thread
        made: str = _run_on_thread(thread, thread.manager._create_subshell)
        _subshell = (kernel, made)
        return made


def reroute(kernel: Any, comm: Any) -> None:
    """Route messages for ``comm`` to our subshell, unless the front end names one of its own.

    For ipykernel 7.0-7.3, which read the subshell from the message's header.
    """
    with _lock:
        ours = _rerouted.get(kernel)
        if ours is None:
            ours = _rerouted[kernel] = set()
            receive = _routing_receiver(kernel, ours)
            _run_on_thread(
                kernel.shell_channel_thread,
                lambda: kernel.shell_stream.on_recv(receive, copy=False),
            )
        ours.add(comm.comm_id)


def _routing_receiver(kernel: Any, ours: set[str]) -> Callable[[Any], Any]:
    """Return a receiver of the shell channel that routes messages for the comms in ``ours``."""
    thread, session = kernel.shell_channel_thread, kernel.session

    async def receive(frames: Any) -> None:
        try:
            routed = _to_subshell(frames)
        except Exception:
            routed = None
        if routed is None:
            await kernel.shell_channel_thread_main(frames)
            return
        socket, parts = routed
        async with thread.asyncio_lock:
            socket.send_multipart(parts)

    def _to_subshell(frames: Any) -> tuple[Any, list[Any]] | None:
        identities, rest = session.feed_identities(frames, copy=False)
        message = session.deserialize(rest, content=False, copy=False)
        header = message["header"]
        if header.get("subshell_id") is not None or header["msg_type"] != "comm_msg":
            return None
        content = session.unpack(message["content"])
        if content["comm_id"] not in ours:
            return None
        subshell = _existing_subshell(kernel)
        if subshell is None:
            return None
        # The subshell checks that the header, which is signed, names it.
        header["subshell_id"] = subshell
        message["content"] = content
        buffers = [getattr(buffer, "buffer", buffer) for buffer in message["buffers"]]
        parts = session.serialize(message, ident=identities) + buffers
        return thread.manager.get_shell_channel_to_subshell_socket(subshell), parts

    return receive


def _existing_subshell(kernel: Any) -> str | None:
    """Return the id of our subshell, or None: any front end may delete it."""
    if _subshell is None or _subshell[0] is not kernel:
        return None
    alive = _subshell[1] in kernel.shell_channel_thread.manager.list_subshell()
    return _subshell[1] if alive else None


def _run_on_thread(thread: Any, function: Callable[[], Any]) -> Any:
    """Return ``function()``, run on the event loop of ``thread``."""
    done: concurrent.futures.Future[Any] = concurrent.futures.Future()

    def run() -> None:
        try:
            done.set_result(function())
        except Exception as error:
            done.set_exception(error)

    thread.io_loop.add_callback(run)
    return done.result(timeout=5)
