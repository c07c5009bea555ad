"""Names that Keras gives by itself."""

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

# Whether Keras made up the name, of each layer that was made since this module is there.
_made_up: weakref.WeakKeyDictionary[object, bool] = weakref.WeakKeyDictionary()
_keras_init = Operation.__init__


@functools.wraps(_keras_init)
def _init(self: Operation, name: str | None = None) -> None:
    _keras_init(self, name=name)
    _made_up[self] = name is None


# Keras does not keep it, and "dense_1" may be either.
Operation.__init__ = _init


def is_made_up(layer: keras.Layer) -> bool:
    """Whether Keras gave the layer its name; a guess for layers older than the first builder."""
    known = _made_up.get(layer)
    return looks_automatic(layer.name, type(layer)) if known is None else known


def looks_automatic(name: object, cls: type) -> bool:
    """Whether ``name`` is one that Keras gives by itself: "dense", "dense_3"."""
    if not isinstance(name, str):
        return False
    return re.fullmatch(rf"{re.escape(to_snake_case(cls.__name__))}(_\d+)?", name) is not None


def without_automatic_names(spec: ObjectSpec) -> ObjectSpec:
    """Leave the names to Keras that look as if it had given them, of layers in arguments too."""
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
