"""Describe the data of a training so that a change of it is noticed: shapes, types, a sample."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

# Elements of an array that are read, at equal distances: 10 microseconds.
_SAMPLE = 4096
_ROWS = 256
# Of a tensor, which may have to be copied from its device.
_MOST_BYTES = 2**24
#: The arguments of ``fit`` that are data.
DATA_ARGUMENTS = ("x", "y", "sample_weight", "validation_data")


def describe_data(value: Any) -> Any:
    """Return a description of data as JSON has it; None for None.

    Arrays have ``shape``, ``dtype`` and ``crc32``, the checksum of a sample of their elements.
    Everything else has its ``type``, and what can be known without drawing from it.
    """
    if value is None:
        return None
    if isinstance(value, tuple | list):
        if len(value) <= 16 and any(hasattr(item, "shape") for item in value):
            return [describe_data(item) for item in value]
        return {"type": type(value).__name__, "length": len(value)}
    if isinstance(value, dict):
        return {str(name): describe_data(item) for name, item in value.items()}
    facts: dict[str, Any] = {"type": f"{type(value).__module__}.{type(value).__qualname__}"}
    shape = getattr(value, "shape", None)
    if shape is not None:
        facts["shape"] = [None if size is None else int(size) for size in shape]
        facts["dtype"] = _dtype_name(value)
        checksum = _checksum(value)
        if checksum is not None:
            facts["crc32"] = checksum
        return facts
    spec = getattr(value, "element_spec", None)
    if spec is not None:
        facts["elements"] = str(spec)
    for name in ("batch_size", "workers", "num_batches"):
        number = getattr(value, name, None)
        if isinstance(number, int):
            facts[name] = number
    length = _length(value)
    if length is not None:
        facts["length"] = length
    return facts


def _dtype_name(value: Any) -> str:
    dtype = getattr(value, "dtype", None)
    return str(getattr(dtype, "name", dtype))


def _checksum(value: Any) -> int | None:
    """Return the checksum of a sample of an array's elements, or None where that is expensive."""
    try:
        array = _as_array(value)
        if array is None or not array.size:
            return None
        # Of an array in no simple order, flat would make a copy.
        sample = array.flat[:: max(1, array.size // _SAMPLE)]
        if sample.dtype.hasobject:
            return zlib.crc32(repr(sample.tolist()).encode())
        return zlib.crc32(np.ascontiguousarray(sample).tobytes())
    except Exception:  # a tensor on another device, or an array of another make
        return None


def _as_array(value: Any) -> np.ndarray[Any, Any] | None:
    """Return an array without copying much."""
    if isinstance(value, np.ndarray):
        return value
    if hasattr(value, "iloc"):  # pandas
        return np.asarray(value.iloc[:: max(1, len(value) // _ROWS)])
    if getattr(value, "nbytes", _MOST_BYTES) >= _MOST_BYTES:
        return None
    return np.asarray(value)


def _length(value: Any) -> int | None:
    try:
        return len(value)
    except Exception:  # a generator, or a dataset of unknown length
        return None
