"""Compute the loss of each sample, which Keras averages at once."""

from __future__ import annotations

from typing import Any

from keras import ops


def is_keras_loss(loss: Any) -> bool:
    """Return whether a loss is Keras's own. One of the user's own is not called a second time: it
    may draw random numbers, or count its calls."""
    function = getattr(loss, "fn", None) if type(loss).__name__ == "LossFunctionWrapper" else loss
    module = getattr(function, "__module__", None) or type(function).__module__
    return loss is not None and str(module).startswith("keras.")


def sample_loss(loss: Any, y: Any, p: Any, weights: Any = None) -> Any:
    """Return the unweighted losses of the samples, (batch,) float32; None if there are none.

    Args:
        loss: a ``keras.Loss``, or None.
        y: the targets.
        p: the predictions, (batch, …).
        weights: (batch, places): places with weight 0 are left out of a sample's mean.
    """
    if not is_keras_loss(loss):
        return None
    dtype = getattr(loss, "dtype", None)
    values = loss.call(ops.convert_to_tensor(y, dtype=dtype), ops.convert_to_tensor(p, dtype=dtype))
    if len(values.shape) == 0:
        return None
    values = ops.cast(values, "float32")
    if len(values.shape) == 1:
        return values
    if weights is not None and len(weights.shape) == len(values.shape):
        kept = ops.cast(weights != 0, "float32")
        axes = tuple(range(1, len(values.shape)))
        return ops.sum(values * kept, axes) / ops.maximum(ops.sum(kept, axes), 1.0)
    return ops.mean(values, axis=tuple(range(1, len(values.shape))))
