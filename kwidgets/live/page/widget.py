"""The anywidget that shows a live view in front ends without our extension. Imports no Keras."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Any

import anywidget
import traitlets

from kwidgets import protocol
from kwidgets.kernel import busy_messages
from kwidgets.library_widgets import STATIC, CodeModel, packed_bytes, static_file, version_of
from kwidgets.live import protocol as live_protocol

INSIGHT_BUNDLE = "insight-view.js.gz"


class Library(CodeModel):
    """The view's code and Plotly, gzipped: sent once per kernel, shared by all live views."""

    view = packed_bytes("view.js.gz: the live view, an ES module")
    plotly = packed_bytes("plotly.js.gz: Plotly, an ES module")
    insight = packed_bytes(
        "insight-view.js.gz: the tabs besides the curves; empty until one is opened"
    )

    @classmethod
    def make(cls) -> Library:
        return cls(view=static_file("view.js.gz"), plotly=static_file("plotly.js.gz"))

    def send_insight(self) -> None:
        """Send the code of the tabs, once."""
        if not self.insight:
            self.insight = static_file(INSIGHT_BUNDLE)


def _snapshot_to_json(value: None, widget: LiveWidget) -> dict[str, Any]:
    return widget.fresh_snapshot()


class LiveWidget(anywidget.AnyWidget):
    """One live view. Its synced state is what a view needs to start; updates are messages."""

    _esm = STATIC / "live.js"

    library = traitlets.Unicode(
        help='IPY_MODEL_ reference to the Library, or "" where our extension draws'
    ).tag(sync=True)
    library_version = traitlets.Unicode(help="changes with the library's code").tag(sync=True)
    # Never assigned: computed whenever a front end requests the state (first show, page reload).
    snapshot = traitlets.Any(None, help="an envelope of kind snapshot").tag(
        sync=True, to_json=_snapshot_to_json
    )

    def __init__(self, fresh_snapshot: Callable[[], dict[str, Any]], with_library: bool) -> None:
        self.fresh_snapshot = fresh_snapshot
        super().__init__(**(_library_traits() if with_library else {}))
        # Also after the end of the fit: a tab may be opened for the first time.
        self.on_msg(_send_insight_code)

    def send_library(self) -> None:
        """Send the library, if it was left out and a front end draws the widget after all."""
        if not self.library:
            self.set_trait("library_version", _library_traits()["library_version"])
            self.set_trait("library", _library_traits()["library"])


def _send_insight_code(widget: LiveWidget, content: object, buffers: object) -> None:
    if isinstance(content, dict) and content.get("kind") == live_protocol.INSIGHT:
        Library.shared().send_insight()


def _library_traits() -> dict[str, str]:
    library = Library.shared()
    return {
        "library": library.reference,
        "library_version": version_of(library.view, library.plotly, static_file(INSIGHT_BUNDLE)),
    }


_send_lock = threading.Lock()


def send(widget: LiveWidget, message: protocol.Envelope) -> None:
    """Send one message to all views of ``widget``, from any thread, in order."""
    with _send_lock:
        widget.send(message)


def open_widget(
    fresh_snapshot: Callable[[], dict[str, Any]], with_library: bool
) -> tuple[LiveWidget, bool]:
    """Return a widget, and whether it receives commands while a cell runs."""
    widget = LiveWidget(fresh_snapshot, with_library)
    _widgets[widget.model_id] = widget
    return widget, busy_messages.receive_while_busy(widget.comm)


_widgets: weakref.WeakValueDictionary[str, LiveWidget] = weakref.WeakValueDictionary()


def find_widget(model_id: str) -> LiveWidget:
    """Return the widget with this id."""
    return _widgets[model_id]
