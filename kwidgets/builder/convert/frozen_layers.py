"""Set ``trainable`` on a whole model or block, and know whether all of its layers are frozen."""

from __future__ import annotations

import dataclasses
import functools
import inspect

import keras

from kwidgets.builder import convert
from kwidgets.builder.spec import (
    INPUT_LAYER,
    SEQUENTIAL,
    LayerSpec,
    ModelSpec,
    ObjectSpec,
    Value,
)


def assign_trainable(spec: ModelSpec, trainable: bool) -> ModelSpec:
    """Return the spec of a model after ``model.trainable = trainable``.

    In Keras this sets the attribute of all layers that the model has now, at any depth. The
    argument of the same name sets only the model's own.
    """
    layers = tuple(assign_trainable_of_layer(entry, trainable) for entry in spec.layers)
    return dataclasses.replace(spec, layers=layers, trainable=trainable)


def assign_trainable_of_layer(entry: LayerSpec, trainable: bool) -> LayerSpec:
    """Return the entry of a layer or block after ``layer.trainable = trainable``."""
    if entry.class_name == INPUT_LAYER:
        return entry
    children = entry.children
    return dataclasses.replace(
        entry,
        object=assign_trainable_of_object(entry.object, trainable),
        children=children
        and tuple(assign_trainable_of_layer(child, trainable) for child in children),
    )


def assign_trainable_of_object(value: Value, trainable: bool) -> Value:
    """Return the spec of a layer, and of the layers among its arguments, after the assignment."""
    if isinstance(value, (list, tuple)):
        return type(value)(assign_trainable_of_object(item, trainable) for item in value)
    if not isinstance(value, ObjectSpec) or value.class_name == INPUT_LAYER:
        return value
    if not _can_be_frozen(value):
        return value
    if value.from_config:
        # The config of a layer has the attribute always.
        return value.with_argument("trainable", trainable)
    arguments = {
        name: assign_trainable_of_object(item, trainable) for name, item in value.arguments.items()
    }
    if trainable:
        arguments.pop("trainable", None)
    else:
        arguments["trainable"] = False
    return dataclasses.replace(value, arguments=arguments)


def is_frozen(entry: LayerSpec) -> bool:
    """Return whether ``layer.trainable = False`` would change nothing in an entry."""
    return assign_trainable_of_layer(entry, False) == entry


def _can_be_frozen(spec: ObjectSpec) -> bool:
    if spec.class_name == SEQUENTIAL:
        return True
    if spec.live is not None:
        return isinstance(spec.live.value, keras.Layer)
    cls = convert.class_of(spec.class_name)
    return issubclass(cls, keras.Layer) and (spec.from_config or _takes_trainable(cls))


@functools.lru_cache(maxsize=256)
def _takes_trainable(cls: type) -> bool:
    if issubclass(cls, (keras.layers.StringLookup, keras.layers.IntegerLookup)):
        # They ignore the argument.
        return False
    parameters = inspect.signature(cls).parameters
    # SpatialDropout1D, for example, does not take this argument.
    return "trainable" in parameters or any(p.kind == p.VAR_KEYWORD for p in parameters.values())
