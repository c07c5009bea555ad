"""Read, compare and format values of any type, for the checks of all tutorials."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_MAX_LENGTH = 80


def short_repr(value: Any) -> str:
    """Return a value's ``repr`` on one line, shortened, for a message."""
    if isinstance(value, float | np.floating):
        return f"{float(value):.4g}"
    text = " ".join(repr(value).split())
    return text if len(text) <= _MAX_LENGTH else text[: _MAX_LENGTH - 1] + "…"


def finite_array(value: Any, shape: tuple[int, ...]) -> NDArray[np.float64] | None:
    """Return ``value`` as an array of finite numbers with this shape, or None."""
    if value is None:
        return None
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        return None
    return array if array.shape == shape and np.isfinite(array).all() else None


def finite_float(value: Any) -> float | None:
    """Return ``value`` as a float, or None if it is not one finite number."""
    array = finite_array(value, ())
    return None if array is None else float(array)


def is_close(value: Any, expected: Any, within: float = 1e-4) -> bool:
    """Return whether ``value`` is a number, or an array of numbers, close to ``expected``."""
    wanted = np.asarray(expected, dtype=float)
    array = finite_array(value, wanted.shape)
    return array is not None and bool(np.all(abs(array - wanted) <= within))
