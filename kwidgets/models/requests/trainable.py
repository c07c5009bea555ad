"""Sets Keras's ``trainable`` of a layer, unless a fit is running."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import keras

from kwidgets.language import t
from kwidgets.models.describe.layer_tree import children_of, find_layer
from kwidgets.models.protocol import TrainableSet

# More are set in a loop.
_MAX_LINES = 3


class FreezeRefusedError(RuntimeError):
    """``trainable`` cannot be set, or not now. The text says why and what to do."""


def set_trainable(model: Any, code: Mapping[str, str], trainable: bool) -> TrainableSet:
    """Set ``trainable`` of layers and of all layers in them; of all of them or of none.

    Args:
        model: the model.
        code: by path as in ``LayerSummary``, where "" is the model: the expression for the layer,
            such as ``model.get_layer("conv")``.
        trainable: whether training may change their weights.

    Raises:
        FreezeRefusedError: one is not a layer, or a fit of this model is running.
        NoSuchLayerError: there is no layer at a path.
    """
    layers = [_layer_at(model, path) for path in code]
    if is_fitting(model):
        # On JAX, fit pairs weights with their values by position in the list of trainable ones.
        raise FreezeRefusedError(
            t(
                "This model is being trained, so its trainable layers cannot be changed. Stop "
                "the fit or wait until it ends, then freeze, compile and fit again."
            )
        )
    for layer in layers:
        layer.trainable = trainable
    note = ""
    if getattr(model, "compiled", False):
        note = t("Compile the model again to apply the change. This also resets the optimizer.")
    return TrainableSet(
        trainable=all(layer.trainable for layer in layers),
        code=_code_for(list(code.values()), trainable),
        note=note,
    )


def _layer_at(model: Any, path: str) -> Any:
    layer = find_layer(model, path)
    if isinstance(layer, keras.Layer) and not isinstance(layer, keras.layers.InputLayer):
        return layer
    name = repr(layer.name)
    raise FreezeRefusedError(
        t("%1 is an input and has no weights to freeze. Choose a layer.", name)
        if isinstance(layer, keras.Layer)
        else t("%1 is an operation and has no weights to freeze. Choose a layer.", name)
    )


def _code_for(expressions: list[str], trainable: bool) -> str:
    """Return the code that sets ``trainable`` of the layers that these expressions give."""
    if len(expressions) <= _MAX_LINES:
        return "\n".join(f"{one}.trainable = {trainable}" for one in expressions)
    listed = "".join(f"    {one},\n" for one in expressions)
    return f"for layer in (\n{listed}):\n    layer.trainable = {trainable}"


def is_fitting(model: Any) -> bool:
    """Return whether a ``fit`` of this model, or of one that contains it, runs in any thread."""
    for frame in list(sys._current_frames().values()):
        step: Any = frame
        while step is not None:
            module = step.f_globals.get("__name__", "")
            if (
                step.f_code.co_name == "fit"
                and isinstance(module, str)
                and module.startswith("keras.")
                and _contains(step.f_locals.get("self"), model)
            ):
                return True
            step = step.f_back
    return False


def _contains(outer: Any, model: Any, depth: int = 0) -> bool:
    if outer is model:
        return True
    if not isinstance(outer, keras.Layer) or depth > 10:
        return False
    return any(_contains(child, model, depth + 1) for child in children_of(outer))
