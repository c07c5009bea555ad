"""The anywidget that shows the export panel in front ends without our extension."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kwidgets.formats.page.service import service
from kwidgets.library_widgets import STATIC, CodeModel, packed_bytes, static_file, version_of
from kwidgets.request_widget import RequestWidget

BUNDLE = "export-view.js.gz"


class ExportLibrary(CodeModel):
    """The code of the panel, gzipped: sent once per kernel, shared by all panels."""

    code = packed_bytes(f"{BUNDLE}: an ES module")

    @classmethod
    def make(cls) -> ExportLibrary:
        return cls(code=static_file(BUNDLE))


class ExportWidget(RequestWidget):
    """One export panel.

    Args:
        saved: an envelope of kind ``saved_export``.
        on_created: called when a front end has created the widget, so that it can draw it.
    """

    _esm = STATIC / "export.js"
    service = service

    def __init__(self, saved: dict[str, Any], on_created: Callable[[], None]) -> None:
        library = ExportLibrary.shared()
        super().__init__(saved, on_created, library, version_of(library.code))
