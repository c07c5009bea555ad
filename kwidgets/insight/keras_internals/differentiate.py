"""Run a model without changing it, and differentiate it: Keras has gradients on no backend."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from kwidgets.insight.random_states import random_states_kept


@contextlib.contextmanager
def unchanged(model: Any, values: Mapping[int, Any] | None = None) -> Iterator[None]:
    """Run a model in this block; all of its variables keep their values.

    The moving averages, the seeds and the metrics that a call would change go into a scope that is
    dropped. On the model's training thread, after ``sync_variables``, or after the training.

    Args:
        model: built.
        values: of some variables, by their id, instead of the present ones.
    """
    own = {id(variable): variable for variable in (*model.variables, *model.metrics_variables)}
    given = values or {}
    mapping = [(variable, given.get(key, variable.value)) for key, variable in own.items()]
    with random_states_kept(), keras.StatelessScope(state_mapping=mapping, collect_losses=True):
        try:
            yield
        finally:
            with contextlib.suppress(Exception):
                model._clear_losses()


def value_and_gradients(
    function: Callable[[list[Any]], tuple[Any, Any]], at: list[Any]
) -> tuple[Any, Any, list[NDArray[Any]]]:
    """Return the value and the aux of ``function``, and the gradients of its value.

    Args:
        function: from tensors to (scalar, aux); aux is a structure of tensors.
        at: the tensors at which it is differentiated.

    Returns:
        The value and aux as tensors, and an array for each of ``at``, of its shape; zeros where the
        value does not depend on it.
    """
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        (value, aux), gradients = jax.value_and_grad(function, has_aux=True)(at)
    elif backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(at)
            value, aux = function(at)
        gradients = tape.gradient(value, at)
    else:
        import torch

        with torch.enable_grad():
            at = [tensor.detach().clone().requires_grad_(True) for tensor in at]
            value, aux = function(at)
            gradients = torch.autograd.grad(value, at, allow_unused=True)
    return value, aux, [_as_array(g, a) for g, a in zip(gradients, at, strict=True)]


def _as_array(gradient: Any, at: Any) -> NDArray[Any]:
    if gradient is None:
        return np.zeros([int(side) for side in at.shape], np.float32)
    # The gradient of an embedding has the rows that were used only.
    if type(gradient).__name__ == "IndexedSlices":
        gradient = keras.ops.convert_to_tensor(gradient)
    return to_numpy(gradient)


def to_numpy(value: Any) -> NDArray[Any]:
    """Copy a tensor to the host, as float32 if it is bfloat16."""
    if hasattr(value, "detach"):
        value = value.detach()
    if "bfloat16" in str(value.dtype):
        value = keras.ops.cast(value, "float32")
    return np.asarray(keras.ops.convert_to_numpy(value))


def as_input(model: Any, leaves: list[Any]) -> Any:
    """Return the flat inputs of a model in the structure that it takes."""
    structure = getattr(model, "_inputs_struct", None)
    if structure is not None and len(keras.tree.flatten(structure)) == len(leaves):
        return keras.tree.pack_sequence_as(structure, leaves)
    return leaves[0] if len(leaves) == 1 else leaves
