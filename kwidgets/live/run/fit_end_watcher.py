"""Notice that a fit has ended without ``on_train_end``: Keras calls no hook after an exception."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from typing import Any

from kwidgets.kernel import cell_end
from kwidgets.live.run.fit_state import FitState

CHECK_SECONDS = 0.5
# A cell that an exception ends takes its time to write the traceback.
CELL_SECONDS = 5.0


class FitEndWatcher:
    """Detect the end of one fit, in a thread and at the end of each cell."""

    def __init__(self, state: FitState) -> None:
        self._state = state
        self._has_cell = False
        self._on_cell_end: Callable[[BaseException | None], None] | None = None

    def watch_cells(self, on_cell_end: Callable[[BaseException | None], None]) -> None:
        """Call ``on_cell_end`` at the end of each cell, with the exception that ended it."""
        self._on_cell_end = on_cell_end
        self._has_cell = cell_end.after_each_cell(self._after_cell)

    def forget_cells(self) -> None:
        """Undo :meth:`watch_cells`. From any thread."""
        cell_end.remove(self._after_cell)
        self._on_cell_end = None

    def start_thread(
        self,
        context: contextvars.Context,
        on_check: Callable[[], None],
        on_gone: Callable[[BaseException | None], None],
    ) -> None:
        """Watch in a thread until the fit has ended.

        Args:
            context: the thread runs in a copy of it; without, what it shows would land in whatever
                cell ran last.
            on_check: called in the thread every ``CHECK_SECONDS`` while the fit runs.
            on_gone: called in the thread when the fit has left the stack of its own thread, with
                the exception that ended it if that is still being handled.
        """
        threading.Thread(
            target=context.copy().run,
            args=(self._watch, on_check, on_gone),
            name="kwidgets-watch",
            daemon=True,
        ).start()

    def _watch(
        self,
        on_check: Callable[[], None],
        on_gone: Callable[[BaseException | None], None],
    ) -> None:
        status, frame = self._state.status, self._state.frame
        # The end of the cell, which knows the error, comes first where there is one.
        stays_until_cell_end = self._state.on_main_thread and self._has_cell
        patience = CELL_SECONDS if stays_until_cell_end else CHECK_SECONDS
        while not status.wait_until_ended(CHECK_SECONDS):
            if frame.is_running():
                on_check()
            elif (error := frame.active_error()) is not None:
                on_gone(error)
            elif not status.wait_until_ended(patience) and not frame.is_running():
                on_gone(None)

    def _after_cell(self, result: Any) -> None:
        if self._on_cell_end is not None:
            self._on_cell_end(getattr(result, "error_in_exec", None))
