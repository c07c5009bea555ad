"""``kw.runs()``: the view of recorded runs in the output of a cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kwidgets import protocol as wire
from kwidgets.cell_view import CellView
from kwidgets.kernel import marimo_kernel
from kwidgets.language import t
from kwidgets.record import protocol
from kwidgets.record.page.run_rows import RunRows
from kwidgets.record.run_list import Scope, run_files
from kwidgets.record.text_table import html_table, text_table

# Runs in the saved notebook, for readers without a kernel.
MAX_SAVED = 100
# Lines in the outputs for readers without our extension.
_MAX_LINES = 30


class RunsView(CellView):
    """The recorded runs as a view in the cell: a table to sort, filter, draw and compare.

    It shows all runs that there are when it is looked at. The notebook saves a table of the latest
    ones.
    """

    def __init__(self, scope: Scope, filter: str) -> None:
        super().__init__()
        self._scope = scope
        self._filter = filter

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

    def _make_widget(self, bundle: dict[str, Any], on_created: Callable[[], None]) -> Any:
        from kwidgets.record.page.widget import RunsWidget

        return RunsWidget(bundle[protocol.MIME_TYPE], on_created)

    def _advice(self) -> str:
        return t(
            "To compare runs here, run pip install kwidgets in the environment of "
            "JupyterLab or Notebook, then reload the page."
        )
