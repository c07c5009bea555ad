"""Make one layer of this Keras from the configuration of an older one."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import keras
from keras.src.backend.common.stateless_scope import in_stateless_scope

from kwidgets.formats.keras_files import objects, old_names, values
from kwidgets.formats.keras_files.origin import Origin
from kwidgets.formats.keras_files.parts import CutError, OldLayer
from kwidgets.language import Message, message

_ACTIVATIONS = ("activation", "recurrent_activation")
_DATA_FORMATS = {"th": "channels_first", "tf": "channels_last"}
_BASE_ARGUMENTS = frozenset({"name", "trainable", "dtype", "activity_regularizer"})
# Values that change nothing, whatever the argument.
_NOTHING: tuple[Any, ...] = (None, False, 0, 0.0, [], {}, "")
_WRAPPED = ("layer", "backward_layer", "cell")


def find_class(class_name: str, layer: str) -> Any:
    """Return the class of a layer: one that is registered, or Keras's.

    Raises:
        CutError: there is none.
    """
    for name in (class_name, class_name.rpartition(">")[2]):
        found = keras.saving.get_registered_object(name)
        if found is None and ">" not in class_name:
            found = keras.saving.get_registered_object(f"Custom>{name}")
        if inspect.isclass(found) and issubclass(found, keras.layers.Layer):
            return found
    if class_name == "Lambda":
        raise CutError(objects.lambda_note(layer))
    found = getattr(keras.layers, class_name.rpartition(">")[2], None)
    if inspect.isclass(found) and issubclass(found, keras.layers.Layer):
        return found
    raise CutError(objects.unregistered_note(class_name, layer))


def present_class(class_name: str) -> str:
    """Return what Keras calls a class of Keras 1 or 2 now."""
    return old_names.CLASSES.get(class_name, class_name)


def present_config(class_name: str, config: Mapping[str, Any], origin: Origin) -> dict[str, Any]:
    """Return a configuration with the present names of arguments; values stay as they are.

    Args:
        class_name: the class in the file.
        config: the configuration in the file.
        origin: which Keras wrote it.
    """
    present = present_class(class_name)
    own = old_names.ARGUMENTS_OF.get(present, {})
    result: dict[str, Any] = {}
    for key, value in config.items():
        name = own.get(key) or old_names.ARGUMENTS.get(key, key)
        name = own.get(name, name)
        if key == "dtype" and "input_dtype" in config:
            continue
        if key == "input_dtype" or (name not in (key, None) and name in config):
            continue
        result[name] = value
    _join_kernel_size(result)
    if "data_format" in result:
        value = result["data_format"]
        result["data_format"] = _DATA_FORMATS.get(str(value), value)
        if result["data_format"] not in ("channels_first", "channels_last"):
            result["data_format"] = origin.data_format
    axis = result.get("axis")
    if isinstance(axis, list) and len(axis) == 1:
        result["axis"] = axis[0]
    if present == "GRU":
        # Keras 3's default is another.
        result.setdefault("reset_after", class_name == "CuDNNGRU")
    if present == "LSTM" and origin.major < 2:
        result.setdefault("unit_forget_bias", True)
    return result


def _join_kernel_size(config: dict[str, Any]) -> None:
    for names in (("nb_row", "nb_col"), ("kernel_dim1", "kernel_dim2", "kernel_dim3")):
        if all(name in config for name in names):
            config["kernel_size"] = [config.pop(name) for name in names]


def _spell_out_paddings(config: dict[str, Any]) -> None:
    """Write the dictionaries of Keras 1's ZeroPadding layers as pairs."""
    padding = config.get("padding")
    if not isinstance(padding, Mapping):
        return
    if any(str(key).endswith("_pad") for key in padding):
        config["padding"] = tuple(
            (padding.get(before, 0), padding.get(after, 0))
            for before, after in (("top_pad", "bottom_pad"), ("left_pad", "right_pad"))
        )


def make_layer(old: OldLayer, notes: list[Message], **changes: Any) -> Any:
    """Return the layer of this Keras for one layer of a file; add notes of what was repaired.

    Args:
        old: the layer of the file.
        notes: where to add what was repaired, for the report.
        changes: arguments that take the place of the file's; None drops one.

    Raises:
        CutError: it cannot be made.
    """
    present = present_class(old.class_name)
    cls = find_class(present, old.name)
    config = present_config(old.class_name, old.config, old.origin)
    if not cls.__module__.startswith("keras."):
        return _custom_layer(cls, old)
    config["name"] = old.keras_name
    # Some layers of Keras 1 took it from a global setting, which no file has.
    is_image = old.origin.major < 2 and present[-2:] in ("2D", "3D")
    if is_image and "data_format" not in config and "data_format" in accepted_arguments(cls):
        config["data_format"] = old.origin.data_format
    _spell_out_paddings(config)
    config.update(changes)
    config = {key: value for key, value in config.items() if value is not None}
    made = _objects(cls, config, old, notes)
    made = _accepted(cls, made, notes)
    try:
        return cls(**made)
    except CutError:
        raise
    except Exception as error:
        raise CutError(
            message("“%1” cannot be made: %2", old.name, str(error).strip()[:300])
        ) from error


