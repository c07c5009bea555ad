"""Formats numbers, memory sizes, shares and shapes for display."""

from __future__ import annotations

from kwidgets.models.summary_data import Shape

UNKNOWN = "?"


def number(value: int | None) -> str:
    """Return "1,234"; "?" when unknown."""
    return UNKNOWN if value is None else f"{value:,}"


def memory(value: int | None) -> str:
    """Return "98.4 kB", in Keras's units of 1,024; "?" when unknown."""
    if value is None:
        return UNKNOWN
    if value < 1024:
        return f"{value} B"
    size = float(value)
    for unit in ("kB", "MB", "GB", "TB"):
        size /= 1024
        # A size that rounds up to 1,024 is given in the next unit.
        if size < 1023.95:
            return f"{size:.1f} {unit}"
    return f"{size / 1024:,.1f} PB"


def share(part: int | None, whole: int | None) -> str:
    """Return "12.3%" of ``whole``; "" when either is 0 or unknown."""
    if not part or not whole:
        return ""
    percent = 100 * part / whole
    return "< 0.1%" if percent < 0.05 else f"{percent:.1f}%"


def shape(value: Shape) -> str:
    """Return ``value`` as Python writes it: "(None, 10)"."""
    return repr(tuple(value))


def shapes(values: tuple[Shape, ...] | None) -> str:
    """Return "(None, 10), (None, 1)"; "?" when unknown."""
    return UNKNOWN if values is None else ", ".join(map(shape, values))
