"""Find the workers for which the others wait.

In each step all workers wait for each other, so that a step takes as long for all of them. A slow
one is the one that does not wait; or one on whose device a computation of a fixed size takes long.
"""

from __future__ import annotations

import collections
import dataclasses
import statistics
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from kwidgets.language import Message, message
from kwidgets.live.protocol import Worker

#: Readings of a worker that count; fewer than ``MIN_READINGS`` tell nothing.
READINGS: Final = 10
MIN_READINGS: Final = 6
#: The share of their time that the others wait longer than a worker: it is slow from ``SLOW`` on,
#: until less than ``NOT_SLOW``, so that it is not named and unnamed all the time.
SLOW: Final = 0.2
NOT_SLOW: Final = 0.1
#: How many times as long as on the others the computation takes on a slow device.
SLOW_DEVICE: Final = 1.5
NOT_SLOW_DEVICE: Final = 1.3
#: Named in the notice; if more are slow, their number is.
MAX_NAMED: Final = 3


@dataclasses.dataclass(frozen=True)
class Straggler:
    """A slow worker.

    Attributes:
        rank: its number.
        waited: the share of their time in which the others wait for it; None where it is not known,
            as on a GPU, whose work Python does not wait for.
        device: how many times as long as on the others a computation takes on its device; None
            where that was not measured.
        others: how many workers there are besides.
    """

    rank: int
    waited: float | None
    device: float | None
    others: int

    def describe(self) -> Message:
        """Return that it is slow, and where to look."""
        rank, slow = str(self.rank), self.device is not None and self.device >= NOT_SLOW_DEVICE
        if self.waited is None:
            return message(
                "The device of rank %1 takes %2 times as long as the others, which wait for it. "
                "Other programs may use it.",
                rank,
                f"{self.device:.1f}",
            )
        percent = f"{self.waited * 100:.0f} %"
        if self.others == 1:
            found = message(
                "Rank %1 is slower than rank %2, which waits %3 of the time for it.",
                *(rank, str(1 - self.rank), percent),
            )
        else:
            found = message(
                "Rank %1 is slower than the others: they wait %2 of the time for it.", rank, percent
            )
        if self.device is None:
            return found
        if slow:
            hint = message(
                "Its device takes %1 times as long as theirs: other programs may use it.",
                f"{self.device:.1f}",
            )
        else:
            hint = message("Its device is not slower: look at its data and callbacks.")
        return message("%1 %2", found, hint)


class StragglerWatch:
    """Knows the last readings of each worker."""

    def __init__(self) -> None:
        self._waiting: dict[int, collections.deque[float]] = {}
        self._probes: dict[int, collections.deque[float]] = {}
        self._slow: dict[int, Straggler] = {}

    def add(self, worker: Worker) -> None:
        """Take a reading of a worker."""
        _add(self._waiting, worker["rank"], worker["waiting"])
        probe, known = worker["probe_seconds"], self._probes.get(worker["rank"])
        # It is measured less often than it is reported.
        if not known or known[-1] != probe:
            _add(self._probes, worker["rank"], probe)

    def clear(self) -> None:
        """Forget all readings: the workers were started again."""
        self.__init__()  # type: ignore[misc]

    def find(self) -> list[Straggler]:
        """Return the slow workers, the slowest first."""
        waiting = _reduced(self._waiting, statistics.median)
        # What else runs on a computer makes single measurements slower, and none faster.
        probes = _reduced(self._probes, min)
        usual_waiting, usual_probe = _median(waiting.values()), _median(probes.values())
        ranks = waiting.keys() | probes.keys()
        found = {}
        for rank in ranks if len(ranks) > 1 else ():
            before = self._slow.get(rank)
            waited = device = None
            if rank in waiting and usual_waiting is not None:
                others = _without(waiting, rank, usual_waiting)
                limit = NOT_SLOW if before is not None and before.waited is not None else SLOW
                if others - waiting[rank] >= limit:
                    waited = others - waiting[rank]
            if rank in probes and usual_probe is not None:
                device = probes[rank] / max(_without(probes, rank, usual_probe), 1e-9)
            limit = NOT_SLOW_DEVICE if before is not None and before.waited is None else SLOW_DEVICE
            if waited is not None or (device is not None and device >= limit):
                found[rank] = Straggler(rank, waited, device, len(ranks) - 1)
        # Where half of them are slow, the others are fast.
        self._slow = found if 2 * len(found) <= len(ranks) else {}
        return sorted(
            self._slow.values(), key=lambda one: (-(one.waited or 0.0), -(one.device or 0.0))
        )


def describe_all(stragglers: list[Straggler]) -> Message | None:
    """Return what to tell the user about all slow workers; None without any."""
    if not stragglers:
        return None
    if len(stragglers) == 1:
        return stragglers[0].describe()
    ranks = ", ".join(str(one.rank) for one in stragglers[:MAX_NAMED])
    if len(stragglers) > MAX_NAMED:
        return message(
            "%1 workers are slower than the others, which wait for them: ranks %2 and others.",
            str(len(stragglers)),
            ranks,
        )
    return message("Ranks %1 are slower than the others, which wait for them.", ranks)


def _add(readings: dict[int, collections.deque[float]], rank: int, value: float | None) -> None:
    if value is not None:
        readings.setdefault(rank, collections.deque(maxlen=READINGS)).append(value)


def _reduced(
    readings: Mapping[int, collections.deque[float]], reduce: Callable[[Iterable[float]], float]
) -> dict[int, float]:
    return {
        rank: reduce(values) for rank, values in readings.items() if len(values) >= MIN_READINGS
    }


def _median(values: Iterable[float]) -> float | None:
    found = list(values)
    return statistics.median(found) if found else None


def _without(values: Mapping[int, float], rank: int, median: float) -> float:
    """Return the median of all but one; of many, one more or less makes no difference."""
    if len(values) > 8:
        return median
    others = [value for other, value in values.items() if other != rank]
    return statistics.median(others) if others else median
