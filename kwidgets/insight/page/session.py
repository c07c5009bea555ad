"""Answer what a view asks about one fit, and limit what is sent to it."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Final, cast

from kwidgets.insight.data.dismissed import dismiss
from kwidgets.insight.page.pictures import PictureStore
from kwidgets.insight.protocol import WATCH_SECONDS, Insight, Request, TabName
from kwidgets.language import t

logger = logging.getLogger("kwidgets")

BYTES_PER_SECOND: Final = 18_000
#: Parts are sent at once while a view has had less than this.
BURST_BYTES: Final = 40_000

#: Never hidden in another fit: that one has lost its weights too.
FINDINGS_OF_ONE_FIT: Final = frozenset({"layers:nan", "layers:not_finite"})

Reply = Callable[[bool, str], None]


class RequestRefusedError(Exception):
    """A request cannot be fulfilled, for the reason in the message."""


class Tab:
    """A tab of the view. Its methods may be called from any thread."""

    name: TabName
    #: The requests that it answers, besides ``watch``.
    answers: frozenset[str] = frozenset()

    def answer(self, request: Request) -> str:
        """Fulfil a request; return a note for the user, or "".

        Raises:
            RequestRefusedError: it cannot be fulfilled.
        """
        return ""

    def watch(self, request: Request) -> None:
        """Send what the tab shows: a view has opened it, or still shows it."""

    def leave_out(self, finding: str) -> None:
        """Show a finding no longer, by its id: the user has dismissed it."""

    def saved(self) -> list[Insight]:
        """Return the parts that the saved output keeps."""
        return []

    def brief(self) -> list[Insight]:
        """Return the parts for a page that joins, which asks for more when it shows the tab."""
        return self.saved()

    def recorded(self) -> list[Insight]:
        """Return the parts that the file of the run keeps."""
        return self.saved()


class InsightSession:
    """What is known of one fit, and the views that watch it. Kept after the end of the fit."""

    def __init__(self) -> None:
        #: The number of the fit within the view.
        self.fit = 0
        self.pictures = PictureStore()
        self._revision = 0
        self._send: Callable[[Insight], None] | None = None
        self._tabs: dict[str, Tab] = {}
        self._watched: dict[str, float] = {}
        self._lock = threading.RLock()
        self._credit = float(BURST_BYTES)
        self._credit_at = time.monotonic()

    def open(self, send: Callable[[Insight], None], fit: int) -> None:
        """Begin to send: the view is shown.

        Args:
            send: sends a part to all views.
            fit: the number of the fit within the view.
        """
        self._send, self.fit = send, fit

    def add_tab(self, tab: Tab) -> None:
        """Let ``tab`` answer its requests."""
        self._tabs[tab.name] = tab

    @property
    def revision(self) -> int:
        """Changes whenever something new is known."""
        return self._revision

    def note_change(self) -> None:
        """Note that something new is known, for the file of the run. From any thread."""
        self._revision += 1

    def is_watched(self, tab: TabName) -> bool:
        """Return whether a view shows the tab, as far as it has said so lately."""
        return time.monotonic() < self._watched.get(tab, 0.0)

    def may_send(self) -> bool:
        """Return whether the views have had few enough bytes for another part."""
        with self._lock:
            now = time.monotonic()
            self._credit += (now - self._credit_at) * BYTES_PER_SECOND
            self._credit = min(self._credit, float(BURST_BYTES))
            self._credit_at = now
            return self._credit > 0

    def send(self, part: Insight) -> None:
        """Send a part, and before it the pictures in it that the views do not have."""
        with self._lock:
            pictures = self.pictures.take_unsent(part)
            if pictures:
                self._send_counted(Insight(part="pictures", fit=self.fit, pictures=pictures))
            self._send_counted(part)

    def _send_counted(self, part: Insight) -> None:
        if self._send is not None:
            self._credit -= len(json.dumps(part))
            self._send(part)

    # What a view calls.

    def answer(self, request: dict[str, Any], reply: Reply) -> None:
        """Answer a request; what fails is a refusal, and is logged."""
        try:
            note = self._answer(cast(Request, request))
        except RequestRefusedError as error:
            reply(False, str(error))
        except Exception as error:
            logger.warning("cannot answer a view's request", exc_info=True)
            reply(False, f"{type(error).__name__}: {error}")
        else:
            reply(True, note)

    def _answer(self, request: Request) -> str:
        name: object = request.get("request")
        if name == "watch":
            tab = request.get("tab")
            with self._lock:
                if request.get("first") is True:
                    self.pictures.forget_sent()
                # One tab of a view is visible; another view may show another one.
                self._watched[str(tab)] = time.monotonic() + WATCH_SECONDS
            if isinstance(tab, str) and tab in self._tabs:
                self._tabs[tab].watch(request)
            return ""
        if name == "dismiss_finding":
            return self._dismiss(request.get("finding"))
        for each in self._tabs.values():
            if name in each.answers:
                return each.answer(request)
        raise RequestRefusedError(t("Unknown request “%1”.", str(name)[:100]))

    def _dismiss(self, finding: object) -> str:
        if not isinstance(finding, str):
            raise RequestRefusedError(t("Unknown request “%1”.", "dismiss_finding"))
        is_of_this_fit = finding in FINDINGS_OF_ONE_FIT
        if not is_of_this_fit:
            dismiss(finding)
        for tab in self._tabs.values():
            tab.leave_out(finding)
        self.note_change()
        if is_of_this_fit:
            return t("Dismissed for this training.")
        return t("Dismissed. To show it again: kw.check.restore()")

    def brief_parts(self) -> list[Any]:
        """Return what a page that joins needs to show that there are tabs, without pictures."""
        parts: list[Insight] = []
        for tab in self._tabs.values():
            try:
                parts += tab.brief()
            except Exception:
                logger.warning("a tab of the view is not sent", exc_info=True)
        return parts

    def saved_parts(self) -> list[Any]:
        """Return what the saved output keeps; the pictures first."""
        return self._parts_of(lambda tab: tab.saved())

    def recorded_parts(self) -> list[Any]:
        """Return what the file of the run keeps, at most 100 kB; the pictures first."""
        return self._parts_of(lambda tab: tab.recorded())

    def _parts_of(self, parts_of: Callable[[Tab], list[Insight]]) -> list[Any]:
        parts: list[Insight] = []
        for tab in self._tabs.values():
            try:
                parts += parts_of(tab)
            except Exception:
                logger.warning("a tab of the view is not saved", exc_info=True)
        pictures = self.pictures.in_parts(parts)
        if pictures:
            parts.insert(0, Insight(part="pictures", fit=self.fit, pictures=pictures))
        return parts
