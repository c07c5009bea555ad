"""Remove units that are 0 for every sample, as the Layers tab counts them, with what reads them.

A unit is removed only where that changes nothing on the samples: between two layers of a chain with
weights, and nothing but layers between them that map each channel to itself and 0 to 0.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, Final

import keras
import numpy as np
from numpy.typing import NDArray

from kwidgets.formats.errors import FormatError
from kwidgets.formats.export.prepared import Arrays, Signature
from kwidgets.formats.export.runtimes.runtime import as_array
from kwidgets.formats.slimming.copy_model import compile_like, copy_changed
from kwidgets.language import Message, message, t

_BATCH: Final = 32
_layers = keras.layers
# With units at the last axis of kernel and output.
_PRODUCERS: Final = (_layers.Dense, _layers.Conv1D, _layers.Conv2D, _layers.Conv3D)
_POOLING: Final = (
    _layers.MaxPooling1D,
    _layers.MaxPooling2D,
    _layers.MaxPooling3D,
    _layers.AveragePooling1D,
    _layers.AveragePooling2D,
    _layers.AveragePooling3D,
    _layers.GlobalMaxPooling1D,
    _layers.GlobalMaxPooling2D,
    _layers.GlobalMaxPooling3D,
    _layers.GlobalAveragePooling1D,
    _layers.GlobalAveragePooling2D,
    _layers.GlobalAveragePooling3D,
    _layers.ZeroPadding1D,
    _layers.ZeroPadding2D,
    _layers.ZeroPadding3D,
)
_UNCHANGED: Final = (
    _layers.Dropout,
    _layers.GaussianDropout,
    _layers.GaussianNoise,
    _layers.SpatialDropout1D,
    _layers.SpatialDropout2D,
    _layers.SpatialDropout3D,
    _layers.ActivityRegularization,
    _layers.ReLU,
    _layers.LeakyReLU,
)
# Functions f of one number with f(0) = 0.
_KEEP_ZERO: Final = frozenset(
    {"relu", "relu6", "leaky_relu", "linear", "tanh", "selu", "elu", "gelu", "silu", "softsign"}
)


@dataclass(frozen=True)
class Link:
    """Two layers with weights, of which the second alone reads the first.

    Attributes:
        producer: whose units may be removed.
        reader: the layer that reads them.
        before: the layer whose output the reader gets.
    """

    producer: Any
    reader: Any
    before: Any


def without_dead_units(
    model: keras.Model, inputs: Arrays, signature: Signature
) -> tuple[Any, list[Message]]:
    """Return a copy without the units that are 0 for all samples, and what is said.

    Args:
        model: a chain of layers.
        inputs: the samples, by name.
        signature: of the model.

    Raises:
        FormatError: the model is no chain, or has no such units.
    """
    links = links_of(chain_of(model))
    if not links:
        raise FormatError(
            t(
                "In “%1” no units can be removed: two Dense or convolution layers must follow each "
                "other, with only activations, pooling, dropout or Flatten between them.",
                model.name,
            )
        )
    alive = {link.producer.name: _alive(model, link, inputs, signature) for link in links}
    removed = {name: int((~mask).sum()) for name, mask in alive.items() if not mask.all()}
    if not removed:
        raise FormatError(
            t(
                "No unit of “%1” is 0 for all %2 samples, so there is nothing to remove.",
                model.name,
                f"{len(next(iter(inputs.values()))):,}",
            )
        )
    copied = _smaller(model, links, alive)
    notes = [
        message(
            "Removed: %1.",
            ", ".join(f"{name} {count} of {len(alive[name])}" for name, count in removed.items()),
        ),
        message(
            "These units were 0 for each of the %1 samples. For other data one may not have been: "
            "use samples of all kinds.",
            f"{len(next(iter(inputs.values()))):,}",
        ),
    ]
    return copied, notes


def chain_of(model: Any) -> list[Any]:
    """Return the layers of a model that is one chain, without inputs.

    Raises:
        FormatError: it is not a chain.
    """
    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    if isinstance(model, keras.Sequential):
        return layers
    try:
        follows = all(after.input is before.output for before, after in itertools.pairwise(layers))
        is_chain = len(model.inputs) == 1 and len(model.outputs) == 1 and follows
    # A layer that is used twice, or a model of the user's own class.
    except (AttributeError, ValueError, TypeError):
        is_chain = False
    if not is_chain:
        raise FormatError(
            t(
                "Units can be removed only of a model that is one chain of layers; “%1” branches "
                "or is a class of your own.",
                model.name,
            )
        )
    return layers


def links_of(layers: list[Any]) -> list[Link]:
    """Return the pairs of layers between which units can be removed."""
    links = []
    for index, producer in enumerate(layers):
        if not _can_lose_units(producer):
            continue
        for place in range(index + 1, len(layers)):
            layer = layers[place]
            if isinstance(layer, _PRODUCERS):
                if _can_lose_inputs(layer):
                    links.append(Link(producer, layer, layers[place - 1]))
                break
            if not _maps_channels(layer):
                break
    return links


def _is_unchanged(layer: Any) -> bool:
    if type(layer) is keras.layers.Activation:
        return getattr(layer.activation, "__name__", "") in _KEEP_ZERO
    return type(layer) in _UNCHANGED


def _maps_channels(layer: Any) -> bool:
    if type(layer) in (keras.layers.Flatten, *_POOLING):
        return _channels_last(layer)
    return _is_unchanged(layer)


def _channels_last(layer: Any) -> bool:
    return getattr(layer, "data_format", "channels_last") == "channels_last"


def _can_lose_units(layer: Any) -> bool:
    if type(layer) not in _PRODUCERS or not _channels_last(layer):
        return False
    if getattr(layer, "lora_enabled", False) or getattr(layer, "quantization_mode", None):
        return False
    if getattr(layer, "groups", 1) != 1:
        return False
    # Softmax mixes units.
    return getattr(layer.activation, "__name__", "") != "softmax"


def _can_lose_inputs(layer: Any) -> bool:
    if type(layer) not in _PRODUCERS or not _channels_last(layer):
        return False
    if getattr(layer, "lora_enabled", False) or getattr(layer, "quantization_mode", None):
        return False
    return getattr(layer, "groups", 1) == 1


def _alive(model: Any, link: Link, inputs: Arrays, signature: Signature) -> NDArray[np.bool_]:
    """Return which units of a producer are not 0 for some sample where they are read."""
    part = keras.Model(model.inputs[0], link.before.output)
    units = link.producer.kernel.shape[-1]
    alive = np.zeros(units, bool)
    count = len(next(iter(inputs.values())))
    for start in range(0, count, _BATCH):
        batch = {name: each[start : start + _BATCH] for name, each in inputs.items()}
        output = part(signature.packed(batch), training=False)
        values = as_array(keras.ops.convert_to_numpy(output))
        # Flatten keeps the channels last: a unit has every units-th column.
        alive |= (values.reshape(-1, units) != 0).any(axis=0)
    if not alive.any():
        # A layer cannot have no units.
        alive[0] = True
    return alive


def _smaller(model: Any, links: list[Link], alive: dict[str, NDArray[np.bool_]]) -> Any:
    def change(layer: keras.Layer, config: dict[str, Any]) -> dict[str, Any]:
        if layer.name in alive:
            key = "units" if "units" in config else "filters"
            return {**config, key: int(alive[layer.name].sum())}
        return config

    copied = copy_changed(model, change)
    readers = {link.reader.name: link for link in links}
    for layer in chain_of(model):
        weights = [as_array(keras.ops.convert_to_numpy(each)) for each in layer.weights]
        if layer.name in readers:
            link = readers[layer.name]
            mask = alive[link.producer.name]
            axis = weights[0].ndim - 2
            repeat = weights[0].shape[axis] // len(mask)
            weights[0] = np.compress(np.tile(mask, repeat), weights[0], axis=axis)
        if layer.name in alive:
            weights = [np.compress(alive[layer.name], each, axis=-1) for each in weights]
        if weights:
            copied.get_layer(layer.name).set_weights(weights)
    for layer in copied._flatten_layers():
        # Normalization computes with numbers that it takes from its weights only then.
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()
    compile_like(copied, model)
    return copied
