"""Edits of a spec that fixes apply. Each takes a spec and returns a new one."""

from __future__ import annotations

import dataclasses

from kwidgets.builder.mistakes.layer_groups import WITH_UNITS
from kwidgets.builder.mistakes.loss_names import loss_of
from kwidgets.builder.mistakes.metric_names import replace_unfit_metrics
from kwidgets.builder.mistakes.situation import Situation
from kwidgets.builder.mistakes.step import Step
from kwidgets.builder.spec import LayerSpec, ModelSpec, ObjectSpec, Value, layer


def with_compile(spec: ModelSpec, **arguments: Value) -> ModelSpec:
    """Set arguments of compile; None removes one."""
    return dataclasses.replace(spec, compile=_updated(dict(spec.compile or {}), arguments))


def with_loss(spec: ModelSpec, loss: Value, width: int | None = None) -> ModelSpec:
    """Set the loss, and replace metrics that do not fit it.

    Args:
        spec: the spec to change.
        loss: the new loss.
        width: how many values the model then outputs at each position.
    """
    known = loss_of(loss)
    metrics = (spec.compile or {}).get("metrics")
    if known is not None and metrics is not None:
        metrics = replace_unfit_metrics(metrics, known.name, width)
    return with_compile(spec, loss=loss, metrics=metrics)


def with_fit(spec: ModelSpec, **arguments: Value) -> ModelSpec:
    """Set arguments of fit; None removes one."""
    return dataclasses.replace(spec, fit=_updated(dict(spec.fit), arguments))


def without_fit_argument(spec: ModelSpec, name: str) -> ModelSpec:
    return with_fit(spec, **{name: None})


def _updated(before: dict[str, Value], arguments: dict[str, Value]) -> dict[str, Value]:
    for name, value in arguments.items():
        if value is None:
            before.pop(name, None)
        else:
            before[name] = value
    return before


def with_argument(spec: ModelSpec, uid: str, name: str, value: Value) -> ModelSpec:
    return spec.update(uid, lambda entry: entry.with_argument(name, value))


def without_argument(spec: ModelSpec, uid: str, name: str) -> ModelSpec:
    return spec.update(uid, lambda entry: entry.without_argument(name))


def with_wrapped_argument(spec: ModelSpec, step: Step, name: str, value: Value) -> ModelSpec:
    """Set an argument of a layer, or of the layer that it wraps; None removes it."""

    def change(entry: ObjectSpec) -> ObjectSpec:
        return entry.without_argument(name) if value is None else entry.with_argument(name, value)

    if step.wrapped is step.entry.object:
        return spec.update(step.uid, change)
    return spec.update(
        step.uid, lambda entry: entry.with_argument("layer", change(entry.arguments["layer"]))
    )


def with_activation(spec: ModelSpec, step: Step, name: str) -> ModelSpec:
    """Set the activation of a layer; "linear" removes an activation layer."""
    if step.is_a("Activation", "Softmax", "ReLU", "LeakyReLU", "PReLU", "ELU"):
        if name == "linear":
            return spec.remove(step.uid)
        entry = layer("keras.layers.Activation", activation=name)
        return spec.replace(step.uid, dataclasses.replace(entry, uid=step.uid))
    if name == "linear" and not step.is_recurrent:
        return without_argument(spec, step.uid, "activation")
    return with_wrapped_argument(spec, step, "activation", name)


def with_units(spec: ModelSpec, step: Step, units: int) -> ModelSpec:
    name = "units" if step.is_a(*WITH_UNITS) else "filters"
    return with_argument(spec, step.uid, name, units)


def insert_before(spec: ModelSpec, uid: str, entry: LayerSpec) -> ModelSpec:
    parent, index = spec.locate(uid)
    return spec.insert(entry, parent, index)


def insert_after(spec: ModelSpec, uid: str, entry: LayerSpec) -> ModelSpec:
    parent, index = spec.locate(uid)
    return spec.insert(entry, parent, index + 1)


def insert_first(spec: ModelSpec, entry: LayerSpec) -> ModelSpec:
    return spec.insert(entry, None, 0)


def with_input_shape(spec: ModelSpec, shape: tuple[int | None, ...]) -> ModelSpec:
    """Set the input's shape and keep its other arguments."""
    kept = {
        name: value
        for name, value in (spec.input or {}).items()
        if name not in ("shape", "batch_shape")
    }
    return spec.with_input(**{**kept, "shape": shape})


def with_class_probabilities(
    spec: ModelSpec, situation: Situation, classes: int, loss: Value
) -> ModelSpec:
    """Make the end of the stack output a probability for each of several classes."""
    step, last = situation.output_step, situation.last_learning_step
    if last is not None:
        spec = with_units(spec, last, classes)
    if step is not None:
        spec = with_activation(spec, step, "softmax")
    return with_loss(spec, loss, classes)
