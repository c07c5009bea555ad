"""Copy a model with its weights, for a change that must not touch the original."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
from keras.src.models.functional import Functional


def is_graph(model: Any) -> bool:
    """Return whether Keras knows the layers of a model and how they are joined."""
    return isinstance(model, (Functional, keras.Sequential))


def copy_model(model: keras.Model, by_file: bool = False) -> Any:
    """Return a model with the same layers, names, weights and compile settings.

    Args:
        model: built.
        by_file: go through a file, as classes of the user always do.

    Raises:
        Exception: Keras cannot copy it, which its own error says.
    """
    if is_graph(model) and not by_file:
        copied = keras.models.clone_model(model)
        if not copied.built:
            copied.build(model.input_shape)
        copy_state(model, copied)
    else:
        # A class of the user: its own configuration and weights, through a file.
        with tempfile.TemporaryDirectory(prefix="kwidgets-copy-") as folder:
            path = Path(folder) / "model.keras"
            model.save(path)
            known = {type(model).__name__: type(model)}
            copied = keras.saving.load_model(path, custom_objects=known, compile=False)
    compile_like(copied, model)
    return copied


def copy_state(model: Any, copied: Any) -> None:
    """Give a copy of a model its weights, vocabularies and statistics.

    Args:
        model: whose state is read.
        copied: has the same layers, perhaps of another dtype.
    """
    copied.set_weights(model.get_weights())
    for before, after in zip(model._flatten_layers(), copied._flatten_layers(), strict=True):
        if hasattr(before, "save_assets") and hasattr(after, "load_assets"):
            with tempfile.TemporaryDirectory(prefix="kwidgets-copy-") as folder:
                before.save_assets(folder)
                after.load_assets(folder)
        # Keras counts the states of a stateful layer among no weights.
        for old, new in zip(_states(before), _states(after), strict=True):
            new.assign(old)
        # Normalization computes with numbers that it takes from its weights only then.
        if hasattr(after, "finalize_state"):
            after.finalize_state()


def _states(layer: Any) -> list[Any]:
    found = keras.tree.flatten(getattr(layer, "states", None))
    return [each for each in found if isinstance(each, keras.Variable)]


def copy_changed(
    model: keras.Model, change: Callable[[keras.Layer, dict[str, Any]], dict[str, Any]]
) -> Any:
    """Return a model of layers with changed configurations, without their weights.

    Args:
        model: sequential or functional.
        change: takes a layer and its configuration, and returns the new one.
    """

    def clone(layer: keras.Layer) -> keras.Layer:
        return type(layer).from_config(change(layer, layer.get_config()))

    copied = keras.models.clone_model(model, clone_function=clone)
    if not copied.built:
        copied.build(model.input_shape)
    return copied


def compile_like(copied: Any, model: Any) -> None:
    """Compile a model with the settings of another one, where Keras knows them."""
    if not getattr(model, "compiled", False):
        return
    try:
        config = model.get_compile_config()
        if config:
            copied.compile_from_config(config)
    # Functions of the user without a name that can be looked up: the user compiles again.
    except Exception:
        return


def weight_bytes(model: Any) -> int:
    """Return the bytes of all weights, without the optimizer's; 4-bit numbers count as half."""
    total = 0
    for weight in model.weights:
        dtype = keras.backend.standardize_dtype(weight.dtype)
        size = 1
        for side in weight.shape:
            size *= side
        total += size * _BYTES.get(dtype, 4)
    return total


_BYTES = {
    "float64": 8,
    "int64": 8,
    "uint64": 8,
    "float16": 2,
    "bfloat16": 2,
    "int16": 2,
    "uint16": 2,
    "int8": 1,
    "uint8": 1,
    "bool": 1,
    "string": 0,
}
