"""The notebook around us: the user's variables, the cells that ran, and when one has run."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from kwidgets.builder.code.slicing.cells import as_far_as
from kwidgets.kernel import cell_end

logger = logging.getLogger("kwidgets")


class Listener(Protocol):
    """Who wants to know of each cell's end."""

    def after_cell(self) -> None:
        """A cell has run: variables and classes may be others."""


_listeners: weakref.WeakSet[Listener] = weakref.WeakSet()
# What each cell showed last, by the cell's id.
_shown: dict[str, object] = {}
# By the execution counts of cells that ended in an exception, the line they came to; 0 where none
# of it ran, None where that is not known.
_failed: dict[int, int | None] = {}


def _shell() -> Any:
    from IPython.core.getipython import get_ipython

    return get_ipython()


def namespace() -> Mapping[str, Any]:
    """The user's variables, or none outside IPython."""
    shell = _shell()
    return {} if shell is None else shell.user_ns


def names_of(is_it: Callable[[object], bool]) -> list[str]:
    """Return where the user keeps something: names of variables, and of containers that hold it."""
    found = []
    for name, value in namespace().items():
        if name.startswith("_") or name in ("In", "Out"):
            continue
        if is_it(value):
            found.append(name)
        elif type(value) in (list, tuple, set, dict):
            inside = value.values() if isinstance(value, dict) else value
            if any(map(is_it, inside)):
                found.append(f"{name}[…]")
    return found


def shown_before(thing: object) -> object | None:
    """Note that the running cell shows ``thing``; return what it showed before, or None."""
    try:
        cell = _shell().get_parent()["metadata"]["cellId"]
    except (AttributeError, KeyError, TypeError):
        return None  # no notebook, or one that does not tell its cells apart
    before = _shown.get(cell)
    _shown[cell] = thing
    return before


def executed_cells() -> list[str]:
    """The source of the cells that ran, and of those that failed what had run until then."""
    cells = namespace().get("In", [])
    found = []
    for number, cell in enumerate(cells):
        text = str(cell)
        if number in _failed:
            line = _failed[number]
            text = "" if line == 0 else as_far_as(text, line)
        if text:
            found.append(text)
    return found


def listen(listener: Listener) -> None:
    """Tell ``listener`` of each cell's end, as long as someone else keeps it alive."""
    _listeners.add(listener)
    watch_cells()


def watch_cells() -> None:
    """Note from now on which cells fail."""
    cell_end.after_each_cell(_after_cell)


def _failed_at(result: Any) -> int | None:
    """The line where a cell raised; 0 where it did not begin, None where it is not known."""
    error = getattr(result, "error_in_exec", None)
    if error is None:
        return 0
    space = _shell().user_ns
    trace = getattr(error, "__traceback__", None)
    while trace is not None:
        frame = trace.tb_frame
        if frame.f_globals is space and frame.f_code.co_name == "<module>":
            return int(trace.tb_lineno)
        trace = trace.tb_next
    return None


def _after_cell(result: Any) -> None:
    count = getattr(result, "execution_count", None)
    if count is not None and not getattr(result, "success", True):
        _failed[count] = _failed_at(result)
    for listener in list(_listeners):
        try:
            listener.after_cell()
        except Exception:
            logger.warning("the builder could not look at what the cell did", exc_info=True)
