"""Format metric values and durations as text."""

from __future__ import annotations


def format_value(value: float) -> str:
    """Return a metric's value with four significant digits."""
    return f"{value:.4g}"


def format_seconds(seconds: float) -> str:
    """Return a duration as m:ss, or h:mm:ss."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
