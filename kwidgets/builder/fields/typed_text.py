"""Reads what users type into a form's fields, and checks what programs put there."""

from __future__ import annotations

import ast
import difflib
import enum
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import keras

from kwidgets.builder import catalog
from kwidgets.builder.fields.errors import (
    FieldError,
    any_of,
    did_you_mean,
    error,
    example,
    none_called,
    unknown_argument,
    unknown_class,
)
from kwidgets.builder.fields.text import (
    number_of,
    parts_of,
    split_outside_brackets,
    unquoted,
    whole_of,
)
from kwidgets.builder.fields.wire import from_wire, to_wire
from kwidgets.builder.protocol import Parameter
from kwidgets.builder.spec import ObjectSpec, Reference, Value, Variable
from kwidgets.language import t

__all__ = [
    "DEFAULT",
    "FieldError",
    "ObjectReader",
    "check",
    "check_arguments",
    "from_wire",
    "read",
    "to_wire",
    "unknown_argument",
]


class Default(enum.Enum):
    """Says that an argument is to go back to its default."""

    DEFAULT = enum.auto()


DEFAULT: Final = Default.DEFAULT

# Returns the object that a text means in a field for objects.
ObjectReader = Callable[[Parameter, str], Value]

# Arguments of every layer that no form shows.
_UNLISTED: Final = {"activity_regularizer", "autocast"}
_TRUE: Final = {"true", "yes", "on", "1"}
_FALSE: Final = {"false", "no", "off", "0"}
_PLAIN: Final = (bool, int, float, str)


def read(parameter: Parameter, text: str, read_object: ObjectReader) -> Value:
    """Return the value that a text means in a field.

    An empty text means None where the field may be empty, else ``DEFAULT``.

    Args:
        parameter: the field.
        text: as typed.
        read_object: returns the object that a text means in a field for objects, or raises
            FieldError. It is an argument because the grammar of objects reads the arguments of an
            object with this function.

    Raises:
        FieldError: the text means nothing there.
    """
    text = text.strip()
    if not text:
        return None if parameter["nullable"] else DEFAULT
    if text == "None" and parameter["nullable"]:
        return None
    kind = parameter["field"]
    if kind == "object":
        return _read_object(parameter, text, read_object)
    if kind == "objects":
        return _read_objects(parameter, text, read_object)
    if kind == "float" and "section" in parameter:
        return _read_float_or_object(parameter, text, read_object)
    return _READERS[kind](parameter, text)


def check(parameter: Parameter, value: Value) -> Value:
    """Return a value that a program gave, in the form that specs have.

    Raises:
        FieldError: the field cannot have that value.
    """
    if value is DEFAULT or isinstance(value, Reference):
        # An object of the user's stands in any field: only Keras can say whether it fits.
        return value
    if value is None:
        if parameter["nullable"]:
            return None
        raise error(parameter, "None")
    return _CHECKS[parameter["field"]](parameter, value)


def check_arguments(spec: ObjectSpec) -> ObjectSpec:
    """Return an object with its arguments checked, those of nested objects too.

    Raises:
        FieldError: there is no such class, it has no such argument, or the argument cannot have
            that value.
    """
    if spec.from_config or spec.live is not None:
        # Its arguments are not those of a form.
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


# Readers: of texts.


def _whole(parameter: Parameter, part: str, text: str) -> int:
    number = whole_of(part)
    if number is None:
        raise error(parameter, text)
    return number


def _read_int(parameter: Parameter, text: str) -> Value:
    return _in_range(parameter, _whole(parameter, text, text), text)


def _read_float(parameter: Parameter, text: str) -> Value:
    number = number_of(text)
    if number is None or (math.isinf(number) and "inf" not in text.lower()):
        raise error(parameter, text)
    return _in_range(parameter, float(number), text)


def _read_float_or_object(parameter: Parameter, text: str, read_object: ObjectReader) -> Value:
    if number_of(text) is not None:
        return _read_float(parameter, text)
    try:
        return _read_object(parameter, text, read_object)
    except FieldError:
        if "(" in text:
            raise
        # Most likely a number was meant.
        raise error(parameter, text) from None


def _read_ints(parameter: Parameter, text: str) -> Value:
    parts, single = parts_of(text)
    if not parts:
        raise error(parameter, text)
    values = tuple(_in_range(parameter, _whole(parameter, part, text), text) for part in parts)
    return values[0] if single else values


def _read_numbers(parameter: Parameter, text: str) -> Value:
    # "2 / 3" is one number.
    parts, single = parts_of(re.sub(r"\s*/\s*", "/", text))
    if not parts:
        raise error(parameter, text)
    values = []
    for part in parts:
        number = number_of(part)
        if number is None:
            raise error(parameter, text)
        values.append(_in_range(parameter, number, text))
    return values[0] if single else tuple(values)


