"""Which function makes which layer of an old file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import keras

from kwidgets.formats.keras_files import (
    convolutions,
    masks,
    objects,
    old_layers,
    pooling,
    recurrent,
    simple_layers,
    tensor_functions,
    values,
)
from kwidgets.formats.keras_files.layer_config import present_class
from kwidgets.formats.keras_files.merges import merge
from kwidgets.formats.keras_files.parts import (
    MODELS,
    CutError,
    OldLayer,
    Part,
    one_tensor,
    shape_of,
)

Maker: TypeAlias = Callable[[OldLayer, Any], Part]

_MASKING = (keras.layers.Embedding, keras.layers.Masking)
_MAKERS: dict[str, Maker] = {
    **dict.fromkeys(convolutions.RANKS, convolutions.convolution),
    **dict.fromkeys(
        ("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"), convolutions.transposed
    ),
    **dict.fromkeys(("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"), convolutions.flipped_recurrent),
    **{
        f"{kind}Pooling{rank}D": pooling.pooling
        for kind in ("Max", "Average")
        for rank in (1, 2, 3)
    },
    **dict.fromkeys(("LSTM", "GRU", "SimpleRNN"), recurrent.recurrent),
    **dict.fromkeys(
        ("TFOpLambda", "SlicingOpLambda", "ClassMethod"), tensor_functions.function_layer
    ),
    "BatchNormalization": simple_layers.batch_normalization,
    "ELU": simple_layers.elu,
    "Embedding": simple_layers.embedding,
    "Flatten": simple_layers.flatten,
    "Highway": old_layers.highway,
    "LeakyReLU": simple_layers.leaky_relu,
    "LocallyConnected1D": old_layers.locally_connected,
    "LocallyConnected2D": old_layers.locally_connected,
    "MaxoutDense": old_layers.maxout_dense,
    "Merge": merge,
    "Normalization": simple_layers.normalization,
    "PReLU": old_layers.prelu,
    "ParametricSoftplus": old_layers.parametric_softplus,
    "SReLU": old_layers.s_relu,
    "ThresholdedReLU": old_layers.thresholded_relu,
}


def make_part(old: OldLayer, inputs: Any, make_model: Maker) -> Part:
    """Return the Keras layers for a layer of an old file, which is about to be called.

    Args:
        old: the layer.
        inputs: the tensor or tensors of its first call.
        make_model: makes the part of a model inside the model.

    Raises:
        CutError: it cannot be made.
    """
    if old.class_name == "Lambda":
        raise CutError(objects.lambda_note(old.name))
    present = present_class(old.class_name)
    if present in MODELS:
        return make_model(old, inputs)
    if present == "TimeDistributed":
        return _time_distributed(old, inputs, make_model)
    if present == "Bidirectional":
        return _bidirectional(old, inputs, make_model)
    # A class of the user's that has a name of Keras 1 comes first.
    found = keras.saving.get_registered_object(old.class_name)
    maker = simple_layers.plain if found is not None else _MAKERS.get(present, simple_layers.plain)
    return maker(old, inputs)


def _inner(old: OldLayer, config: Any, shapes: Any = None) -> OldLayer:
    inner = values.mapping(config, "layer")
    settings = values.mapping(inner.get("config"), "config")
    class_name = values.text(inner.get("class_name"), "class_name")
    name = str(settings.get("name", class_name.lower()))
    return OldLayer(name, name.replace("/", "_"), class_name, settings, old.origin, shapes)


def _time_distributed(old: OldLayer, inputs: Any, make_model: Maker) -> Part:
    shape = shape_of(one_tensor(inputs, old.name))
    inner = _inner(old, old.config.get("layer"), old.shapes)
    part = make_part(inner, keras.KerasTensor((shape[0], *shape[2:])), make_model)
    if part.is_chain:
        last = len(part.layers) - 1
        wrapped = [
            keras.layers.TimeDistributed(
                layer, name=old.keras_name if index == last else f"{old.keras_name}_{layer.name}"
            )
            for index, layer in enumerate(part.layers)
        ]

        def apply_chain(inputs: Any, kwargs: Mapping[str, Any]) -> Any:
            tensor = one_tensor(inputs, old.name)
            for layer in wrapped:
                output = layer(tensor, **(kwargs if layer is wrapped[0] else {}))
                masks.give_steps_masks(layer, tensor, output)
                tensor = output
            return tensor

        makes_masks = masks.any_mask(inputs) or isinstance(part.layers[0], _MASKING)
        # Of a model inside, the slot is its own.
        return replace(part, layers=wrapped, apply=apply_chain if makes_masks else None)
    inside = keras.Input(shape[2:], name=f"{inner.keras_name}_step")
    model = keras.Model(inside, part(inside, {}), name=inner.keras_name)
    distributed = keras.layers.TimeDistributed(model, name=old.keras_name)

    def apply(inputs: Any, kwargs: Mapping[str, Any]) -> Any:
        return distributed(one_tensor(inputs, old.name), **kwargs)

    return replace(part, apply=apply, shown=[distributed])


def _bidirectional(old: OldLayer, inputs: Any, make_model: Maker) -> Part:
    tensor = inputs[0] if isinstance(inputs, (list, tuple)) else inputs
    half = old.shapes[: len(old.shapes) // 2] if old.shapes else None
    forward = make_part(_inner(old, old.config.get("layer"), half), tensor, make_model)
    is_masked = getattr(tensor, "_keras_mask", None) is not None
    backward = None
    if isinstance(old.config.get("backward_layer"), Mapping):
        backward = make_part(
            _inner(old, old.config.get("backward_layer"), half), tensor, make_model
        )
    return recurrent.bidirectional(old, forward, backward, is_masked)
