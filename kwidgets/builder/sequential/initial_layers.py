"""Read the argument ``layers`` of SequentialBuilder: a list, a model, a config or a file."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Mapping
from typing import Any

import keras

from kwidgets.builder import convert
from kwidgets.builder.model.layer_cache import LayerCache
from kwidgets.builder.sequential.argument_checks import duplicate_layer_error
from kwidgets.builder.spec import ModelSpec


def read_layers(layers: Any) -> keras.Sequential | list[Any]:
    """Return the model, or the list of layers, that the argument ``layers`` stands for.

    Raises:
        TypeError: ``layers`` is none of the types that SequentialBuilder takes.
        FileNotFoundError: ``layers`` is the path of a file that does not exist.
    """
    if layers is None:
        return []
    if isinstance(layers, (str, os.PathLike)):
        layers = _load(layers)
    elif isinstance(layers, Mapping):
        layers = keras.Sequential.from_config(dict(layers))
    if isinstance(layers, keras.Sequential):
        return layers
    if isinstance(layers, keras.Model):
        convert.spec_of_model(layers)  # its error says how to use such a model
    if isinstance(layers, Iterable):
        items = list(layers)
        if items and all(isinstance(item, int) or item is None for item in items):
            raise TypeError(
                f"layers is a list of layers; got {layers!r}. "
                f"For the shape of the input write input_shape={tuple(items)!r}."
            )
        return items
    raise TypeError(
        "SequentialBuilder takes a list of layers, a keras.Sequential, a config or the path of "
        f"a .keras file; got {layers!r} ({type(layers).__name__})."
    )


def spec_of_initial_model(model: keras.Sequential, layer_cache: LayerCache) -> ModelSpec:
    """Return the spec of ``model``, and add its layers to ``layer_cache``.

    Raises:
        ValueError: ``model`` contains a layer twice.
    """
    spec, layers = convert.spec_of_model(model)
    seen: set[int] = set()
    for layer in layers.values():
        if id(layer) in seen:
            raise duplicate_layer_error(layer)
        seen.add(id(layer))
    entries = tuple(
        layer_cache.adopt(entry, layers[entry.uid], keep_names=True) for entry in spec.layers
    )
    return dataclasses.replace(spec, layers=entries, compile=convert.compile_settings(model))


def _load(path: str | os.PathLike[str]) -> keras.Sequential:
    text = os.fspath(path)
    if not os.path.exists(text):
        raise FileNotFoundError(
            f"there is no file {text!r}; to start from layers, write a list: [{text!r}]"
        )
    return keras.saving.load_model(text)
