"""The searches of this kernel, and the answers to what pages request of them."""

from __future__ import annotations

import collections
import threading
from collections.abc import Mapping
from typing import Any

from kwidgets.distributed.search import protocol
from kwidgets.distributed.search.controls import COMMANDS, SearchControls
from kwidgets.distributed.search.page.encode import encode_changes
from kwidgets.distributed.search.page.saved import saved_bundle
from kwidgets.distributed.search.state import SearchState
from kwidgets.language import t

#: The latest ones are kept after their end, for pages that missed it.
MAX_SEARCHES = 8


class RefusalError(ValueError):
    """A request cannot be answered; the message is shown to the user."""


class Searches:
    """The latest searches, by their id. Safe to use from any thread."""

    def __init__(self) -> None:
        self._searches: collections.OrderedDict[str, tuple[SearchState, SearchControls | None]] = (
            collections.OrderedDict()
        )
        self._lock = threading.Lock()

    def add(self, state: SearchState, controls: SearchControls | None) -> None:
        """Let pages show a search that begins.

        Args:
            state: of the search.
            controls: of the search; None if pages cannot control it.
        """
        with self._lock:
            self._searches[state.id] = state, controls
            ended = [id for id, (known, _) in self._searches.items() if known.ended]
            for id in ended[: max(0, len(self._searches) - MAX_SEARCHES)]:
                del self._searches[id]

    def answer(self, kind: str, payload: object) -> protocol.SearchAnswer:
        """Return the answer to a request. Does not raise."""
        try:
            if not isinstance(payload, dict):
                raise RefusalError("the payload must be an object")
            value = self._value(kind, payload)
        except RefusalError as error:
            return protocol.SearchAnswer(ok=False, message=str(error))
        return protocol.SearchAnswer(ok=True, value=value)

    def _value(self, kind: str, payload: Mapping[str, Any]) -> Any:
        with self._lock:
            state, controls = self._searches.get(str(payload.get("search")), (None, None))
        if state is None:
            raise RefusalError(t("The kernel no longer has this search. Run the cell again."))
        if kind == protocol.SEARCH_STATE:
            since = payload.get("since")
            return encode_changes(
                state, since if isinstance(since, int) else 0, controls is not None
            )
        if kind == protocol.SEARCH_BUNDLE:
            return saved_bundle(state)
        if kind == protocol.SEARCH_COMMAND:
            command = payload.get("do")
            if controls is None or command not in COMMANDS:
                raise RefusalError(t("This search cannot be controlled from the page."))
            controls.do(command)
            return None
        raise RefusalError(f"unknown request {kind!r}")


searches = Searches()
