"""How a model is compiled, and for how long it has been trained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import keras

from kwidgets.models.describe.attributes import read
from kwidgets.models.describe.display_names import in_words
from kwidgets.models.summary_data import Compiled, Trained


def compiled(model: Any) -> Compiled | None:
    """Return what ``compile`` was told; None when ``model`` is not compiled."""
    if not read(model, "compiled", False):
        return None
    told = read(model, "_compile_metrics")
    return Compiled(
        optimizer=_optimizer_name(read(model, "optimizer")),
        loss=in_words(read(model, "loss")),
        metrics=tuple(
            name
            for kind in ("_user_metrics", "_user_weighted_metrics")
            for name in _flat_names(read(told, kind))
        ),
    )


def _optimizer_name(optimizer: Any) -> str:
    if optimizer is None:
        return ""
    name = type(optimizer).__name__
    # Under mixed_float16, Keras wraps what the user gave.
    inner = read(optimizer, "inner_optimizer")
    return f"{name}({_optimizer_name(inner)})" if inner is not None else name


def _flat_names(value: Any, of: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flat_names(item, str(key))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _flat_names(item, of)
    elif value is not None:
        given = read(value, "name") if isinstance(value, keras.Metric) else None
        name = given if isinstance(given, str) else in_words(value)
        yield f"{of}: {name}" if of else name


def trained(model: Any) -> Trained | None:
    """Return for how long ``model`` has been trained, as its optimizer and its last History tell.

    None when never, or when the optimizer cannot be read now, as on JAX while a fit runs.
    """
    try:
        steps = _steps(read(model, "optimizer"))
        history = read(model, "history")
        epochs = len(history.epoch) if isinstance(history, keras.callbacks.History) else None
    except Exception:
        # Whatever a backend raises when its numbers are in use.
        return None
    return Trained(steps, epochs) if steps or epochs else None


def _steps(optimizer: Any) -> int:
    inner = read(optimizer, "inner_optimizer")
    if inner is not None:
        return _steps(inner)
    variable = read(optimizer, "_iterations")
    if variable is None:
        return 0
    # Its `iterations` would be worked out by the backend; this only reads a number.
    steps = int(variable.numpy())
    accumulated = read(optimizer, "gradient_accumulation_steps")
    return steps // int(accumulated) if accumulated else steps
