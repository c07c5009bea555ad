"""Means of a batch curve over spans of equally many batches.

Samples are taken by the clock: one row has a single batch, the next the rest of the epoch. Drawn as
they are, single batches look as if they were trends. The same as
``labextension/src/live/chart/spans.ts``; ``tests/golden/charts.json`` compares both.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

# Spans of a whole chart: more are narrower than what an eye can tell apart.
MAX_SPANS = 160
# Rows of at most the chosen width have so large a share of all batches.
_SHARE_OF_BATCHES = 0.75


@dataclasses.dataclass(frozen=True)
class Spans:
    """Means over (``start``, ``end``], of which ``batches`` have a value; one entry a span."""

    #: Batches of a whole span.
    width: int
    start: list[float]
    end: list[float]
    mean: list[float]
    batches: list[float]


def span_width(steps: Sequence[float], start: float, end: float, max_spans: int = MAX_SPANS) -> int:
    """Return the width of spans, one of 1, 2, 5 × 10^k, for rows that end at ``steps``."""
    widths = sorted(
        width for width in (b - a for a, b in zip([0.0, *steps], steps, strict=False)) if width > 0
    )
    total, covered, typical = sum(widths), 0.0, 1.0
    for width in widths:
        covered += width
        typical = width
        if covered >= _SHARE_OF_BATCHES * total:
            break
    return _round_up(max(1.0, typical, (end - start) / max_spans))


def equal_spans(
    steps: Sequence[float],
    values: Sequence[float],
    start: float,
    end: float,
    max_spans: int = MAX_SPANS,
) -> Spans:
    """Return the means of ``values`` over the spans that touch (``start``, ``end``]."""
    width = span_width(steps, start, end, max_spans)
    first = max(0, math.floor(start / width))
    last = math.floor(max(start, end - 1e-9) / width)
    # Of each span: sum, weight of the sum, batches.
    sums: dict[int, list[float]] = {}
    begin = 0.0
    for row_end, value in zip(steps, values, strict=True):
        row_start, begin = begin, row_end
        low = max(first, math.floor(row_start / width))
        high = min(last, math.ceil(row_end / width) - 1)
        for span in range(low, high + 1):
            batches = min(row_end, (span + 1) * width) - max(row_start, span * width)
            if batches <= 0:
                continue
            entry = sums.setdefault(span, [0.0, 0.0, 0.0])
            entry[2] += batches
            if math.isfinite(value):
                entry[0] += batches * value
                entry[1] += batches
    spans = Spans(width, [], [], [], [])
    for i, (span, (total, weight, batches)) in enumerate(sorted(sums.items())):
        # The last span has just begun: a few batches would pretend to be a trend.
        if 0 < i == len(sums) - 1 and batches < width / 2:
            break
        spans.start.append(span * width)
        spans.end.append(min((span + 1) * width, begin))
        spans.mean.append(total / weight if weight > 0 else math.nan)
        spans.batches.append(weight)
    return spans


def _round_up(value: float) -> int:
    """Return the smallest of 1, 2, 5 × 10^k that is not below ``value``."""
    power = 10.0 ** math.floor(math.log10(value) + 1e-12)
    digit = next(digit for digit in (1, 2, 5, 10) if digit * power >= value * (1 - 1e-9))
    return round(digit * power)
