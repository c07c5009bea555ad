"""Pass masks to layers as arguments where a tensor may have lost its own when the model runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

_MASK = "_keras_mask"
_LISTS = (keras.layers.Attention, keras.layers.AdditiveAttention)


def mask_of(tensor: Any) -> Any:
    """Return the mask that goes along with a KerasTensor, or None."""
    return getattr(tensor, _MASK, None)


def with_masks(layer: Any, inputs: Any, kwargs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the arguments of a call with the masks of its inputs.

    MultiHeadAttention takes the masks off the tensors that it is called on, so that layers that
    take the same tensors after it see none. What is an argument of the call stays.

    Args:
        layer: is about to be called.
        inputs: the tensor or tensors of the call.
        kwargs: its other arguments.
    """
    if isinstance(layer, keras.layers.MultiHeadAttention):
        return _of_attention(inputs, kwargs)
    if kwargs.get("mask") is not None:
        return kwargs
    if isinstance(layer, _LISTS) and isinstance(inputs, (list, tuple)):
        masks = [mask_of(each) for each in inputs]
        return kwargs if all(each is None for each in masks) else {**kwargs, "mask": masks}
    if isinstance(layer, keras.layers.RNN | keras.layers.Bidirectional):
        mask = mask_of(inputs)
        return kwargs if mask is None else {**kwargs, "mask": mask}
    return kwargs


def _of_attention(inputs: Any, kwargs: Mapping[str, Any]) -> Mapping[str, Any]:
    ops = keras.ops
    parts = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    value = kwargs.get("value", parts[1] if len(parts) > 1 else None)
    key = kwargs.get("key", parts[2] if len(parts) > 2 else None)
    # Of the shapes (batch, queries, 1) and (batch, 1, values).
    found = [] if mask_of(parts[0]) is None else [ops.expand_dims(mask_of(parts[0]), -1)]
    # The key is the value where it is not given.
    others = [mask_of(value)] if key is value else [mask_of(value), mask_of(key)]
    found += [ops.expand_dims(each, -2) for each in others if each is not None]
    if not found:
        return kwargs
    joined = kwargs.get("attention_mask")
    for each in found:
        joined = each if joined is None else ops.logical_and(joined, each)
    return {**kwargs, "attention_mask": joined}