def _read_shape(parameter: Parameter, text: str) -> Value:
    parts, _ = parts_of(text)
    return _check_shape(
        parameter,
        tuple(
            None if part.lower() in {"none", "?"} else _whole(parameter, part, text)
            for part in parts
        ),
    )


def _read_bool(parameter: Parameter, text: str) -> Value:
    word = text.lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise error(parameter, text)


def _read_choice(parameter: Parameter, text: str) -> Value:
    word = unquoted(text).lower()
    for choice in parameter.get("choices", ()):
        if str(choice).lower() == word:
            return choice
    raise error(parameter, text)


def _read_text(parameter: Parameter, text: str) -> Value:
    return text


def _read_texts(parameter: Parameter, text: str) -> Value:
    if text[0] in "[(":
        try:
            value = ast.literal_eval(text)
        except (SyntaxError, ValueError):
            text = text.strip("[]()")
        else:
            return _check_texts(parameter, value)
    return tuple(unquoted(part) for part in re.split(r"\s*,\s*", text) if part)


def _read_activation(parameter: Parameter, text: str) -> Value:
    word = unquoted(text)
    if word.lower() == "none" and parameter["nullable"]:
        return None
    return _check_activation(parameter, word)


def _read_dtype(parameter: Parameter, text: str) -> Value:
    return _check_dtype(parameter, unquoted(text))


def _read_python(parameter: Parameter, text: str) -> Value:
    try:
        return _plain(ast.literal_eval(text))
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        raise error(parameter, text) from None


def _read_object(parameter: Parameter, text: str, read_object: ObjectReader) -> Value:
    found = read_object(parameter, text)
    if isinstance(found, ObjectSpec) and "(" not in text and not found.arguments:
        # "GlorotUniform" is the default where that is "glorot_uniform".
        return _or_default(parameter, found, parameter.get("section", "layers"))
    return _check_object(parameter, found)


def _read_objects(parameter: Parameter, text: str, read_object: ObjectReader) -> Value:
    inner = text[1:-1] if text[0] + text[-1] in {"[]", "()"} else text
    return tuple(
        _read_object(parameter, part, read_object) for part in split_outside_brackets(inner)
    )


def _read_data(parameter: Parameter, text: str) -> Value:
    if not text.isidentifier():
        raise error(parameter, text)
    return Variable(text)


def _read_reference(parameter: Parameter, text: str) -> Value:
    raise error(parameter, text)


# Checks: of values.


def _check_int(parameter: Parameter, value: Value) -> Value:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise error(parameter, value)
    return _in_range(parameter, value, value)


def _check_float(parameter: Parameter, value: Value) -> Value:
    if "section" in parameter and isinstance(value, (ObjectSpec, str)):
        return _check_object(parameter, value)
    return _in_range(parameter, _check_number(parameter, value), value)


def _check_ints(parameter: Parameter, value: Value) -> Value:
    if isinstance(value, (list, tuple)):
        return tuple(_check_int(parameter, item) for item in value)
    return _check_int(parameter, value)


def _check_numbers(parameter: Parameter, value: Value) -> Value:
    if isinstance(value, (list, tuple)):
        return tuple(_in_range(parameter, _check_number(parameter, v), value) for v in value)
    return _in_range(parameter, _check_number(parameter, value), value)


def _check_number(parameter: Parameter, value: Value) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or math.isnan(value):
        raise error(parameter, value)
    return value


def _check_shape(parameter: Parameter, value: Value) -> Value:
    if isinstance(value, int):
        value = (value,)
    if not isinstance(value, (list, tuple)):
        raise error(parameter, value)
    plain = {**parameter, "minimum": parameter.get("minimum", -1)}
    return tuple(None if v is None else _check_int(plain, v) for v in value)  # type: ignore[arg-type]


def _check_bool(parameter: Parameter, value: Value) -> Value:
    if not isinstance(value, bool):
        raise error(parameter, value)
    return value


def _check_choice(parameter: Parameter, value: Value) -> Value:
    for choice in parameter.get("choices", ()):
        # 1 == True in Python, but they are two choices.
        if type(choice) is type(value) and choice == value:
            return choice
    if isinstance(value, str):
        return _read_choice(parameter, value)
    raise error(parameter, value)


def _check_text(parameter: Parameter, value: Value) -> Value:
    if not isinstance(value, str):
        raise error(parameter, value)
    return value


def _check_texts(parameter: Parameter, value: Value) -> Value:
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise error(parameter, value)
    return tuple(value)


def _check_activation(parameter: Parameter, value: Value) -> Value:
    if isinstance(value, ObjectSpec):
        # A layer such as LeakyReLU can be called as an activation.
        return check_arguments(value)
    if not isinstance(value, str):
        raise error(parameter, value)
    known = catalog.catalog().activations
    if value.lower() in known:
        return value.lower()
    if value in keras.saving.get_custom_objects():
        return value
    near = difflib.get_close_matches(value.lower(), known, n=3, cutoff=0.5)
    name = parameter["name"]
    if near:
        raise FieldError(
            t("%1: no activation is called %2; did you mean %3?", name, repr(value), any_of(near))
        )
    raise FieldError(
        t("%1: no activation is called %2; such as relu or softmax", name, repr(value))
    )


