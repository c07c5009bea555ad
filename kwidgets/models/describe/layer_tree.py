"""What is in a model: its layers, one below the other, and how to name one of them."""

from __future__ import annotations

from typing import Any

import keras

from kwidgets.language import t


class NoSuchLayerError(LookupError):
    """A path leads nowhere: the model has changed since it was described."""


def children_of(layer: Any) -> tuple[Any, ...]:
    """Return what stands directly in ``layer``, in Keras's order; operations of a graph too."""
    # Keras's public `layers` and `operations` are not asked: a subclass may give them another
    # meaning.
    if isinstance(layer, keras.Sequential):
        inside = list(layer._layers)
        starts_with_input = inside and isinstance(inside[0], keras.layers.InputLayer)
        return tuple(inside[1:] if starts_with_input else inside)
    if isinstance(layer, keras.Model) and "_operations" in layer.__dict__:
        # Functional. Layers that a subclass holds beside its graph come last.
        inside = list(layer._operations)
        known = {id(child) for child in inside}
        return (*inside, *(child for child in _held(layer) if id(child) not in known))
    if _is_recurrent_of_keras(layer):
        # An LSTM's cell is how Keras makes it, not a layer that anybody put there.
        return ()
    return _held(layer)


def _is_recurrent_of_keras(layer: Any) -> bool:
    return (
        isinstance(layer, keras.layers.RNN)
        and type(layer) is not keras.layers.RNN
        and type(layer).__module__.startswith("keras.")
    )


def _held(layer: Any) -> tuple[Any, ...]:
    """The layers that are attributes of ``layer``, or in lists and dicts that are."""
    if not isinstance(layer, keras.Layer):
        return ()
    return tuple(layer._flatten_layers(include_self=False, recursive=False))


def find(model: Any, path: str) -> Any:
    """Return what stands at ``path`` in ``model``; "" is the model itself.

    Raises:
        NoSuchLayerError: nothing does.
    """
    layer = model
    for step in path.split(".") if path else ():
        children = children_of(layer)
        if not step.isdecimal() or int(step) >= len(children):
            raise NoSuchLayerError(
                t(
                    "there is no layer %1 in %2: the model has changed since it was described. "
                    "Open it again.",
                    repr(path),
                    repr(model.name),
                )
            )
        layer = children[int(step)]
    return layer
