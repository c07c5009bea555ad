"""The envelope that every message between kernel and page travels in, and what all wings share.

Each wing names its own messages in its ``protocol.py``. The TypeScript mirror is
``labextension/src/protocol.ts``. ``tests/golden/*.json`` hold one example of each message and are
parsed by both test suites, so that drift turns a test red.

An *envelope* ``{v, kind, id?, payload}`` goes each way. JSON has no NaN and no infinities, so
single numbers that may be non-finite pass through :func:`wire_number`.
"""

from __future__ import annotations

import math
from typing import Any, Final, Literal, NotRequired, TypedDict

PROTOCOL_VERSION: Final = 1
#: Target and id of the comm that pages with our JupyterLab extension share (kernel/channel.py).
CHANNEL: Final = "kwidgets"

# On the channel alone.
HELLO: Final = "hello"  #: a page is there, and still there
WELCOME: Final = "welcome"
GOODBYE: Final = "goodbye"
REFUSED: Final = "refused"
CHANNEL_KINDS: Final = (WELCOME, GOODBYE, REFUSED)

#: A JSON number, or one of these strings, which both float() and Number() read.
WireNumber = float | Literal["NaN", "Infinity", "-Infinity"]


class Envelope(TypedDict):
    """What every message is wrapped in, in both directions."""

    v: int
    kind: str
    id: NotRequired[str]
    run: NotRequired[str]
    payload: Any


class Hello(TypedDict):
    """Payload of ``hello``."""

    # The page's language, as ``lang`` attributes name it; pages of older versions do not say.
    language: NotRequired[str]


class Welcome(TypedDict):
    """The kernel's answer to ``hello``, and its first word when kwidgets is loaded."""

    kwidgets: str
    keras_backend: str | None
    #: Whether messages are handled while a cell runs.
    hears_while_busy: bool


class Refused(TypedDict):
    """The kernel speaks another version of the messages: what to upgrade."""

    message: str
    version: int


def envelope(kind: str, payload: Any, *, id: str | None = None, run: str | None = None) -> Envelope:
    """Wrap ``payload`` for the wire."""
    message: Envelope = {"v": PROTOCOL_VERSION, "kind": kind, "payload": payload}
    if id is not None:
        message["id"] = id
    if run is not None:
        message["run"] = run
    return message


def wire_number(value: float) -> WireNumber:
    """Return ``value`` as JSON can hold it: itself, or "NaN", "Infinity", "-Infinity"."""
    value = float(value)
    if math.isfinite(value):
        return value
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
