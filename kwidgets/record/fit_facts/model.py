"""Describe the model of a training: its layers, its variables, and how it was compiled."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import keras


def describe_model(model: Any) -> dict[str, Any]:
    """Return the keys ``model_config``, ``compile_config`` and ``variables`` of a run.

    A part that Keras cannot describe, such as the layers of a subclass without ``get_config``, is
    None.
    """
    if not isinstance(model, keras.Model):
        return {"model_config": None, "compile_config": None, "variables": None}
    with _without_importing_tensorflow():
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


@contextlib.contextmanager
def _without_importing_tensorflow() -> Iterator[None]:
    """Keep Keras's serialization from importing TensorFlow to look for a shape of its own.

    On the other backends that import would slow a training for seconds. Without it no object can be
    one of TensorFlow's.
    """
    module = sys.modules.get("keras.src.utils.module_utils")
    lazy = getattr(module, "tensorflow", None)
    if "tensorflow" in sys.modules or getattr(lazy, "_available", False) is not None:
        yield
        return
    lazy._available = False  # type: ignore[union-attr]
    try:
        yield
    finally:
        lazy._available = None  # type: ignore[union-attr]
