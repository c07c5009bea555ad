"""Distinguish automatic names of Keras ("dense", "dense_3") from names that the user chose."""

from __future__ import annotations

import dataclasses
import functools
import re
import weakref
from collections.abc import Callable
from typing import Any

import keras
from keras.src.ops.operation import Operation
from keras.src.utils.naming import to_snake_case

from kwidgets.builder.convert.to_keras import class_of
from kwidgets.builder.spec import SEQUENTIAL, AutomaticName, ObjectSpec, Value

# Whether the name is automatic, for each layer made since this module was imported.
_is_automatic: weakref.WeakKeyDictionary[object, bool] = weakref.WeakKeyDictionary()
_keras_init = Operation.__init__


@functools.wraps(_keras_init)
def _init(self: Operation, name: str | None = None) -> None:
    _keras_init(self, name=name)
    _is_automatic[self] = name is None


# Keras does not record this, and "dense_1" may be either.
Operation.__init__ = _init


def has_automatic_name(layer: keras.Layer) -> bool:
    """Return whether Keras chose the layer's name.

    For layers made before this module was imported this is guessed from the name.
    """
    known = _is_automatic.get(layer)
    return looks_automatic(layer.name, type(layer)) if known is None else known


def looks_automatic(name: object, cls: type) -> bool:
    """Return whether ``name`` has the form of an automatic name: "dense", "dense_3"."""
    if not isinstance(name, str):
        return False
    return re.fullmatch(rf"{re.escape(to_snake_case(cls.__name__))}(_\d+)?", name) is not None


def without_automatic_names(spec: ObjectSpec) -> ObjectSpec:
    """Remove names that look automatic, also those of layers in arguments."""
    bare: ObjectSpec = without_marked_names(mark_automatic_names(spec))
    return bare


def mark_automatic_names(value: Value) -> Value:
    """Make an AutomaticName of each name that looks automatic, also of layers in arguments."""
    if isinstance(value, (tuple, list)):
        return _with_items(value, mark_automatic_names)
    if not isinstance(value, ObjectSpec) or value.live is not None:
        return value
    cls = keras.Sequential if value.class_name == SEQUENTIAL else class_of(value.class_name)
    if not issubclass(cls, keras.Layer):
        return value
    arguments = {name: mark_automatic_names(item) for name, item in value.arguments.items()}
    if looks_automatic(arguments.get("name"), cls):
        arguments["name"] = AutomaticName(arguments["name"])
    return dataclasses.replace(value, arguments=arguments)


def without_marked_names(value: Value) -> Value:
    """Remove each AutomaticName from an object or a value, also those of layers in arguments."""
    if isinstance(value, (tuple, list)):
        return _with_items(value, without_marked_names)
    if not isinstance(value, ObjectSpec):
        return value
    arguments = {
        name: without_marked_names(item)
        for name, item in value.arguments.items()
        if not isinstance(item, AutomaticName)
    }
    return dataclasses.replace(value, arguments=arguments)


def _with_items(
    value: tuple[Any, ...] | list[Any], change: Callable[[Value], Value]
) -> tuple[Any, ...] | list[Any]:
    """Return a list or tuple of the changed items; itself if none has changed."""
    items = [change(item) for item in value]
    same = all(one is other for one, other in zip(items, value, strict=True))
    return value if same else type(value)(items)
