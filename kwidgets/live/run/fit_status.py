"""The status of a fit and the reason for it, shared between threads."""

from __future__ import annotations

import threading

from kwidgets.live import protocol


class FitStatus:
    """The status of one fit. Safe to use from any thread; a final status never changes."""

    def __init__(self) -> None:
        self.status: protocol.Status = "running"
        # Why the status is what it is, such as an error's first line, or "".
        self.detail = ""
        # Read at every step: a plain attribute costs less than an Event's method.
        self.ended = False
        self._ended = threading.Event()
        self._lock = threading.RLock()

    def set(self, status: protocol.Status, detail: str = "") -> None:
        """Change the status, unless the fit has ended."""
        with self._lock:
            if not self.ended:
                self.status, self.detail = status, detail

    def end(self, status: protocol.Status, detail: str) -> bool:
        """Set the final status; return False if there was one before, which stays."""
        with self._lock:
            if self.ended:
                return False
            self.status, self.detail = status, detail
            self.ended = True
            self._ended.set()
            return True

    def wait_until_ended(self, timeout_seconds: float) -> bool:
        """Return True as soon as the fit has ended, or False after ``timeout_seconds``."""
        return self._ended.wait(timeout_seconds)
