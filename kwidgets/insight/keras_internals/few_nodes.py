"""Operations that are few nodes of a graph on TensorFlow, where each costs microseconds a batch.

Those of Keras also handle negative indices and signed zeros, in up to twenty nodes.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


def take_rows(values: Any, rows: Any) -> Any:
    """Return the ``rows``, (n,) integers of 0 or more, of values, (batch, …)."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.gather(values, rows)
    return ops.take(values, rows, axis=0)


def pick_last(values: Any, index: Any) -> Any:
    """Return the values at ``index``, (…) int32, of the last axis of ``values``, (…, n)."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.gather(values, index, batch_dims=len(values.shape) - 1)
    return ops.squeeze(ops.take_along_axis(values, ops.expand_dims(index, -1), axis=-1), -1)


def largest_of_last(values: Any) -> Any:
    """Return the largest value of the last axis."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.reduce_max(values, axis=-1)
    return ops.max(values, axis=-1)


def worst_of(losses: Any, most: int, has_fixed_rows: bool) -> Any:
    """Return the numbers of the rows with the largest losses, int32, worst first; NaN is worst.

    Args:
        losses: (batch,).
        most: how many.
        has_fixed_rows: whether a batch with fewer rows has its last row several times; without
            that, it has them once, on TensorFlow.
    """
    largest = 3.0e38
    if keras.backend.backend() == "tensorflow" and not has_fixed_rows:
        import tensorflow as tf

        known = tf.where(tf.math.is_nan(losses), largest, losses)
        return tf.math.top_k(known, tf.minimum(most, tf.shape(known)[0]))[1]
    losses = ops.where(ops.isnan(losses), largest, ops.minimum(losses, largest))
    padded = ops.concatenate([losses, ops.full((most,), -largest, dtype="float32")])
    found = ops.top_k(padded, most)[1]
    return ops.cast(ops.minimum(found, ops.shape(losses)[0] - 1), "int32")
