"""Measure predictions of numbers: errors, R², and the distribution of the residuals."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

RESIDUAL_BINS: Final = 64


@dataclasses.dataclass(frozen=True)
class ErrorSums:
    """Sums over values: their number, errors, squares, amounts, targets, squares of these."""

    count: float
    error: float
    square: float
    amount: float
    target: float
    target_square: float

    @property
    def mae(self) -> float:
        return self.amount / self.count if self.count else float("nan")

    @property
    def rmse(self) -> float:
        return float(np.sqrt(self.square / self.count)) if self.count else float("nan")

    @property
    def r2(self) -> float:
        if not self.count:
            return float("nan")
        spread = self.target_square - self.target**2 / self.count
        return 1 - self.square / spread if spread > 0 else float("nan")


def residuals(true: NDArray[Any], predicted: NDArray[Any]) -> tuple[float, float, list[int]]:
    """Return the counts of ``predicted − true`` in bins of equal width, and where they begin and
    end. Values that are not finite are left out."""
    error = predicted.astype(np.float64) - true.astype(np.float64)
    error = error[np.isfinite(error)]
    if not error.size:
        return float("nan"), float("nan"), [0] * RESIDUAL_BINS
    counts, edges = np.histogram(error, bins=RESIDUAL_BINS)
    return float(edges[0]), float(edges[-1]), counts.tolist()


def subset(count: int, most: int) -> NDArray[np.intp]:
    """Return the numbers of at most ``most`` of ``count`` samples, the same ones each time."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(0).choice(count, most, replace=False))
