"""Show the fits of a search in one live view, which the view of the search contains."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Iterator
from typing import Any

from kwidgets.distributed.search.state import SearchState
from kwidgets.live.auto import auto_view
from kwidgets.live.page.cell_output import ShownView
from kwidgets.live.page.cell_views import cell_views
from kwidgets.live.page.view import LiveView


class _InsideSearch:
    """A ``ViewTarget``: the view of the search draws the live view."""

    def __init__(self, state: SearchState) -> None:
        self._state = state
        self._view: LiveView | None = None

    def show(self, view: ShownView) -> None:
        assert self._view is not None
        self._state.change(live=self._view.run_id, live_widget=view.model_id)

    def refresh(self, at_once: bool = False) -> None:
        """Nothing: the live view brings itself up to date."""

    def show_saved(self, bundle: dict[str, Any]) -> None:
        self._state.change(live="", live_widget="")


@contextlib.contextmanager
def watched_fits(state: SearchState) -> Iterator[None]:
    """Watch all fits of this thread meanwhile, also silent ones, inside the view of a search."""
    target = _InsideSearch(state)
    # Those of earlier trials are in the view of the search.
    view = LiveView(contextvars.copy_context(), target, keep_earlier=False, needs_widget=False)
    view.stays_until_cell_end = True
    target._view = view
    try:
        with auto_view.watch_all_fits(), cell_views.show_fits_in(view):
            yield
    finally:
        view.show_saved_output()
