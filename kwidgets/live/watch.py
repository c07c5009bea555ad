"""Is this fit still running? Keras calls no hook when an exception ends it, so we look."""

from __future__ import annotations

import sys
import threading
from types import FrameType


class FitWatch:
    """Remembers which call of ``fit`` is calling us, by its frame on the thread's stack.

    Holds no reference to the frame: that would keep the user's data alive.
    """

    def __init__(self) -> None:
        self._thread_id = threading.get_ident()
        self._key: tuple[int, object] | None = None
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            module = str(frame.f_globals.get("__name__", ""))
            if frame.f_code.co_name == "fit" and module.startswith("keras."):
                self._key = (id(frame), frame.f_code)
                return
            frame = frame.f_back

    def is_running(self) -> bool:
        """Whether that fit is still on its thread's stack; from any thread.

        A loop of the user's own that calls the hooks itself cannot be told: True.
        """
        if self._key is None:
            return True
        frame = sys._current_frames().get(self._thread_id)
        while frame is not None:
            if (id(frame), frame.f_code) == self._key:
                return True
            frame = frame.f_back
        return False
