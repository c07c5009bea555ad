"""Front-end messages reach us while a cell holds the kernel's main thread.

Private interfaces of ipykernel are used in this package and nowhere else, found by what is there,
not by version. In this order, the first that fits:

1. the kernel has subshells and asks each comm where its messages go (ipykernel 7.4): to ours;
2. it has subshells (7.0-7.3): what comes on the shell channel for our comms is led to ours;
3. it has none (6): whoever trains looks into the shell channel between two steps (:func:`attend`).

Where nothing fits, :func:`hear_while_busy` says so and commands wait for the cell's end.
"""

from __future__ import annotations

import logging
import threading
from typing import Any, Literal

from kwidgets.kernel.polling import ShellPoll
from kwidgets.kernel.running_kernel import has_subshells, running_kernel
from kwidgets.kernel.subshell import own_subshell, reroute

logger = logging.getLogger("kwidgets")

Way = Literal["subshell", "polling"]

_lock = threading.Lock()
_poll: ShellPoll | None = None


def way_to_hear() -> Way | None:
    """Return how messages are heard while a cell runs; None where they are not."""
    kernel = running_kernel()
    if kernel is None:
        return None
    if has_subshells(kernel):
        return "subshell"
    return "polling" if ShellPoll.fits(kernel) else None


def hear_while_busy(comm: Any) -> bool:
    """Let what the front end sends on ``comm`` be handled while a cell runs.

    Returns whether it is: at once, or when the code that runs calls :func:`attend`.
    """
    _leave_events_out(comm)
    kernel = running_kernel()
    way = way_to_hear()
    if way == "polling":
        return _hear_by_polling(kernel, comm)
    if way is None:
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
        # A reply would go to the shell that last published on the comm: while fit runs in a cell,
        # that is the busy one.
        comm._reply_subshell_for = lambda data, default: default or subshell
    return True


def _leave_events_out(comm: Any) -> None:
    """Let messages not trigger IPython's pre_execute and post_execute.

    Matplotlib would show the figures that the running cell is still drawing.
    """

    def handle(message: dict[str, Any]) -> None:
        if comm._msg_callback is not None:
            comm._msg_callback(message)

    if hasattr(comm, "_msg_callback"):
        comm.handle_msg = handle


def _hear_by_polling(kernel: Any, comm: Any) -> bool:
    global _poll
    try:
        with _lock:
            if _poll is None or _poll.kernel is not kernel:
                _poll = ShellPoll(kernel)
        _poll.comms.add(comm.comm_id)
    except Exception:
        logger.warning("could not listen while a cell runs", exc_info=True)
        return False
    return True


def needs_attention() -> bool:
    """Whether messages are heard only when the code that runs calls :func:`attend`."""
    return _poll is not None and threading.current_thread() is threading.main_thread()


def attend() -> None:
    """Handle what has come for our comms; to be called where :func:`needs_attention`.

    Costs 30 microseconds when nothing has: ten times a second is enough.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed meanwhile, and nothing else takes it.
    """
    if _poll is not None:
        _poll.attend()
