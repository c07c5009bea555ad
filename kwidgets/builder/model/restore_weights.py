"""The weights of a fit that failed.

While Keras trains with JAX, the variables of a model are empty: the values go from step to step,
and come back at the end. Where the very first step fails, they do not.
"""

from __future__ import annotations

from typing import Any

import keras

Held = list[tuple[keras.Variable, Any]]


def hold(model: keras.Sequential) -> Held:
    """Return the values of the model's variables before a fit: themselves, no copies."""
    if keras.backend.backend() != "jax" or not model.built:
        return []
    return [(variable, variable._value) for variable in _variables(model)]


def give_back(model: keras.Sequential, held: Held) -> bool:
    """Give empty variables the values from before; return whether all weights have one again."""
    if keras.backend.backend() != "jax":
        return True
    for variable, value in held:
        if variable._value is None and value is not None and not value.is_deleted():
            variable._value = value
    return all(weight._value is not None for weight in model.weights)


def _variables(model: keras.Sequential) -> list[keras.Variable]:
    optimizer = getattr(model, "optimizer", None)
    return [*model.variables, *getattr(optimizer, "variables", [])]
