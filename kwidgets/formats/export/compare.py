"""Compare the outputs of a file with those of the model."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from kwidgets.formats.export.prepared import Arrays
from kwidgets.formats.export.result import Difference

# Softmax rows add up to 1 within this, also in half precision.
_SUM_TOLERANCE = 1e-2


def has_classes(output: NDArray[np.generic], loss: str) -> bool:
    """Return whether an output is one of classes, so that the largest one matters.

    Args:
        output: of the model.
        loss: the name of its loss, or "".
    """
    if output.ndim < 2 or output.dtype.kind != "f" or not output.size:
        return False
    values = output.astype(np.float64)
    if output.shape[-1] == 1:
        # One probability: the class is whether it is above a half.
        return "binary_crossentropy" in loss and bool(((values >= 0) & (values <= 1)).all())
    if "categorical" in loss:
        return True
    sums = values.sum(axis=-1)
    return bool((values >= 0).all() and (np.abs(sums - 1) < _SUM_TOLERANCE).all())


def compare(model: Arrays, export: Arrays, classes: Mapping[str, bool]) -> Difference:
    """Return how far the outputs of a file are from those of the model.

    Args:
        model, export: outputs by name, for the same samples; their shapes are the same.
        classes: the names of outputs with classes are True.

    Raises:
        ValueError: a shape differs, which then is an error in the conversion.
    """
    maximum, total, count, scale, name = 0.0, 0.0, 0, 0.0, ""
    shares: list[float] = []
    samples = 0
    for output, expected in model.items():
        got = export[output]
        samples = max(samples, len(expected))
        if got.shape != expected.shape:
            raise ValueError(f"{output}: {got.shape}, {expected.shape}")
        if expected.dtype.kind not in "biufV":
            different = (expected.astype(np.str_) != got.astype(np.str_)).astype(np.float64)
        else:
            different = _distance(expected.astype(np.float64), got.astype(np.float64))
            finite = np.abs(expected[np.isfinite(expected)].astype(np.float64))
            scale = max(scale, float(finite.max(initial=0.0)))
        if not different.size:
            continue
        # NaN where the other is not is the largest difference of all.
        largest = float(different.max())
        if not name or largest > maximum or math.isnan(largest):
            maximum, name = largest, output
        total += float(different.sum())
        count += different.size
        if classes.get(output):
            shares.append(_same_class(expected, got))
    return Difference(
        maximum=maximum,
        mean=total / count if count else 0.0,
        scale=scale,
        same_class=min(shares) if shares else None,
        num_samples=samples,
        output=name,
    )


def _distance(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):
        distance: NDArray[np.float64] = np.abs(first - second)
    same = (first == second) | (np.isnan(first) & np.isnan(second))
    distance[same] = 0.0
    return distance


def _same_class(first: NDArray[np.generic], second: NDArray[np.generic]) -> float:
    if first.shape[-1] == 1:
        same = (first > 0.5) == (second > 0.5)  # type: ignore[operator]
    else:
        same = first.argmax(axis=-1) == second.argmax(axis=-1)
    return float(np.mean(same))
