"""Compare what was seen of two runs of a program."""

from __future__ import annotations

from typing import Any

import numpy as np


def differences(found: Any, expected: Any, path: str = "") -> list[str]:
    """Return where two observations differ; numbers may differ by rounding."""
    if isinstance(expected, dict) and isinstance(found, dict):
        names = sorted({*found, *expected})
        parts = [differences(found.get(n), expected.get(n), f"{path}.{n}") for n in names]
        return [line for part in parts for line in part]
    if isinstance(expected, (list, tuple)) and isinstance(found, (list, tuple)):
        if len(found) != len(expected):
            return [f"{path}: {found!r:.300} instead of {expected!r:.300}"]
        pairs = enumerate(zip(found, expected, strict=True))
        parts = [differences(one, other, f"{path}[{i}]") for i, (one, other) in pairs]
        return [line for part in parts for line in part]
    if isinstance(expected, float) and isinstance(found, float):
        is_close = np.isclose(found, expected, rtol=1e-3, atol=1e-4, equal_nan=True)
    else:
        is_close = found == expected
    return [] if is_close else [f"{path}: {found!r:.300} instead of {expected!r:.300}"]
