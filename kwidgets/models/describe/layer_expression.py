"""Writes the Python expression for a layer of a model: ``model.get_layer("conv1")``."""

from __future__ import annotations

import json
import keyword
from collections.abc import Iterator, Mapping
from typing import Any

import keras

from kwidgets.models.describe.attributes import (
    instance_attributes,
    instance_dict,
    is_a,
    is_keras_class,
    is_stored_attribute,
    read_attribute,
)
from kwidgets.models.describe.layer_graph import functional_of
from kwidgets.models.describe.layer_tree import children_of, find_layer
from kwidgets.models.namespace.object_inspector import class_dict, mro_of

# Layers in lists of lists are found by attribute; those nested deeper by name or index.
_MAX_NESTED_CONTAINERS = 3


def layer_expression(model: Any, path: str, name: str) -> str:
    """Return Python code for the layer at ``path``, without running the user's code.

    Args:
        model: the model that contains it.
        path: as in :class:`~kwidgets.models.summary_data.LayerSummary`.
        name: the expression for the model.

    Raises:
        NoSuchLayerError: there is no layer at ``path``.
    """
    code, parent = name, model
    for step in path.split(".") if path else ():
        child = find_layer(parent, step)
        code += _step(parent, child)
        parent = child
    return code


def _step(parent: Any, child: Any) -> str:
    """Return what follows the code for ``parent`` in the code for ``child``."""
    if not is_a(child, keras.Layer):
        return f".operations[{_index(parent._operations, child)}]"
    by_name = _by_name(parent, child)
    attribute = _by_attribute(parent, child)
    in_graph = functional_of(parent) is not None or is_a(parent, keras.Sequential)
    ways = (by_name, attribute) if in_graph else (attribute, by_name)
    return next((way for way in ways if way), None) or _by_index(parent, child)


def _by_name(parent: Any, child: Any) -> str | None:
    if not _gives_keras_own(parent, "get_layer"):
        return None
    name = read_attribute(child, "name")
    same = [one for one in _layers(parent) if read_attribute(one, "name") == name]
    # For several layers of one name, Keras returns the first.
    if not isinstance(name, str) or not same or same[0] is not child:
        return None
    return f".get_layer({json.dumps(name, ensure_ascii=False)})"


def _by_attribute(parent: Any, child: Any) -> str | None:
    ways = (
        f".{name}{inside}"
        for name, value in instance_attributes(parent).items()
        if name.isidentifier() and not keyword.iskeyword(name) and is_stored_attribute(parent, name)
        if not _is_internal(name)
        for inside in _within(value, child, _MAX_NESTED_CONTAINERS)
    )
    # A private attribute only when there is no public one.
    return min(ways, key=lambda way: way.startswith("._"), default=None)


def _is_internal(name: str) -> bool:
    """Return whether Keras or a backend keeps its own list of layers under this name."""
    return name in ("_layers", "_modules", "_operations", "_functional", "_tracker") or (
        name.startswith(("_self_", "_nodes", "_inbound", "_outbound", "_compile", "_tracked"))
    )


def _within(value: Any, wanted: Any, containers: int) -> Iterator[str]:
    """Return each subscript of ``value`` that gives ``wanted``, through lists, tuples and dicts."""
    if value is wanted:
        yield ""
    elif containers and isinstance(value, Mapping):
        for key, item in value.items():
            if isinstance(key, (str, int)):
                for way in _within(item, wanted, containers - 1):
                    yield f"[{_literal(key)}]{way}"
    elif containers and isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            for way in _within(item, wanted, containers - 1):
                yield f"[{index}]{way}"


def _literal(key: str | int) -> str:
    return json.dumps(key, ensure_ascii=False) if isinstance(key, str) else repr(key)


def _by_index(parent: Any, child: Any) -> str:
    if _gives_keras_own(parent, "layers"):
        layers = _layers(parent)
        if any(one is child for one in layers):
            return f".layers[{_index(layers, child)}]"
    return f"._layers[{_index(parent._layers, child)}]"


def _layers(parent: Any) -> list[Any]:
    """Return ``parent.layers`` as Keras defines it."""
    functional = "_operations" in instance_dict(parent)
    inside = parent._operations if functional else children_of(parent)
    return [one for one in inside if is_a(one, keras.Layer)]


def _index(things: Any, wanted: Any) -> int:
    return next(i for i, thing in enumerate(things) if thing is wanted)


def _gives_keras_own(parent: Any, name: str) -> bool:
    """Return whether ``parent.name`` is defined by Keras, not by the user's class."""
    owner = next((kind for kind in mro_of(type(parent)) if name in class_dict(kind)), None)
    return owner is not None and is_keras_class(owner) and name not in instance_attributes(parent)
