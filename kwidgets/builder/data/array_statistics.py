"""Computes statistics of arrays and tables from samples of their values, and caches them."""

from __future__ import annotations

import contextlib
import math
import weakref
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kwidgets.builder.data.data_info import Statistics
from kwidgets.builder.data.dtypes import common_dtype

# Minimum and maximum of a million numbers take about a millisecond. Larger arrays are sampled.
EXACT_ELEMENTS: Final = 1_000_000
SAMPLED_ELEMENTS: Final = 4_096

# Each element of an array on disk may cost a read.
SAMPLED_ON_DISK: Final = 256
SAMPLED_LABELS: Final = 100_000

# Columns with more different values than this are not class labels.
MAX_DISTINCT: Final = 1_000

# Enough to detect that an array was changed in place.
FINGERPRINT_ELEMENTS: Final = 64

# By the object's id: a weak reference to it, its fingerprint, and its statistics.
_cached: dict[int, tuple[weakref.ref[Any], bytes, Statistics]] = {}


def statistics_of(value: Any, kind: str) -> Statistics | None:
    """Return the statistics of an array, from the cache if the array is unchanged."""
    try:
        array, whole = _as_numpy(value, kind)
        if array is None or array.size == 0 or array.dtype.kind not in "biufSU":
            return None
        fingerprint = _fingerprint(array)
        key = id(value)
        known = _cached.get(key)
        if known is not None and known[0]() is value and known[1] == fingerprint:
            return known[2]
        found = _compute(array, whole)
        # Some tensors allow no weak reference; they are computed again each time.
        with contextlib.suppress(TypeError):
            _cached[key] = weakref.ref(value, lambda _: _cached.pop(key, None)), fingerprint, found
        return found
    except Exception:
        return None  # a deleted tensor, or a file that is gone


def plain_array(value: Any) -> npt.NDArray[Any]:
    """Return an array without the subclass that the user may have made of ndarray, uncopied."""
    return np.ndarray.view(value, np.ndarray)


def _as_numpy(value: Any, kind: str) -> tuple[npt.NDArray[Any] | None, bool]:
    """Return values without copying all of them, and whether these are all.

    None if they are not available: a JAX array may still be being computed, a tensor on a GPU
    would have to be copied from there.
    """
    if kind == "NumPy array":
        return plain_array(value), True
    if kind == "pandas Series" or (kind == "pandas DataFrame" and common_dtype(value) != "object"):
        return _sampled_rows(value)
    if kind == "TensorFlow tensor" and "CPU" in str(value.device):
        return np.asarray(value.numpy()), True
    if kind == "PyTorch tensor" and value.device.type == "cpu" and not value.is_sparse:
        return np.asarray(value.detach().numpy()), True
    return None, False


