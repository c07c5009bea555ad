"""Names that Keras gives by itself."""

from __future__ import annotations

import dataclasses
import re

import keras
from keras.src.utils.naming import to_snake_case

from kwidgets.builder.convert.make import class_of
from kwidgets.builder.spec import SEQUENTIAL, ObjectSpec, Value


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
