"""Pack the small arrays of a step's numbers into one on JAX."""

from __future__ import annotations

import math
from typing import Any, Final

from kwidgets.insight.predictions.packed_numbers import packed_key

_DTYPES: Final = ("float32", "int32")
#: Larger arrays cost more to copy than to return.
_MOST_NUMBERS: Final = 65_536


def pack(numbers: dict[str, Any]) -> dict[str, Any]:
    """Return ``numbers`` with the small arrays as one of int32, bit by bit. Traced by JAX."""
    import jax

    small = {
        name: value
        for name, value in numbers.items()
        if str(value.dtype) in _DTYPES and math.prod(value.shape) <= _MOST_NUMBERS
    }
    if len(small) < 2:
        return numbers
    words = [jax.lax.bitcast_convert_type(value, "int32").ravel() for value in small.values()]
    others = {name: value for name, value in numbers.items() if name not in small}
    return {**others, packed_key(small): jax.numpy.concatenate(words)}
