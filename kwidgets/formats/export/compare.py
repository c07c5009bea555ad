"""Compare the outputs of a file with those of the model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kwidgets.formats.export.prepared import Arrays
from kwidgets.formats.export.result import Difference
from kwidgets.language import Message, message, translated

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
            share = _same_class(expected, got)
            if share is not None:
                shares.append(share)
    return Difference(
        maximum=maximum,
        mean=total / count if count else 0.0,
        scale=scale,
        same_class=min(shares) if shares else None,
        num_samples=samples,
        output=name,
    )


def nan_rows(outputs: Arrays) -> int:
    """Return for how many samples an output has NaN."""
    found: NDArray[np.bool_] | None = None
    for array in outputs.values():
        if array.dtype.kind not in "fV" or not array.ndim:
            continue
        flat = np.isnan(array.astype(np.float64)).reshape(len(array), -1)
        rows: NDArray[np.bool_] = np.asarray(flat.any(axis=1))
        found = rows if found is None else found | rows
    return 0 if found is None else int(found.sum())


def nan_notes(model: Arrays, export: Arrays, what: Message) -> tuple[Message, ...]:
    """Return what is to be said where outputs are NaN.

    Args:
        model, export: outputs by name, for the same samples.
        what: the name of the second.
    """
    count = max((len(each) for each in model.values()), default=0)
    notes = []
    for outputs, name in ((model, message("the model")), (export, what)):
        number = nan_rows(outputs)
        if number:
            notes.append(
                message(
                    "Outputs of %1 are NaN for %2 of %3 samples.",
                    translated(name),
                    f"{number:,}",
                    f"{count:,}",
                )
            )
    return tuple(notes)


def _distance(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):
        distance: NDArray[np.float64] = np.abs(first - second)
    same = (first == second) | (np.isnan(first) & np.isnan(second))
    distance[same] = 0.0
    if first.size and np.isnan(first).all():
        # Nothing was compared.
        distance[:] = np.nan
    return distance


def _same_class(first: NDArray[Any], second: NDArray[Any]) -> float | None:
    """Return the share of samples with the same class, of those that have one by the model."""
    known = ~np.isnan(first.astype(np.float64)).any(axis=-1)
    if not known.any():
        return None
    lost = np.isnan(second.astype(np.float64)).any(axis=-1)
    if first.shape[-1] == 1:
        same = (first > 0.5) == (second > 0.5)
        same = same[..., 0]
    else:
        same = first.argmax(axis=-1) == second.argmax(axis=-1)
    return float(np.mean((same & ~lost)[known]))
