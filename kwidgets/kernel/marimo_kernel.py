"""Run in marimo's kernel: its cells' output, its threads, and messages while a cell runs.

Private interfaces of marimo are used in this module and nowhere else, and are found by their names.
marimo is never imported before a notebook has done so. Its context belongs to a thread: in a served
app one process runs the cells of each reader in a thread of its own.
"""

from __future__ import annotations

import asyncio
import collections
import logging
import queue
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

from kwidgets.kernel.interrupt import deferred_interrupts

logger = logging.getLogger("kwidgets")


def is_running() -> bool:
    """Return whether this thread belongs to a marimo notebook."""
    return _context() is not None


def runs_cells_here() -> bool:
    """Return whether this is the thread in which marimo runs cells and handles messages."""
    if not is_running():
        return False
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False  # a mo.Thread
    return True


def session() -> object | None:
    """Return an object of the reader's session: each page has a kernel of its own."""
    return getattr(_context(), "_kernel", None)


def user_namespace() -> dict[str, Any]:
    """Return the variables of the notebook."""
    names = getattr(_context(), "globals", None)
    return names if isinstance(names, dict) else {}


def make_thread(target: Callable[..., object], *args: object, name: str) -> threading.Thread:
    """Return a daemon thread, in marimo one that can reach the page."""
    if not is_running():
        return threading.Thread(target=target, args=args, name=name, daemon=True)
    import marimo

    thread: threading.Thread = marimo.Thread(target=target, args=args, name=name, daemon=True)
    # A click is handled outside all cells, but the files of a widget belong to a cell.
    stream = getattr(getattr(thread, "_marimo_ctx", None), "stream", None)
    if stream is not None and getattr(stream, "cell_id", "") is None:
        stream.cell_id = _widget_cells.get(session())
    return thread


# By session, the cell that showed a widget last.
_widget_cells: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()


def keep_after_cell(comm: Any) -> None:
    """Keep ``comm`` open when its cell runs again or is deleted; marimo would close it."""
    registry = getattr(getattr(_context(), "cell_lifecycle_registry", None), "registry", {})
    for items in registry.values():
        items -= {item for item in items if getattr(item, "_comm", None) is comm}


def _context() -> Any | None:
    """Return the context of this thread's notebook; None in scripts and without marimo."""
    marimo = sys.modules.get("marimo")
    if marimo is None or not getattr(marimo, "running_in_notebook", lambda: False)():
        return None
    find = getattr(sys.modules.get("marimo._runtime.context.types"), "safe_get_context", None)
    return None if find is None else find()


# The output of a cell.


class CellElement:
    """An element in the output of the running cell, which can be replaced while the cell runs."""

    def __init__(self, value: Any) -> None:
        import marimo

        self._cell = self._running_cell()
        self._shown = value
        marimo.output.append(value)

    @property
    def is_shown(self) -> bool:
        """Whether the cell still runs and shows the element."""
        cell = self._running_cell()
        return cell is not None and cell is self._cell and self._place(cell) is not None

    def replace(self, value: Any) -> None:
        """Show ``value`` in place of the element; does nothing when the cell has ended."""
        import marimo

        cell = self._running_cell()
        if cell is None or cell is not self._cell:
            return
        place = self._place(cell)
        self._shown = value
        # The user's code may have cleared the output meanwhile.
        marimo.output.replace_at_index(value, len(cell.output) if place is None else place)

    def _place(self, cell: Any) -> int | None:
        items = list(getattr(cell.output, "_items", ()))
        return next((i for i, item in enumerate(items) if item is self._shown), None)

    @staticmethod
    def _running_cell() -> Any:
        return getattr(_context(), "execution_context", None)


def widget_element(widget: Any) -> Any:
    """Return the element that draws an anywidget in the running cell."""
    import marimo

    cell = getattr(_context(), "cell_id", None)
    if cell is not None:
        _widget_cells[session()] = cell
    return marimo.ui.anywidget(widget)


def html_element(text: str) -> Any:
    """Return an element of HTML."""
    import marimo

    return marimo.Html(text)


def output_so_far() -> Any | None:
    """Return all that the running cell has shown, as one element; None if it has shown nothing.

    The value of a cell's last expression takes the place of what the cell has shown. A value that
    is itself shown already, such as the History of ``fit``, can leave all as it is with this.
    """
    cell = getattr(_context(), "execution_context", None)
    output = getattr(cell, "output", None)
    return output.stack() if output else None


