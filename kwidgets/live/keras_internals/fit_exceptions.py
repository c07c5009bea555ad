"""Learn of an exception that ends a fit in the moment in which it does.

Keras calls no hook then, but shortens the traceback of each exception that leaves one of its public
methods, with a function that is wrapped here while fits are watched. Where a user has switched this
shortening off, and for what is no ``Exception``, the end is noticed later
(:mod:`kwidgets.live.run.fit_end_watcher`).
"""

from __future__ import annotations

import functools
import logging
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

from keras.src.utils import traceback_utils

from kwidgets.live.keras_internals.fit_frame import FitFrame

logger = logging.getLogger("kwidgets")

_NAME = "_process_traceback_frames"
_lock = threading.Lock()
_listeners: dict[FitFrame, Callable[[BaseException], None]] = {}


def watch(frame: FitFrame, listener: Callable[[BaseException], None]) -> None:
    """Call ``listener`` with the exception that ends the fit of ``frame``, in its thread."""
    with _lock:
        _listeners[frame] = listener
        shorten = getattr(traceback_utils, _NAME, None)
        if shorten is not None and not hasattr(shorten, "is_watched"):
            setattr(traceback_utils, _NAME, _watched(shorten))


def forget(frame: FitFrame) -> None:
    """Undo :func:`watch`."""
    with _lock:
        _listeners.pop(frame, None)
        if not _listeners:
            ours: Any = getattr(traceback_utils, _NAME, None)
            if hasattr(ours, "is_watched"):
                setattr(traceback_utils, _NAME, ours.__wrapped__)


def sees_errors() -> bool:
    """Return whether each ``Exception`` that ends a watched fit is noticed in that moment."""
    shorten = getattr(traceback_utils, _NAME, None)
    enabled = traceback_utils.is_traceback_filtering_enabled()
    return hasattr(shorten, "is_watched") and bool(enabled)


def _watched(shorten: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(shorten)
    def call(traceback: TracebackType | None, *args: Any, **kwargs: Any) -> Any:
        try:
            _tell(traceback)
        except Exception:
            logger.warning("the end of a fit was not noticed at once", exc_info=True)
        return shorten(traceback, *args, **kwargs)

    call.is_watched = True  # type: ignore[attr-defined]
    return call


def _tell(traceback: TracebackType | None) -> None:
    error = sys.exc_info()[1]
    # The first frame is that of the wrapper, the next that of the method which it wraps.
    left = None if traceback is None else traceback.tb_next
    if error is None or left is None:
        return
    for frame, listener in list(_listeners.items()):
        if frame.is_call(left.tb_frame):
            listener(error)
