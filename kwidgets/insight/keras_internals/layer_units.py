"""List the layers of a model as users know them: an LSTM is one layer, a nested model several."""

from __future__ import annotations

import collections
import dataclasses
from typing import Any

import keras


@dataclasses.dataclass(frozen=True)
class LayerUnit:
    """A layer that calls no other layer that users know.

    Args:
        name: unique in the model.
        layer: the Keras layer.
        variables: its floating-point variables: the trainable ones, or all if there are none.
        trainable: whether training changes them.
    """

    name: str
    layer: Any
    variables: list[Any]
    trainable: bool

    @property
    def class_name(self) -> str:
        return type(self.layer).__name__


def layer_units(model: Any) -> list[LayerUnit]:
    """Return the layers of ``model`` in its order, also those without variables."""
    found: list[tuple[Any, list[Any]]] = []
    _collect(model, found, set(), set())
    times = collections.Counter(layer.name for layer, _ in found)
    units = []
    for layer, variables in found:
        trainable = [variable for variable in variables if variable.trainable]
        name = layer.name if times[layer.name] == 1 else (layer.path or layer.name)
        units.append(LayerUnit(name, layer, trainable or variables, bool(trainable)))
    return units


def _collect(
    layer: Any, found: list[tuple[Any, list[Any]]], seen: set[int], claimed: set[int]
) -> None:
    if id(layer) in seen or type(layer).__name__ == "InputLayer":
        return
    seen.add(id(layer))
    is_model = isinstance(layer, keras.Model)
    inner = _inner_layers(layer)
    # Keras's own composite layers, such as LSTM or MultiHeadAttention, are one layer for users.
    is_whole = not inner or (not is_model and type(layer).__module__.startswith("keras."))
    if is_whole:
        found.append((layer, _own(layer, claimed)))
        return
    for each in inner:
        _collect(each, found, seen, claimed)
    rest = _own(layer, claimed)
    if rest:
        found.append((layer, rest))


def _inner_layers(layer: Any) -> list[Any]:
    flatten = getattr(layer, "_flatten_layers", None)
    if callable(flatten):
        inner = flatten(include_self=False, recursive=False)
    else:
        inner = getattr(layer, "layers", None) or []
    # Metrics and losses are tracked beside the layers.
    return [each for each in inner if isinstance(each, keras.Layer)]


def _own(layer: Any, claimed: set[int]) -> list[Any]:
    """Return the floating-point weights of a layer that no layer before it has."""
    own = []
    for variable in layer.weights:
        if id(variable) not in claimed and "float" in str(variable.dtype):
            claimed.add(id(variable))
            own.append(variable)
    return own
