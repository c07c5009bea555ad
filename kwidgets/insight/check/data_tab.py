"""The tab Data of a fit's view: findings, classes, ranges and samples."""

from __future__ import annotations

import threading
from collections.abc import Callable

from kwidgets.insight.page.session import InsightSession, RequestRefusedError, Tab
from kwidgets.insight.protocol import DataPart, Insight, Request, TabName
from kwidgets.language import t


class DataTab(Tab):
    """Sends what was found in the data: once in short for the tab's badge, whole while it is open.

    Args:
        session: sends it.
    """

    name: TabName = "data"
    answers = frozenset({"look_at_data"})

    def __init__(self, session: InsightSession) -> None:
        self._session = session
        #: Looks again; returns whether the data is still there. None before the fit begins.
        self.look_again: Callable[[], bool] | None = None
        self._part: DataPart | None = None
        self._lock = threading.Lock()

    def show(self, part: DataPart) -> None:
        """Show what was found. From any thread."""
        with self._lock:
            self._part = part
        self._session.note_change()
        self._send(is_whole=self._session.is_watched("data"))

    def watch(self, request: Request) -> None:
        self._send(is_whole=True)

    def answer(self, request: Request) -> str:
        if self.look_again is None or not self.look_again():
            raise RequestRefusedError(
                t("The training has ended. Call kw.look to look at the data again.")
            )
        return ""

    def saved(self) -> list[Insight]:
        part = self._short()
        return [] if part is None else [self._insight(part)]

    def leave_out(self, finding: str) -> None:
        with self._lock:
            if self._part is None:
                return
            kept = [each for each in self._part["findings"] if each["id"] != finding]
            if len(kept) == len(self._part["findings"]):
                return
            dismissed = self._part["dismissed"] + 1
            self._part = DataPart(**{**self._part, "findings": kept, "dismissed": dismissed})
        self._send(is_whole=True)

    def _send(self, is_whole: bool) -> None:
        part = self._part if is_whole else self._short()
        if part is not None:
            self._session.send(self._insight(part))

    def _short(self) -> DataPart | None:
        """Return the part without its samples."""
        if self._part is None:
            return None
        return DataPart(**{**self._part, "samples": []})

    def _insight(self, part: DataPart) -> Insight:
        return Insight(part="data", fit=self._session.fit, data=part)
