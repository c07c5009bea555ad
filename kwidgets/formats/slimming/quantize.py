"""Copies of a model with 8- or 4-bit integers, or 16-bit numbers, as weights."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Final, Literal

import keras

from kwidgets.formats.errors import FormatError
from kwidgets.formats.slimming.copy_model import (
    compile_like,
    copy_changed,
    copy_model,
    copy_state,
    is_graph,
    weight_bytes,
)
from kwidgets.language import Message, message, t

_LARGER: Final = frozenset({"float32", "float64", "mixed_float16", "mixed_bfloat16"})


def quantized(
    model: keras.Model, mode: Literal["int8", "int4"], is_same: Callable[[Any], bool]
) -> tuple[Any, list[Message]]:
    """Return a copy whose layers compute with integers, where Keras has them, and what is said.

    Args:
        model: built.
        mode: of Keras.
        is_same: returns whether a copy predicts what the model predicts.

    Raises:
        FormatError: no layer of the model can be quantized, or it is quantized already.
    """
    _refuse_quantized(model)
    if any(getattr(layer, "compute_dtype", "") == "float16" for layer in _layers(model)):
        raise FormatError(
            t(
                "“%1” computes with float16, from which Keras cannot quantize. Create it with "
                "dtype=“float32” and call set_weights(model.get_weights()).",
                model.name,
            )
        )
    copied = copy_model(model)
    if not is_same(copied):
        copied = copy_model(model, by_file=True)
        if not is_same(copied):
            raise FormatError(
                t(
                    "A copy of “%1” does not predict what the model predicts: a layer has state "
                    "that Keras does not save. Keep it in weights of the layer.",
                    model.name,
                )
            )
    with warnings.catch_warnings():
        # Of each layer that cannot: they are listed below.
        warnings.simplefilter("ignore")
        try:
            copied.quantize(mode)
        except (ValueError, TypeError, NotImplementedError) as error:
            lines = str(error).strip().splitlines() or [type(error).__name__]
            raise FormatError(
                t("Keras cannot quantize “%1” to %2: %3", model.name, mode, lines[0][:300])
            ) from error
    changed = [layer for layer in _layers(copied) if _mode(layer)]
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
        FormatError: the model has a class of the user's own, or 16 bits or fewer already.
    """
    if not is_graph(model):
        raise FormatError(
            t(
                "“%1” is a class of your own. Create it with dtype="
                "“float16” and call set_weights(model.get_weights()).",
                model.name,
            )
        )

    _refuse_quantized(model)

    def change(layer: keras.Layer, config: dict[str, Any]) -> dict[str, Any]:
        changed: dict[str, Any] = _with_half(config)
        return changed

    copied = copy_changed(model, change)
    copy_state(model, copied)
    compile_like(copied, model)
    if weight_bytes(copied) >= weight_bytes(model):
        raise FormatError(
            t("The weights of “%1” have 16 bits or fewer already: nothing is smaller.", model.name)
        )
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
            key: "float16" if key == "dtype" and _is_larger(value) else _with_half(value)
            for key, value in config.items()
        }
    if isinstance(config, (list, tuple)):
        return type(config)(map(_with_half, config))
    return config


def _half_policy(config: dict[str, Any]) -> dict[str, Any]:
    inner = config.get("config", {})
    if not _is_larger(inner.get("name")):
        return config
    return {**config, "config": {**inner, "name": "float16"}}


def _is_larger(dtype: Any) -> bool:
    """Return whether a dtype or policy keeps numbers of more than 16 bits."""
    return isinstance(dtype, str) and dtype in _LARGER


def _refuse_quantized(model: Any) -> None:
    modes = sorted({_mode(layer) for layer in _layers(model) if _mode(layer)})
    if modes:
        raise FormatError(
            t(
                "“%1” is quantized to %2 already. Pass the model as it was before.",
                model.name,
                ", ".join(modes),
            )
        )


def _layers(model: Any) -> list[Any]:
    return list(model._flatten_layers(include_self=False))


def _is_leaf(layer: Any) -> bool:
    return len(list(layer._flatten_layers())) == 1


def _mode(layer: Any) -> str:
    return getattr(layer, "quantization_mode", None) or ""


def _names(layers: list[Any]) -> str:
    names = [layer.name for layer in layers]
    return ", ".join(names[:10]) + (", …" if len(names) > 10 else "")
