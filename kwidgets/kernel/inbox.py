"""Front-end messages reach us while a cell holds the kernel's main thread.

Private interfaces of ipykernel are used here and nowhere else, found by what is there, not by
version; where nothing fits, :func:`hear_while_busy` says so and commands wait for the cell's end.
"""

from __future__ import annotations

import concurrent.futures
import logging
import threading
from typing import Any

logger = logging.getLogger("kwidgets")

_lock = threading.Lock()
_subshell: tuple[Any, str] | None = None  # (kernel, id)


def running_kernel() -> Any | None:
    """Return the ipykernel that this process is, or None (a script, a terminal IPython)."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    return getattr(shell, "kernel", None)


def hear_while_busy(comm: Any) -> bool:
    """Route what the front end sends on ``comm`` to a thread of its own.

    Returns whether messages are handled while a cell runs.

    ipykernel 7.0–7.3 delivers a message to the subshell that the front end names, which JupyterLab
    and Notebook do. From 7.4 on a reply goes to the shell that last published on the comm: while
    fit runs in a cell, that is the busy one. There each comm may say where its messages go.
    """
    kernel = running_kernel()
    if kernel is None or not getattr(kernel, "_supports_kernel_subshells", False):
        return False
    if not hasattr(comm, "_reply_subshell_for"):
        return True
    try:
        subshell = _own_subshell(kernel)
    except Exception:
        logger.warning("could not make a subshell; using the front end's own", exc_info=True)
        comm._reply_subshell_for = lambda data, default: default
        return True
    comm._reply_subshell_for = lambda data, default: default or subshell
    return True


def _own_subshell(kernel: Any) -> str:
    """Return the id of the one subshell that serves all our comms, made at first need."""
    global _subshell
    with _lock:
        thread = kernel.shell_channel_thread
        alive = (
            _subshell is not None
            and _subshell[0] is kernel
            # Any front end may delete it.
            and _subshell[1] in thread.manager.list_subshell()
        )
        if _subshell is None or not alive:
            made: concurrent.futures.Future[str] = concurrent.futures.Future()

            def make() -> None:
                try:
                    made.set_result(thread.manager._create_subshell())
                except Exception as error:
                    made.set_exception(error)

            thread.io_loop.add_callback(make)
            _subshell = (kernel, made.result(timeout=5))
        return _subshell[1]
