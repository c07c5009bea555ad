"""Compute the loss of each sample, which Keras averages at once."""

from __future__ import annotations

from typing import Any

from keras import ops


def sample_loss(loss: Any, y: Any, p: Any, weights: Any = None) -> Any:
    """Return the unweighted losses of the samples, (batch,) float32; None if there are none.

    Args:
        loss: a ``keras.Loss``, or None.
        y: the targets.
        p: the predictions, (batch, …).
        weights: (batch, places): places with weight 0 are left out of a sample's mean.
    """
    if loss is None or not hasattr(loss, "call"):
        return None
    dtype = getattr(loss, "dtype", None)
    values = loss.call(ops.convert_to_tensor(y, dtype=dtype), ops.convert_to_tensor(p, dtype=dtype))
    # A custom function may return a scalar: then nothing is known of the samples.
    if len(values.shape) == 0 or (len(values.shape) == 1 and len(p.shape) == 0):
        return None
    values = ops.cast(values, "float32")
    if len(values.shape) == 1:
        return values
    if weights is not None and len(weights.shape) == len(values.shape):
        kept = ops.cast(weights != 0, "float32")
        axes = tuple(range(1, len(values.shape)))
        return ops.sum(values * kept, axes) / ops.maximum(ops.sum(kept, axes), 1.0)
    return ops.mean(values, axis=tuple(range(1, len(values.shape))))
