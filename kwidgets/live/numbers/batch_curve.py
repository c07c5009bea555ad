"""The curve of a metric within the epochs, as charts draw it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Literal

import numpy as np

from kwidgets.live.numbers.batch_spans import MAX_SPANS, equal_spans
from kwidgets.live.numbers.bounded_table import FloatArray


@dataclasses.dataclass(frozen=True)
class BatchCurve:
    """Values that each hold from ``start`` to ``end``; ``epoch`` is where each ends.

    Of a metric without means over batches (AUC) a value holds at ``end`` only.
    """

    start: FloatArray
    end: FloatArray
    y: FloatArray
    epoch: FloatArray

    def line(self) -> tuple[FloatArray, FloatArray]:
        """Return the corners of the line to draw."""
        if self.start is self.end:
            return self.end, self.y
        return np.stack([self.start, self.end], axis=1).ravel(), np.repeat(self.y, 2)


def batch_curve(
    columns: Mapping[str, FloatArray],
    metric: str,
    kind: Literal["mean", "running", "epoch"],
    x: Literal["step", "epoch", "seconds"],
    first_epoch: float,
    max_spans: int = MAX_SPANS,
) -> BatchCurve:
    """Return the curve of ``metric`` over the axis ``x``, from the columns of the batch table."""
    steps, values = columns["step"], columns.get(f"mean/{metric}")
    if values is None or not len(steps):
        nothing = np.zeros(0)
        return BatchCurve(nothing, nothing, nothing, nothing)
    if kind == "running":
        return BatchCurve(columns[x], columns[x], values, columns["epoch"])
    spans = equal_spans(steps.tolist(), values.tolist(), 0.0, float(steps[-1]), max_spans)

    def place(ends: list[float], axis: str) -> FloatArray:
        start = first_epoch if axis == "epoch" else 0.0
        rows = np.concatenate([[0.0], steps]), np.concatenate([[start], columns[axis]])
        return np.asarray(np.interp(ends, *rows))

    return BatchCurve(
        start=place(spans.start, x),
        end=place(spans.end, x),
        y=np.asarray(spans.mean),
        epoch=place(spans.end, "epoch"),
    )
