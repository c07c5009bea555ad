"""Make the variables that a training makes in its first step, so that they can be set before it.

On JAX and PyTorch ``fit`` makes them before its callbacks are called. On TensorFlow the optimizer,
the metrics and layers without an input shape get theirs when the first step is traced.
"""

from __future__ import annotations

from typing import Any

import keras


def build_state(model: Any, element_spec: Any) -> None:
    """Make the variables of ``model``, its metrics and its optimizer. Draws no data.

    Args:
        model: compiled, in ``on_train_begin``.
        element_spec: what a batch looks like, as a dataset of TensorFlow says; None on the other
            backends.

    Raises:
        Exception: whatever the model raises for such a batch.
    """
    if element_spec is None:
        return
    import tensorflow as tf

    def spec_or_none(spec: Any) -> Any:
        # A missing sample weight is an empty Optional.
        is_tensor = isinstance(spec, tf.TensorSpec | tf.RaggedTensorSpec | tf.SparseTensorSpec)
        return spec if is_tensor else None

    # Keras has no public function for it. It only looks at shapes.
    try:
        model._symbolic_build(data_batch=keras.tree.map_structure(spec_or_none, element_spec))
    except Exception:
        # A GAN has no call for a batch of the data, and its networks are built already. Where
        # something is missing, the comparison with the checkpoint says so.
        if not model.variables:
            raise
