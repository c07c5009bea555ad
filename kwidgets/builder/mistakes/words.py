"""How numbers are put into words."""

from __future__ import annotations


def number(value: float) -> str:
    """1234567.0 → "1,234,567"; 0.123456 → "0.123"."""
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def span(low: float, high: float) -> str:
    """ "0–9"; "-1 to 1", where a dash would be read as a minus."""
    joint = "–" if low >= 0 else " to "
    return f"{number(low)}{joint}{number(high)}"


def count(value: int, one: str, several: str) -> str:
    return f"{value:,} {one if value == 1 else several}"


def shown(shape: tuple[int | None, ...]) -> str:
    """(None, 10) → "(any, 10)"."""
    sizes = ", ".join("any" if size is None else str(size) for size in shape)
    return f"({sizes},)" if len(shape) == 1 else f"({sizes})"
