"""Walks the tree of layers of a model, and finds the layer at a path."""

from __future__ import annotations

from typing import Any

import keras

from kwidgets.language import t
from kwidgets.models.describe.attributes import instance_dict, is_a, is_keras_class


class NoSuchLayerError(LookupError):
    """There is no layer at a path: the model has changed since it was described."""


def children_of(layer: Any) -> tuple[Any, ...]:
    """Return the direct layers of ``layer`` in Keras's order, with the operations of a graph."""
    # Not Keras's public `layers` and `operations`: a subclass may override them.
    own = instance_dict(layer)
    if is_a(layer, keras.Sequential):
        inside = list(own["_layers"])
        starts_with_input = inside and is_a(inside[0], keras.layers.InputLayer)
        return tuple(inside[1:] if starts_with_input else inside)
    if is_a(layer, keras.Model) and "_operations" in own:
        # Functional. A subclass's layers that are not in its graph come last.
        inside = list(own["_operations"])
        known = {id(child) for child in inside}
        return (*inside, *(child for child in _sublayers(layer) if id(child) not in known))
    if _is_recurrent_of_keras(layer):
        # The cell of an LSTM is an implementation detail of Keras, not a layer of the user's.
        return ()
    return _sublayers(layer)


def _is_recurrent_of_keras(layer: Any) -> bool:
    return (
        is_a(layer, keras.layers.RNN)
        and type(layer) is not keras.layers.RNN
        and is_keras_class(type(layer))
    )


def _sublayers(layer: Any) -> tuple[Any, ...]:
    """Return the layers that are attributes of ``layer``, or in lists and dicts that are."""
    if not is_a(layer, keras.Layer):
        return ()
    return tuple({id(child): child for child in instance_dict(layer).get("_layers", ())}.values())


def find_layer(model: Any, path: str) -> Any:
    """Return the layer or operation at ``path`` in ``model``; "" is the model itself.

    Raises:
        NoSuchLayerError: there is none.
    """
    layer = model
    for step in path.split(".") if path else ():
        children = children_of(layer)
        if not step.isdecimal() or int(step) >= len(children):
            raise NoSuchLayerError(
                t(
                    "%2 has no layer %1 because the model has changed. Open it again.",
                    repr(path),
                    repr(model.name),
                )
            )
        layer = children[int(step)]
    return layer
