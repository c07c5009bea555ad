"""Python code that reaches a layer from the variable that holds its model."""

from __future__ import annotations

from typing import Any

import keras

from kwidgets.models.look import attributes
from kwidgets.models.walk import children_of, find


def expression(model: Any, path: str, name: str) -> str:
    """Return code that evaluates to the layer at ``path``: ``model.get_layer("conv")``.

    Args:
        model: the model.
        path: of a layer in it, as in ``LayerSummary``; "" is the model.
        name: what reaches the model: "model", "nets[0]".

    Raises:
        NoSuchLayerError: nothing is at ``path``.
    """
    find(model, path)
    code, parent = name, model
    for step in path.split(".") if path else ():
        child = children_of(parent)[int(step)]
        code += _step(parent, child)
        parent = child
    return code


def _step(parent: Any, child: Any) -> str:
    """How ``child`` is reached from ``parent``."""
    if isinstance(parent, keras.Model) and isinstance(child, keras.Layer):
        layers = parent.layers
        same = [layer for layer in layers if layer.name == child.name]
        if len(same) == 1 and same[0] is child:
            return f".get_layer({child.name!r})"
        for i, layer in enumerate(layers):
            if layer is child:
                return f".layers[{i}]"
    for attribute, value in attributes(parent):
        if attribute.startswith("_"):
            continue
        if value is child:
            return f".{attribute}"
        if isinstance(value, (list, tuple)):
            for i, item in enumerate(value):
                if item is child:
                    return f".{attribute}[{i}]"
        if isinstance(value, dict):
            for key, item in value.items():
                if item is child and type(key) in (str, int):
                    return f".{attribute}[{key!r}]"
    if isinstance(parent, keras.Model) and hasattr(parent, "operations"):
        for i, operation in enumerate(parent.operations):
            if operation is child:
                return f".operations[{i}]"
    held = parent._flatten_layers(include_self=False, recursive=False)
    number = next(i for i, layer in enumerate(held) if layer is child)
    return f"._flatten_layers(include_self=False, recursive=False)[{number}]"
