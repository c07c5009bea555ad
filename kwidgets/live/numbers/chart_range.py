"""Compute the y range of a chart so that it shows what matters.

The first batches, a single batch and a single epoch do not set it (decision 22). The same as
``labextension/src/live/chart/ranges.ts``; ``tests/golden/charts.json`` compares both.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence

# From so many epochs on, the first one may lie outside.
EPOCHS_WITHOUT_FIRST = 5
# ... if it is so many heights of the others away from them.
FIRST_WITHIN_HEIGHTS = 2
# All values are shown where that makes the axis at most so much longer.
WORTHWHILE = 1.6


@dataclasses.dataclass(frozen=True)
class Points:
    """Values with the epoch of each."""

    epoch: list[float]
    y: list[float]


@dataclasses.dataclass(frozen=True)
class FitValues:
    """The values of one fit that a chart shows."""

    #: Where its epoch axis begins.
    first_epoch: float
    #: Whole epochs, one curve a split.
    curves: list[Points]
    #: Means over equal spans of batches; ``epoch`` is where each ends.
    spans: Points
    #: Values that are always inside: the best one.
    always: list[float]
    #: Values that do not count, but may lie outside: epochs that were stopped early.
    others: list[float]


@dataclasses.dataclass(frozen=True)
class YBounds:
    """What the axis shows, and what all values would need; in powers of ten on a log scale."""

    low: float
    high: float
    lowest: float
    highest: float


def y_bounds(fit: FitValues, log_scale: bool) -> YBounds | None:
    """Return the y bounds of the values of ``fit``, or None without any value."""
    scaled = _scale(fit, log_scale)
    values = [y for points in [*scaled.curves, scaled.spans] for y in points.y]
    values += scaled.always + scaled.others
    if not values:
        return None
    lowest, highest = min(values), max(values)
    kept = _kept_values(scaled)
    if not kept:
        return YBounds(lowest, highest, lowest, highest)
    low, high = min(kept), max(kept)
    if highest - lowest <= WORTHWHILE * (high - low):
        return YBounds(lowest, highest, lowest, highest)
    return YBounds(low, high, lowest, highest)


def padded_range(low: float, high: float, log_scale: bool) -> tuple[float, float]:
    """Return the range of an axis for these bounds, with room at both ends."""
    if high > low:
        padding = 0.06 * (high - low)
        return low - padding, high + padding
    padding = 0.1 if log_scale else abs(high) * 0.1 or 0.1
    return low - padding, high + padding


def _scale(fit: FitValues, log_scale: bool) -> FitValues:
    """Return the fit without values that the axis cannot show, as powers of ten on a log scale."""

    def one(y: float) -> float:
        if not log_scale:
            return y
        return math.log10(y) if y > 0 else math.nan

    def points(given: Points) -> Points:
        pairs = zip(given.epoch, map(one, given.y), strict=True)
        known = [(epoch, y) for epoch, y in pairs if math.isfinite(y)]
        return Points([epoch for epoch, _ in known], [y for _, y in known])

    def finite(values: list[float]) -> list[float]:
        return [y for y in map(one, values) if math.isfinite(y)]

    return FitValues(
        first_epoch=fit.first_epoch,
        curves=[points(curve) for curve in fit.curves],
        spans=points(fit.spans),
        always=finite(fit.always),
        others=finite(fit.others),
    )


def _kept_values(fit: FitValues) -> list[float]:
    epochs = max((len(curve.y) for curve in fit.curves), default=0)
    kept, first = list(fit.always), []
    end_of_first = fit.first_epoch + 1 + 1e-6
    for curve in fit.curves:
        if epochs < EPOCHS_WITHOUT_FIRST:
            kept += curve.y
            continue
        # A median: one epoch alone does not set the range. The latest value is always inside.
        for epoch, y, median in zip(curve.epoch, curve.y, _medians(curve.y, 1), strict=True):
            if epoch <= end_of_first:
                first.append(y)
            else:
                kept.append(median)
        kept += curve.y[-1:]
    begin = len(fit.spans.y) // 10
    if epochs >= 2:
        later = (i for i, epoch in enumerate(fit.spans.epoch) if epoch > end_of_first)
        begin = next(later, len(fit.spans.y))
    kept += _medians(fit.spans.y[begin:], 2)
    if not kept:
        return first
    low, high = min(kept), max(kept)
    reach = FIRST_WITHIN_HEIGHTS * (high - low)
    return kept + [y for y in first if not reach or low - reach <= y <= high + reach]


def _medians(values: Sequence[float], reach: int) -> Iterator[float]:
    """Return the median of each value and its ``reach`` neighbours, as far as there are."""
    for i in range(len(values)):
        window = sorted(values[max(0, i - reach) : i + reach + 1])
        middle = len(window) // 2
        yield window[middle] if len(window) % 2 else (window[middle - 1] + window[middle]) / 2
