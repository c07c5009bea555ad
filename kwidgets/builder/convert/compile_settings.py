"""Describe how a model is compiled as compile settings of a spec."""

from __future__ import annotations

from typing import Any

import keras

from kwidgets.builder import catalog
from kwidgets.builder.convert.from_keras import value_of
from kwidgets.builder.spec import Value

# Settings that the compile config holds as they were passed in.
_PLAIN_SETTINGS = (
    "loss_weights",
    "weighted_metrics",
    "run_eagerly",
    "steps_per_execution",
    "jit_compile",
    "auto_scale_loss",
)


def compile_settings(model: keras.Sequential) -> dict[str, Value] | None:
    """Return the arguments of ``compile`` that are not the default; None if not compiled."""
    if not model.compiled:
        return None
    config = model.get_compile_config() or {}
    values = {
        "optimizer": value_of(model.optimizer),
        "loss": value_of(_named(model.loss)),
        "metrics": value_of(_metrics_argument(model)),
        **{name: value_of(config.get(name)) for name in _PLAIN_SETTINGS},
    }
    defaults = {p["name"]: p["default"] for p in catalog.FORMS["compile"]}
    return {
        name: value
        for name, value in values.items()
        if value not in (None, [], ()) and value != defaults.get(name)
    }


def _named(loss: Any) -> Any:
    """Return a loss with Keras's functions by their names, as compile is usually called.

    A model that was loaded has the functions.
    """
    if isinstance(loss, dict):
        return {name: _named(each) for name, each in loss.items()}
    if isinstance(loss, (list, tuple)):
        return (tuple if isinstance(loss, tuple) else list)(map(_named, loss))
    name = getattr(loss, "__name__", None)
    if isinstance(name, str) and not isinstance(loss, type):
        try:
            return name if keras.losses.get(name) is loss else loss
        except ValueError:  # no loss of Keras's has this name
            pass
    return loss


def _metrics_argument(model: keras.Sequential) -> Any:
    compiled = getattr(model, "_compile_metrics", None)
    return getattr(compiled, "_user_metrics", None)
