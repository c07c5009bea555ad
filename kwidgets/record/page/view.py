"""``kw.runs()``: the view of recorded runs in the output of a cell."""

from __future__ import annotations

import contextvars
import html
import threading
import uuid
from typing import Any

from kwidgets import protocol as wire
from kwidgets.kernel import marimo_kernel
from kwidgets.kernel.front_end import note_widget, shows_widgets
from kwidgets.kernel.page_wait import wait_for_page
from kwidgets.kernel.running_kernel import running_kernel
from kwidgets.language import t
from kwidgets.page_connection import connect
from kwidgets.record import protocol
from kwidgets.record.page.run_rows import RunRows
from kwidgets.record.run_list import Scope, run_files
from kwidgets.record.text_table import html_table, text_table

# Runs in the saved notebook, for readers without a kernel.
MAX_SAVED = 100
# Lines in the outputs for readers without our extension.
_MAX_LINES = 30


class RunsView:
    """The recorded runs as a view in the cell: a table to sort, filter, draw and compare.

    It shows all runs that there are when it is looked at. The notebook saves a table of the latest
    ones.
    """

    def __init__(self, scope: Scope, filter: str) -> None:
        self._scope = scope
        self._filter = filter
        # The outputs with a table that the widget is to replace, each with its context.
        self._tables: list[tuple[str, contextvars.Context]] = []
        self._lock = threading.Lock()
        self._widget: Any = None

    def __repr__(self) -> str:
        listing = run_files.list(self._scope)
        return text_table(listing.runs[::-1][:_MAX_LINES], len(listing.runs))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        listing = run_files.list(self._scope)
        latest = listing.runs[::-1][:_MAX_LINES]
        return {
            protocol.MIME_TYPE: self._saved(),
            "text/html": html_table(latest, len(listing.runs)),
            "text/plain": text_table(latest, len(listing.runs)),
        }

    def _saved(self) -> dict[str, Any]:
        listing = run_files.list(self._scope)
        few = type(listing)(listing.runs[-MAX_SAVED:], listing.unreadable[:MAX_SAVED])
        saved = protocol.SavedRuns(
            scope=self._scope,
            filter=self._filter,
            runs=RunRows().changes(few, self._scope, 0),
            count=len(listing.runs),
        )
        return dict(wire.envelope(protocol.SAVED_RUNS, saved))

    def _display_(self) -> Any:
        """Return what marimo shows: the table."""
        return marimo_kernel.html_element(self._repr_mimebundle_()["text/html"])

    def _ipython_display_(self) -> None:
        """Show the view; until a page has said that it can draw it, a table."""
        if running_kernel() is None:
            print(self)
            return
        from IPython.display import publish_display_data

        from kwidgets.kernel.channel import channel
        from kwidgets.record.page.widget import RunsWidget

        connect()
        bundle = wire.encodable(self._repr_mimebundle_())
        # With our extension no widget is needed, and none is missing in the saved notebook.
        if wait_for_page(lambda: shows_widgets() or channel.has_listening_page) and (
            channel.has_listening_page
        ):
            publish_display_data(data=bundle)
            return
        display_id = uuid.uuid4().hex
        with self._lock:
            if self._widget is None:
                self._widget = RunsWidget(bundle[protocol.MIME_TYPE], self._replace_tables)
            if not shows_widgets():
                self._tables.append((display_id, contextvars.copy_context()))
                advice = t(
                    "To compare runs here, run pip install kwidgets in the environment of "
                    "JupyterLab or Notebook, then reload the page."
                )
                bundle["text/html"] += f"<div><small>{html.escape(advice)}</small></div>"
            else:
                bundle = {**wire.widget_view(self._widget.model_id), **bundle}
            publish_display_data(data=bundle, transient={"display_id": display_id})

    def _replace_tables(self) -> None:
        """Show the widget in place of tables: a page can draw it."""
        from IPython.display import publish_display_data

        with self._lock:
            note_widget()
            tables, self._tables = self._tables, []
            view = wire.widget_view(self._widget.model_id)
            for display_id, context in tables:
                context.run(
                    publish_display_data,
                    data={**view, **wire.encodable(self._repr_mimebundle_())},
                    transient={"display_id": display_id},
                    update=True,
                )
