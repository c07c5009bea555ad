"""The anywidget that shows a search in front ends without our extension."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import traitlets

from kwidgets.distributed.search.page.service import service
from kwidgets.library_widgets import STATIC, CodeModel, static_file, version_of
from kwidgets.request_widget import RequestWidget

BUNDLE = "search-view.js.gz"


class SearchLibrary(CodeModel):
    """The code of the view, gzipped: sent once per kernel, shared by all views of searches."""

    code = traitlets.Bytes(help=f"{BUNDLE}: an ES module").tag(sync=True)

    @classmethod
    def make(cls) -> SearchLibrary:
        return cls(code=static_file(BUNDLE))


class SearchWidget(RequestWidget):
    """One view of a search.

    Args:
        saved: an envelope of kind ``saved_search``.
        on_created: called when a front end has created the widget, so that it can draw it.
    """

    _esm = STATIC / "search.js"
    service = service

    def __init__(self, saved: dict[str, Any], on_created: Callable[[], None]) -> None:
        library = SearchLibrary.shared()
        super().__init__(saved, on_created, library, version_of(library.code))
