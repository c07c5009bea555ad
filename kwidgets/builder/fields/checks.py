"""Checks the values of form fields and returns them as specs store them."""

from __future__ import annotations

import difflib
import enum
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

import keras

from kwidgets.builder import catalog
from kwidgets.builder.fields.errors import (
    FieldError,
    any_of,
    did_you_mean,
    suggestion,
    unknown_argument,
    unknown_class,
    unknown_name,
    wrong_value,
)
from kwidgets.builder.fields.literals import unquote
from kwidgets.builder.protocol import Parameter
from kwidgets.builder.spec import ObjectSpec, Reference, Value, Variable
from kwidgets.language import t


class Default(enum.Enum):
    """Resets an argument to its default."""

    DEFAULT = enum.auto()


DEFAULT: Final = Default.DEFAULT
# Arguments of every layer that are in no form.
_UNLISTED: Final = {"activity_regularizer", "autocast"}
_PLAIN: Final = (bool, int, float, str)


def check(parameter: Parameter, value: Value) -> Value:
    """Return a value from a program as specs store it.

    Raises:
        FieldError: the field cannot have that value.
    """
    if value is DEFAULT or isinstance(value, Reference):
        # Any field accepts an object of the user's: only Keras can check it.
        return value
    if value is None:
        if parameter["nullable"]:
            return None
        raise wrong_value(parameter, "None")
    return _CHECKS[parameter["field"]](parameter, value)


def check_arguments(spec: ObjectSpec) -> ObjectSpec:
    """Return an object with its arguments checked, also those of nested objects.

    Raises:
        FieldError: there is no such class, it has no such argument, or the argument cannot have
            that value.
    """
    if spec.from_config or spec.live is not None:
        # Its arguments are not those of the form.
        return spec
    entry = catalog.catalog().entry(spec.class_name)
    if entry is None:
        raise FieldError(unknown_class(spec.class_name, catalog.near_keys(spec.class_name)))
    known = {parameter["name"]: parameter for parameter in entry["parameters"]}
    checked = {}
    for name, value in spec.arguments.items():
        if name in known:
            checked[name] = check(known[name], value)
        elif name in _UNLISTED and entry["key"] in catalog.catalog().sections["layers"]:
            checked[name] = value
        else:
            raise FieldError(unknown_argument(entry["name"], name, known))
    return ObjectSpec(entry["key"], checked)


def _check_int(parameter: Parameter, value: Value) -> Value:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong_value(parameter, value)
    return check_minimum(parameter, value, value)


def _check_float(parameter: Parameter, value: Value) -> Value:
    if "section" in parameter and isinstance(value, (ObjectSpec, str)):
        return check_object(parameter, value)
    return check_minimum(parameter, _check_number(parameter, value), value)


def _check_ints(parameter: Parameter, value: Value) -> Value:
    if isinstance(value, (list, tuple)):
        return tuple(_check_int(parameter, item) for item in value)
    return _check_int(parameter, value)


def _check_numbers(parameter: Parameter, value: Value) -> Value:
    if isinstance(value, (list, tuple)):
        return tuple(check_minimum(parameter, _check_number(parameter, v), value) for v in value)
    return check_minimum(parameter, _check_number(parameter, value), value)


def _check_number(parameter: Parameter, value: Value) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or math.isnan(value):
        raise wrong_value(parameter, value)
    return value


def check_shape(parameter: Parameter, value: Value) -> Value:
    if isinstance(value, int):
        value = (value,)
    if not isinstance(value, (list, tuple)):
        raise wrong_value(parameter, value)
    plain = {**parameter, "minimum": parameter.get("minimum", -1)}
    return tuple(None if v is None else _check_int(plain, v) for v in value)  # type: ignore[arg-type]


def _check_bool(parameter: Parameter, value: Value) -> Value:
    if not isinstance(value, bool):
        raise wrong_value(parameter, value)
    return value


def _check_choice(parameter: Parameter, value: Value) -> Value:
    for choice in parameter.get("choices", ()):
        # 1 == True in Python, but they are two choices.
        if type(choice) is type(value) and choice == value:
            return choice
    if isinstance(value, str):
        return choice_by_text(parameter, value)
    raise wrong_value(parameter, value)


def _check_text(parameter: Parameter, value: Value) -> Value:
    if not isinstance(value, str):
        raise wrong_value(parameter, value)
    return value


def check_texts(parameter: Parameter, value: Value) -> Value:
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise wrong_value(parameter, value)
    return tuple(value)


