"""Copies of a model with 8- or 4-bit integers, or 16-bit numbers, as weights."""

from __future__ import annotations

import warnings
from typing import Any, Literal

import keras

from kwidgets.formats.errors import FormatError
from kwidgets.formats.slimming.copy_model import compile_like, copy_changed, copy_model
from kwidgets.language import Message, message, t


def quantized(model: keras.Model, mode: Literal["int8", "int4"]) -> tuple[Any, list[Message]]:
    """Return a copy whose layers compute with integers, where Keras has them, and what is said.

    Raises:
        FormatError: no layer of the model can be quantized.
    """
    copied = copy_model(model)
    before = {layer.path for layer in _layers(copied) if _mode(layer)}
    with warnings.catch_warnings():
        # Of each layer that cannot: they are listed below.
        warnings.simplefilter("ignore")
        copied.quantize(mode)
    changed = [layer for layer in _layers(copied) if _mode(layer) and layer.path not in before]
    if not changed:
        raise FormatError(
            t(
                "No layer of “%1” can be quantized to %2: Keras quantizes Dense, EinsumDense and "
                "Embedding layers. Use “float16”.",
                model.name,
                mode,
            )
        )
    kept = [
        layer for layer in _layers(copied) if layer.weights and not _mode(layer) and _is_leaf(layer)
    ]
    notes = [message("Quantized to %1: %2.", mode, _names(changed))]
    if kept:
        notes.append(message("Unchanged, since Keras has no %1 for them: %2.", mode, _names(kept)))
    return copied, notes


def half_precision(model: keras.Model) -> tuple[Any, list[Message]]:
    """Return a copy that stores and computes with 16-bit numbers, and what is said.

    Raises:
        FormatError: the model has a class of the user's own.
    """
    if not (hasattr(model, "input_names") or isinstance(model, keras.Sequential)):
        raise FormatError(
            t(
                "“%1” is a class of your own. Create it with dtype="
                "“float16” and call set_weights(model.get_weights()).",
                model.name,
            )
        )

    def change(layer: keras.Layer, config: dict[str, Any]) -> dict[str, Any]:
        changed: dict[str, Any] = _with_half(config)
        return changed

    copied = copy_changed(model, change)
    copied.set_weights(model.get_weights())
    compile_like(copied, model)
    return copied, [
        message(
            "Weights and activations have 16 bits: numbers above 65,504 become infinite. On most "
            "processors it is smaller, not faster; GPUs gain most."
        )
    ]


def _with_half(config: Any) -> Any:
    """Return a layer's configuration with the dtype of it, and of layers in it, replaced."""
    if isinstance(config, dict):
        if config.get("class_name") == "DTypePolicy":
            return _half_policy(config)
        return {
            key: "float16" if key == "dtype" and value == "float32" else _with_half(value)
            for key, value in config.items()
        }
    if isinstance(config, (list, tuple)):
        return type(config)(map(_with_half, config))
    return config


def _half_policy(config: dict[str, Any]) -> dict[str, Any]:
    inner = config.get("config", {})
    if inner.get("name") != "float32":
        return config
    return {**config, "config": {**inner, "name": "float16"}}


def _layers(model: Any) -> list[Any]:
    return list(model._flatten_layers(include_self=False))


def _is_leaf(layer: Any) -> bool:
    return len(list(layer._flatten_layers())) == 1


def _mode(layer: Any) -> str:
    return getattr(layer, "quantization_mode", None) or ""


def _names(layers: list[Any]) -> str:
    names = [layer.name for layer in layers]
    return ", ".join(names[:10]) + (", …" if len(names) > 10 else "")
