"""Write ``trainable=False`` on each layer of a frozen model or block, or remove it again."""

from __future__ import annotations

import dataclasses
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


def freeze_each_layer(spec: ModelSpec) -> ModelSpec:
    """Set ``trainable=False`` on each layer within a frozen model or block.

    In Keras, assigning ``trainable = False`` freezes all inner layers too; passing the argument
    of the same name does not.
    """

    def visit(entry: LayerSpec, within: bool) -> LayerSpec:
        if entry.class_name == INPUT_LAYER:
            return entry
        if within:
            entry = dataclasses.replace(entry, object=_freeze(entry.object))
        if entry.children is None:
            return entry
        within = entry.arguments.get("trainable") is False
        children = tuple(visit(child, within) for child in entry.children)
        return dataclasses.replace(entry, children=children)

    frozen = not spec.trainable and spec.freezes_layers
    return dataclasses.replace(spec, layers=tuple(visit(entry, frozen) for entry in spec.layers))


def _freeze(value: Value) -> Value:
    if isinstance(value, (list, tuple)):
        return type(value)(_freeze(item) for item in value)
    if not isinstance(value, ObjectSpec) or value.class_name == INPUT_LAYER:
        return value
    # As in Keras, a layer that is frozen already is not changed, nor are its inner layers.
    if not _can_be_frozen(value) or value.arguments.get("trainable") is False:
        return value
    arguments = {name: _freeze(item) for name, item in value.arguments.items()}
    return dataclasses.replace(value, arguments={**arguments, "trainable": False})


def _can_be_frozen(spec: ObjectSpec) -> bool:
    if spec.class_name == SEQUENTIAL or spec.live is not None or spec.from_config:
        return True
    cls = convert.class_of(spec.class_name)
    if not issubclass(cls, keras.Layer):
        return False
    parameters = inspect.signature(cls).parameters
    # SpatialDropout1D, for example, does not take this argument.
    return "trainable" in parameters or any(p.kind == p.VAR_KEYWORD for p in parameters.values())


def unfreeze(entry: LayerSpec) -> LayerSpec:
    """Remove each ``trainable=False`` from an entry of which all layers are frozen."""
    objects = [within.object for within in entry.walk() if within.class_name != INPUT_LAYER]
    if not all(_is_frozen(one) for one in objects):
        return entry
    children = entry.children
    return dataclasses.replace(
        entry,
        object=_unfreeze(entry.object),
        children=children and tuple(unfreeze(child) for child in children),
    )


def _is_frozen(value: Value) -> bool:
    if isinstance(value, (list, tuple)):
        return all(_is_frozen(item) for item in value)
    if not isinstance(value, ObjectSpec) or not _can_be_frozen(value) or value.from_config:
        return True
    if value.class_name == INPUT_LAYER or value.live is not None:
        return True
    return value.arguments.get("trainable") is False and all(
        _is_frozen(item) for item in value.arguments.values()
    )


def _unfreeze(value: Value) -> Value:
    if isinstance(value, (list, tuple)):
        return type(value)(_unfreeze(item) for item in value)
    if isinstance(value, ObjectSpec) and not value.from_config:
        arguments = {name: _unfreeze(item) for name, item in value.arguments.items()}
        if arguments.get("trainable") is False:
            del arguments["trainable"]
        return dataclasses.replace(value, arguments=arguments)
    return value
