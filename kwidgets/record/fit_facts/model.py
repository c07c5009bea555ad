"""Describe the model of a training: its layers, its variables, and how it was compiled."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import keras

from kwidgets.lazy_tensorflow import without_importing_tensorflow


def describe_model(model: Any) -> dict[str, Any]:
    """Return the keys ``model_config``, ``compile_config`` and ``variables`` of a run.

    A part that Keras cannot describe, such as the layers of a subclass without ``get_config``, is
    None.
    """
    if not isinstance(model, keras.Model):
        return {"model_config": None, "compile_config": None, "variables": None}
    with without_importing_tensorflow():
        return _describe(model)


def _describe(model: keras.Model) -> dict[str, Any]:
    return {
        "model_config": _or_none(lambda: json.loads(model.to_json())),
        "compile_config": _or_none(model.get_compile_config),
        "variables": _or_none(
            lambda: [[v.path, list(v.shape), str(v.dtype)] for v in model.variables]
        ),
    }


def _or_none(describe: Callable[[], Any]) -> Any:
    try:
        value = describe()
        json.dumps(value)
    except Exception:  # Keras raises all kinds
        return None
    return value
