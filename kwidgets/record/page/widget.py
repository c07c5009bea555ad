"""The anywidget that shows recorded runs in front ends without our extension."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kwidgets.library_widgets import STATIC, CodeModel, packed_bytes, static_file, version_of
from kwidgets.record import protocol
from kwidgets.record.page.service import service
from kwidgets.request_widget import RequestWidget

BUNDLE = "runs-view.js.gz"
INSIGHT_BUNDLE = "insight-view.js.gz"


class RunsLibrary(CodeModel):
    """The code of the view, gzipped: sent once per kernel, shared by all views of runs."""

    runs = packed_bytes(f"{BUNDLE}: an ES module")
    plotly = packed_bytes("plotly.js.gz: Plotly, an ES module")
    insight = packed_bytes(
        f"{INSIGHT_BUNDLE}: predictions, layers and data; empty until they are asked for"
    )

    @classmethod
    def make(cls) -> RunsLibrary:
        return cls(runs=static_file(BUNDLE), plotly=static_file("plotly.js.gz"))

    def send_insight(self) -> None:
        """Send the code that draws predictions, layers and data, once."""
        if not self.insight:
            self.insight = static_file(INSIGHT_BUNDLE)


class RunsWidget(RequestWidget):
    """One view of recorded runs.

    Args:
        saved: an envelope of kind ``saved_runs``.
        on_created: called when a front end has created the widget, so that it can draw it.
    """

    _esm = STATIC / "runs.js"
    service = service

    def __init__(self, saved: dict[str, Any], on_created: Callable[[], None]) -> None:
        library = RunsLibrary.shared()
        version = version_of(library.runs, library.plotly, static_file(INSIGHT_BUNDLE))
        super().__init__(saved, on_created, library, version)

    def prepare(self, kind: str) -> None:
        if kind == protocol.RUN_INSIGHT:
            RunsLibrary.shared().send_insight()