def _check_dtype(parameter: Parameter, value: Value) -> Value:
    if isinstance(value, ObjectSpec):
        return value
    if not isinstance(value, str):
        raise error(parameter, value)
    if value in parameter.get("choices", ()):
        return value
    for known in (keras.backend.standardize_dtype, keras.dtype_policies.get):
        try:
            known(value)
        except (TypeError, ValueError):
            continue
        return value
    raise error(parameter, value)


def _check_python(parameter: Parameter, value: Value) -> Value:
    try:
        return _plain(value)
    except TypeError:
        raise error(parameter, value) from None


def _check_object(parameter: Parameter, value: Value) -> Value:
    section = parameter.get("section", "layers")
    if isinstance(value, str):
        return _object_of_text(parameter, value, section)
    if not isinstance(value, ObjectSpec):
        raise error(parameter, value)
    known = catalog.catalog()
    entry = known.entry(value.class_name)
    if entry is None or entry["key"] not in known.sections[section]:
        near = catalog.near_keys(value.class_name, section)
        hint = did_you_mean(near) if near else example(parameter)
        raise FieldError(
            t(
                "%1 is one of the %2; %3 is not; %4",
                parameter["name"],
                section,
                value.class_name,
                hint,
            )
        )
    return check_arguments(value)


def _check_objects(parameter: Parameter, value: Value) -> Value:
    items = value if isinstance(value, (list, tuple)) else (value,)
    return tuple(
        item if isinstance(item, Reference) else _check_object(parameter, item) for item in items
    )


def _check_data(parameter: Parameter, value: Value) -> Value:
    if not isinstance(value, Variable):
        raise error(parameter, value)
    return value


def _check_reference(parameter: Parameter, value: Value) -> Value:
    # A Reference was let through before; another value was there already, or comes from code.
    return _check_python(parameter, value)


def _or_default(parameter: Parameter, spec: ObjectSpec, section: str) -> Value:
    default = parameter["default"]
    if isinstance(default, str) and catalog.resolve_identifier(default, section) == spec.class_name:
        return default
    return spec


def _object_of_text(parameter: Parameter, text: str, section: str) -> Value:
    key = catalog.resolve_identifier(text, section)
    if section == "metrics" and (key is not None or text in catalog.ACCURACY_TEXTS):
        # The logs call a metric by the text that stands here, so it stays.
        return text
    if key is not None:
        return _or_default(parameter, ObjectSpec(key), section)
    if text in keras.saving.get_custom_objects():
        return text
    near = [catalog.short_name(one) for one in catalog.near_keys(text, section)]
    hint = did_you_mean(near) if near else example(parameter)
    raise FieldError(f"{parameter['name']}: {none_called(text, section)}; {hint}")


# What both share.


def _in_range(parameter: Parameter, value: Any, shown: Any) -> Any:
    if "minimum" in parameter and value < parameter["minimum"]:
        raise error(parameter, shown)
    return value


def _plain(value: Any) -> Value:
    """Return a value as specs hold it.

    Raises:
        TypeError: it is none that a literal can write.
    """
    if value is None or isinstance(value, (*_PLAIN, ObjectSpec, Reference)):
        return value
    if isinstance(value, (list, tuple)):
        return type(value)(_plain(item) for item in value)
    if isinstance(value, Mapping):
        return {_plain(key): _plain(item) for key, item in value.items()}
    raise TypeError(f"{type(value).__name__} is not a plain value")


_READERS: Final[dict[str, Callable[[Parameter, str], Value]]] = {
    "activation": _read_activation,
    "bool": _read_bool,
    "choice": _read_choice,
    "data": _read_data,
    "dtype": _read_dtype,
    "float": _read_float,
    "int": _read_int,
    "ints": _read_ints,
    "numbers": _read_numbers,
    "python": _read_python,
    "reference": _read_reference,
    "shape": _read_shape,
    "text": _read_text,
    "texts": _read_texts,
}
_CHECKS: Final[dict[str, Callable[[Parameter, Value], Value]]] = {
    "activation": _check_activation,
    "bool": _check_bool,
    "choice": _check_choice,
    "data": _check_data,
    "dtype": _check_dtype,
    "float": _check_float,
    "int": _check_int,
    "ints": _check_ints,
    "numbers": _check_numbers,
    "object": _check_object,
    "objects": _check_objects,
    "python": _check_python,
    "reference": _check_reference,
    "shape": _check_shape,
    "text": _check_text,
    "texts": _check_texts,
}
