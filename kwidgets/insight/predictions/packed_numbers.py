"""Several small arrays of a batch in one, and back again.

On JAX each array that a step returns costs microseconds, and its copy to the host as many again.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

#: Begins the key of the one array; the rest of the key says what is in it.
PREFIX: Final = "packed "

_Place = tuple[str, str, tuple[int, ...], int, int]


def packed_key(arrays: Mapping[str, Any]) -> str:
    """Return the key for arrays of four bytes a number, in this order."""
    parts = [(name, str(array.dtype), tuple(array.shape)) for name, array in arrays.items()]
    return PREFIX + json.dumps(parts)


def key_of_packed(numbers: Mapping[str, Any]) -> str | None:
    """Return the key of the packed array among ``numbers``; None without one."""
    return next((key for key in numbers if key.startswith(PREFIX)), None)


def unpack(key: str, words: NDArray[np.int32]) -> dict[str, NDArray[Any]]:
    """Return views of the arrays that ``words`` has."""
    return {
        name: words[start:stop].view(dtype).reshape(shape)
        for name, dtype, shape, start, stop in _places(key)
    }


@functools.lru_cache(maxsize=64)
def _places(key: str) -> tuple[_Place, ...]:
    places: list[_Place] = []
    stop = 0
    for name, dtype, shape in json.loads(key.removeprefix(PREFIX)):
        start, stop = stop, stop + math.prod(shape)
        places.append((name, dtype, tuple(shape), start, stop))
    return tuple(places)
