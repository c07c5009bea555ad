"""Counts the parameters and bytes of layers and optimizers, as Keras counts them.

Each layer's variables are read where Keras stores them, so that no code of the user's runs.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import re
from collections.abc import Iterable
from typing import Any

from keras.src.utils.dtype_utils import dtype_size
from keras.src.utils.python_utils import is_default

from kwidgets.models.describe.attributes import instance_dict, is_keras_class, read_attribute


@dataclasses.dataclass(frozen=True)
class Weights:
    """The weights of a layer and of all layers in it.

    Args:
        variables: each once.
        unbuilt: the layers whose weights do not exist yet.
    """

    variables: tuple[Any, ...]
    unbuilt: tuple[Any, ...]


def weights_of(layer: Any) -> Weights:
    """Gather the weights of ``layer``."""
    variables: dict[int, Any] = {}
    unbuilt: list[Any] = []
    seen: set[int] = set()
    waiting = [layer]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        own = instance_dict(one)
        for kind in ("_trainable_variables", "_non_trainable_variables"):
            for variable in own.get(kind, ()):
                variables[id(variable)] = variable
        if not own.get("built", False) and _may_have_weights(one):
            unbuilt.append(one)
        waiting.extend(reversed(own.get("_layers", ())))
    return Weights(tuple(variables.values()), tuple(unbuilt))


def _may_have_weights(layer: Any) -> bool:
    """Return False for Keras's own layers without sublayers and without a ``build``."""
    kind = type(layer)
    return bool(instance_dict(layer).get("_layers")) or not (
        is_keras_class(kind) and is_default(kind.build)
    )


def count_parameters(variables: Iterable[Any]) -> int:
    """Return how many numbers are in ``variables``."""
    # Not `shape`: on TensorFlow that creates a large object each time.
    return sum(_size(variable._shape) for variable in variables)


def count_trainable(variables: Iterable[Any]) -> int:
    """Return how many numbers are in the trainable ones of ``variables``."""
    return count_parameters(variable for variable in variables if variable.trainable)


def memory_bytes(variables: Iterable[Any]) -> int:
    """Return the memory of ``variables``, which are all different."""
    # Not `dtype`: within a call under mixed precision it differs.
    return sum(_size(variable._shape) * _bits(variable._dtype) for variable in variables) // 8


@functools.lru_cache(512)
def _size(shape: tuple[int, ...]) -> int:
    return math.prod(map(int, shape))


@functools.lru_cache(64)
def _bits(dtype: str) -> int:
    try:
        return int(dtype_size(dtype))
    except ValueError:
        # Keras's table lacks the float8 and complex types, whose names contain their size.
        digits = re.search(r"\d+", dtype)
        return int(digits.group()) if digits else 0


def optimizer_variables(model: Any) -> tuple[Any, ...] | None:
    """Return the variables of the optimizer of ``model``; None when it has no optimizer."""
    optimizer = read_attribute(model, "optimizer")
    if optimizer is None or not read_attribute(model, "compiled", False):
        return None
    if not read_attribute(optimizer, "built", False):
        return ()
    unique = {id(variable): variable for variable in read_attribute(optimizer, "variables", ())}
    return tuple(unique.values())
