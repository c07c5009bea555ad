"""Deliver a Ctrl-C again that Python has dropped.

Python cannot pass on what is raised in a ``__del__`` method, in the callback of a weak reference or
in a callback of the garbage collector (``gc.callbacks``; JAX has one). The garbage collector runs
such callbacks first thing after a search of some hundred milliseconds, so that a Ctrl-C during the
search is raised in one of them, and lost. Models are such garbage.
"""

from __future__ import annotations

import _thread
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

# Until then the callback has returned; otherwise the interrupt is lost and delivered once more.
DELIVER_AFTER_SECONDS = 0.02


class _Hook:
    """Replaces ``sys.unraisablehook``, and passes on what is no Ctrl-C."""

    def __init__(self, previous: Callable[[Any], object]) -> None:
        self.previous = previous

    def __call__(self, unraisable: sys.UnraisableHookArgs, /) -> None:
        is_interrupt = issubclass(unraisable.exc_type, KeyboardInterrupt)
        if is_interrupt and threading.current_thread() is threading.main_thread():
            # Not from here: it would be raised in this call, and lost again.
            _thread.start_new_thread(_deliver, ())
        else:
            self.previous(unraisable)


def deliver_lost_interrupts() -> None:
    """Deliver from now on each Ctrl-C that Python drops. Calling it again changes nothing."""
    if not isinstance(sys.unraisablehook, _Hook):
        sys.unraisablehook = _Hook(sys.unraisablehook)


def stop_delivering() -> None:
    """Undo :func:`deliver_lost_interrupts`, unless another hook was set meanwhile."""
    hook = sys.unraisablehook
    if isinstance(hook, _Hook):
        sys.unraisablehook = hook.previous


def _deliver() -> None:
    time.sleep(DELIVER_AFTER_SECONDS)
    # Has the effect of a SIGINT: the handler of this moment is called.
    _thread.interrupt_main()
