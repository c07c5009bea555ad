"""Sets Keras's ``trainable`` of a layer, unless a fit is running."""

from __future__ import annotations

import sys
from typing import Any

import keras

from kwidgets.language import t
from kwidgets.models.describe.layer_tree import children_of, find_layer
from kwidgets.models.protocol import TrainableSet


class FreezeRefusedError(RuntimeError):
    """``trainable`` cannot be set, or not now. The text says why and what to do."""


def set_trainable(model: Any, path: str, trainable: bool, code: str) -> TrainableSet:
    """Set ``trainable`` of the layer at ``path`` and of all layers in it.

    Args:
        model: the model.
        path: as in ``LayerSummary``; "" is the model.
        trainable: whether training may change its weights.
        code: the expression for the layer: ``model.get_layer("conv")``.

    Raises:
        FreezeRefusedError: it is not a layer, or a fit of this model is running.
        NoSuchLayerError: there is no layer at ``path``.
    """
    layer = find_layer(model, path)
    if not isinstance(layer, keras.Layer) or isinstance(layer, keras.layers.InputLayer):
        name = repr(layer.name)
        raise FreezeRefusedError(
            t("%1 is an input: it has no weights to freeze. Choose a layer.", name)
            if isinstance(layer, keras.Layer)
            else t("%1 is an operation: it has no weights to freeze. Choose a layer.", name)
        )
    if is_fitting(model):
        # On JAX, fit pairs weights with their values by position in the list of trainable ones.
        raise FreezeRefusedError(
            t(
                "A fit of this model runs, and what is trainable must not change under it. Stop "
                "the fit or wait for its end, then freeze, compile and fit again."
            )
        )
    layer.trainable = trainable
    line = f"{code}.trainable = {trainable}"
    note = ""
    if getattr(model, "compiled", False):
        note = t(
            "Compile the model again: until then it trains as it was compiled. "
            "Compiling starts the optimizer anew."
        )
    return TrainableSet(trainable=bool(layer.trainable), code=line, note=note)


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
