"""Read the argument ``layers`` of SequentialBuilder: a list, a model, a config or a file."""

from __future__ import annotations

import copy
import dataclasses
import json
import logging
import os
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any

import keras

from kwidgets.builder import convert
from kwidgets.builder.model.layer_cache import LayerCache
from kwidgets.builder.model.memory import EARLY_BYTES, check_memory
from kwidgets.builder.sequential.argument_checks import duplicate_layer_error
from kwidgets.builder.shapes.layer_inference import bytes_of_weights
from kwidgets.builder.spec import ModelSpec
from kwidgets.dry_run import dry_scope

logger = logging.getLogger("kwidgets")


def read_layers(layers: Any) -> keras.Model | ModelSpec | list[Any]:
    """Return what the argument ``layers`` stands for.

    A model; a spec, where a config describes weights that are too large to make them now; or a list
    of layers.

    Raises:
        TypeError: ``layers`` is none of the types that SequentialBuilder takes.
        FileNotFoundError: ``layers`` is the path of a file that does not exist.
        MemoryError: ``layers`` is the path of a file with more weights than the machine can hold.
    """
    if layers is None:
        return []
    if isinstance(layers, (str, os.PathLike)):
        layers = _load(layers)
    elif isinstance(layers, Mapping):
        layers = model_or_spec_of_config(layers)
    if isinstance(layers, (keras.Model, ModelSpec)):
        return layers
    if isinstance(layers, Iterable):
        items = list(layers)
        if items and all(isinstance(item, int) or item is None for item in items):
            raise TypeError(
                f"layers must be a list of layers, not {layers!r}. "
                f"To set the shape of the input, pass input_shape={tuple(items)!r}."
            )
        return items
    raise TypeError(
        "layers must be a list of layers, a keras.Sequential, a config or the path of a .keras "
        f"file, not {layers!r} ({type(layers).__name__})."
    )


def model_or_spec_of_config(
    config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None
) -> keras.Sequential | ModelSpec:
    """Return the model of a config, or its spec where the weights are large.

    Raises:
        Exception: any error of Keras.
    """
    # Keras changes the config that it reads.
    model, size = _dry_model(copy.deepcopy(dict(config)), custom_objects)
    if model is not None and size > EARLY_BYTES:
        with dry_scope(on_meta=False):
            spec, _ = convert.spec_of_model(model)
        if not any(entry.object.live for entry in spec.walk()):
            return spec
        check_memory(size)
    return keras.Sequential.from_config(copy.deepcopy(dict(config)), custom_objects)


def spec_of_initial_model(model: keras.Model, layer_cache: LayerCache) -> ModelSpec:
    """Return the spec of ``model``, and add its layers to ``layer_cache``.

    Args:
        model: a Sequential, or a functional model that is a chain of layers.
        layer_cache: that of the builder.

    Raises:
        ConversionError: ``model`` is neither.
        ValueError: ``model`` contains a layer twice.
    """
    if isinstance(model, keras.Sequential):
        spec, layers = convert.spec_of_model(model)
    else:
        spec, layers = convert.spec_of_chain(model)
    seen: set[int] = set()
    for layer in layers.values():
        if id(layer) in seen:
            raise duplicate_layer_error(layer)
        seen.add(id(layer))
    entries = tuple(
        layer_cache.adopt(entry, layers[entry.uid], keep_names=True) for entry in spec.layers
    )
    return dataclasses.replace(spec, layers=entries, compile=convert.compile_settings(model))


def _load(path: str | os.PathLike[str]) -> keras.Model:
    text = os.fspath(path)
    if not os.path.exists(text):
        raise FileNotFoundError(
            f"the file {text!r} does not exist. To start from layers, pass a list: [{text!r}]"
        )
    _check_size(text)
    try:
        return keras.saving.load_model(text)
    except Exception as error:
        # How it was compiled may need functions that are not here, or names of an older Keras.
        try:
            model = keras.saving.load_model(text, compile=False)
        except Exception:
            raise error from None
        reason = str(error).partition("\n")[0][:200]
        logger.warning("%s: the model is not compiled, because that failed: %s", text, reason)
        return model


def _check_size(path: str) -> None:
    """Raise before Keras allocates weights that the machine cannot hold.

    Raises:
        MemoryError: the weights are larger than the machine's memory.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            config = json.loads(archive.read("config.json"))["config"]
    except (zipfile.BadZipFile, OSError, KeyError, TypeError, ValueError):
        return  # another format, or broken: Keras says which
    check_memory(_dry_model(config, None)[1])


def _dry_model(
    config: dict[str, Any], custom_objects: Mapping[str, Any] | None
) -> tuple[keras.Sequential | None, int]:
    """Return the model of a config, without weights, and the size of the weights it would have.

    None and 0 if it cannot be made like this: some layers create variables with values.
    """
    try:
        with dry_scope(on_meta=False):
            model = keras.Sequential.from_config(config, custom_objects)
            return model, bytes_of_weights(model.weights)
    except Exception:
        logger.debug("the size of the model is not known", exc_info=True)
        return None, 0
