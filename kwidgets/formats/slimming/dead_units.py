"""Remove units that are 0 for every sample, as the Layers tab counts them, with what reads them.

A unit is removed only where that changes nothing on the samples: between two layers of a chain with
weights, and nothing but layers between them that map each channel to itself and 0 to 0.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import keras
import numpy as np
from numpy.typing import NDArray

from kwidgets.formats.errors import FormatError
from kwidgets.formats.export.prepared import Signature
from kwidgets.formats.export.runtimes.runtime import as_array
from kwidgets.formats.export.unchanged import unchanged
from kwidgets.formats.export.user_rows import all_rows
from kwidgets.formats.slimming.copy_model import compile_like, copy_changed
from kwidgets.language import Message, message, t

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
    model: keras.Model, sources: Sequence[Any], signature: Signature
) -> tuple[Any, list[Message]]:
    """Return a copy without the units that are 0 for all samples, and what is said.

    Args:
        model: a chain of layers.
        sources: data of which all rows count.
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
    alive, count = _alive(model, links, sources, signature)
    removed = {name: int((~mask).sum()) for name, mask in alive.items() if not mask.all()}
    if not removed:
        raise FormatError(
            t(
                "No unit of “%1” is 0 for all %2 samples, so there is nothing to remove.",
                model.name,
                f"{count:,}",
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
            f"{count:,}",
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


def _alive(
    model: Any, links: list[Link], sources: Sequence[Any], signature: Signature
) -> tuple[dict[str, NDArray[np.bool_]], int]:
    """Return which units are not 0 for some row where they are read, and the number of rows."""
    part = keras.Model(model.inputs[0], [link.before.output for link in links])
    alive = {link.producer.name: np.zeros(link.producer.kernel.shape[-1], bool) for link in links}
    count = 0
    with unchanged(model):
        for batch in itertools.chain.from_iterable(all_rows(each, signature) for each in sources):
            count += len(next(iter(batch.values())))
            outputs = part(signature.packed(batch), training=False)
            outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
            for link, output in zip(links, outputs, strict=True):
                values = as_array(keras.ops.convert_to_numpy(output))
                found = alive[link.producer.name]
                # Flatten keeps the channels last: a unit has every so many-th column.
                found |= (values.reshape(-1, len(found)) != 0).any(axis=0)
    for found in alive.values():
        if not found.any():
            # A layer cannot have no units.
            found[0] = True
    return alive, count


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
