"""Tell the automatic names of Keras ("dense", "dense_3") from names that the user chose."""

from __future__ import annotations

import dataclasses
import functools
import re
import weakref

import keras
from keras.src.ops.operation import Operation
from keras.src.utils.naming import to_snake_case

from kwidgets.builder.convert.to_keras import class_of
from kwidgets.builder.spec import SEQUENTIAL, ObjectSpec, Value

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
    if spec.live is not None:
        return spec
    cls = keras.Sequential if spec.class_name == SEQUENTIAL else class_of(spec.class_name)
    if not issubclass(cls, keras.Layer):
        return spec
    arguments = {name: _without_automatic_names(value) for name, value in spec.arguments.items()}
    if looks_automatic(arguments.get("name"), cls):
        del arguments["name"]
    return dataclasses.replace(spec, arguments=arguments)


def _without_automatic_names(value: Value) -> Value:
    if isinstance(value, ObjectSpec):
        return without_automatic_names(value)
    if isinstance(value, (tuple, list)):
        return type(value)(_without_automatic_names(item) for item in value)
    return value
