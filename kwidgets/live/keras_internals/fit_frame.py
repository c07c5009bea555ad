"""Is this fit still running? Keras calls no hook when an exception ends it, so we look."""

from __future__ import annotations

import sys
import threading
import weakref
from types import FrameType

# One look may fail to see it; all of them never have.
_LOOKS = 5


class FitWatch:
    """Remembers which call of ``fit`` is calling us, by its frame on the thread's stack.

    Holds no reference to the frame: that would keep the user's data alive. A later fit may get a
    frame at the same address; but not while this one's list of callbacks lives, which is its own.
    """

    def __init__(self) -> None:
        self.thread_id = threading.get_ident()
        self._key: tuple[int, object] | None = None
        self._callback_list: weakref.ref[object] | None = None
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            caller = frame.f_locals.get("self")
            if self._callback_list is None and type(caller).__name__ == "CallbackList":
                self._callback_list = weakref.ref(caller)
            module = str(frame.f_globals.get("__name__", ""))
            if frame.f_code.co_name == "fit" and module.startswith("keras."):
                self._key = (id(frame), frame.f_code)
                return
            frame = frame.f_back

    @property
    def sees_fit(self) -> bool:
        """Whether it is Keras's ``fit`` that calls us, not a loop of the user's own."""
        return self._key is not None

    def callbacks(self) -> list[object]:
        """Return the callbacks of that fit."""
        callback_list = None if self._callback_list is None else self._callback_list()
        return list(getattr(callback_list, "callbacks", ()))

    def is_running(self) -> bool:
        """Whether that fit is still on its thread's stack; from any thread.

        A loop of the user's own that calls the hooks itself cannot be told: True.
        """
        if self._key is None:
            return True
        # The other thread runs on while we look: a call that returns in between cuts off the stack
        # above it, and fit seems gone. It cannot do so at each of several looks.
        return any(self._is_on_stack() for _ in range(_LOOKS))

    def _is_on_stack(self) -> bool:
        if self._callback_list is not None and self._callback_list() is None:
            return False
        frame = sys._current_frames().get(self.thread_id)
        while frame is not None:
            if (id(frame), frame.f_code) == self._key:
                return True
            frame = frame.f_back
        return False
