"""Show a search in the output of its cell, and replace it there when the search has ended."""

from __future__ import annotations

import contextvars
import html
import threading
import time
from typing import Any

from kwidgets import protocol as wire
from kwidgets.distributed.search import protocol
from kwidgets.distributed.search.page.saved import saved_bundle
from kwidgets.distributed.search.page.text import headline, trial_text
from kwidgets.distributed.search.state import SearchState
from kwidgets.kernel.channel import channel
from kwidgets.kernel.front_end import note_widget, shows_text_only, shows_widgets
from kwidgets.kernel.page_wait import wait_for_page
from kwidgets.kernel.replaceable_output import ReplaceableOutput
from kwidgets.kernel.running_kernel import has_page, is_run_by_program
from kwidgets.language import t
from kwidgets.live.page.print_text import print_text
from kwidgets.live.training_thread.error_guard import ErrorGuard
from kwidgets.page_connection import connect

# Where no page draws the view, its HTML is published so often.
_HTML_SECONDS = 2.0


class SearchOutput:
    """The output of the cell: the view, or HTML where no page draws it, or lines of text.

    Nothing that fails here ends the search.

    Args:
        state: of the search.
    """

    def __init__(self, state: SearchState) -> None:
        self._state = state
        self._context = contextvars.copy_context()
        self._guard = ErrorGuard()
        self._lock = threading.RLock()
        self._output: ReplaceableOutput | None = None
        self._widget: Any = None
        # Who draws the view: "extension", "widget", or "" while none is known to.
        self._drawer = ""
        self._published_at = 0.0
        self._printed = 0
        self._is_text = not has_page() or shows_text_only()

    def show(self) -> None:
        """Show the search, which begins."""
        self._guard("The view of the search", self._show)

    def refresh(self) -> None:
        """Bring it up to date after a trial, as far as the view does not do that itself."""
        self._guard("The view of the search", self._refresh)

    def finish(self) -> None:
        """Show the search as it ended, which needs no kernel."""
        self._guard("The view of the search", self._finish)

    def _show(self) -> None:
        if self._is_text:
            for note in self._state.head.notes:
                print_text(note)
            self._printed = self._state.count_ended()
            return
        connect()
        self._output = ReplaceableOutput()
        if is_run_by_program() or self._output.is_captured:
            return
        if wait_for_page(lambda: channel.has_listening_page or shows_widgets()):
            self._drawer = "extension" if channel.has_listening_page else "widget"
        if self._drawer != "extension":
            from kwidgets.distributed.search.page.widget import SearchWidget

            saved = saved_bundle(self._state)[protocol.MIME_TYPE]
            self._widget = SearchWidget(saved, self._on_widget)
        self._publish(update=False)

    def _on_widget(self) -> None:
        """Draw the widget in place of HTML: a page has created it."""
        note_widget()
        with self._lock:
            if self._drawer == "" and not self._state.ended:
                self._drawer = "widget"
                self._context.copy().run(self._publish, True)

    def _refresh(self) -> None:
        if self._is_text:
            ended = [row for row in self._state.rows() if row.seconds is not None]
            for row in ended[self._printed :]:
                print_text(trial_text(row))
            self._printed = len(ended)
            return
        if self._output is None or self._drawer or is_run_by_program() or self._output.is_captured:
            return
        if channel.has_listening_page:
            self._drawer = "extension"
            self._publish(update=True)
        elif time.monotonic() >= self._published_at + _HTML_SECONDS:
            self._publish(update=True)

    def _publish(self, update: bool) -> None:
        assert self._output is not None
        bundle = saved_bundle(self._state)
        if self._drawer == "widget":
            bundle |= wire.widget_view(self._widget.model_id)
        if not self._drawer:
            bundle["text/html"] += f"<div><small>{html.escape(_advice())}</small></div>"
        with self._lock:
            self._output.publish(bundle, update and not self._output.is_cleared_by_library)
        self._published_at = time.monotonic()

    def _finish(self) -> None:
        if self._is_text:
            print_text(headline(self._state))
            return
        if self._output is None:
            return
        with self._lock:
            self._output.publish(
                saved_bundle(self._state), update=not self._output.is_cleared_by_library
            )
        if self._widget is not None:
            self._widget.saved = saved_bundle(self._state)[protocol.MIME_TYPE]


def _advice() -> str:
    return t(
        "To stop the search, interrupt the kernel (■). To watch its curves, run pip install "
        "kwidgets in the environment of JupyterLab or Notebook, then reload the page."
    )
