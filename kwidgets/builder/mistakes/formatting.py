"""Format numbers, ranges, counts and shapes for texts."""

from __future__ import annotations

from kwidgets.language import t


def format_number(value: float) -> str:
    """Return 1234567.0 as "1,234,567" and 0.123456 as "0.123"."""
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def format_range(low: float, high: float) -> str:
    """Return "0–9", or "-1 to 1" where a dash would read as a minus."""
    if low >= 0:
        return f"{format_number(low)}–{format_number(high)}"
    return t("%1 to %2", format_number(low), format_number(high))


def count_values(count: int) -> str:
    """Return "1 value" or "1,000 values"."""
    return t("1 value") if count == 1 else t("%1 values", f"{count:,}")


def count_samples(count: int) -> str:
    """Return "1 sample" or "1,000 samples"."""
    return t("1 sample") if count == 1 else t("%1 samples", f"{count:,}")


def format_shape(shape: tuple[int | None, ...]) -> str:
    """Return (None, 10) as "(any, 10)"."""
    sizes = ", ".join(t("any") if size is None else str(size) for size in shape)
    return f"({sizes},)" if len(shape) == 1 else f"({sizes})"
