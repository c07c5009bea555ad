"""The builder's model on the page: its synced state, and the messages of its views."""

from __future__ import annotations

import gzip
import json
import logging
import threading
import weakref
from collections.abc import Callable
from typing import Any, Protocol

import anywidget
import traitlets

from kwidgets import language
from kwidgets import protocol as envelope
from kwidgets.builder import catalog, protocol, templates
from kwidgets.builder.page.state import difference
from kwidgets.kernel import busy_messages
from kwidgets.language import t
from kwidgets.page_connection import connect
from kwidgets.shared_widgets import STATIC, CodeModel, SharedModel, static_file, version_of

logger = logging.getLogger("kwidgets")

BUNDLE = "builder-view.js.gz"


class BuilderLibrary(CodeModel):
    """The editor's code, gzipped: sent once per kernel, shared by all builders."""

    builder = traitlets.Bytes(help=f"{BUNDLE}: an ES module").tag(sync=True)

    @classmethod
    def make(cls) -> BuilderLibrary:
        return cls(builder=static_file(BUNDLE))


class CatalogModel(SharedModel):
    """What forms need to know, sent once per kernel; anew when the user adds a class."""

    data = traitlets.Bytes(help="a Catalog as gzipped JSON").tag(sync=True)

    @classmethod
    def make(cls) -> CatalogModel:
        return cls(data=packed_catalog())

    def refresh(self) -> None:
        """Send the catalog anew if it has changed."""
        self.data = packed_catalog()


_packed: tuple[object, str, bytes] | None = None


def packed_catalog() -> bytes:
    """Return the catalog as gzipped JSON."""
    global _packed
    known, spoken = catalog.catalog(), language.current()
    if _packed is None or _packed[0] is not known or _packed[1] != spoken:
        offered: list[protocol.Template] = [
            {"name": one.name, "title": one.title, "summary": one.summary}
            for one in templates.TEMPLATES
        ]
        text = json.dumps(known.as_wire(offered), separators=(",", ":"))
        # No time stamp: equal catalogs are equal bytes.
        _packed = (known, spoken, gzip.compress(text.encode(), mtime=0))
    return _packed[2]


def _snapshot_to_json(value: None, widget: BuilderWidget) -> dict[str, Any]:
    return widget.fresh_snapshot()


class BuilderWidget(anywidget.AnyWidget):
    """Synced is only what a view needs to start; the rest are messages."""

    _esm = STATIC / "builder.js"

    library = traitlets.Unicode(help="IPY_MODEL_ reference to the BuilderLibrary").tag(sync=True)
    library_version = traitlets.Unicode(help="changes with the library's code").tag(sync=True)
    catalog = traitlets.Unicode(help="IPY_MODEL_ reference to the CatalogModel").tag(sync=True)
    # Never assigned: computed whenever a front end asks for the state (first show, page reload).
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


class Owner(Protocol):
    """Whose views they are."""

    lock: threading.RLock

    def describe(self) -> dict[str, Any]:
        """Return the sections of a State."""

    def handle(self, kind: str, payload: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Do what a view asks for; return a message for the user, and a result."""


class BuilderView:
    """All views of one builder: told what changed, and heard.

    ipywidgets keeps every widget for good: so the owner is held weakly, and the widget closed when
    the owner is gone.

    Args:
        owner: its lock is held whenever something is told, so that no two threads wait for each
            other, and what is sent is in order.
    """

    def __init__(self, owner: Owner) -> None:
        self._owner = weakref.ref(owner)
        self._lock = owner.lock
        self._sequence = 0
        self._sent = owner.describe()
        # A page with our extension then tells its language.
        connect()
        self.widget = BuilderWidget(self._snapshot)
        busy_messages.receive_while_busy(self.widget.comm)
        self.widget.on_msg(self._receive)
        # Not at the kernel's exit: by then the page has let go of its comms, and logs an error.
        weakref.finalize(owner, self.widget.close).atexit = False
        language.on_change(self._translate)

    @property
    def model_id(self) -> str:
        return str(self.widget.model_id)

    def publish(self, state: dict[str, Any]) -> None:
        """Send the sections of ``state`` that changed since they were sent last."""
        with self._lock:
            changed = difference(self._sent, state)
            if not changed:
                return
            self._sent = {**self._sent, **state}
            self._sequence += 1
            self._send(protocol.UPDATE, {"sequence": self._sequence, **changed})

    def _translate(self) -> None:
        """Tell everything anew: the kernel's language has changed."""
        owner = self._owner()
        if owner is not None and self.widget.comm is not None:
            CatalogModel.shared().refresh()
            with self._lock:
                self.publish(owner.describe())

    def refresh_catalog(self) -> None:
        """Tell the views of classes that were added."""
        CatalogModel.shared().refresh()

    def _snapshot(self) -> dict[str, Any]:
        with self._lock:
            owner = self._owner()
            if owner is not None:
                # What is sent later is told from what stands here.
                self._sent = owner.describe()
            payload = {"sequence": self._sequence, **self._sent}
            return dict(envelope.envelope(protocol.SNAPSHOT, payload))

    def _receive(self, widget: object, content: object, buffers: object) -> None:
        if not isinstance(content, dict) or content.get("v") != envelope.PROTOCOL_VERSION:
            logger.warning("builder: a message of another version was ignored: reload the page")
            return
        kind, request = content.get("kind"), content.get("id")
        if kind == protocol.RESYNC:
            with self._lock:
                self._send(protocol.SNAPSHOT, self._snapshot()["payload"])
            return
        if kind not in protocol.VIEW_KINDS or not isinstance(request, str):
            logger.warning("builder: message of kind %r ignored", kind)
            return
        payload = content.get("payload")
        self._send(
            protocol.REPLY,
            self._answer(kind, payload if isinstance(payload, dict) else {}),
            request,
        )

    def _answer(self, kind: str, payload: dict[str, Any]) -> protocol.Reply:
        owner = self._owner()
        if owner is None:
            return protocol.Reply(ok=False, message=t("This builder is gone. Run its cell again."))
        try:
            message, result = owner.handle(kind, payload)
        except Exception as error:
            if not isinstance(error, ValueError):
                logger.warning("builder: %s failed", kind, exc_info=True)
            return protocol.Reply(ok=False, message=str(error) or type(error).__name__)
        return protocol.Reply(ok=True, message=message, result=result)

    def _send(self, kind: str, payload: Any, request: str | None = None) -> None:
        if self.widget.comm is None:
            return
        self.widget.send(envelope.envelope(kind, payload, id=request))
