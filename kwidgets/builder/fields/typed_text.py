"""Reads the text that users type into form fields."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable
from typing import Final

from kwidgets.builder.fields.checks import (
    DEFAULT,
    check_activation,
    check_dtype,
    check_minimum,
    check_object,
    check_shape,
    check_texts,
    choice_by_text,
    plain_value,
    text_if_default,
)
from kwidgets.builder.fields.errors import FieldError, wrong_value
from kwidgets.builder.fields.literals import (
    parse_int,
    parse_number,
    split_at_commas,
    split_numbers,
    unquote,
)
from kwidgets.builder.protocol import Parameter
from kwidgets.builder.spec import ObjectSpec, Value, Variable

# Parses the text of a field for objects; raises FieldError.
ObjectReader = Callable[[Parameter, str], Value]

_TRUE: Final = {"true", "yes", "on", "1"}
_FALSE: Final = {"false", "no", "off", "0"}


def read(parameter: Parameter, text: str, read_object: ObjectReader) -> Value:
    """Return the value of a text in a field.

    An empty text gives None if the field may be empty, else ``DEFAULT``.

    Args:
        parameter: the field.
        text: as typed.
        read_object: parses the text of a field for objects. It is an argument because the parser
            of objects reads their arguments with this function.

    Raises:
        FieldError: the text does not fit the field.
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


def _int_of(parameter: Parameter, part: str, text: str) -> int:
    number = parse_int(part)
    if number is None:
        raise wrong_value(parameter, text)
    return number


def _read_int(parameter: Parameter, text: str) -> Value:
    return check_minimum(parameter, _int_of(parameter, text, text), text)


def _read_float(parameter: Parameter, text: str) -> Value:
    number = parse_number(text)
    if number is None or (math.isinf(number) and "inf" not in text.lower()):
        raise wrong_value(parameter, text)
    return check_minimum(parameter, float(number), text)


def _read_float_or_object(parameter: Parameter, text: str, read_object: ObjectReader) -> Value:
    if parse_number(text) is not None:
        return _read_float(parameter, text)
    try:
        return _read_object(parameter, text, read_object)
    except FieldError:
        if "(" in text:
            raise
        # The user most likely meant a number.
        raise wrong_value(parameter, text) from None


def _read_ints(parameter: Parameter, text: str) -> Value:
    parts, single = split_numbers(text)
    if not parts:
        raise wrong_value(parameter, text)
    values = tuple(check_minimum(parameter, _int_of(parameter, part, text), text) for part in parts)
    return values[0] if single else values


def _read_numbers(parameter: Parameter, text: str) -> Value:
    # "2 / 3" is a single number.
    parts, single = split_numbers(re.sub(r"\s*/\s*", "/", text))
    if not parts:
        raise wrong_value(parameter, text)
    values = []
    for part in parts:
        number = parse_number(part)
        if number is None:
            raise wrong_value(parameter, text)
        values.append(check_minimum(parameter, number, text))
    return values[0] if single else tuple(values)


def _read_shape(parameter: Parameter, text: str) -> Value:
    parts, _ = split_numbers(text)
    return check_shape(
        parameter,
        tuple(
            None if part.lower() in {"none", "?"} else _int_of(parameter, part, text)
            for part in parts
        ),
    )


def _read_bool(parameter: Parameter, text: str) -> Value:
    word = text.lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise wrong_value(parameter, text)


def _read_text(parameter: Parameter, text: str) -> Value:
    return text


def _read_texts(parameter: Parameter, text: str) -> Value:
    if text[0] in "[(":
        try:
            value = ast.literal_eval(text)
        except (SyntaxError, ValueError):
            text = text.strip("[]()")
        else:
            return check_texts(parameter, value)
    return tuple(unquote(part) for part in re.split(r"\s*,\s*", text) if part)


def _read_activation(parameter: Parameter, text: str) -> Value:
    word = unquote(text)
    if word.lower() == "none" and parameter["nullable"]:
        return None
    return check_activation(parameter, word)


def _read_dtype(parameter: Parameter, text: str) -> Value:
    return check_dtype(parameter, unquote(text))


def _read_python(parameter: Parameter, text: str) -> Value:
    try:
        return plain_value(ast.literal_eval(text))
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        raise wrong_value(parameter, text) from None


def _read_object(parameter: Parameter, text: str, read_object: ObjectReader) -> Value:
    found = read_object(parameter, text)
    if isinstance(found, ObjectSpec) and "(" not in text and not found.arguments:
        # "GlorotUniform" means the default "glorot_uniform".
        return text_if_default(parameter, found, parameter.get("section", "layers"))
    return check_object(parameter, found)


def _read_objects(parameter: Parameter, text: str, read_object: ObjectReader) -> Value:
    inner = text[1:-1] if text[0] + text[-1] in {"[]", "()"} else text
    return tuple(_read_object(parameter, part, read_object) for part in split_at_commas(inner))


def _read_data(parameter: Parameter, text: str) -> Value:
    if not text.isidentifier():
        raise wrong_value(parameter, text)
    return Variable(text)


def _read_reference(parameter: Parameter, text: str) -> Value:
    raise wrong_value(parameter, text)


_READERS: Final[dict[str, Callable[[Parameter, str], Value]]] = {
    "activation": _read_activation,
    "bool": _read_bool,
    "choice": choice_by_text,
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
