"""Show a builder on the page: its widget, its shared models, and the messages of its views."""

from __future__ import annotations

import contextvars
import gzip
import html
import json
import logging
import threading
import uuid
import weakref
from collections.abc import Callable
from typing import Any

import anywidget
import traitlets
from IPython.display import publish_display_data

from kwidgets import language
from kwidgets import protocol as envelope
from kwidgets.builder import catalog, protocol, templates
from kwidgets.builder.page import requests
from kwidgets.builder.page.requests import Builder
from kwidgets.builder.page.state import difference
from kwidgets.kernel import busy_messages, marimo_kernel
from kwidgets.kernel.channel import channel
from kwidgets.kernel.front_end import note_widget, shows_widgets
from kwidgets.kernel.page_wait import wait_for_page
from kwidgets.language import t
from kwidgets.library_widgets import (
    STATIC,
    CodeModel,
    SharedModel,
    close_with_layout,
    is_closed,
    packed_bytes,
    static_file,
    version_of,
)
from kwidgets.page_connection import connect

logger = logging.getLogger("kwidgets")

BUNDLE = "builder-view.js.gz"


class BuilderLibrary(CodeModel):
    """The editor's code, gzipped; sent once per kernel and shared by all builders."""

    builder = packed_bytes(f"{BUNDLE}: an ES module")

    @classmethod
    def make(cls) -> BuilderLibrary:
        return cls(builder=static_file(BUNDLE))


class CatalogModel(SharedModel):
    """The catalog, sent once per kernel, and again when the user adds a class."""

    data = packed_bytes("a Catalog as gzipped JSON")

    @classmethod
    def make(cls) -> CatalogModel:
        return cls(data=gzipped_catalog())

    def refresh(self) -> None:
        """Send the catalog again if it has changed."""
        self.data = gzipped_catalog()


_gzipped: tuple[object, str, bytes] | None = None


def gzipped_catalog() -> bytes:
    """Return the catalog as gzipped JSON."""
    global _gzipped
    known, spoken = catalog.catalog(), language.current()
    if _gzipped is None or _gzipped[0] is not known or _gzipped[1] != spoken:
        offered: list[protocol.Template] = [
            {"name": one.name, "title": one.title, "summary": one.summary}
            for one in templates.TEMPLATES
        ]
        text = json.dumps(known.as_wire(offered), separators=(",", ":"))
        # Without a time stamp, equal catalogs give equal bytes.
        _gzipped = (known, spoken, gzip.compress(text.encode(), mtime=0))
    return _gzipped[2]


def _snapshot_to_json(value: None, widget: BuilderWidget) -> dict[str, Any]:
    return widget.fresh_snapshot()


class BuilderWidget(anywidget.AnyWidget):
    """The widget of a builder: synced state to start a view; all else travels in messages."""

    _esm = STATIC / "builder.js"

    library = traitlets.Unicode(help="IPY_MODEL_ reference to the BuilderLibrary").tag(sync=True)
    library_version = traitlets.Unicode(help="changes with the library's code").tag(sync=True)
    catalog = traitlets.Unicode(help="IPY_MODEL_ reference to the CatalogModel").tag(sync=True)
    # Never assigned: computed when a front end requests the state (first display, page reload).
    snapshot = traitlets.Any(None, help="an envelope of kind snapshot").tag(
        sync=True, to_json=_snapshot_to_json
    )

    def __init__(self, fresh_snapshot: Callable[[], dict[str, Any]]) -> None:
        self.fresh_snapshot = fresh_snapshot
        library = BuilderLibrary.shared()
        super().__init__(
            library=library.reference,
            library_version=version_of(library.builder),
            catalog=CatalogModel.shared().reference,
        )


