"""Read what users and callbacks pass as a number, which may be an object of any class."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def as_number(value: Any) -> float | None:
    """Return ``value`` as a float, or None if it is no real number.

    Numbers too large for a float become infinite. Text is none, even "0.5".
    """
    if isinstance(value, str | bytes | bytearray) or _is_complex(value):
        return None
    try:
        return float(value)
    except OverflowError:
        return _infinity_like(value)
    except Exception:  # an object of the user's own
        return None


def as_plain(value: object) -> object:
    """Return a boolean or an integer of NumPy as Python's own; anything else as it is."""
    return value.item() if isinstance(value, np.bool_ | np.integer) else value


def describe_value(value: object) -> str:
    """Return a short text for a value in an error message, such as ``'abc' (str)``."""
    try:
        text = repr(value)
    except Exception:  # Python refuses to write an integer of more than 4,300 digits
        text = "a value"
    shown = text if len(text) <= 40 else f"{text[:39]}…"
    return f"{shown} ({type(value).__name__})"


def _is_complex(value: object) -> bool:
    """Return whether a float of ``value`` would lack its imaginary part, with a warning only."""
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    return kind == "c" or isinstance(value, complex)


def _infinity_like(value: object) -> float | None:
    try:
        return math.inf if value > 0 else -math.inf  # type: ignore[operator]
    except Exception:  # an object of the user's own
        return None
