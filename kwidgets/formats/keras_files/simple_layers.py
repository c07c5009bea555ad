"""Layers of old files whose arguments mean something else now, without weights' layouts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from kwidgets.formats.keras_files.layer_config import make_layer, present_config
from kwidgets.formats.keras_files.parts import (
    CutError,
    OldLayer,
    Part,
    Shape,
    one_tensor,
    shape_of,
)
from kwidgets.formats.keras_files.rebuilt import Arrays
from kwidgets.language import Message, message


def plain(old: OldLayer, inputs: Any) -> Part:
    """Return the layer of the same name."""
    del inputs
    notes: list[Message] = []
    layer = make_layer(old, notes)
    return Part([layer], notes=notes, outcome="repaired" if notes else "converted")


def flatten(old: OldLayer, inputs: Any) -> Part:
    """Return Flatten, in the order of the file's Keras."""
    tensor = one_tensor(inputs, old.name)
    notes: list[Message] = []
    if old.origin.major < 2:
        # Keras 1 flattens the numbers as they lie; Keras's “channels_last” does the same.
        layer = make_layer(old, notes, data_format="channels_last")
        if old.origin.data_format == "channels_first" and len(shape_of(tensor)) > 3:
            notes.append(message("Flattens channels first, as Keras 1 did."))
    else:
        layer = make_layer(old, notes)
    return Part([layer], notes=notes, outcome="repaired" if notes else "converted")


def batch_normalization(old: OldLayer, inputs: Any) -> Part:
    """Return BatchNormalization; of Keras 1 with its modes and the axis that the weights tell."""
    tensor = one_tensor(inputs, old.name)
    notes: list[Message] = []
    changes: dict[str, Any] = {}
    if old.class_name == "SyncBatchNormalization":
        changes["synchronized"] = True
    mode = old.config.get("mode", 0)
    if mode == 1:
        return _sample_normalization(old, tensor)
    if mode == 2:
        return _without_averages(old, tensor)
    shape = shape_of(tensor)
    config = present_config(old.class_name, old.config, old.origin)
    axis = config.get("axis", -1)
    if isinstance(axis, list):
        raise CutError(message("“%1” normalizes several axes, which Keras does not.", old.name))
    if old.shapes and old.shapes[0] and isinstance(axis, int) and -len(shape) <= axis < len(shape):
        size = old.shapes[0][0]
        fitting = [index for index, each in enumerate(shape) if index and each == size]
        if shape[axis] not in (size, None) and len(fitting) == 1:
            notes.append(
                message(
                    "The file says axis %1, but its weights have the size of axis %2: that was "
                    "taken.",
                    str(axis),
                    str(fitting[0]),
                )
            )
            changes["axis"] = fitting[0]
    if old.origin.major < 2:
        changes.setdefault("momentum", config.get("momentum", 0.99))
    layer = make_layer(old, notes, **changes)
    real_deviation = old.origin.keras_version[0] < 1
    if real_deviation:
        notes.append(message("The file keeps standard deviations; they became variances."))
    epsilon = float(old.config.get("epsilon", 1e-6))

    def convert(arrays: Arrays) -> Arrays:
        if real_deviation and arrays:
            # Keras 0.3 divides by deviation + epsilon, not by the root of variance + epsilon.
            return [*arrays[:-1], np.square(arrays[-1] + epsilon) - epsilon]
        return arrays

    return Part(
        [layer],
        convert=convert,
        notes=notes,
        outcome="guessed" if "axis" in changes else "repaired" if notes else "converted",
    )


def _sample_normalization(old: OldLayer, tensor: Any) -> Part:
    """Return mode 1 of Keras 1: each sample by itself, with epsilon added twice."""
    epsilon = float(old.config.get("epsilon", 1e-3))
    shape = shape_of(tensor)
    scale = _scale_and_shift(old.keras_name, shape)

    def apply(inputs: Any, kwargs: Mapping[str, Any]) -> Any:
        del kwargs
        ops = keras.ops
        x = one_tensor(inputs, old.name)
        x = x - ops.mean(x, axis=-1, keepdims=True)
        deviation = ops.sqrt(ops.mean(ops.square(x), axis=-1, keepdims=True) + epsilon)
        return scale(x / (deviation + epsilon))

    notes = [message("Mode 1 normalizes each sample: made of operations and EinsumDense.")]
    # The running averages of this mode are not used.
    return Part(
        [scale], apply, lambda arrays: list(arrays[:2]), 2, 4, notes=notes, outcome="repaired"
    )