def _sampled_rows(table: Any) -> tuple[npt.NDArray[Any], bool]:
    """Return all numbers of a small table, else some rows: columns may need copying."""
    columns = table.shape[1] if table.ndim == 2 else 1
    limit = max(1, SAMPLED_LABELS // max(columns, 1))
    whole = len(table) <= limit
    return np.asarray(
        (table if whole else table.iloc[_spaced_indices(len(table), limit)]).to_numpy()
    ), whole


def _spaced_indices(length: int, count: int) -> npt.NDArray[np.int64]:
    """Return ``count`` indices from the first to the last, in order."""
    return np.linspace(0, length - 1, min(length, count)).astype(np.int64)


def pick_elements(array: npt.NDArray[Any], count: int) -> npt.NDArray[Any]:
    """Return ``count`` elements from all over an array, the same ones each time.

    Equal steps could always hit the same columns; steps of the golden ratio cannot.
    """
    if array.size <= count:
        return array.reshape(-1)
    places = (np.arange(count) * ((math.sqrt(5) - 1) / 2) % 1 * array.size).astype(np.int64)
    return np.asarray(array[np.unravel_index(places, array.shape)])


def _fingerprint(array: npt.NDArray[Any]) -> bytes:
    sample = pick_elements(array, FINGERPRINT_ELEMENTS)
    return repr((array.shape, array.dtype.str)).encode() + sample.tobytes()


def _compute(array: npt.NDArray[Any], whole: bool) -> Statistics:
    on_disk = issubclass(type(array.base), np.memmap)
    labels = array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array
    label_count = SAMPLED_ON_DISK if on_disk else SAMPLED_LABELS
    if array.dtype.kind in "SU":
        if labels.ndim > 1:
            return Statistics()
        return Statistics(
            distinct=_distinct(labels[_spaced_indices(len(labels), SAMPLED_ELEMENTS)])
        )

    exact = whole and array.size <= EXACT_ELEMENTS and not on_disk
    sample = pick_elements(array, SAMPLED_ON_DISK if on_disk else SAMPLED_ELEMENTS)
    values = array if exact else sample
    minimum, maximum = float(np.min(values)), float(np.max(values))
    # Both are NaN where one value is.
    has_nan = math.isnan(minimum)
    has_infinity = math.isinf(minimum) or math.isinf(maximum)
    if has_nan or has_infinity:
        finite = np.isfinite(values)
        numbers = values[finite]
        # The minimum is NaN even if there is infinity too.
        has_infinity = bool((~finite & ~np.isnan(values)).any())
        if numbers.size == 0:
            return Statistics(has_nan=has_nan, has_infinity=has_infinity, exact=exact)
        minimum, maximum = float(numbers.min()), float(numbers.max())
        mean = float(numbers.mean(dtype=np.float64))
    else:
        mean = float(np.mean(sample, dtype=np.float64))
    gaps = has_nan or has_infinity
    is_integer = not gaps and _all_whole(sample)

    classes: npt.NDArray[Any] | None = None
    distinct: int | None = None
    is_one_hot = has_several_ones = False
    if labels.ndim == 1:
        chosen = labels[_spaced_indices(len(labels), label_count)]
        is_integer = is_integer and _all_whole(chosen)
        if not gaps:
            distinct = _distinct(chosen)
            minimum, maximum = min(minimum, float(chosen.min())), max(maximum, float(chosen.max()))
        classes = chosen if is_integer else None
    elif array.ndim == 2 and is_integer and minimum >= 0 and maximum == 1:
        rows = max(64, label_count // array.shape[1])
        chosen = array[_spaced_indices(len(array), rows)]
        ones = chosen.sum(axis=1)
        flags = bool(((chosen == 0) | (chosen == 1)).all())
        is_one_hot = flags and bool((ones == 1).all())
        has_several_ones = flags and bool((ones > 1).any())
        classes = np.argmax(chosen, axis=1) if is_one_hot else None
    return Statistics(
        minimum,
        maximum,
        mean,
        has_nan=has_nan,
        has_infinity=has_infinity,
        is_integer=is_integer,
        distinct=distinct,
        distinct_seen=len(np.unique(sample)) if is_integer else None,
        is_one_hot=is_one_hot,
        has_several_ones=has_several_ones,
        sorted_labels=classes is not None and _sorted(classes),
        exact=exact,
    )


def _all_whole(values: npt.NDArray[Any]) -> bool:
    return values.dtype.kind in "biu" or bool((values == np.floor(values)).all())


def _distinct(values: npt.NDArray[Any]) -> int | None:
    # Checking the first ones avoids sorting a column of measurements.
    if len(values) > 4 * MAX_DISTINCT and len(np.unique(values[: 2 * MAX_DISTINCT])) > MAX_DISTINCT:
        return None
    count = len(np.unique(values))
    return count if count <= MAX_DISTINCT else None


def _sorted(classes: npt.NDArray[Any]) -> bool:
    """Whether the samples are grouped by class; False for few samples, where it may be chance."""
    if len(classes) < 20:
        return False
    changes = int(np.count_nonzero(classes[1:] != classes[:-1]))
    distinct = len(np.unique(classes))
    # As many different values as samples is an index or a count, not classes.
    return 1 < distinct <= len(classes) // 2 and changes == distinct - 1


def clear_cache() -> None:
    """Clear the cache of statistics; for tests."""
    _cached.clear()
