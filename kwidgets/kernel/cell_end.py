"""Call functions when a cell has run: one IPython ``post_run_cell`` callback for all of kwidgets.

A listener gets IPython's ``ExecutionResult``. One that raises is logged, and the others are called
all the same. Listeners are called in the order in which they were added.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

logger = logging.getLogger("kwidgets")

Listener = Callable[[Any], None]

# Where IPython runs the code of a cell.
_IPYTHON = "IPython.core.interactiveshell"
_EVENT = "post_run_cell"
_lock = threading.Lock()
_listeners: list[Listener] = []
# Those of the listeners that are called once.
_once: list[Listener] = []


def is_in_cell() -> bool:
    """Return whether a cell runs the calling code, so that its end comes after it.

    It does not in another thread, in the handler of a button, and in a task of asyncio that goes on
    after its cell.
    """
    if threading.current_thread() is not threading.main_thread():
        return False
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_name == "run_code" and frame.f_globals.get("__name__") == _IPYTHON:
            return True
        frame = frame.f_back
    return False


def after_each_cell(listener: Listener) -> bool:
    """Call ``listener`` at the end of each cell, until :func:`remove`. From any thread.

    A listener that has been added before is added once. Returns whether there are cells.
    """
    shell = _shell()
    if shell is None:
        return False
    with _lock:
        if listener not in _listeners:
            _listeners.append(listener)
        # In tests, the shell may be another one than last time.
        if _call_listeners not in shell.events.callbacks[_EVENT]:
            shell.events.register(_EVENT, _call_listeners)
    return True


def after_this_cell(listener: Listener) -> bool:
    """Call ``listener`` at the end of the running cell, once. Returns whether there are cells."""
    added = after_each_cell(listener)
    if added and listener not in _once:
        _once.append(listener)
    return added


def remove(listener: Listener) -> None:
    """Stop calling ``listener``; no effect if it is not registered. From any thread."""
    shell = _shell()
    with _lock:
        for listeners in (_listeners, _once):
            if listener in listeners:
                listeners.remove(listener)
        if _listeners or shell is None:
            return
        if _call_listeners in shell.events.callbacks[_EVENT]:
            shell.events.unregister(_EVENT, _call_listeners)


def _call_listeners(result: Any) -> None:
    for listener in list(_listeners):
        if listener in _once:
            remove(listener)
        try:
            listener(result)
        # As IPython does: a Ctrl-C must not keep the end of the cell from the other listeners.
        except (Exception, KeyboardInterrupt):
            logger.warning("a listener to the end of the cell failed", exc_info=True)


def _shell() -> Any | None:
    # Imported here: a script that does not use IPython must not pay for it.
    from IPython.core.getipython import get_ipython

    return get_ipython()
