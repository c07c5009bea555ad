"""What several checks need: odd values read with care, and shown in few words."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_LONGEST = 80


def shown(value: Any) -> str:
    """Return a value as a message shows it: what it is, on one line, not too long."""
    if isinstance(value, float | np.floating):
        return f"{float(value):.4g}"
    text = " ".join(repr(value).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def numbers(value: Any, shape: tuple[int, ...]) -> NDArray[np.float64] | None:
    """Return ``value`` as finite numbers of that shape; None when it is something else."""
    if value is None:
        return None
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        return None
    return array if array.shape == shape and np.isfinite(array).all() else None


def number(value: Any) -> float | None:
    """Return ``value`` as a float; None when it is not one finite number."""
    array = numbers(value, ())
    return None if array is None else float(array)


def near(value: Any, expected: Any, within: float = 1e-4) -> bool:
    """Whether ``value`` is a number, or numbers, as expected."""
    wanted = np.asarray(expected, dtype=float)
    array = numbers(value, wanted.shape)
    return array is not None and bool(np.all(abs(array - wanted) <= within))
