"""The notebook around us: the user's variables, the cells that ran, and when one has run."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Mapping
from typing import Any, Protocol

logger = logging.getLogger("kwidgets")


class Listener(Protocol):
    """Who wants to know of each cell's end."""

    def after_cell(self) -> None:
        """A cell has run: variables and classes may be others."""


_listeners: weakref.WeakSet[Listener] = weakref.WeakSet()
# Execution counts of cells that ended in an exception: what they say may not have happened.
_failed: set[int] = set()


def _shell() -> Any:
    from IPython.core.getipython import get_ipython

    return get_ipython()


def namespace() -> Mapping[str, Any]:
    """The user's variables, or none outside IPython."""
    shell = _shell()
    return {} if shell is None else shell.user_ns


def executed_cells() -> list[str]:
    """The source of the cells that ran to their end, as far as is known."""
    cells = namespace().get("In", [])
    return [str(cell) for number, cell in enumerate(cells) if cell and number not in _failed]


def listen(listener: Listener) -> None:
    """Tell ``listener`` of each cell's end, as long as someone else keeps it alive."""
    _listeners.add(listener)
    watch_cells()


def watch_cells() -> None:
    """Note from now on which cells fail."""
    shell = _shell()
    if shell is not None and _after_cell not in shell.events.callbacks["post_run_cell"]:
        shell.events.register("post_run_cell", _after_cell)


def _after_cell(result: Any) -> None:
    count = getattr(result, "execution_count", None)
    if count is not None and not getattr(result, "success", True):
        _failed.add(count)
    for listener in list(_listeners):
        try:
            listener.after_cell()
        except Exception:
            logger.warning("the builder could not look at what the cell did", exc_info=True)
