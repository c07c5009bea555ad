"""Pooling of old files, with Theano's paddings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from kwidgets.formats.keras_files import values
from kwidgets.formats.keras_files.convolutions import same_pads
from kwidgets.formats.keras_files.layer_config import make_layer, present_config
from kwidgets.formats.keras_files.parts import OldLayer, Part, one_tensor
from kwidgets.language import Message, message


def pooling(old: OldLayer, inputs: Any) -> Part:
    """Return a pooling layer, or operations where only these pad as Theano does."""
    tensor = one_tensor(inputs, old.name)
    config = present_config(old.class_name, old.config, old.origin)
    rank = int(old.class_name[-2])
    data_format = str(config.get("data_format", "channels_last"))
    channels_first = data_format == "channels_first"
    size = values.integers(config.get("pool_size", 2), "pool_size", rank)
    asked = config.get("strides")
    strides = size if asked is None else values.integers(asked, "strides", rank)
    notes: list[Message] = []
    if config.get("padding") != "same" or not old.origin.flips_kernels:
        return Part([make_layer(old, notes)], notes=notes)
    pads = [_theano_pads(each) for each in size]
    if pads == same_pads(tensor, size, strides, channels_first):
        return Part([make_layer(old, notes)], notes=notes)
    notes.append(
        message(
            "Pads %1 before and after, as Theano does; Keras's “same” would pad others.",
            str(pads).strip("[]"),
        )
    )
    axes = [(0, 0), (0, 0), *pads] if channels_first else [(0, 0), *pads, (0, 0)]
    # The layer, since Keras on JAX cannot load the operation of a saved model.
    pool = make_layer(old, notes, padding="valid")

    def largest(inputs: Any, kwargs: Mapping[str, Any]) -> Any:
        del kwargs
        x = one_tensor(inputs, old.name)
        return pool(keras.ops.pad(x, axes, constant_values=float("-inf")))

    def average(inputs: Any, kwargs: Mapping[str, Any]) -> Any:
        del kwargs
        ops = keras.ops
        # The mean of what is not padding: twice the same pooling, once of ones.
        x = one_tensor(inputs, old.name)
        return ops.divide(pool(ops.pad(x, axes)), pool(ops.pad(ops.ones_like(x), axes)))

    apply = largest if old.class_name.startswith("Max") else average
    return Part([pool], apply=apply, notes=notes, outcome="repaired")


def _theano_pads(size: int) -> tuple[int, int]:
    before = size - 2 if size > 2 and size % 2 else size - 1
    # The pooled size is ceil(size / stride), as if this many stood behind.
    return before, size - 1 - before
