"""Recognize square pictures whose pixels are given as one row, such as those of load_digits."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

MIN_SIDE: Final = 8
MAX_SIDE: Final = 64
#: Fewer say too little of how pixels go together.
MIN_SAMPLES: Final = 16
#: Neighbors in a picture are alike, the columns of a table are not: the mean correlation of
#: neighbors, and how many times it is that of all pixels. Digits have 0.4 and 1.9.
_ALIKE = 0.25
_TIMES = 1.4
_APART = 0.6
_SAMPLES = 256


def square_side(values: NDArray[Any]) -> int:
    """Return the side of the pictures in rows of pixels, (samples, pixels); 0 if they are none."""
    count = values.shape[1]
    side = math.isqrt(count)
    if side * side != count or not MIN_SIDE <= side <= MAX_SIDE or len(values) < MIN_SAMPLES:
        return 0
    pixels = values[:_SAMPLES].astype(np.float64)
    pixels = pixels[np.isfinite(pixels).all(axis=1)]
    if len(pixels) < MIN_SAMPLES or pixels.min() < 0:
        return 0
    with np.errstate(all="ignore"):
        alike = np.abs(np.corrcoef(pixels, rowvar=False))
    at = np.arange(count).reshape(side, side)
    across = alike[at[:, :-1].ravel(), at[:, 1:].ravel()]
    down = alike[at[:-1].ravel(), at[1:].ravel()]
    # In a series, the last value of a row is like the first one of the next.
    around = alike[at[:-1, -1], at[1:, 0]]
    if min(np.isfinite(across).mean(), np.isfinite(down).mean()) < 0.25:
        return 0
    if np.isfinite(around).any() and np.nanmean(around) > _APART * np.nanmean(across):
        return 0
    neighbors = min(float(np.nanmean(across)), float(np.nanmean(down)))
    everywhere = float(np.nanmean(alike[~np.eye(count, dtype=bool)]))
    return side if neighbors > max(_ALIKE, _TIMES * everywhere) else 0
