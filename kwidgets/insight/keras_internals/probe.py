"""Measure the gradients and activations of one batch; every variable stays as it was."""

from __future__ import annotations

import math
from collections.abc import Mapping
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
from kwidgets.insight.keras_internals.held_batch import HeldBatch
from kwidgets.insight.keras_internals.layer_units import LayerUnit, layer_units
from kwidgets.insight.layers.measurement import LayerMeasurement, Measurement
from kwidgets.language import Message, message

#: Activations that are exactly 0 on one side.
_RECTIFIED: Final = {"relu", "relu6"}


def why_not(model: Any) -> Message | None:
    """Return why a model cannot be measured without changing it; None if it can."""
    if not getattr(model, "built", False):
        return message("The model is not built yet.")
    for layer in [model, *getattr(model, "_flatten_layers", list)()]:
        if type(layer).__module__.startswith("keras."):
            continue
        for name, value in vars(layer).items():
            if type(value).__name__ in ("ResourceVariable", "MirroredVariable"):
                return message("%1 has a tf.Variable of its own: %2", str(layer.name), name)
    if keras.backend.backend() == "torch" and any(True for _ in model.buffers()):
        return message("The model has PyTorch buffers, which a measurement would change.")
    return None


def measure(
    model: Any,
    batch: HeldBatch,
    step: int,
    values: Mapping[int, Any] | None = None,
    in_training: bool = True,
) -> Measurement:
    """Return what one batch makes of the layers. Runs eagerly, so that nothing is compiled.

    In a graph, TensorFlow on a CPU turns NaN into 0 in a Dense with relu; here NaN is NaN.

    Args:
        model: :func:`why_not` has returned None for it.
        batch: without targets, only the activations are measured.
        step: of the training.
        values: of variables, by their id, instead of the present ones.
        in_training: whether the model is called as in training.
    """
    units = layer_units(model)
    has_loss = batch.y is not None and _has_own_train_step(model) is False
    trainable = list(model.trainable_variables) if has_loss else []
    calls: list[tuple[LayerUnit, Any]] = []

    def note(unit: LayerUnit, output: Any) -> Any:
        first = next((leaf for leaf in keras.tree.flatten(output) if hasattr(leaf, "shape")), None)
        if first is not None and "float" in str(first.dtype):
            calls.append((unit, _figures(unit, first)))
        return output

    def run(weights: list[Any]) -> tuple[Any, Any]:
        calls.clear()
        given = dict(values or {})
        given |= {id(v): w for v, w in zip(trainable, weights, strict=True)}
        with unchanged(model, given), call_spies(units, note):
            predicted = model(batch.x, training=in_training)
            loss = _loss(model, batch, predicted) if has_loss else ops.zeros(())
        return loss, [figures for _, figures in calls]

    if trainable:
        at = [
            ops.convert_to_tensor((values or {}).get(id(v), v.value), dtype=v.dtype)
            for v in trainable
        ]
        loss, figures, gradients = value_and_gradients(run, at)
        by_variable = {id(v): g for v, g in zip(trainable, gradients, strict=True)}
    else:
        loss, figures = run([])
        by_variable = {}
    return Measurement(
        step=step,
        samples=batch.samples,
        loss=float(to_numpy(loss)) if has_loss else math.nan,
        layers=_layers([unit for unit, _ in calls], figures, by_variable),
    )


def _has_own_train_step(model: Any) -> bool:
    """Return whether the loss of the training may be another than ``compute_loss``."""
    return not str(type(model).train_step.__module__).startswith("keras.")


def _loss(model: Any, batch: HeldBatch, predicted: Any) -> Any:
    compute = getattr(model, "_compute_loss", model.compute_loss)
    return compute(
        x=batch.x, y=batch.y, y_pred=predicted, sample_weight=batch.sample_weight, training=True
    )


def _figures(unit: LayerUnit, value: Any) -> Any:
    """Return mean, standard deviation, zeros, dead units and whether all are finite, (5,)."""
    numbers = ops.cast(value, "float32")
    zero = ops.cast(numbers == 0, "float32")
    channels_first = getattr(unit.layer, "data_format", None) == "channels_first"
    unit_axis = 1 if channels_first and len(value.shape) > 2 else len(value.shape) - 1
    others = tuple(axis for axis in range(len(value.shape)) if axis != unit_axis)
    dead = ops.min(zero, axis=others) if others else zero
    return ops.stack(
        [
            ops.mean(numbers),
            ops.std(numbers),
            ops.mean(zero),
            ops.mean(dead),
            ops.cast(ops.all(ops.isfinite(numbers)), "float32"),
        ]
    )


def _layers(
    units: list[LayerUnit], figures: list[Any], gradients: Mapping[int, NDArray[Any]]
) -> list[LayerMeasurement]:
    found: dict[str, LayerMeasurement] = {}
    for unit, tensor in zip(units, figures, strict=True):
        if unit.name in found:  # a shared layer: its first call counts
            continue
        mean, deviation, zeros, dead, finite = (float(v) for v in to_numpy(tensor))
        own = [gradients[id(v)].reshape(-1) for v in unit.variables if id(v) in gradients]
        gradient = np.concatenate(own).astype(np.float64) if own else np.zeros(0)
        with np.errstate(all="ignore"):
            rms = float(np.sqrt(np.mean(np.square(gradient)))) if gradient.size else None
        found[unit.name] = LayerMeasurement(
            name=unit.name,
            gradient=rms,
            mean=mean,
            deviation=deviation,
            zeros=zeros,
            dead=dead,
            is_rectified=_is_rectified(unit.layer),
            finite=finite == 1,
            gradient_finite=bool(np.isfinite(gradient).all()),
        )
    return list(found.values())


def _is_rectified(layer: Any) -> bool:
    activation = getattr(layer, "activation", None)
    return type(layer).__name__ == "ReLU" or getattr(activation, "__name__", "") in _RECTIFIED
