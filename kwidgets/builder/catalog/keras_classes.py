"""Finds the classes that Keras offers in each section of the catalog."""

from __future__ import annotations

import inspect
from typing import Any, Final

import keras

# Each section is a module of Keras. The catalog adds "cells", a selection of the layers.
SECTIONS: Final = (
    "layers",
    "optimizers",
    "losses",
    "metrics",
    "callbacks",
    "initializers",
    "regularizers",
    "constraints",
    "schedules",
)

# Base classes, and objects that fit creates itself: no form needs them.
_EXCLUDED: Final = {
    *("Layer", "Wrapper", "InputSpec", "Optimizer", "OptimizerMap", "Loss", "Metric"),
    *("MultiOptimizer", "Callback", "CallbackList", "History", "ProgbarLogger"),
    *("RemoteMonitor", "Initializer", "Regularizer", "Constraint", "LearningRateSchedule"),
}

BASES: Final[dict[str, type]] = {
    "layers": keras.layers.Layer,
    "optimizers": keras.optimizers.Optimizer,
    "losses": keras.losses.Loss,
    "metrics": keras.metrics.Metric,
    "callbacks": keras.callbacks.Callback,
    "initializers": keras.initializers.Initializer,
    "regularizers": keras.regularizers.Regularizer,
    "constraints": keras.constraints.Constraint,
    "schedules": keras.optimizers.schedules.LearningRateSchedule,
}


def short_name(key: str) -> str:
    """Return the class's own name: ``"Dense"`` of ``"keras.layers.Dense"``."""
    return key.rpartition(".")[2].rpartition(">")[2]


def public_classes(section: str) -> dict[str, type]:
    """Return the classes that Keras offers in a section, by key; each class once."""
    return classes_and_aliases(section)[0]


def classes_and_aliases(section: str) -> tuple[dict[str, type], dict[str, str]]:
    """Return the classes of a section by key, and the keys of their other public names."""
    module = module_of(section)
    prefix = "keras.optimizers.schedules" if section == "schedules" else f"keras.{section}"
    names: dict[type, list[str]] = {}
    for name in dir(module):
        value = getattr(module, name)
        if inspect.isclass(value) and not name.startswith("_"):
            names.setdefault(value, []).append(name)
    classes: dict[str, type] = {}
    aliases: dict[str, str] = {}
    for cls, given in names.items():
        name = cls.__name__ if cls.__name__ in given else given[0]
        if name in _EXCLUDED:
            continue
        key = f"{prefix}.{name}"
        classes[key] = cls
        aliases.update({f"{prefix}.{other}": key for other in given if other != name})
    return classes, aliases


def module_of(section: str) -> Any:
    """Return the module of Keras that a section shows."""
    return keras.optimizers.schedules if section == "schedules" else getattr(keras, section)


def is_cell(cls: type) -> bool:
    """Whether a layer is a cell, one step of an RNN."""
    return cls.__name__.endswith("Cell") or (
        hasattr(cls, "state_size") and not issubclass(cls, keras.layers.RNN)
    )


def activation_names() -> tuple[str, ...]:
    """Return the names of Keras's activation functions."""
    module = keras.activations
    return tuple(
        name
        for name in sorted(dir(module))
        if name.islower()
        and not name.startswith("_")
        and name not in {"get", "serialize", "deserialize"}
        and callable(getattr(module, name))
    )
