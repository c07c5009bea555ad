"""Read a functional model as a Sequential, if each layer takes the output of the one before."""

from __future__ import annotations

from typing import Any

import keras
from keras.src.models.functional import Functional

from kwidgets.builder.convert.from_keras import ConversionError, spec_of_stack
from kwidgets.builder.spec import ModelSpec


def spec_of_chain(model: keras.Model) -> tuple[ModelSpec, dict[str, keras.Layer]]:
    """Return the spec of a functional model that is a chain of layers, and its layers by uid.

    Raises:
        ConversionError: the model is not a chain of layers. The text says where it is not.
    """
    return spec_of_stack(model, _layers_of_chain(model))


def _layers_of_chain(model: keras.Model) -> list[keras.Layer]:
    """Return the layers of a functional model in order, with its InputLayer first.

    Raises:
        ConversionError: the model is not a chain of layers. The text says where it is not.
    """
    if type(model) is not Functional:
        raise _error(model, f"{type(model).__name__} may compute anything in its call")
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise _error(
            model, f"this model has {len(model.inputs)} inputs and {len(model.outputs)} outputs"
        )
    found: list[keras.Layer] = []
    tensor = model.outputs[0]
    while True:
        layer, node = _maker_of(tensor)
        if not isinstance(layer, keras.Layer):
            raise _error(model, f"{layer.name!r} ({type(layer).__name__}) is not a layer")
        if any(layer is other for other in found):
            raise _error(model, f"{layer.name!r} ({type(layer).__name__}) is used twice")
        found.insert(0, layer)
        if tensor is model.inputs[0]:
            break
        call = node.arguments
        # Keras itself adds training=False.
        if len(call.args) != 1 or any(call.kwargs.values()):
            raise _error(
                model,
                f"{layer.name!r} ({type(layer).__name__}) is called with more than one argument",
            )
        if len(node.input_tensors) != 1:
            raise _error(model, f"{layer.name!r} ({type(layer).__name__}) takes several tensors")
        tensor = node.input_tensors[0]
    if len(found) != len(model.operations):
        raise _error(model, "not all of its layers are between its input and its output")
    return found


def _maker_of(tensor: Any) -> tuple[Any, Any]:
    """Return the operation that gives a symbolic tensor, and its node in the graph."""
    operation, index, _ = tensor._keras_history
    return operation, operation._inbound_nodes[index]


def _error(model: keras.Model, reason: str) -> ConversionError:
    return ConversionError(
        f"a SequentialBuilder holds a keras.Sequential, or a functional model in which each layer "
        f"takes the output of the one before; {reason}. {type(model).__name__} can be one of the "
        "layers: SequentialBuilder([model, ...])."
    )
