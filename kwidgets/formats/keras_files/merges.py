"""Merge of Keras 1 by its modes, as layers of this Keras."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from kwidgets.formats.keras_files import objects, values
from kwidgets.formats.keras_files.parts import CutError, OldLayer, Part, shape_of
from kwidgets.language import message

_LAYERS = {
    "sum": keras.layers.Add,
    "mul": keras.layers.Multiply,
    "ave": keras.layers.Average,
    "max": keras.layers.Maximum,
}
_SMALLEST = 1e-7


def merge(old: OldLayer, inputs: Any) -> Part:
    """Return the layer or the operations of a Merge."""
    mode = old.config.get("mode", "sum")
    if old.config.get("mode_type", "raw") != "raw" or not isinstance(mode, str):
        raise CutError(objects.lambda_note(old.name))
    tensors = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    if mode in _LAYERS:
        return _of_layer(_LAYERS[mode](name=old.keras_name))
    if mode == "concat":
        axis = values.integer(old.config.get("concat_axis", -1), "concat_axis")
        return _of_layer(keras.layers.Concatenate(axis=axis, name=old.keras_name))
    if mode in ("dot", "cos") and len(tensors) == 2:
        return _product(old, tensors, mode)
    raise CutError(message("“%1” merges by “%2”, which is not known.", old.name, mode))


def _of_layer(layer: Any) -> Part:
    return Part([layer], lambda inputs, kwargs: layer(list(inputs)))


def _product(old: OldLayer, tensors: list[Any], mode: str) -> Part:
    ranks = [len(shape_of(each)) for each in tensors]
    axes = old.config.get("dot_axes", -1)
    if isinstance(axes, int):
        pair = (axes % ranks[0], axes % ranks[1]) if axes < 0 else (axes, axes)
    else:
        flat = [each[0] if isinstance(each, list) and each else each for each in axes or []]
        first, second = values.integers(flat, "dot_axes", 2)
        pair = (first % ranks[0], second % ranks[1])
    layer = keras.layers.Dot(axes=pair, name=old.keras_name)
    if mode == "dot":
        return _of_layer(layer)

    def apply(inputs: Any, kwargs: Mapping[str, Any]) -> Any:
        del kwargs
        ops = keras.ops
        left, right = inputs
        lengths = ops.sqrt(
            keras.layers.Dot(axes=pair[0], name=f"{old.keras_name}_left")([left, left])
            * keras.layers.Dot(axes=pair[1], name=f"{old.keras_name}_right")([right, right])
        )
        return ops.expand_dims(layer([left, right]) / ops.maximum(lengths, _SMALLEST), 1)

    return Part(
        [layer],
        apply,
        notes=[message("Divides by the lengths, as “cos” of Keras 1 did.")],
        outcome="repaired",
    )
