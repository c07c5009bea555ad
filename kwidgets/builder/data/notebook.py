"""Access to the notebook: the user's variables, the cells that ran, an event after each cell."""

from __future__ import annotations

import dataclasses
import logging
import weakref
from collections.abc import Callable, Collection
from itertools import islice
from typing import Any, Protocol

from kwidgets.builder.data.slicing.cells import as_far_as
from kwidgets.kernel import cell_end
from kwidgets.kernel.running_kernel import user_namespace, user_variables

logger = logging.getLogger("kwidgets")

# Items of all containers together that are searched for an object: some milliseconds.
_MAX_ITEMS = 50_000


class Listener(Protocol):
    """An object that is called after each cell."""

    def after_cell(self) -> None:
        """Handle the end of a cell, which may have changed variables and classes."""


_listeners: weakref.WeakSet[Listener] = weakref.WeakSet()
# By the execution count of each cell that raised, the line that raised; 0 if no line ran, None if
# the line is unknown.
_failed: dict[int, int | None] = {}


def _shell() -> Any:
    from IPython.core.getipython import get_ipython

    return get_ipython()


@dataclasses.dataclass(frozen=True)
class Names:
    """Where the user keeps an object.

    Attributes:
        found: variables, and containers with the object in them: "model", "models[…]".
        complete: whether all containers were searched whole.
    """

    found: list[str]
    complete: bool


def names_of(matches: Callable[[object], bool]) -> Names:
    """Find the variables that match, and the containers with an item that matches.

    Of long containers only the first items are searched, because a cell waits for this.
    """
    found = []
    budget = _MAX_ITEMS
    complete = True
    for name, value in user_variables().items():
        if name.startswith("_") or name in ("In", "Out"):
            continue
        if matches(value):
            found.append(name)
            continue
        items = _items_of(value)
        if items is None:
            continue
        searched = list(islice(items, budget))
        budget -= len(searched)
        complete = complete and len(searched) == len(items)
        if any(map(matches, searched)):
            found.append(f"{name}[…]")
    return Names(found, complete)


def _items_of(value: Any) -> Collection[object] | None:
    # One by one: to look the class up among others may call its metaclass.
    cls = type(value)
    if cls is dict:
        return value.values()  # type: ignore[no-any-return]
    return value if cls is list or cls is tuple or cls is set else None


def executed_cells() -> list[str]:
    """Return the source of the cells that ran; of a cell that raised, the part that had run."""
    cells = user_namespace().get("In", [])
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
    """Call ``listener`` after each cell; it is referenced weakly."""
    _listeners.add(listener)
    watch_cells()


def watch_cells() -> None:
    """Start to record which cells fail."""
    cell_end.after_each_cell(_after_cell)


def _failed_at(result: Any) -> int | None:
    """Return the line where a cell raised; 0 if no line ran, None if it is unknown."""
    error = getattr(result, "error_in_exec", None)
    if error is None:
        return 0
    user_ns = _shell().user_ns
    trace = getattr(error, "__traceback__", None)
    while trace is not None:
        frame = trace.tb_frame
        if frame.f_globals is user_ns and frame.f_code.co_name == "<module>":
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
