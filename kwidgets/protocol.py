"""The envelope of every message between kernel and page, and the messages about the connection.

``live``, ``builder`` and ``models`` define their messages in a ``protocol.py`` of their own. The
TypeScript mirror is ``labextension/src/protocol.ts``. ``tests/golden/*.json`` have an example of
each message; both test suites parse them, so that a difference fails a test.

Messages in both directions have the envelope ``{v, kind, id?, payload}``. JSON has no NaN and no
infinities: a single number that may be non-finite is encoded by :func:`wire_number`, columns of
metrics travel as the base64 of float32 (``live/page/encode.py``). No message has binary buffers,
which do not pass Jupyter Server's gateway mode: docs/decisions/0004-numbers-on-the-wire.md.
"""

from __future__ import annotations

import math
from typing import Any, Final, Literal, NotRequired, TypedDict

PROTOCOL_VERSION: Final = 1
#: Target and id of the comm that pages with our JupyterLab extension share (kernel/channel.py).
CHANNEL: Final = "kwidgets"

#: Sent by a page, on the channel when it opens and regularly while it is open, and on a widget's
#: comm when it has created the widget.
HELLO: Final = "hello"
# On the channel only.
WELCOME: Final = "welcome"
GOODBYE: Final = "goodbye"
REFUSED: Final = "refused"
CHANNEL_KINDS: Final = (WELCOME, GOODBYE, REFUSED)

#: A JSON number, or one of these strings, which both float() and Number() read.
WireNumber = float | Literal["NaN", "Infinity", "-Infinity"]


def encodable(value: Any) -> Any:
    """Return JSON data with each lone surrogate, which UTF-8 cannot encode, as its escape.

    Names of models, layers and variables may have any characters: ``keras.Model(name="\\ud800")``.
    """
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {encodable(key): encodable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [encodable(item) for item in value]
    return value


def widget_view(model_id: str) -> dict[str, Any]:
    """Return the part of a mime bundle with which front ends draw the widget of this id."""
    view = {"version_major": 2, "version_minor": 0, "model_id": model_id}
    return {"application/vnd.jupyter.widget-view+json": view}


class Envelope(TypedDict):
    """The envelope of every message, in both directions."""

    v: int
    kind: str
    id: NotRequired[str]
    run: NotRequired[str]
    payload: Any


class Hello(TypedDict):
    """Payload of ``hello``."""

    # The page's language, as ``lang`` attributes name it; pages of older versions do not send it.
    language: NotRequired[str]


class Welcome(TypedDict):
    """The kernel's answer to ``hello``, also sent when kwidgets is loaded."""

    kwidgets: str
    keras_backend: str | None
    #: Whether messages are handled while a cell runs.
    hears_while_busy: bool


class Refused(TypedDict):
    """The kernel uses another version of the messages; ``message`` says what to upgrade."""

    message: str
    version: int


def envelope(kind: str, payload: Any, *, id: str | None = None, run: str | None = None) -> Envelope:
    """Return ``payload`` in an envelope."""
    message: Envelope = {"v": PROTOCOL_VERSION, "kind": kind, "payload": payload}
    if id is not None:
        message["id"] = id
    if run is not None:
        message["run"] = run
    return message


#: A page's ids are shorter; a longer one is not sent back.
MAX_ID_LENGTH: Final = 200
#: A reply that quotes what came is cut here.
MAX_REPLY_LENGTH: Final = 2000


def message_id(content: dict[str, Any]) -> str | None:
    """Return the id of a message that came from a page, or None if it has none to reply to."""
    found = content.get("id")
    return found if isinstance(found, str) and len(found) <= MAX_ID_LENGTH else None


def shortened(text: str, length: int = MAX_REPLY_LENGTH) -> str:
    """Return ``text``, cut if it is longer than a reply may be."""
    return text if len(text) <= length else f"{text[:length]} …"


def wire_number(value: float) -> WireNumber:
    """Return ``value`` for JSON: itself, or "NaN", "Infinity" or "-Infinity"."""
    value = float(value)
    if math.isfinite(value):
        return value
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
