"""What is known of a search: its trials and how it goes. Plain data, safe to use from any thread.

The search writes it, and the page reads what has changed since it asked last.
"""

from __future__ import annotations

import dataclasses
import math
import threading
import time
import uuid
from collections.abc import Sequence
from typing import Any, Literal

from kwidgets.distributed.search import trial_row
from kwidgets.distributed.search.trial_row import Direction, ParamSpace, TrialRow, is_better

#: interrupted: by Ctrl-C. failed: by an error, such as too many failed trials.
SearchStatus = Literal[
    "running", "paused", "stopping", "finished", "stopped", "interrupted", "failed"
]
ENDED = ("finished", "stopped", "interrupted", "failed")


@dataclasses.dataclass(frozen=True)
class Head:
    """What is known of a search besides its trials.

    Attributes:
        metric: what is compared, such as "val_loss"; "" until it is known.
        planned: how many trials there will be; None where only time or the user ends the search.
        importance: of each hyperparameter for the value, from 0 to 1; empty until it is known.
        live: the id of the view of the fits, and that of its widget; "" until there is one.
        storage: where the trials are stored.
    """

    title: str
    metric: str
    direction: Direction
    planned: int | None
    status: SearchStatus = "running"
    detail: str = ""
    notes: tuple[str, ...] = ()
    space: tuple[ParamSpace, ...] = ()
    importance: tuple[tuple[str, float], ...] = ()
    live: str = ""
    live_widget: str = ""
    storage: str = ""


class SearchState:
    """A search as its views show it.

    Args:
        head: how it begins.
    """

    def __init__(self, head: Head) -> None:
        self.id = uuid.uuid4().hex
        self.lock = threading.RLock()
        self._head = head
        self._rows: dict[int, TrialRow] = {}
        # When each of them was changed last, in revisions.
        self._revisions: dict[int, int] = {}
        self._revision = 0
        self._started = time.monotonic()
        self._seconds: float | None = None

    @property
    def head(self) -> Head:
        return self._head

    @property
    def ended(self) -> bool:
        return self._head.status in ENDED

    @property
    def revision(self) -> int:
        """Changes with everything that views show, except for the elapsed time."""
        return self._revision

    @property
    def seconds(self) -> float:
        """Since the search began, until its end."""
        return time.monotonic() - self._started if self._seconds is None else self._seconds

    def change(self, **changes: Any) -> None:
        """Change fields of the head."""
        with self.lock:
            self._head = dataclasses.replace(self._head, **changes)
            if self.ended and self._seconds is None:
                self._seconds = time.monotonic() - self._started
            self._revision += 1

    def add_note(self, text: str) -> None:
        """Add a sentence for the user, once."""
        with self.lock:
            if text not in self._head.notes:
                self.change(notes=(*self._head.notes, text))

    def add_space(self, spaces: Sequence[ParamSpace]) -> None:
        """Add hyperparameters that are not known yet, or whose range is another one now."""
        with self.lock:
            known = {space.name: space for space in self._head.space}
            new = {space.name: space for space in spaces}
            if known | new != known:
                self.change(space=tuple((known | new).values()))

    def put(self, row: TrialRow) -> None:
        """Add a trial, or show that it has changed."""
        with self.lock:
            self._rows[row.number] = row
            self._revision += 1
            self._revisions[row.number] = self._revision

    def rows(self, since: int = 0) -> list[TrialRow]:
        """Return copies of the trials that have changed after that revision, by number."""
        with self.lock:
            return [
                dataclasses.replace(row, curve=list(row.curve), runs=list(row.runs))
                for number, row in sorted(self._rows.items())
                if self._revisions[number] > since
            ]

    @property
    def running(self) -> list[int]:
        """The numbers of the trials that run now."""
        with self.lock:
            return [row.number for row in self._rows.values() if row.state == "running"]

    def count_ended(self) -> int:
        """Return how many trials have ended, those that were interrupted left out."""
        with self.lock:
            return sum(row.state in trial_row.ENDED for row in self._rows.values())

    def best(self) -> TrialRow | None:
        """Return the best of the complete trials, the first one of equals; None without any."""
        found: TrialRow | None = None
        with self.lock:
            for row in self._rows.values():
                if row.state != "complete" or row.value is None or math.isnan(row.value):
                    continue
                than = None if found is None else found.value
                if than is None or is_better(row.value, than, self._head.direction):
                    found = row
        return found