def check_activation(parameter: Parameter, value: Value) -> Value:
    if isinstance(value, ObjectSpec):
        # A layer such as LeakyReLU can be called as an activation.
        return check_arguments(value)
    if not isinstance(value, str):
        raise wrong_value(parameter, value)
    known = catalog.catalog().activations
    if value.lower() in known:
        return value.lower()
    if value in keras.saving.get_custom_objects():
        return value
    near = difflib.get_close_matches(value.lower(), known, n=3, cutoff=0.5)
    name = parameter["name"]
    hint = did_you_mean(near) if near else t("Try %1.", any_of(("relu", "softmax")))
    raise FieldError(f"{name}: {t('No activation “%1”.', value)} {hint}")


def check_dtype(parameter: Parameter, value: Value) -> Value:
    if isinstance(value, ObjectSpec):
        return value
    if not isinstance(value, str):
        raise wrong_value(parameter, value)
    if value in parameter.get("choices", ()):
        return value
    for known in (keras.backend.standardize_dtype, keras.dtype_policies.get):
        try:
            known(value)
        except (TypeError, ValueError):
            continue
        return value
    raise wrong_value(parameter, value)


def _check_python(parameter: Parameter, value: Value) -> Value:
    try:
        return plain_value(value)
    except TypeError:
        raise wrong_value(parameter, value) from None


def check_object(parameter: Parameter, value: Value) -> Value:
    section = parameter.get("section", "layers")
    if isinstance(value, str):
        return _object_of_identifier(parameter, value, section)
    if not isinstance(value, ObjectSpec):
        raise wrong_value(parameter, value)
    known = catalog.catalog()
    entry = known.entry(value.class_name)
    if entry is None or entry["key"] not in known.sections[section]:
        near = catalog.near_keys(value.class_name, section)
        raise FieldError(
            t(
                "%1 must be one of the %2, not %3. %4",
                parameter["name"],
                section,
                value.class_name,
                suggestion(near, section),
            )
        )
    return check_arguments(value)


def _check_objects(parameter: Parameter, value: Value) -> Value:
    items = value if isinstance(value, (list, tuple)) else (value,)
    return tuple(
        item if isinstance(item, Reference) else check_object(parameter, item) for item in items
    )


def _check_data(parameter: Parameter, value: Value) -> Value:
    if not isinstance(value, Variable):
        raise wrong_value(parameter, value)
    return value


def _check_reference(parameter: Parameter, value: Value) -> Value:
    # ``check`` accepts a Reference; any other value was set in code.
    return _check_python(parameter, value)


def choice_by_text(parameter: Parameter, text: str) -> Value:
    """Return the choice with this text, in any case and with or without quotes."""
    word = unquote(text).lower()
    for choice in parameter.get("choices", ()):
        if str(choice).lower() == word:
            return choice
    raise wrong_value(parameter, text)


def text_if_default(parameter: Parameter, spec: ObjectSpec, section: str) -> Value:
    """Return the default's own text, "glorot_uniform", if the object is the default."""
    default = parameter["default"]
    if isinstance(default, str) and catalog.resolve_identifier(default, section) == spec.class_name:
        return default
    return spec


def _object_of_identifier(parameter: Parameter, text: str, section: str) -> Value:
    key = catalog.resolve_identifier(text, section)
    if section == "metrics" and (key is not None or text in catalog.ACCURACY_TEXTS):
        # Keras logs the metric under this text.
        return text
    if key is not None:
        return text_if_default(parameter, ObjectSpec(key), section)
    if text in keras.saving.get_custom_objects():
        return text
    near = [catalog.short_name(one) for one in catalog.near_keys(text, section)]
    hint = suggestion(near, section)
    raise FieldError(f"{parameter['name']}: {unknown_name(text, section)} {hint}")


def check_minimum(parameter: Parameter, value: Any, shown: Any) -> Any:
    """Return a number if it is not below the field's minimum; else show ``shown`` in the error."""
    if "minimum" in parameter and value < parameter["minimum"]:
        raise wrong_value(parameter, shown)
    return value


def plain_value(value: Any) -> Value:
    """Return a value as specs store it.

    Raises:
        TypeError: no literal has this value.
    """
    if value is None or isinstance(value, (*_PLAIN, ObjectSpec, Reference)):
        return value
    if isinstance(value, (list, tuple)):
        return type(value)(plain_value(item) for item in value)
    if isinstance(value, Mapping):
        return {plain_value(key): plain_value(item) for key, item in value.items()}
    raise TypeError(f"{type(value).__name__} is not a plain value")


_CHECKS: Final[dict[str, Callable[[Parameter, Value], Value]]] = {
    "activation": check_activation,
    "bool": _check_bool,
    "choice": _check_choice,
    "data": _check_data,
    "dtype": check_dtype,
    "float": _check_float,
    "int": _check_int,
    "ints": _check_ints,
    "numbers": _check_numbers,
    "object": check_object,
    "objects": _check_objects,
    "python": _check_python,
    "reference": _check_reference,
    "shape": check_shape,
    "text": _check_text,
    "texts": check_texts,
}