def show_as_output_so_far(kind: type) -> None:
    """Let a cell whose last value is of this class keep what it has shown, in marimo."""
    formatting = sys.modules.get("marimo._output.formatting")
    formatter = getattr(formatting, "formatter", None)
    if formatter is None or kind in _formatted:
        return
    _formatted.add(kind)

    def show(value: object) -> tuple[str, str]:
        shown = output_so_far()
        if shown is None:
            return "text/plain", repr(value)
        mime_type, data = shown._mime_()
        return mime_type, data

    formatter(kind)(show)


_formatted: set[type] = set()


# Messages while a cell runs.


class MarimoPoller:
    """Handles messages of the page while the thread that should do so runs a cell.

    marimo puts each message of a widget into two queues: one has the order of all requests, the
    other lets it merge messages that have waited. The poller reads the second, and notes what it
    has handled where marimo notes it too; other messages stay, in order, for the cell's end.

    Args:
        requests: marimo's ``SetUIElementRequestManager``.
    """

    @staticmethod
    def fits(requests: Any) -> bool:
        """Return whether marimo has the interfaces that this needs."""
        waiting = getattr(requests, "_set_ui_element_queue", None)
        return (
            hasattr(waiting, "get_nowait")
            and hasattr(waiting, "empty")
            and isinstance(getattr(requests, "_processed_tokens", None), set)
            and sys.platform != "emscripten"  # there the page waits with the cell
        )

    def __init__(self, requests: Any) -> None:
        self._requests = requests
        self._waiting = _QueueWithKept(requests._set_ui_element_queue)
        requests._set_ui_element_queue = self._waiting

    def poll(self) -> None:
        """Handle the messages that have arrived for our widgets.

        Raises:
            KeyboardInterrupt: the cell was interrupted meanwhile, and nothing else takes it.
        """
        # An interrupt during a read would split a message.
        with deferred_interrupts():
            for command in self._waiting.take_new():
                comm = _comms.get(str(getattr(command, "model_id", "")))
                if comm is None or not hasattr(getattr(command, "message", None), "content"):
                    self._waiting.keep(command)
                    continue
                self._requests._processed_tokens.add(command.token)
                try:
                    comm.handle_msg(command.into_comm_payload())
                except Exception:
                    logger.warning("a message could not be handled", exc_info=True)


class _QueueWithKept:
    """A queue with commands in front that have been read from it and are still to be handled."""

    def __init__(self, commands: Any) -> None:
        self._commands = commands
        self._kept: collections.deque[Any] = collections.deque()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._commands, name)

    def empty(self) -> bool:
        return not self._kept and bool(self._commands.empty())

    def get_nowait(self) -> Any:
        return self._kept.popleft() if self._kept else self._commands.get_nowait()

    def take_new(self) -> Iterator[Any]:
        """Remove and yield the commands that have arrived since the last call."""
        while True:
            try:
                yield self._commands.get_nowait()
            except queue.Empty:
                return

    def keep(self, command: Any) -> None:
        self._kept.append(command)


# The open comms whose messages are handled, by their ids.
_comms: weakref.WeakValueDictionary[str, Any] = weakref.WeakValueDictionary()
# By session; None where it cannot be polled.
_pollers: weakref.WeakKeyDictionary[object, MarimoPoller | None] = weakref.WeakKeyDictionary()


def receive_by_polling(comm: Any) -> bool:
    """Have messages on ``comm`` handled by :meth:`MarimoPoller.poll`; return whether they are."""
    _comms[str(comm.comm_id)] = comm
    return not runs_cells_here() or poller() is not None


def poller() -> MarimoPoller | None:
    """Return what handles messages while this thread runs a cell; None if it runs none."""
    here = session() if runs_cells_here() else None
    if here is None:
        return None
    if here not in _pollers:
        requests = _find_requests()
        found = MarimoPoller(requests) if MarimoPoller.fits(requests) else None
        if found is None:
            logger.warning("this marimo handles messages of the page only between cells")
        _pollers[here] = found
    return _pollers[here]


def _find_requests() -> Any | None:
    """Return the variable of marimo's control loop, one of this thread's tasks, with the queues."""
    for task in asyncio.all_tasks():
        coroutine = task.get_coro()
        frame = getattr(coroutine, "cr_frame", None)
        if frame is not None and frame.f_code.co_name == "listen_messages":
            return frame.f_locals.get("ui_request_mgr")
    return None
