"""Store values of Python as JSON and arrays, without pickle: what a checkpoint keeps of objects.

None, booleans, numbers, texts, lists, tuples and dictionaries become JSON; arrays and numbers of
NumPy become arrays of the checkpoint, which the JSON names. Every value is read back as it was,
NaN and the last bit included.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

_MARK = "$"


class UnsupportedValueError(TypeError):
    """A value is of a type that a checkpoint cannot keep; the message names the type."""


def encode(value: Any, arrays: dict[str, np.ndarray], name: str) -> Any:
    """Return ``value`` as JSON, and add its arrays to ``arrays``.

    Args:
        value: what is to be stored.
        arrays: those of the checkpoint, by name.
        name: the prefix of the names of new arrays.

    Raises:
        UnsupportedValueError: the value contains an object of another type.
    """
    if value is None or isinstance(value, bool | str) or type(value) is int:
        return value
    if type(value) is float:
        return value if math.isfinite(value) else {f"{_MARK}float": repr(value)}
    if isinstance(value, np.ndarray | np.generic):
        return _encode_array(value, arrays, name)
    if type(value) is list:
        return [encode(item, arrays, f"{name}/{index}") for index, item in enumerate(value)]
    if type(value) is tuple:
        return {f"{_MARK}tuple": encode(list(value), arrays, name)}
    if isinstance(value, bytes):
        return {f"{_MARK}bytes": _add(np.frombuffer(value, np.uint8), arrays, name)}
    if isinstance(value, Mapping):
        items = [[key, item] for key, item in value.items()]
        if all(isinstance(key, str) and not key.startswith(_MARK) for key, _ in items):
            return {key: encode(item, arrays, f"{name}/{key}") for key, item in items}
        return {f"{_MARK}dict": encode(items, arrays, name)}
    raise UnsupportedValueError(f"{type(value).__module__}.{type(value).__qualname__}")


def decode(value: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    """Return the value that :func:`encode` has stored.

    Raises:
        KeyError: an array is missing.
    """
    if isinstance(value, list):
        return [decode(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    kind = next(iter(value), "")
    if len(value) != 1 or not kind.startswith(_MARK):
        return {key: decode(item, arrays) for key, item in value.items()}
    content = value[kind]
    match kind[len(_MARK) :]:
        case "float":
            return float(content)
        case "tuple":
            return tuple(decode(content, arrays))
        case "dict":
            return dict(decode(content, arrays))
        case "array":
            return np.array(arrays[content])
        case "scalar":
            return arrays[content][()]
        case "bytes":
            return arrays[content].tobytes()
    raise KeyError(kind)


def _encode_array(value: Any, arrays: dict[str, np.ndarray], name: str) -> dict[str, str]:
    array = np.array(value)  # a copy: the owner may go on changing it
    if array.dtype.hasobject or array.dtype.names or array.dtype.kind in "SUMm":
        raise UnsupportedValueError(f"numpy.{array.dtype}")
    kind = "array" if isinstance(value, np.ndarray) else "scalar"
    return {f"{_MARK}{kind}": _add(array, arrays, name)}


def _add(array: np.ndarray, arrays: dict[str, np.ndarray], name: str) -> str:
    arrays[name] = array
    return name
