"""Report the progress of a fit in lines of text, for consoles and logs."""

from __future__ import annotations

import time
from typing import Any

from kwidgets.live.page.cell_output import ShownView
from kwidgets.live.page.print_text import print_text

LINE_SECONDS = 5.0


class TextOutput:
    """A ``ViewTarget`` that prints: a line every few seconds, and the result at the end.

    Without escape codes, and no line is changed later: it may be going into a file.
    """

    def __init__(self) -> None:
        self._view: ShownView | None = None
        self._printed_at = 0.0

    def show(self, view: ShownView) -> None:
        self._view = view
        self._printed_at = time.perf_counter()

    def refresh(self, at_once: bool = False) -> None:
        if self._view is None or time.perf_counter() < self._printed_at + LINE_SECONDS:
            return
        print_text(self._view.fallback("")["text/plain"])
        self._printed_at = time.perf_counter()

    def show_saved(self, bundle: dict[str, Any]) -> None:
        print_text(bundle["text/plain"])
