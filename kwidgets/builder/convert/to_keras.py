"""Make Keras objects, layers and values from a spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from kwidgets.builder import catalog
from kwidgets.builder.spec import AutomaticName, LayerSpec, ObjectSpec, Reference, Value


def make_value(value: Value) -> Any:
    """Return the Python object to pass to Keras for a value of a spec.

    Raises:
        Exception: any error of Keras about the arguments.
    """
    if isinstance(value, ObjectSpec):
        return make_object(value)
    if isinstance(value, Reference):
        return value.value
    if isinstance(value, AutomaticName):
        # HDF5 takes no subclass of str.
        return str(value)
    if isinstance(value, tuple):
        return tuple(make_value(item) for item in value)
    if isinstance(value, list):
        return [make_value(item) for item in value]
    if isinstance(value, Mapping):
        return {key: make_value(item) for key, item in value.items()}
    return value


def make_object(spec: ObjectSpec) -> Any:
    """Make a Keras object.

    Raises:
        KeyError: there is no such class.
        Exception: any error of Keras about the arguments.
    """
    if spec.live is not None:
        return spec.live.value
    cls: Any = class_of(spec.class_name)
    arguments = {name: make_value(value) for name, value in spec.arguments.items()}
    if spec.from_config:
        return cls.from_config(arguments)
    return cls(**arguments)


def make_layer(entry: LayerSpec) -> keras.Layer:
    """Make a layer; a block contains only its enabled layers.

    Raises:
        Exception: any error of Keras about the arguments.
    """
    if entry.children is None:
        return make_object(entry.object)
    children = [make_layer(child) for child in entry.children if child.enabled]
    arguments = {name: make_value(value) for name, value in entry.arguments.items()}
    return keras.Sequential(children, **arguments)


def make_input(arguments: Mapping[str, Value]) -> keras.layers.InputLayer:
    """Make the model's InputLayer.

    Raises:
        Exception: any error of Keras about the arguments.
    """
    return keras.layers.InputLayer(**{k: make_value(v) for k, v in arguments.items()})


def class_of(key: str) -> type:
    """Return the class of a key, also one that no form offers, such as a dtype policy.

    Raises:
        KeyError: there is none.
    """
    try:
        return catalog.class_of(key)
    except KeyError:
        found: Any = keras
        for part in key.split(".")[1:]:
            found = getattr(found, part, None)
        if key.startswith("keras.") and isinstance(found, type):
            return found
        raise
