"""Reads how a model is compiled, and for how long it was trained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import keras

from kwidgets.models.describe.attributes import read_attribute
from kwidgets.models.describe.display_names import loss_or_metric_name
from kwidgets.models.summary_data import Compiled, Trained


def read_compiled(model: Any) -> Compiled | None:
    """Return the arguments of ``compile``; None when ``model`` is not compiled."""
    if not read_attribute(model, "compiled", False):
        return None
    compile_metrics = read_attribute(model, "_compile_metrics")
    return Compiled(
        optimizer=_optimizer_name(read_attribute(model, "optimizer")),
        loss=loss_or_metric_name(read_attribute(model, "loss")),
        metrics=tuple(
            name
            for kind in ("_user_metrics", "_user_weighted_metrics")
            for name in _flat_names(read_attribute(compile_metrics, kind))
        ),
    )


def _optimizer_name(optimizer: Any) -> str:
    if optimizer is None:
        return ""
    name = type(optimizer).__name__
    # Under mixed_float16, Keras wraps the user's optimizer.
    inner = read_attribute(optimizer, "inner_optimizer")
    return f"{name}({_optimizer_name(inner)})" if inner is not None else name


def _flat_names(value: Any, of: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flat_names(item, str(key))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _flat_names(item, of)
    elif value is not None:
        given = read_attribute(value, "name") if isinstance(value, keras.Metric) else None
        name = given if isinstance(given, str) else loss_or_metric_name(value)
        yield f"{of}: {name}" if of else name


def read_trained(model: Any) -> Trained | None:
    """Return for how long ``model`` was trained, by its optimizer and its last History.

    None when never, or when the optimizer cannot be read now, as on JAX while a fit runs.
    """
    try:
        steps = _steps(read_attribute(model, "optimizer"))
        history = read_attribute(model, "history")
        epochs = len(history.epoch) if isinstance(history, keras.callbacks.History) else None
    except Exception:
        # Backends raise different errors when their variables are in use.
        return None
    return Trained(steps, epochs) if steps or epochs else None


def _steps(optimizer: Any) -> int:
    inner = read_attribute(optimizer, "inner_optimizer")
    if inner is not None:
        return _steps(inner)
    variable = read_attribute(optimizer, "_iterations")
    if variable is None:
        return 0
    # `iterations` would be computed by the backend; this only reads a number.
    steps = int(variable.numpy())
    accumulated = read_attribute(optimizer, "gradient_accumulation_steps")
    return steps // int(accumulated) if accumulated else steps
