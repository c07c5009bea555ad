"""Choose the view that shows a fit.

Fits that follow one another in a cell share one, if their output goes to the same place.
"""

from __future__ import annotations

import contextlib
import contextvars
import threading
from collections.abc import Iterator
from typing import Any

from kwidgets.kernel import cell_end
from kwidgets.kernel.channel import channel
from kwidgets.kernel.front_end import shows_widgets
from kwidgets.kernel.output_place import OutputPlace, current_place
from kwidgets.live.page.cell_output import ViewTarget
from kwidgets.live.page.view import LiveView


class CellViews:
    """The views of the running cell. To be used on the main thread, where cells run."""

    def __init__(self) -> None:
        # Each with the place where its output goes.
        self._views: list[tuple[LiveView, OutputPlace]] = []
        # The views that show all fits of a thread.
        self._of_threads: dict[int, LiveView] = {}

    @contextlib.contextmanager
    def show_fits_in(self, view: LiveView) -> Iterator[None]:
        """Show the fits of this thread in ``view`` meanwhile, wherever their cell's output is."""
        thread = threading.get_ident()
        before = self._of_threads.get(thread)
        self._of_threads[thread] = view
        try:
            yield
        finally:
            if before is None:
                del self._of_threads[thread]
            else:
                self._of_threads[thread] = before

    def view_for(self, context: contextvars.Context, target: ViewTarget | None) -> LiveView:
        """Return the view for a fit that begins now.

        Args:
            context: the one in which output goes to the fit's cell.
            target: shows the view; None for the cell's output.
        """
        chosen = self._of_threads.get(threading.get_ident())
        if target is None and chosen is not None:
            if chosen.fit is not None:
                chosen.fit.after_cell(None)
            # A fit inside another one has a view of its own.
            if chosen.fit is None:
                return chosen
        if target is not None or not cell_end.is_in_cell():
            return LiveView(context, target)
        place = current_place()
        drawn = channel.has_listening_page or shows_widgets()
        if place.captured_by is not None or (place.widgets and not drawn):
            # Its picture is shown at the end of the fit: at that of the cell the output goes back
            # to the cell.
            return LiveView(context)
        for view, view_place in self._views:
            if view.fit is not None:
                # Perhaps an exception ended it, and the cell caught that.
                view.fit.after_cell(None)
            # A view whose fit still runs is not free: this fit is inside another.
            if view.fit is None and view_place == place:
                return view
        view = LiveView(context)
        view.stays_until_cell_end = True
        if not self._views:
            cell_end.after_this_cell(self._after_cell)
        self._views.append((view, place))
        return view

    def _after_cell(self, result: Any) -> None:
        views, self._views = self._views, []
        for view, _ in views:
            view.stays_until_cell_end = False
            if view.fit is not None:
                # Keras calls no hook when an exception ends a fit.
                view.fit.after_cell(getattr(result, "error_in_exec", None))
            if view.fit is None:
                view.show_saved_output()


cell_views = CellViews()
