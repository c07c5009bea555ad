"""Raise the KeyboardInterrupt of a Ctrl-C between two training steps.

A KeyboardInterrupt during a step destroys a JAX model and can make a TensorFlow one unusable. So
while a fit runs in the main thread, SIGINT only sets a flag, and a hook between two steps raises
the KeyboardInterrupt. A second Ctrl-C is passed on at once.
"""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from kwidgets.kernel.lost_interrupts import deliver_lost_interrupts

logger = logging.getLogger("kwidgets")


class SafeInterrupt:
    """SIGINT handling for one fit.

    Args:
        fit_is_running: called when a signal arrives. If an exception has ended the fit, the handler
            uninstalls itself and passes the signal on.
    """

    def __init__(self, fit_is_running: Callable[[], bool]) -> None:
        self.requested = False
        self._fit_is_running = fit_is_running
        self._previous: Any = None
        self._installed = False

    def install(self) -> None:
        """Handle SIGINT. Only on the main thread; Ctrl-C does not reach a fit in another one."""
        if threading.current_thread() is not threading.main_thread() or self._installed:
            return
        previous = signal.getsignal(signal.SIGINT)
        if previous is None or previous == signal.SIG_IGN:
            return  # set outside Python, or ignored on purpose
        self._previous = previous
        deliver_lost_interrupts()
        signal.signal(signal.SIGINT, self._handle)
        self._installed = True

    def uninstall(self) -> None:
        """Restore the previous handler, unless another one was set meanwhile."""
        if not self._installed:
            return
        if threading.current_thread() is not threading.main_thread():
            return  # the handler uninstalls itself at the next signal
        self._installed = False
        if signal.getsignal(signal.SIGINT) == self._handle:
            signal.signal(signal.SIGINT, self._previous)

    def raise_if_requested(self) -> None:
        """Raise KeyboardInterrupt if Ctrl-C was pressed."""
        __tracebackhide__ = True
        if self.requested:
            self.requested = False
            self.uninstall()
            if callable(self._previous):
                # Raises it too, as a rule; that of marimo also takes back the cells that wait.
                self._previous(signal.SIGINT, None)
            raise KeyboardInterrupt

    def _handle(self, signum: int, frame: FrameType | None) -> None:
        if self._fit_is_running() and not self.requested:
            self.requested = True
            return
        previous = self._previous
        self.uninstall()
        if callable(previous):
            previous(signum, frame)
        else:  # SIG_DFL: the system's own action
            signal.raise_signal(signum)


@contextlib.contextmanager
def deferred_interrupts() -> Iterator[None]:
    """Handle a Ctrl-C only at the end of the block; on the main thread, where signals arrive.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed meanwhile, and nothing else takes it.
    """
    before = None
    if threading.current_thread() is threading.main_thread():
        before = signal.getsignal(signal.SIGINT)
    if not callable(before):
        yield
        return
    signals: list[int] = []

    def defer(signum: int, frame: FrameType | None) -> None:
        signals.append(signum)

    signal.signal(signal.SIGINT, defer)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if signals:
        before(signals[0], None)
