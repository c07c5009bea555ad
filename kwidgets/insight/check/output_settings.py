"""Choose from the settings of compile those that belong to one output of a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from kwidgets.builder import convert
from kwidgets.builder.spec import Value


def compile_settings_of(model: keras.Model) -> dict[str, Value] | None:
    """Return the arguments of ``compile`` that are not the default; None if not compiled.

    Read on the training thread: with JAX, an optimizer has no values during a step.
    """
    try:
        settings = convert.compile_settings(model)
        if settings is not None and settings.get("jit_compile") == _automatic_jit(model):
            settings.pop("jit_compile", None)
        return settings
    except Exception:  # the user's own loss or optimizer, whose config cannot be read
        return {"loss": convert.value_of(model.loss)} if model.compiled else None


def _automatic_jit(model: keras.Model) -> Any:
    """Return what Keras makes of ``jit_compile="auto"``: it keeps only that."""
    try:
        return model._resolve_auto_jit_compile()
    except Exception:
        return True


def settings_of_output(
    settings: Mapping[str, Value] | None, index: int, name: str, count: int
) -> dict[str, Value] | None:
    """Return the settings of one of ``count`` outputs."""
    if settings is None:
        return None
    return {
        argument: _of_output(value, index, name, count)
        if argument in ("loss", "metrics", "weighted_metrics")
        else value
        for argument, value in settings.items()
    }


def _of_output(value: Value, index: int, name: str, count: int) -> Value:
    if isinstance(value, Mapping):
        return value.get(name)
    if count > 1 and isinstance(value, (list, tuple)):
        return value[index] if len(value) == count else None
    return value


def key_of(value: Any, index: int, name: str, count: int) -> Any:
    """Return the targets, or inputs, that a dict or list has for one of ``count`` tensors."""
    if isinstance(value, Mapping):
        return value.get(name)
    if count > 1 and isinstance(value, (list, tuple)):
        return value[index] if len(value) == count else None
    if isinstance(value, (list, tuple)) and len(value) == 1 and hasattr(value[0], "shape"):
        return value[0]
    return value
