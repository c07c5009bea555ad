"""Print the progress of a loop without a page: a line every few seconds, and the result."""

from __future__ import annotations

import time

from kwidgets.live.numbers.metric_store import MetricStore
from kwidgets.live.page.encode import MAX_ROWS
from kwidgets.live.page.number_format import format_value
from kwidgets.live.page.print_text import print_text
from kwidgets.live.page.text_output import LINE_SECONDS
from kwidgets.live.page.view import LiveView


class TextLines:
    """Prints lines without escape codes: they may be going into a file.

    Args:
        view: of the loop.
        store: has its numbers.
    """

    def __init__(self, view: LiveView, store: MetricStore) -> None:
        self._view = view
        self._store = store
        self._printed_at = time.perf_counter()

    def refresh(self) -> None:
        """Print a line if it is due."""
        if time.perf_counter() < self._printed_at + LINE_SECONDS:
            return
        self._printed_at = time.perf_counter()
        with self._store.lock:
            last = self._store.batch.view(MAX_ROWS).columns
            names = self._store.batch.names
        values = [f"{name} {format_value(float(last[f'mean/{name}'][-1]))}" for name in names]
        print_text(" · ".join([self._view.headline(), *values]))

    def end(self) -> None:
        """Print the result."""
        print_text(self._view.summary())
