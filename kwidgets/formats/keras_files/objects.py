"""Activations, initializers, regularizers and constraints of old configurations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from kwidgets.formats.keras_files import old_names
from kwidgets.formats.keras_files.parts import CutError
from kwidgets.language import Message, message

# Keras 3 changed the function of this name. Made of layers, so that a model saved with it loads
# without this package.
_OLD_HARD_SIGMOID = "old_hard_sigmoid"
# Sums of factors, 0 for none.
_PENALTIES = ("WeightRegularizer", "L1L2Regularizer", "ActivityRegularizer", "L1L2")


def old_hard_sigmoid() -> Any:
    """Return the ``hard_sigmoid`` of Keras 1 and 2: ``clip(0.2 x + 0.5, 0, 1)``."""
    return keras.layers.Pipeline(
        [
            keras.layers.Rescaling(0.2, 0.5, name="rescale"),
            keras.layers.ReLU(max_value=1.0, name="clip"),
        ],
        name=_OLD_HARD_SIGMOID,
    )


def activation(value: Any, layer: str, notes: list[Message]) -> Any:
    """Return an activation of Keras 1 or 2 for this Keras; add notes of what was repaired.

    Raises:
        CutError: the activation is neither Keras's nor registered.
    """
    if isinstance(value, Mapping):
        config = value.get("config")
        name = value.get("class_name")
        if name in ("function", "builtin_function") and isinstance(config, str):
            return activation(config, layer, notes)
        if name == "__lambda__":
            raise CutError(lambda_note(layer))
        return _activation_object(str(name), config, layer)
    if value == "hard_sigmoid":
        notes.append(
            message(
                "hard_sigmoid is clip(0.2 x + 0.5), as before Keras 3; Keras 3 computes "
                "relu6(x + 3) / 6 under this name."
            )
        )
        return old_hard_sigmoid()
    if value is None or isinstance(value, str):
        name = value or "linear"
        found = keras.saving.get_registered_object(name)
        if found is not None:
            return found
        try:
            keras.activations.get(name)
        except ValueError:
            raise CutError(unregistered_note(name, layer)) from None
        return name
    if isinstance(value, list):
        raise CutError(lambda_note(layer))
    raise CutError(unregistered_note(repr(value)[:40], layer))


def _activation_object(name: str, config: Any, layer: str) -> Any:
    cls = keras.saving.get_registered_object(name) or getattr(keras.layers, name, None)
    if cls is None or not isinstance(config, Mapping):
        raise CutError(unregistered_note(name, layer))
    values = dict(config)
    if name == "LeakyReLU" and "alpha" in values:
        values["negative_slope"] = values.pop("alpha")
    values.pop("dtype", None)
    try:
        return cls.from_config(values)
    except (TypeError, ValueError) as error:
        raise CutError(
            message("Its activation %1 cannot be made: %2", name, str(error)[:200])
        ) from error


def lambda_note(layer: str) -> Message:
    """Return why a Lambda is cut, and what to do."""
    return message(
        "“%1” has a Python function as bytecode, which is never run. Write what it computes with "
        "Keras layers, and connect it to the outputs of this model.",
        layer,
    )


def unregistered_note(name: str, layer: str) -> Message:
    """Return why a layer of an unknown class or function is cut, and what to do."""
    return message(
        "“%1” needs “%2”, which Keras does not have. Define it, put the line "
        "@keras.saving.register_keras_serializable() above its definition, run that, and import "
        "the file again.",
        layer,
        name,
    )


def initializer(value: Any) -> Any:
    """Return an initializer of Keras 1 or 2 for this Keras, or None if it has none."""
    if isinstance(value, str):
        value = old_names.INITIALIZERS.get(value, value)
    elif isinstance(value, Mapping):
        config = value.get("config")
        config = dict(config) if isinstance(config, Mapping) else {}
        config.pop("dtype", None)
        if value.get("class_name") == "VarianceScaling" and config.get("distribution") == "normal":
            config["distribution"] = "truncated_normal"
        value = {"class_name": value.get("class_name"), "config": config}
        if any(isinstance(each, (list, Mapping)) for each in config.values()):
            # A constant that is large would be built for nothing: the weights follow.
            return None
    else:
        return None
    try:
        return keras.initializers.get(value)
    except Exception:
        return None


def initializer_is_lost(value: Any) -> bool:
    """Return whether a configuration without counterpart names an initializer of the user's."""
    name = value.get("class_name") if isinstance(value, Mapping) else value
    return isinstance(name, str) and not hasattr(keras.initializers, name)


def regularizer(value: Any) -> Any:
    """Return a regularizer of Keras 1 or 2 for this Keras, or None if it has none."""
    if isinstance(value, str):
        # "l2", or the name under which one is registered.
        value = {"class_name": value, "config": {}}
    value = _flat(value)
    if value is None:
        return None
    name, config = value
    try:
        if name in _PENALTIES:
            l1, l2 = float(config.get("l1", 0.0)), float(config.get("l2", 0.0))
            return keras.regularizers.L1L2(l1, l2) if l1 or l2 else None
        return keras.regularizers.get({"class_name": name, "config": config})
    except Exception:
        return None


def regularizer_is_lost(value: Any) -> bool:
    """Return whether a configuration without counterpart would have penalised anything."""
    found = _flat(value)
    if found is None:
        return isinstance(value, str)
    name, config = found
    if name in _PENALTIES:
        return any(each not in (0, 0.0, None) for each in config.values())
    return True


def constraint(value: Any) -> Any:
    """Return a constraint of Keras 1 or 2 for this Keras, or None if it has none."""
    if isinstance(value, str):
        value = {"class_name": value, "config": {}}
    value = _flat(value)
    if value is None:
        return None
    name, config = value
    if "m" in config:
        config["max_value"] = config.pop("m")
    names = {"maxnorm": "MaxNorm", "nonneg": "NonNeg", "unitnorm": "UnitNorm"}
    try:
        return keras.constraints.get({"class_name": names.get(name, name), "config": config})
    except Exception:
        return None


def _flat(value: Any) -> tuple[str, dict[str, Any]] | None:
    """Return class and configuration, of Keras 1 (``{"name": …, …}``) or later."""
    if not isinstance(value, Mapping):
        return None
    if isinstance(value.get("class_name"), str):
        config = value.get("config")
        return value["class_name"], dict(config) if isinstance(config, Mapping) else {}
    config = dict(value)
    name = config.pop("name", None)
    return (name, config) if isinstance(name, str) else None
