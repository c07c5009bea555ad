"""Restore the weights of a model after a fit that failed, on the JAX backend.

While Keras trains with JAX, the variables of a model are empty: the values pass from step to step
and are written back at the end. When the first step fails, they are not written back.
"""

from __future__ import annotations

from typing import Any

import keras

SavedValues = list[tuple[keras.Variable, Any]]


def save_values(model: keras.Sequential) -> SavedValues:
    """Return the model's variables with their values before a fit, without copying the values."""
    if keras.backend.backend() != "jax" or not model.built:
        return []
    return [(variable, variable._value) for variable in _variables(model)]


def restore_values(model: keras.Sequential, saved: SavedValues) -> bool:
    """Set empty variables to their saved values; return whether all weights have a value."""
    if keras.backend.backend() != "jax":
        return True
    for variable, value in saved:
        if variable._value is None and value is not None and not value.is_deleted():
            variable._value = value
    return all(weight._value is not None for weight in model.weights)


def _variables(model: keras.Sequential) -> list[keras.Variable]:
    optimizer = getattr(model, "optimizer", None)
    return [*model.variables, *getattr(optimizer, "variables", [])]