def _without_averages(old: OldLayer, tensor: Any) -> Part:
    """Return mode 2 of Keras 1: by the averages of the batch, in training and prediction."""
    shape = shape_of(tensor)
    axis = int(old.config.get("axis", -1)) % len(shape)
    epsilon = float(old.config.get("epsilon", 1e-3))
    last = (*shape[:axis], *shape[axis + 1 :], shape[axis])
    scale = _scale_and_shift(old.keras_name, last)
    axes = tuple(each for each in range(len(shape)) if each != axis)

    def apply(inputs: Any, kwargs: Mapping[str, Any]) -> Any:
        del kwargs
        ops = keras.ops
        x = one_tensor(inputs, old.name)
        mean = ops.mean(x, axis=axes, keepdims=True)
        variance = ops.mean(ops.square(x - mean), axis=axes, keepdims=True)
        normal = (x - mean) / ops.sqrt(variance + epsilon)
        # Behind the other axes, since Keras on TensorFlow may add along the last one.
        return ops.moveaxis(scale(ops.moveaxis(normal, axis, -1)), -1, axis)

    notes = [message("Mode 2 normalizes by the batch, also in predict: its outputs depend on it.")]
    # The running averages of this mode are not used.
    return Part(
        [scale], apply, lambda arrays: list(arrays[:2]), 2, 4, notes=notes, outcome="repaired"
    )


def _scale_and_shift(name: str, shape: Shape) -> Any:
    """Return a layer with a factor and a summand for each index of the last axis."""
    letters = "bcdefgh"[: len(shape) - 1]
    letter = letters[-1]
    return keras.layers.EinsumDense(
        f"a{letters},{letter}->a{letters}",
        output_shape=shape[1:],
        bias_axes=letter,
        name=name,
    )


def normalization(old: OldLayer, inputs: Any) -> Part:
    """Return Normalization, whose counter begins anew."""
    del inputs
    notes: list[Message] = []
    layer = make_layer(old, notes)

    def convert(arrays: Arrays) -> Arrays:
        # Mean and variance; some releases of Keras count the samples behind them, with other types.
        counts = [np.zeros(tuple(each.shape)) for each in layer.weights[2:]]
        return [*arrays[:2], *counts]

    # With the averages in the configuration it has no arrays.
    num_arrays = 0 if layer.input_mean is not None else 3
    return Part([layer], convert=convert, num_trainable=0, num_arrays=num_arrays, notes=notes)


def embedding(old: OldLayer, inputs: Any) -> Part:
    """Return an Embedding; Keras 1's dropout of whole words is told, not kept."""
    del inputs
    notes: list[Message] = []
    changes: dict[str, Any] = {"dtype": None}
    if old.config.get("dropout"):
        changes["dropout"] = None
        notes.append(
            message("Its dropout of whole words (%1) was dropped.", str(old.config["dropout"]))
        )
    layer = make_layer(old, notes, **changes)
    return Part([layer], notes=notes, outcome="repaired" if notes else "converted")


def leaky_relu(old: OldLayer, inputs: Any) -> Part:
    """Return a LeakyReLU with the slope of the file, or its old default."""
    del inputs
    notes: list[Message] = []
    config = present_config(old.class_name, old.config, old.origin)
    slope = config.get("negative_slope", 0.3)
    if isinstance(slope, Mapping):
        # tf.keras writes the array of one number as a dictionary.
        slope = slope.get("config", {}).get("value", slope.get("value", 0.3))
    return Part([make_layer(old, notes, negative_slope=float(slope))], notes=notes)


def elu(old: OldLayer, inputs: Any) -> Part:
    """Return an ELU."""
    del inputs
    notes: list[Message] = []
    return Part([make_layer(old, notes, alpha=float(old.config.get("alpha", 1.0)))], notes=notes)
