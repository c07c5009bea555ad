"""Find out whether a fit still runs: Keras calls no hook when an exception ends it."""

from __future__ import annotations

import sys
import threading
import weakref
from collections.abc import Callable
from types import FrameType
from typing import Any

# One search of the stack may miss the fit; so many in a row never have.
_SEARCHES = 5


class FitFrame:
    """Identifies the call of ``fit`` that is calling us, by its frame on the thread's stack.

    It has no reference to the frame, which would keep the user's data alive. A later fit may get a
    frame at the same address, but not while this fit's own list of callbacks exists.

    Args:
        is_loop: whether a loop of the user's own calls us, and there is no ``fit`` to find.
    """

    def __init__(self, is_loop: bool = False) -> None:
        self.thread_id = threading.get_ident()
        self._key: tuple[int, object] | None = None
        self._callback_list: weakref.ref[object] | None = None
        self._released: weakref.ref[object] | None = None
        frame: FrameType | None = None if is_loop else sys._getframe(1)
        while frame is not None:
            caller = frame.f_locals.get("self")
            if self._callback_list is None and type(caller).__name__ == "CallbackList":
                self._callback_list = weakref.ref(caller)
            module = str(frame.f_globals.get("__name__", ""))
            if frame.f_code.co_name == "fit" and module.startswith(("keras.", "tf_keras.")):
                self._key = (id(frame), frame.f_code)
                return
            frame = frame.f_back

    @property
    def found_fit(self) -> bool:
        """Whether Keras's ``fit`` calls us, not a training loop of the user's own."""
        return self._key is not None

    def callbacks(self) -> list[object]:
        """Return the callbacks of that fit."""
        callback_list = None if self._callback_list is None else self._callback_list()
        return list(getattr(callback_list, "callbacks", ()))

    def when_released(self, function: Callable[[], None]) -> None:
        """Call ``function`` when Python frees the fit's own list of callbacks.

        After an exception, that is where it has been handled. It may be in any thread and at any
        moment: ``function`` must need no lock and must not raise.
        """
        callback_list = None if self._callback_list is None else self._callback_list()
        if callback_list is not None:
            self._released = weakref.ref(callback_list, lambda _: function())

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of that fit by name, as they are now. On its thread."""
        frame = self._frame()
        if frame is None:
            return {}
        code, values = frame.f_code, frame.f_locals
        names = code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]
        return {name: values[name] for name in names if name in values}

    def local_values(self) -> dict[str, Any]:
        """Return all local variables of that fit, such as ``val_x``. On its thread."""
        frame = self._frame()
        return {} if frame is None else dict(frame.f_locals)

    def callers_variables(self) -> dict[str, Any]:
        """Return the variables where the user's code calls that fit. On its thread."""
        frame = self._frame()
        while frame is not None:
            module = str(frame.f_globals.get("__name__", ""))
            if not module.startswith(("keras.", "tf_keras.", "kwidgets.")):
                return {**frame.f_globals, **frame.f_locals}
            frame = frame.f_back
        return {}

    def _frame(self) -> FrameType | None:
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and not self.is_call(frame):
            frame = frame.f_back
        return frame

    def is_running(self) -> bool:
        """Return whether the fit is still on its thread's stack. From any thread.

        For a training loop of the user's own that is not known: True.
        """
        if self._key is None:
            return True
        # The other thread runs meanwhile: a call that returns during a search cuts off the rest of
        # the stack, and fit seems gone. That does not happen in each of several searches.
        return any(self._is_on_stack() for _ in range(_SEARCHES))

    def is_call(self, frame: FrameType) -> bool:
        """Return whether ``frame`` is that of the fit."""
        return self._key == (id(frame), frame.f_code)

    def active_error(self) -> BaseException | None:
        """Return the exception that has left the fit and is being handled now, if there is one."""
        active: Any = sys._current_exceptions().get(self.thread_id)
        # Python 3.11 has a tuple of type, exception and traceback.
        error: BaseException | None = active[1] if isinstance(active, tuple) else active
        traceback = getattr(error, "__traceback__", None)
        while traceback is not None:
            if self.is_call(traceback.tb_frame):
                return error
            traceback = traceback.tb_next
        return None

    def _is_on_stack(self) -> bool:
        if self._callback_list is not None and self._callback_list() is None:
            return False
        frame: object = sys._current_frames().get(self.thread_id)
        # Python 3.11 has been seen to give an int as the caller of a frame that returned meanwhile.
        while isinstance(frame, FrameType):
            if self.is_call(frame):
                return True
            frame = frame.f_back
        return False
