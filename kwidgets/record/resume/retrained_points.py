"""Compare the first points of a resumed training with the recorded ones: was it exact?

Between its last checkpoint and its death, a run has recorded points. A resumed training trains
these steps again. If all is as it was, its metrics have the same bits.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from typing import Literal


@dataclasses.dataclass(frozen=True)
class RecordedPoint:
    """A sample that the run file has beyond the checkpoint.

    Attributes:
        step: of the run, after how many steps it was taken.
        batches: over how many steps up to that the values are means.
        values: of the metrics.
    """

    step: int
    batches: int
    values: Mapping[str, float]


class RetrainedPoints:
    """The check of one resumed fit. Plain data: no Keras.

    For integrators: a point is a mean over the batches since the sample before. So sample at
    :attr:`next_step` too, in ``on_train_batch_begin`` (the metrics of that many steps are there),
    whatever the time, and pass every sample to :meth:`add` as it is recorded.

    Args:
        points: those of the run file, by ascending steps.
        step: how many steps the run had at the checkpoint.
        enough: how many points that agree are enough.
    """

    def __init__(self, points: Iterable[RecordedPoint], step: int, enough: int = 3) -> None:
        # The first one that has no batch from before the checkpoint.
        self._points = [point for point in points if point.step - point.batches >= step]
        self._enough = enough
        self._agreed = 0
        #: Of the first point that differs: the metric, the recorded value and the retrained one.
        self.difference: tuple[RecordedPoint, str, float, float] | None = None

    @property
    def verdict(self) -> Literal["exact", "different", "open", "nothing to compare"]:
        """``open`` until enough points have been compared."""
        if self.difference is not None:
            return "different"
        if self._agreed >= self._enough or (self._agreed and not self._points):
            return "exact"
        return "open" if self._points else "nothing to compare"

    @property
    def next_step(self) -> int | None:
        """The next step of the run after which a sample is needed, or None."""
        if self.verdict != "open":
            return None
        return self._points[0].step

    @property
    def next_begin(self) -> int | None:
        """The step at which that sample's batches begin: a sample is needed there too."""
        return None if self.next_step is None else self._points[0].step - self._points[0].batches

    def add(self, step: int, batches: int, values: Mapping[str, float]) -> None:
        """Compare a sample, which is a mean over ``batches`` steps up to ``step``."""
        while self.verdict == "open" and self._points[0].step < step:
            del self._points[0]
        if self.verdict != "open":
            return
        point = self._points[0]
        if (point.step, point.batches) != (step, batches):
            return
        for name, recorded in point.values.items():
            found = values.get(name)
            if found is not None and not _same(recorded, found):
                self.difference = (point, name, recorded, found)
                return
        self._agreed += 1
        del self._points[0]


def _same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))
