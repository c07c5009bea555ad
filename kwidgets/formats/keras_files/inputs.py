"""The inputs of a model, from its InputLayers or from what its first layer says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from kwidgets.formats.errors import FormatError
from kwidgets.formats.keras_files.layer_config import dtype
from kwidgets.formats.keras_files.parts import OldLayer, Shape
from kwidgets.language import Message, message, t

_LONGEST = 2**31


def input_of_layer(old: OldLayer) -> Any:
    """Return the tensor of an InputLayer.

    Raises:
        FormatError: its shape cannot be read.
    """
    shape = _shape(old.config)
    if shape is None:
        raise FormatError(t("The file does not say the shape of its input “%1”.", old.name))
    return _input(shape, _kind(_type_of(old.config)), old.keras_name)


def first_input(first: OldLayer, build_shape: Any, like: Any, notes: list[Message]) -> Any:
    """Return the input of a Sequential without an InputLayer; add a note where it was guessed.

    Args:
        first: its first layer.
        build_shape: the shape of the input that the Sequential itself tells, or None.
        like: a KerasTensor with the input's shape, if the Sequential is called on it, or None.
        notes: where to add what was guessed.

    Raises:
        FormatError: neither the layer nor the Sequential says the shape.
    """
    config = first.config
    # A wrapper has the input's shape, or the layer in it has.
    inner = config.get("layer")
    if "batch_input_shape" not in config and isinstance(inner, Mapping):
        inside = inner.get("config")
        if isinstance(inside, Mapping) and first.class_name == "Bidirectional":
            config = {**inside, **{k: v for k, v in config.items() if k != "layer"}}
    shape = _shape(config) or _of_dimensions(first, config)
    if shape is None and isinstance(build_shape, (list, tuple)):
        shape = _checked(build_shape)
    if shape is None and like is not None:
        tensor = like[0] if isinstance(like, (list, tuple)) else like
        shape = tuple(tensor.shape)
    if shape is None:
        shape = _of_weights(first)
        if shape is not None:
            notes.append(
                message(
                    "The file does not say the shape of its input: %1 was taken from the weights.",
                    str(shape),
                )
            )
    if shape is None:
        raise FormatError(
            t(
                "The file does not say the shape of its input. Build the model in Python, and load "
                "the weights into it."
            )
        )
    kind = _kind(_type_of(config))
    if first.class_name == "Embedding" and first.origin.major < 2:
        kind = "int32"
    return _input(shape, kind, f"{first.keras_name}_input")


def _input(shape: Shape, kind: str | None, name: str) -> Any:
    try:
        return keras.Input(batch_shape=shape, dtype=kind, name=name)
    except Exception as error:
        raise FormatError(
            t("The input “%1” cannot be made: %2", name, str(error).strip()[:200])
        ) from error


def _kind(value: Any) -> str | None:
    """Return the type of an input; only inputs can be texts."""
    return "string" if value == "string" else dtype(value)


def _type_of(config: Mapping[str, Any]) -> Any:
    return config.get("input_dtype", config.get("dtype"))


def _shape(config: Mapping[str, Any]) -> Shape | None:
    for key in ("batch_input_shape", "batch_shape"):
        if isinstance(config.get(key), (list, tuple)):
            return _checked(config[key])
    if isinstance(config.get("input_shape"), (list, tuple)):
        return _checked([None, *config["input_shape"]])
    return None


def _checked(shape: Any) -> Shape:
    for each in shape:
        if each is not None and (
            not isinstance(each, int) or isinstance(each, bool) or not 0 < each < _LONGEST
        ):
            raise FormatError(t("The input has the shape %1, which is none.", repr(shape)[:80]))
    if len(shape) > 8:
        raise FormatError(t("The input has %1 axes; Keras's layers take up to 5.", len(shape)))
    return tuple(shape)


def _of_dimensions(first: OldLayer, config: Mapping[str, Any]) -> Shape | None:
    """Return the shape from "input_dim" and "input_length" of Keras 1."""
    size, length = config.get("input_dim"), config.get("input_length")
    if first.class_name == "Embedding":
        return _checked([None, length]) if "input_length" in config else None
    if not isinstance(size, int):
        return None
    if "input_length" in config:
        return _checked([None, length, size])
    return _checked([None, size])


def _of_weights(first: OldLayer) -> Shape | None:
    """Return the shape of the input that the first weights take."""
    shape = first.shapes[0] if first.shapes else None
    if shape is None:
        return None
    if first.class_name == "Dense" and len(shape) == 2:
        return (None, shape[0])
    if first.class_name in ("LSTM", "GRU", "SimpleRNN") and len(shape) == 2:
        return (None, None, shape[0])
    if first.class_name == "Conv2D" and first.config.get("data_format") != "channels_first":
        return (None, None, None, shape[2]) if len(shape) == 4 else None
    return None