class BuilderView:
    """Send changes of a builder to its views, and reply to their requests.

    ipywidgets keeps every widget permanently. So this references the builder weakly, and closes
    the widget when the builder is deleted.

    Args:
        builder: its lock is locked during each send, which keeps messages in order and threads
            from waiting for each other.
    """

    def __init__(self, builder: Builder) -> None:
        self._builder = weakref.ref(builder)
        self._lock = builder.lock
        self._sequence = 0
        self._sent = builder.describe()
        # The outputs with a table that the widget is to replace, each with its context.
        self._display_lock = threading.Lock()
        self._tables: list[tuple[str, contextvars.Context]] = []
        # A page with our extension then sends its language.
        connect()
        self.widget = BuilderWidget(self._snapshot)
        busy_messages.receive_while_busy(self.widget.comm)
        marimo_kernel.keep_after_cell(self.widget.comm)
        self.widget.on_msg(self._receive)
        # Not at the kernel's exit: the page has closed its comms by then and would log an error.
        weakref.finalize(builder, close_with_layout, self.widget).atexit = False
        language.on_change(self._on_language_change)

    @property
    def model_id(self) -> str:
        return str(self.widget.model_id)

    @property
    def is_closed(self) -> bool:
        """Whether no page can reach the view any more."""
        return is_closed(self.widget)

    def with_widget(self, bundle: dict[str, Any]) -> dict[str, Any]:
        """Return ``bundle`` with the widget, which front ends that have one prefer."""
        return {**envelope.widget_view(self.model_id), **bundle}

    def show(self, bundle: dict[str, Any]) -> None:
        """Show the widget in the cell that runs.

        Until a page has said that it can draw the widget, ``bundle`` is shown in its place.
        """
        advice = t(
            "To edit the model here, run pip install kwidgets in the environment of JupyterLab "
            "or Notebook, then reload the page."
        )
        note = f"<div><small>{html.escape(advice)}</small></div>"
        table = {**bundle, "text/html": bundle["text/html"] + note}
        display_id = uuid.uuid4().hex
        # jupyter-server-nbmodel ignores what would replace the table later.
        known = wait_for_page(lambda: shows_widgets() or channel.has_listening_page)
        # Messages from pages arrive in another thread.
        with self._display_lock:
            known = known or shows_widgets()
            if not known:
                self._tables.append((display_id, contextvars.copy_context()))
            publish_display_data(
                data=self.with_widget(bundle) if known else table,
                transient={"display_id": display_id},
            )

    def _replace_tables(self) -> None:
        """Show the widget in place of tables: a page can draw it."""
        with self._display_lock:
            note_widget()
            tables, self._tables = self._tables, []
            builder = self._builder()
            if builder is None:
                return
            for display_id, context in tables:
                context.run(
                    publish_display_data,
                    data=self.with_widget(builder.mime_bundle()),
                    transient={"display_id": display_id},
                    update=True,
                )

    def publish(self, state: dict[str, Any]) -> None:
        """Send the sections of ``state`` that changed since the last send."""
        with self._lock:
            changed = difference(self._sent, state)
            if not changed:
                return
            self._sent = {**self._sent, **state}
            self._sequence += 1
            self._send(protocol.UPDATE, {"sequence": self._sequence, **changed})

    def _on_language_change(self) -> None:
        """Send all texts in the new language."""
        builder = self._builder()
        if builder is not None and self.widget.comm is not None:
            CatalogModel.shared().refresh()
            with self._lock:
                self.publish(builder.describe())

    def refresh_catalog(self) -> None:
        """Send classes that were added to the catalog."""
        CatalogModel.shared().refresh()

    def _snapshot(self) -> dict[str, Any]:
        with self._lock:
            builder = self._builder()
            if builder is not None:
                # Later updates are differences from this state.
                self._sent = builder.describe()
            payload = {"sequence": self._sequence, **self._sent}
            return dict(envelope.envelope(protocol.SNAPSHOT, payload))

    def _receive(self, widget: object, content: object, buffers: object) -> None:
        if not isinstance(content, dict) or content.get("v") != envelope.PROTOCOL_VERSION:
            logger.warning("builder: a message of another version was ignored: reload the page")
            return
        kind, request = content.get("kind"), envelope.message_id(content)
        if kind == envelope.HELLO:
            self._replace_tables()
            return
        if kind == protocol.RESYNC:
            with self._lock:
                self._send(protocol.SNAPSHOT, self._snapshot()["payload"])
            return
        if kind not in protocol.VIEW_KINDS or request is None:
            logger.warning("builder: message of kind %.80r ignored", kind)
            return
        payload = content.get("payload")
        self._send(
            protocol.REPLY,
            self._answer(kind, payload if isinstance(payload, dict) else {}),
            request,
        )

    def _answer(self, kind: str, payload: dict[str, Any]) -> protocol.Reply:
        builder = self._builder()
        if builder is None:
            return protocol.Reply(
                ok=False, message=t("This builder no longer exists. Run its cell again.")
            )
        try:
            message, result = requests.handle(builder, kind, payload)
        except Exception as error:
            if not isinstance(error, ValueError):
                logger.warning("builder: %s failed", kind, exc_info=True)
            text = envelope.shortened(str(error)) or type(error).__name__
            return protocol.Reply(ok=False, message=text)
        return protocol.Reply(ok=True, message=message, result=result)

    def _send(self, kind: str, payload: Any, request: str | None = None) -> None:
        if self.widget.comm is None:
            return
        self.widget.send(envelope.envelope(kind, payload, id=request))