def _custom_layer(cls: Any, old: OldLayer) -> Any:
    try:
        config = without_modules(old.config)
        config.pop("batch_input_shape", None)
        config["name"] = old.keras_name
        if isinstance(config.get("dtype"), Mapping):
            config.pop("dtype")
        return cls.from_config(config)
    except Exception as error:
        raise CutError(
            message(
                "The class %1, which is registered, cannot make “%2” from its configuration: %3",
                cls.__name__,
                old.name,
                str(error)[:200],
            )
        ) from error


def without_modules(value: Any) -> Any:
    """Return a copy of a configuration without paths of modules: nothing is imported from them."""
    if isinstance(value, Mapping):
        return {
            key: without_modules(each)
            for key, each in value.items()
            if not (key in ("module", "registered_name") and "class_name" in value)
        }
    if isinstance(value, (list, tuple)):
        return [without_modules(each) for each in value]
    return value


def _objects(
    cls: Any, config: dict[str, Any], old: OldLayer, notes: list[Message]
) -> dict[str, Any]:
    """Return the configuration with activations, regularizers … and inner layers made."""
    made: dict[str, Any] = {}
    for key, value in config.items():
        if key in _ACTIVATIONS:
            made[key] = objects.activation(value, old.name, notes)
        elif key.endswith("_initializer"):
            _keep(made, key, found := objects.initializer(value))
            if found is None and objects.initializer_is_lost(value):
                notes.append(_lost(key))
        elif key.endswith("_regularizer"):
            _keep(made, key, found := objects.regularizer(value))
            if found is None and objects.regularizer_is_lost(value):
                notes.append(_lost(key))
        elif key.endswith("_constraint"):
            _keep(made, key, found := objects.constraint(value))
            if found is None and value is not None:
                notes.append(_lost(key))
        elif key in _WRAPPED and isinstance(value, Mapping):
            made[key] = _inner_layer(value, old, notes)
        elif key == "cells" and isinstance(value, list):
            made[key] = [_inner_layer(each, old, notes) for each in value]
        elif key == "dtype":
            _keep(made, key, dtype(value))
        else:
            made[key] = without_modules(value)
    if made.get("stateful") and in_stateless_scope():
        # The trial build has no variables, and Keras would create those of the states.
        made["stateful"] = False
    if made.get("unroll"):
        # The same numbers, and a hostile file cannot ask for a million steps.
        made["unroll"] = False
    return made


def _lost(key: str) -> Message:
    return message("Its %1 has no counterpart and was dropped; only training needs it.", key)


def _keep(made: dict[str, Any], key: str, value: Any) -> None:
    if value is not None:
        made[key] = value


def dtype(value: Any) -> str | None:
    """Return the name of a layer's type or policy, or None if the file gives none."""
    if isinstance(value, Mapping):
        config = value.get("config")
        value = config.get("name") if isinstance(config, Mapping) else None
    if isinstance(value, str) and value in (
        *("float16", "float32", "float64", "bfloat16", "mixed_float16", "mixed_bfloat16"),
        *("int8", "uint8", "int16", "int32", "int64", "bool"),
    ):
        return value
    return None


def _inner_layer(value: Any, old: OldLayer, notes: list[Message]) -> Any:
    inner = values.mapping(value, "layer")
    class_name = values.text(inner.get("class_name"), "class_name")
    config = values.mapping(inner.get("config"), "config")
    name = str(config.get("name", class_name.lower()))
    return make_layer(OldLayer(name, name.replace("/", "_"), class_name, config, old.origin), notes)


def accepted_arguments(cls: Any) -> set[str]:
    """Return the names of the arguments that a layer's class takes, with those it passes on."""
    known: set[str] = set()
    for each in cls.__mro__[:-1]:
        if each is keras.layers.Layer:
            return known | _BASE_ARGUMENTS
        if "__init__" not in vars(each):
            continue
        parameters = inspect.signature(each.__init__).parameters
        known |= set(parameters)
        if not any(one.kind is one.VAR_KEYWORD for one in parameters.values()):
            break
    return known


def _accepted(cls: Any, config: dict[str, Any], notes: list[Message]) -> dict[str, Any]:
    """Return the arguments that the class takes; add a note of each that is lost."""
    known = accepted_arguments(cls)
    accepted = {key: value for key, value in config.items() if key in known}
    for key, value in config.items():
        if key in known or key in old_names.WITHOUT_MEANING or value in _NOTHING:
            continue
        notes.append(
            message("Its argument %1=%2 has no counterpart and was dropped.", key, repr(value)[:60])
        )
    return accepted
