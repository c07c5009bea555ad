"""Place the numbers of marks above a chart, so that none covers another or the frame.

The same as ``labextension/src/live/chart/markLabels.ts``; ``tests/golden/charts.json`` compares
both.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

_CHARACTER_WIDTH = 6
_GAP = 4


@dataclasses.dataclass(frozen=True)
class _Group:
    first: int
    last: int
    start: float
    end: float

    @property
    def text(self) -> str:
        return f"{self.first}" if self.first == self.last else f"{self.first}–{self.last}"

    @property
    def width(self) -> float:
        return _CHARACTER_WIDTH * len(self.text)

    def centre(self, low: float, high: float) -> float:
        middle = (self.start + self.end) / 2
        return max(low + self.width / 2, min(high - self.width / 2, middle))


def place_mark_labels(
    positions: Sequence[float], low: float, high: float
) -> list[tuple[float, str]]:
    """Return the centres and texts of the labels of marks at ``positions``, from low to high.

    Marks that are close together share one: "3–5".
    """
    groups: list[_Group] = []
    for i, x in enumerate(positions, start=1):
        if not low <= x <= high:
            continue
        group = _Group(i, i, x, x)
        while groups and _overlap(groups[-1], group, low, high):
            before = groups.pop()
            group = _Group(before.first, group.last, before.start, group.end)
        groups.append(group)
    return [(group.centre(low, high), group.text) for group in groups]


def _overlap(left: _Group, right: _Group, low: float, high: float) -> bool:
    end = left.centre(low, high) + left.width / 2
    return end + _GAP > right.centre(low, high) - right.width / 2
