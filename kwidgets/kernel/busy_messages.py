"""Handle the front end's messages to our comms while a cell runs.

Private interfaces of ipykernel are used in this package and nowhere else. They are found by their
names, not by ipykernel's version. The first of these methods that fits is used:

1. the kernel has subshells, and a comm can choose one (ipykernel 7.4): each comm chooses ours;
2. it has subshells (7.0-7.3): messages for our comms are routed from the shell channel to ours;
3. it has none (6): the training thread polls the shell channel between two steps (:func:`poll`);
4. it is marimo's: the training thread polls its queue of requests in the same way.

Where none fits, :func:`receive_while_busy` returns False and commands wait for the cell's end.
"""

from __future__ import annotations

import logging
import threading
from typing import Any, Literal

from kwidgets.kernel import marimo_kernel
from kwidgets.kernel.polling import ShellPoller
from kwidgets.kernel.running_kernel import has_subshells, running_kernel
from kwidgets.kernel.subshell import own_subshell, reroute

logger = logging.getLogger("kwidgets")

Method = Literal["subshell", "polling"]

_lock = threading.Lock()
_poller: ShellPoller | None = None


def method_while_busy() -> Method | None:
    """Return how messages are handled while a cell runs; None where they are not."""
    kernel = running_kernel()
    if kernel is None:
        return "polling" if marimo_kernel.poller() is not None else None
    if has_subshells(kernel):
        return "subshell"
    return "polling" if ShellPoller.fits(kernel) else None


def receive_while_busy(comm: Any) -> bool:
    """Handle messages on ``comm`` while a cell runs; return whether that is possible.

    They are handled at once, or when the running code calls :func:`poll`.
    """
    _skip_execute_events(comm)
    _let_messages_pass_while_captured()
    kernel = running_kernel()
    if kernel is None and marimo_kernel.is_running():
        return marimo_kernel.receive_by_polling(comm)
    method = method_while_busy()
    if method == "polling":
        return _receive_by_polling(kernel, comm)
    if method is None:
        return False
    by_comm = hasattr(comm, "_reply_subshell_for")
    try:
        subshell = own_subshell(kernel)
        if not by_comm:
            reroute(kernel, comm)
    except Exception:
        logger.warning("could not make a subshell; using the front end's own", exc_info=True)
        subshell = None
    if by_comm:
        # By default ipykernel routes messages to the shell that last published on the comm: while
        # fit runs in a cell, that is the busy one.
        comm._reply_subshell_for = lambda data, default: default or subshell
    return True


def _let_messages_pass_while_captured() -> None:
    """Let messages be handled while ``%%capture`` captures the output of the running cell.

    The kernel sets the parent of its publisher at each message, and the publisher that captures has
    no such method: the message would be lost, with a traceback in the cell.
    """
    from IPython.core.displaypub import CapturingDisplayPublisher

    if not hasattr(CapturingDisplayPublisher, "set_parent"):
        CapturingDisplayPublisher.set_parent = lambda self, parent: None


def _skip_execute_events(comm: Any) -> None:
    """Handle messages on ``comm`` without IPython's pre_execute and post_execute events.

    Matplotlib would show the figures that the running cell is still drawing.
    """

    def handle(message: dict[str, Any]) -> None:
        if comm._msg_callback is not None:
            comm._msg_callback(message)

    if hasattr(comm, "_msg_callback"):
        comm.handle_msg = handle


def _receive_by_polling(kernel: Any, comm: Any) -> bool:
    global _poller
    try:
        with _lock:
            if _poller is None or _poller.kernel is not kernel:
                _poller = ShellPoller(kernel)
        _poller.comms.add(comm.comm_id)
    except Exception:
        logger.warning("could not listen while a cell runs", exc_info=True)
        return False
    return True


def needs_polling() -> bool:
    """Return whether messages are handled only when the running code calls :func:`poll`."""
    return _poller_of_this_thread() is not None


def poll() -> None:
    """Handle the messages that have arrived for our comms. Call it where :func:`needs_polling`.

    It takes 30 microseconds when there are none; ten times a second is enough.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed meanwhile, and nothing else takes it.
    """
    poller = _poller_of_this_thread()
    if poller is not None:
        poller.poll()


def _poller_of_this_thread() -> ShellPoller | marimo_kernel.MarimoPoller | None:
    if _poller is not None:
        return _poller if threading.current_thread() is threading.main_thread() else None
    return marimo_kernel.poller()
