"""Find out where the output of the running code goes, and whether it was cleared there.

The output of a cell may be led elsewhere: into an ``ipywidgets.Output``, or into the hands of
``%%capture``. ``clear_output`` removes what was shown, and the front end does not report it.
"""

from __future__ import annotations

import collections
import dataclasses
import sys
import threading
from types import FrameType
from typing import Any

from kwidgets.kernel.running_kernel import running_kernel

# The places whose clearing is remembered: those of threads and of callbacks may be old.
_MAX_PLACES = 200

_lock = threading.Lock()
_cleared: collections.OrderedDict[OutputPlace, Clearings] = collections.OrderedDict()
# The publishers to which the hook was added in this thread.
_watched = threading.local()


@dataclasses.dataclass(frozen=True)
class OutputPlace:
    """Where output goes.

    Args:
        request: the id of the message that runs the code, such as a cell.
        widgets: the model ids of the ``Output`` widgets that take the output of that request.
        captured_by: identifies who captures the output in this process; None for nobody.
    """

    request: str
    widgets: frozenset[str] = frozenset()
    captured_by: int | None = None


@dataclasses.dataclass(frozen=True)
class Clearings:
    """How often the output at a place was cleared, as far as it was watched.

    Args:
        count: of all calls of ``clear_output``.
        by_cell: of those in the code of a cell; the others are in libraries, such as tuners, which
            clear between two trials and after the last.
    """

    count: int = 0
    by_cell: int = 0


def current_place() -> OutputPlace:
    """Return where the output of the code that calls this goes."""
    publisher = current_publisher()
    captured = publisher is not None and not hasattr(publisher, "register_hook")
    request = _request_id()
    return OutputPlace(request, _output_widgets(request), id(publisher) if captured else None)


def watch_clearing() -> None:
    """Count calls of ``clear_output`` in this thread from now on."""
    publisher = current_publisher()
    register_hook = getattr(publisher, "register_hook", None)
    if register_hook is None or getattr(_watched, "publisher", None) is publisher:
        return
    _watched.publisher = publisher
    register_hook(_count_clearing)


def clearings(place: OutputPlace) -> Clearings:
    """Return how often the output at ``place`` was cleared."""
    return _cleared.get(place, Clearings())


def _count_clearing(message: dict[str, Any]) -> dict[str, Any]:
    if message["header"]["msg_type"] == "clear_output":
        request = str(message["parent_header"].get("msg_id", ""))
        place = OutputPlace(request, _output_widgets(request))
        with _lock:
            before = _cleared.pop(place, Clearings())
            by_cell = before.by_cell + _is_called_by_cell()
            _cleared[place] = Clearings(before.count + 1, by_cell)
            if len(_cleared) > _MAX_PLACES:
                _cleared.popitem(last=False)
    return message


def _is_called_by_cell() -> bool:
    """Return whether the code of a cell calls ``clear_output``, directly."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] not in ("kwidgets", "IPython", "ipykernel", "ipywidgets"):
            return module == "__main__"
        frame = frame.f_back
    return False


def current_publisher() -> Any | None:
    """Return IPython's publisher of outputs; None without an IPython."""
    from IPython.core.getipython import get_ipython

    return getattr(get_ipython(), "display_pub", None)


def _request_id() -> str:
    kernel = running_kernel()
    try:
        return str(kernel.get_parent()["header"]["msg_id"])  # type: ignore[union-attr]
    except Exception:  # before the first request, or a kernel of another make
        return ""


def _output_widgets(request: str) -> frozenset[str]:
    """Return the model ids of the ``Output`` widgets that take the output of ``request``."""
    ipywidgets = sys.modules.get("ipywidgets")
    if ipywidgets is None or not request:
        return frozenset()
    # There is no public list of the widgets that exist.
    widgets = getattr(ipywidgets.widgets.widget, "_instances", {})
    return frozenset(
        str(widget.model_id)
        for widget in list(widgets.values())
        if isinstance(widget, ipywidgets.Output) and widget.msg_id == request
    )
