"""Grad-CAM: where in a picture or series the last convolution finds what counts.

Selvaraju et al., Grad-CAM: Visual Explanations from Deep Networks, https://arxiv.org/abs/1610.02391
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from kwidgets.insight.keras_internals.call_spies import call_spies
from kwidgets.insight.keras_internals.differentiate import (
    to_numpy,
    unchanged,
    value_and_gradients,
)
from kwidgets.insight.keras_internals.layer_units import LayerUnit, layer_units

_CONVOLUTIONS: Final = (
    keras.layers.Conv1D,
    keras.layers.Conv2D,
    keras.layers.SeparableConv1D,
    keras.layers.SeparableConv2D,
    keras.layers.DepthwiseConv1D,
    keras.layers.DepthwiseConv2D,
)

#: From the model's outputs to a scalar.
Score = Callable[[Any], Any]


def grad_cam(model: Any, x: Any, sides: tuple[int, ...], score: Score) -> NDArray[Any] | None:
    """Return what counts for a score, with the sides of the input; None without a convolution.

    Args:
        model: it is not changed.
        x: one sample with a batch axis, as the model takes it.
        sides: (height, width), or (steps,).
        score: of the model's outputs.

    Returns:
        Numbers of 0 and more, of shape ``sides``; None also if nothing counts.
    """
    units = [unit for unit in layer_units(model) if isinstance(unit.layer, _CONVOLUTIONS)]
    calls: list[tuple[LayerUnit, tuple[int, ...], Any]] = []

    def note(unit: LayerUnit, output: Any) -> Any:
        calls.append((unit, tuple(int(side) for side in output.shape), output.dtype))
        return output

    with unchanged(model), call_spies(units, note):
        model(x, training=False)
    # One place has no where.
    wanted = [
        number
        for number, (unit, shape, _) in enumerate(calls)
        if len(shape) == len(sides) + 2 and min(_places(unit, shape)) > 1
    ]
    if not wanted:
        return None
    unit, shape, dtype = calls[wanted[-1]]

    def run(at: list[Any]) -> tuple[Any, Any]:
        seen: list[Any] = []
        count = [0]

        def add(each: LayerUnit, output: Any) -> Any:
            count[0] += 1
            if count[0] != wanted[-1] + 1:
                return output
            seen.append(output)
            return output + at[0]

        with unchanged(model), call_spies(units, add):
            value = score(model(x, training=False))
        return value, seen[0]

    # The gradient at an added zero is that of the activation.
    _, activation, gradients = value_and_gradients(run, [ops.zeros(shape, dtype=dtype)])
    values = to_numpy(activation)[0].astype(np.float64)
    weights = np.asarray(gradients[0][0], np.float64)
    if getattr(unit.layer, "data_format", None) == "channels_first":
        values, weights = np.moveaxis(values, 0, -1), np.moveaxis(weights, 0, -1)
    weights = weights.mean(axis=tuple(range(weights.ndim - 1)))
    heat = np.maximum(values @ weights, 0)
    if not np.isfinite(heat).all() or heat.max() <= 0:
        return None
    return _resized(heat, sides)


def _places(unit: LayerUnit, shape: tuple[int, ...]) -> tuple[int, ...]:
    channels_first = getattr(unit.layer, "data_format", None) == "channels_first"
    return shape[2:] if channels_first else shape[1:-1]


def _resized(heat: NDArray[Any], sides: tuple[int, ...]) -> NDArray[Any]:
    """Return a heat map with other sides, between the places on lines."""
    for axis, side in enumerate(sides):
        old = (np.arange(heat.shape[axis]) + 0.5) / heat.shape[axis]
        new = (np.arange(side) + 0.5) / side
        heat = np.apply_along_axis(lambda line: np.interp(new, old, line), axis, heat)  # noqa: B023
    return heat
