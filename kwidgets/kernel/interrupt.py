"""Ctrl-C at a safe point.

A KeyboardInterrupt in the midst of ``fit`` destroys a JAX model and can leave a TensorFlow one
unusable. So while a fit runs in the main thread, SIGINT only sets a flag, which a hook between two
steps turns into the KeyboardInterrupt. A second Ctrl-C is passed through at once.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

logger = logging.getLogger("kwidgets")


class SafeInterrupt:
    """SIGINT handling for one fit.

    Args:
        fit_is_running: asked when a signal arrives. If fit is gone without a word (an exception
            ended it), the handler takes itself out and passes the signal on.
    """

    def __init__(self, fit_is_running: Callable[[], bool]) -> None:
        self.requested = False
        self._fit_is_running = fit_is_running
        self._previous: Any = None
        self._installed = False

    def install(self) -> None:
        """Take SIGINT over. Only the main thread may; fit elsewhere is not reached by Ctrl-C."""
        if threading.current_thread() is not threading.main_thread() or self._installed:
            return
        previous = signal.getsignal(signal.SIGINT)
        if previous is None or previous == signal.SIG_IGN:
            return  # set outside Python, or ignored on purpose: not ours to change
        self._previous = previous
        signal.signal(signal.SIGINT, self._handle)
        self._installed = True

    def uninstall(self) -> None:
        """Give SIGINT back to whoever had it. Leaves a handler that was set meanwhile."""
        if not self._installed:
            return
        if threading.current_thread() is not threading.main_thread():
            return  # the handler takes itself out at the next signal
        self._installed = False
        if signal.getsignal(signal.SIGINT) == self._handle:
            signal.signal(signal.SIGINT, self._previous)

    def raise_if_requested(self) -> None:
        """Raise the KeyboardInterrupt that a Ctrl-C asked for."""
        if self.requested:
            self.requested = False
            self.uninstall()
            raise KeyboardInterrupt

    def _handle(self, signum: int, frame: FrameType | None) -> None:
        if self._fit_is_running() and not self.requested:
            self.requested = True
            return
        previous = self._previous
        self.uninstall()
        if callable(previous):
            previous(signum, frame)
        else:  # SIG_DFL: what the system does with it
            signal.raise_signal(signum)
