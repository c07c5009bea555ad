"""The desk of one training: keeps what the workers post, and the commands for them."""

from __future__ import annotations

import collections
import threading
from typing import Any, Final

from kwidgets.distributed.messages import CommandMessage, FitItem, Polled, Row

#: Items that are kept for kernels that read; one that comes later begins with all numbers.
KEPT_ITEMS: Final = 2_000
#: Commands that wait for rank 0, such as while the workers start.
KEPT_COMMANDS: Final = 100


class Desk:
    """Safe between threads. All methods return at once.

    It keeps the latest items of each kind for kernels that connect later: of each fit its numbers,
    which are reduced to :data:`~kwidgets.distributed.desk.fit_numbers.CAPACITY` rows, and of each
    worker and the supervisor the last state.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._items: collections.deque[Any] = collections.deque(maxlen=KEPT_ITEMS)
        self._first = 0
        self._commands: collections.deque[CommandMessage] = collections.deque(maxlen=KEPT_COMMANDS)
        self._fits: dict[int, _KeptFit] = {}
        self._latest: dict[str, Any] = {}

    def post(self, items: list[Any], takes_commands: bool = False) -> list[CommandMessage]:
        """Keep items; return the commands that wait, for the one who ``takes_commands``."""
        with self._lock:
            for item in items:
                self._keep(item)
            if not takes_commands:
                return []
            commands = list(self._commands)
            self._commands.clear()
            return commands

    def poll(self, after: int) -> Polled:
        """Return the items from number ``after`` on.

        A reader that is new, or has missed some, gets the latest of all that is known instead.
        """
        with self._lock:
            end = self._first + len(self._items)
            if after < self._first or after > end or (after == 0 and end):
                return Polled(first=end, items=self._everything())
            return Polled(first=end, items=list(self._items)[after - self._first :])

    def send(self, command: CommandMessage) -> None:
        """Keep a command until rank 0 takes it."""
        with self._lock:
            self._commands.append(command)

    def _keep(self, item: Any) -> None:
        if len(self._items) == self._items.maxlen:
            self._first += 1
        self._items.append(item)
        kind = item["kind"]
        if kind == "fit":
            kept = self._fits.get(item["fit"])
            if kept is None:
                kept = self._fits[item["fit"]] = _KeptFit()
            kept.add(item)
        elif kind == "worker":
            self._latest[f"worker {item['worker']['rank']}"] = item
        elif kind == "state":
            self._latest["state"] = item

    def _everything(self) -> list[Any]:
        fits = [kept.item() for _, kept in sorted(self._fits.items())]
        return [*fits, *self._latest.values()]


class _KeptFit:
    """The numbers of one fit, bounded: every second row within the epochs goes when there are too
    many, as in ``MetricTable``."""

    MAX_ROWS: Final = 20_000

    def __init__(self) -> None:
        self._last: FitItem | None = None
        self._rows: list[Row] = []
        self._insight: list[Any] | None = None

    def add(self, item: FitItem) -> None:
        if item["complete"]:
            self._rows = []
        self._rows += item["rows"]
        if len(self._rows) > self.MAX_ROWS:
            self._rows = _thinned(self._rows)
        if "insight" in item:
            self._insight = item["insight"]
        self._last = item

    def item(self) -> FitItem:
        assert self._last is not None
        item = FitItem(**{**self._last, "complete": True, "rows": list(self._rows)})
        if self._insight is not None:
            item["insight"] = self._insight
        return item


def _thinned(rows: list[Row]) -> list[Row]:
    """Return rows in which two neighbours of the batch curve are one: their mean."""
    thinned: list[Row] = []
    waiting: Row | None = None
    for row in rows:
        if row["add"] != "batches":
            thinned.append(row)
        elif waiting is None:
            waiting = row
        else:
            thinned.append(_joined(waiting, row))
            waiting = None
    return thinned if waiting is None else [*thinned, waiting]


def _joined(one: Row, two: Row) -> Row:
    before, after = one["batches"], two["batches"]
    values = {
        name: (one["values"].get(name, value) * before + value * after) / (before + after)
        for name, value in two["values"].items()
    }
    return Row(**{**two, "values": values, "batches": before + after})
