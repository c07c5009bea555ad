"""What a notebook saves of a search: data for our renderer, HTML without scripts, and text."""

from __future__ import annotations

from typing import Any

from kwidgets import protocol as wire
from kwidgets.distributed.search import protocol
from kwidgets.distributed.search.page.encode import encode_saved
from kwidgets.distributed.search.page.text import html_table, result_text
from kwidgets.distributed.search.state import SearchState


def saved_bundle(state: SearchState) -> dict[str, Any]:
    """Return a mime bundle with a search so far."""
    return {
        protocol.MIME_TYPE: encode_saved(state),
        "text/html": wire.encodable(html_table(state)),
        "text/plain": wire.encodable(result_text(state)),
    }
