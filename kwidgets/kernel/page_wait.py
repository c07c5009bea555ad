"""Wait briefly for a page to report that it can draw."""

from __future__ import annotations

import time
from collections.abc import Callable

from kwidgets.kernel import busy_messages

WAIT_SECONDS = 1.0


def wait_for_page(can_draw: Callable[[], bool]) -> bool:
    """Wait until ``can_draw`` returns True, for ``WAIT_SECONDS`` at most; return what it returned.

    For outputs that cannot be replaced later. The running cell waits meanwhile.
    """
    deadline = time.perf_counter() + WAIT_SECONDS
    while not can_draw():
        if time.perf_counter() > deadline or busy_messages.method_while_busy() is None:
            return False
        if busy_messages.needs_polling():
            busy_messages.poll()
        time.sleep(0.01)
    return True
