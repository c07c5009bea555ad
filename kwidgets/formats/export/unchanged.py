"""Call a model so that nothing of it has changed afterwards."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from kwidgets.recurrent_states import recurrent_states


@contextlib.contextmanager
def unchanged(model: Any) -> Iterator[None]:
    """Restore after this context what calls change: states of stateful layers, and of seeds.

    Args:
        model: built.
    """
    variables = [
        *(each for layer in model._flatten_layers() for each in _states(layer)),
        *(each for each in model.non_trainable_variables if "seed" in each.name),
    ]
    before = [np.array(keras.ops.convert_to_numpy(each)) for each in variables]
    try:
        yield
    finally:
        for variable, value in zip(variables, before, strict=True):
            if not np.array_equal(keras.ops.convert_to_numpy(variable), value):
                variable.assign(value)


def _states(layer: Any) -> list[Any]:
    """Return the variables of a layer that a call without training may change."""
    if type(layer).__module__.startswith("keras.") and not getattr(layer, "stateful", False):
        return []
    return [
        each
        for each in getattr(layer, "_non_trainable_variables", ())
        if not getattr(each, "trainable", False)
    ] + recurrent_states(layer)
