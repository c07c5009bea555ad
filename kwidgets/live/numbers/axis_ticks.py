"""Round numbers for the ticks of an axis.

The same as ``labextension/src/live/chart/ticks.ts``; ``tests/golden/charts.json`` compares both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def linear_ticks(low: float, high: float, wanted: int) -> list[float]:
    """Return about ``wanted`` round numbers from ``low`` to ``high``."""
    rough = (high - low) / wanted
    if not (math.isfinite(rough) and rough > 0):
        return []
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(digit for digit in (1, 2, 5, 10) if digit * power >= rough) * power
    first = math.ceil(low / step)
    count = math.floor(high / step) - first + 1
    return [float(f"{(first + i) * step:.12g}") for i in range(min(count, 20))]


def log_ticks(low: float, high: float, wanted: int) -> list[float]:
    """Return ticks for a log axis from 10^``low`` to 10^``high``: at most about ``wanted``."""
    decades = high - low
    if not (math.isfinite(decades) and decades > 0):
        return []
    if decades > wanted:
        every = math.ceil(decades / wanted)
        return _powers(math.ceil(low / every), math.floor(high / every), (1,), every)
    for digits in ((1, 2, 5), (1, 3), (1,)):
        every_tick = _powers(math.floor(low), math.floor(high), digits, 1)
        ticks = [tick for tick in every_tick if low - 1e-9 <= math.log10(tick) <= high + 1e-9]
        # Below three, an axis that covers less than a decade has more to say with 0.3, 0.4, 0.5.
        if len(ticks) < 3:
            break
        if len(ticks) <= wanted + 1:
            return ticks
    linear = linear_ticks(10**low, 10**high, wanted)
    return linear if len(linear) >= 3 else linear_ticks(10**low, 10**high, wanted + 2)


def format_tick(value: float) -> str:
    """Return a tick's number as text: 0.05, 20, 10,000, 1e−5."""
    size = abs(value)
    if size == 0:
        return "0"
    if size < 1e-4 or size >= 1e6:
        digits, power = f"{value:.3e}".split("e")
        return f"{float(digits):g}e{int(power)}".replace("-", "−")
    text = f"{float(f'{value:.6g}'):,.10f}".rstrip("0").rstrip(".")
    return text.replace("-", "−")


def _powers(start: int, end: int, digits: Sequence[int], every: int) -> list[float]:
    return [
        float(f"{digit}e{power * every}") for power in range(start, end + 1) for digit in digits
    ]
