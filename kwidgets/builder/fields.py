"""Reads what users type into a form's fields, and turns values into JSON and back."""

from __future__ import annotations

import ast
import decimal
import difflib
import enum
import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import keras

from kwidgets.builder import catalog
from kwidgets.builder.protocol import Parameter
from kwidgets.builder.spec import ObjectSpec, Reference, Value, Variable


class FieldError(ValueError):
    """What was typed does not fit its field. The text says what does, with an example."""


class Default(enum.Enum):
    """Says that an argument is to go back to its default."""

    DEFAULT = enum.auto()


DEFAULT: Final = Default.DEFAULT

# More digits than any size of a layer; it also keeps "1e999999999" from filling the memory.
LARGEST_INT: Final = 10**18

# Arguments of every layer that no form shows.
_UNLISTED: Final = {"activity_regularizer", "autocast"}
# What older code gave to the first layer.
_INPUT_ARGUMENTS: Final = {"batch_input_shape", "batch_shape", "input_dim", "input_shape"}

_TRUE: Final = {"true", "yes", "on", "1"}
_FALSE: Final = {"false", "no", "off", "0"}
_NOT_FINITE: Final = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_PLAIN: Final = (bool, int, float, str)


def read(parameter: Parameter, text: str) -> Value:
    """Return the value that a text means in a field.

    An empty text means None where the field may be empty, else ``DEFAULT``.

    Raises:
        FieldError: the text means nothing there.
    """
    text = text.strip()
    if not text:
        return None if parameter["nullable"] else DEFAULT
    if text == "None" and parameter["nullable"]:
        return None
    return _READERS[parameter["field"]](parameter, text)


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
        raise _error(parameter, "None")
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
        near = catalog.near_keys(spec.class_name)
        hint = f"did you mean {' or '.join(near)}?" if near else "is it defined and registered?"
        raise FieldError(f"no class {spec.class_name!r} is known; {hint}")
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


def unknown_argument(title: str, name: str, known: Iterable[str]) -> str:
    """Say that a class has no such argument, and which are near."""
    if name in _INPUT_ARGUMENTS:
        return f"{title}: the input card sets the shape of the input; leave out {name}"
    names = list(known)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    if near:
        return f"{title} has no argument {name!r}; did you mean {' or '.join(near)}?"
    listed = ", ".join(names[:8]) or "none"
    return f"{title} has no argument {name!r}; it has {listed}"


def to_wire(value: Value, reference_id: Callable[[Reference], str] | None = None) -> Any:
    """Return a value as JSON; ``protocol`` describes the form.

    Args:
        value: out of a spec.
        reference_id: gives a name to a Python object, by which ``from_wire`` finds it again.

    Raises:
        TypeError: the value is none that a spec may hold.
    """
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        return {"number": "NaN" if math.isnan(value) else f"{'-' * (value < 0)}Infinity"}
    if isinstance(value, (list, tuple)):
        return [to_wire(item, reference_id) for item in value]
    if isinstance(value, ObjectSpec):
        return _object_to_wire(value, reference_id)
    if isinstance(value, Variable):
        return {"variable": value.name}
    if isinstance(value, Reference) and reference_id is not None:
        return {"reference": reference_id(value), "text": value.text}
    if isinstance(value, Mapping):
        return _mapping_to_wire(value, reference_id)
    raise TypeError(
        f"{type(value).__name__} has no form on the wire; a spec holds plain values, ObjectSpec, "
        "Variable and Reference (with a reference_id): wrap the object in a Reference"
    )


def from_wire(content: Any, references: Mapping[str, Reference] | None = None) -> Value:
    """Return the value that ``to_wire`` has written; arrays become tuples.

    Args:
        content: parsed JSON.
        references: the Python objects that may come back, by the names they were given.

    Raises:
        FieldError: the content is not in that form, or names an unknown Python object.
    """
    if content is None or isinstance(content, _PLAIN):
        return content
    if isinstance(content, list):
        return tuple(from_wire(item, references) for item in content)
    if isinstance(content, dict):
        return _object_from_wire(content, references or {})
    raise FieldError(f"a message holds JSON; got {type(content).__name__}: send it as JSON")


def _object_to_wire(
    value: ObjectSpec, reference_id: Callable[[Reference], str] | None
) -> dict[str, Any]:
    content: dict[str, Any] = {
        "class_name": value.class_name,
        "arguments": {name: to_wire(item, reference_id) for name, item in value.arguments.items()},
    }
    # So that an object which no form can make comes back as it went.
    if value.from_config:
        content["from_config"] = True
    if value.live is not None:
        content.update(to_wire(value.live, reference_id))
    return content


def _mapping_to_wire(
    value: Mapping[Any, Value], reference_id: Callable[[Reference], str] | None
) -> dict[str, Any]:
    if all(isinstance(key, str) for key in value):
        return {"mapping": {key: to_wire(item, reference_id) for key, item in value.items()}}
    # JSON's keys are texts: the true ones, such as the numbers of classes, stand beside them.
    return {
        "mapping": {repr(key): to_wire(item, reference_id) for key, item in value.items()},
        "keys": [to_wire(key, reference_id) for key in value],
    }


def _object_from_wire(content: dict[str, Any], references: Mapping[str, Reference]) -> Value:
    name, arguments = content.get("class_name"), content.get("arguments", {})
    if isinstance(name, str) and isinstance(arguments, dict):
        return ObjectSpec(
            name,
            {str(key): from_wire(item, references) for key, item in arguments.items()},
            from_config=content.get("from_config") is True,
            live=_reference(content, references) if "reference" in content else None,
        )
    if isinstance(content.get("variable"), str):
        return Variable(content["variable"])
    if "reference" in content:
        return _reference(content, references)
    if isinstance(content.get("number"), str) and content["number"] in _NOT_FINITE:
        return _NOT_FINITE[content["number"]]
    if isinstance(content.get("mapping"), dict):
        return _mapping_from_wire(content["mapping"], content.get("keys"), references)
    raise FieldError(
        "a value is plain JSON, or an object with class_name, variable, reference, number or "
        f"mapping; got one with {', '.join(map(str, content)) or 'nothing'}"
    )


def _reference(content: dict[str, Any], references: Mapping[str, Reference]) -> Reference:
    known = references.get(str(content["reference"]))
    if known is None:
        raise FieldError(
            f"the Python object {content.get('text') or content['reference']!r} is gone; "
            "set it again in code"
        )
    return known


def _mapping_from_wire(
    mapping: dict[str, Any], keys: Any, references: Mapping[str, Reference]
) -> dict[Any, Value]:
    values = [from_wire(item, references) for item in mapping.values()]
    names = list(mapping) if keys is None else from_wire(keys, references)
    try:
        return dict(zip(names, values, strict=True))
    except (TypeError, ValueError):
        raise FieldError(
            f"a mapping has a key for each of its {len(values)} values; got {keys!r}"
        ) from None


# Readers: of texts.


def _read_int(parameter: Parameter, text: str) -> Value:
    return _in_range(parameter, _whole(parameter, text), text)


def _read_float(parameter: Parameter, text: str) -> Value:
    number = _number(text)
    if number is None and "section" in parameter:
        return _read_object(parameter, text)
    if number is None:
        raise _error(parameter, text)
    return _in_range(parameter, float(number), text)


def _read_ints(parameter: Parameter, text: str) -> Value:
    parts, single = _parts(text)
    if not parts:
        raise _error(parameter, text)
    values = tuple(_in_range(parameter, _whole(parameter, part, text), text) for part in parts)
    return values[0] if single else values


def _read_numbers(parameter: Parameter, text: str) -> Value:
    # "2 / 3" is one number.
    parts, single = _parts(re.sub(r"\s*/\s*", "/", text))
    if not parts:
        raise _error(parameter, text)
    values = []
    for part in parts:
        number = _number(part)
        if number is None:
            raise _error(parameter, text)
        values.append(_in_range(parameter, number, text))
    return values[0] if single else tuple(values)


def _read_shape(parameter: Parameter, text: str) -> Value:
    parts, _ = _parts(text)
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
    raise _error(parameter, text)


def _read_choice(parameter: Parameter, text: str) -> Value:
    word = _unquoted(text).lower()
    for choice in parameter.get("choices", ()):
        if str(choice).lower() == word:
            return choice
    raise _error(parameter, text)


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
    return tuple(_unquoted(part) for part in re.split(r"\s*,\s*", text) if part)


def _read_activation(parameter: Parameter, text: str) -> Value:
    word = _unquoted(text)
    if word.lower() == "none" and parameter["nullable"]:
        return None
    return _check_activation(parameter, word)


def _read_dtype(parameter: Parameter, text: str) -> Value:
    return _check_dtype(parameter, _unquoted(text))


def _read_python(parameter: Parameter, text: str) -> Value:
    try:
        return _plain(ast.literal_eval(text))
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        raise _error(parameter, text) from None


def _read_object(parameter: Parameter, text: str) -> Value:
    # Imported here: the grammar of objects reads its arguments with this module.
    from kwidgets.builder import quick

    try:
        found = quick.read_object(text, parameter.get("section", "layers"))
        return _check_object(parameter, found)
    except quick.QuickError as error:
        raise FieldError(f"{parameter['name']}: {error}") from None


def _read_objects(parameter: Parameter, text: str) -> Value:
    inner = text[1:-1] if text[0] + text[-1] in {"[]", "()"} else text
    return tuple(_read_object(parameter, part) for part in split_outside_brackets(inner))


def _read_data(parameter: Parameter, text: str) -> Value:
    if not text.isidentifier():
        raise _error(parameter, text)
    return Variable(text)


def _read_reference(parameter: Parameter, text: str) -> Value:
    raise _error(parameter, text)


# Checks: of values.


def _check_int(parameter: Parameter, value: Value) -> Value:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _error(parameter, value)
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
        raise _error(parameter, value)
    return value


def _check_shape(parameter: Parameter, value: Value) -> Value:
    if isinstance(value, int):
        value = (value,)
    if not isinstance(value, (list, tuple)):
        raise _error(parameter, value)
    plain = {**parameter, "minimum": parameter.get("minimum", -1)}
    return tuple(None if v is None else _check_int(plain, v) for v in value)  # type: ignore[arg-type]


def _check_bool(parameter: Parameter, value: Value) -> Value:
    if not isinstance(value, bool):
        raise _error(parameter, value)
    return value


def _check_choice(parameter: Parameter, value: Value) -> Value:
    for choice in parameter.get("choices", ()):
        # 1 == True in Python, but they are two choices.
        if type(choice) is type(value) and choice == value:
            return choice
    if isinstance(value, str):
        return _read_choice(parameter, value)
    raise _error(parameter, value)


def _check_text(parameter: Parameter, value: Value) -> Value:
    if not isinstance(value, str):
        raise _error(parameter, value)
    return value


def _check_texts(parameter: Parameter, value: Value) -> Value:
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise _error(parameter, value)
    return tuple(value)


def _check_activation(parameter: Parameter, value: Value) -> Value:
    if isinstance(value, ObjectSpec):
        # A layer such as LeakyReLU can be called as an activation.
        return check_arguments(value)
    if not isinstance(value, str):
        raise _error(parameter, value)
    known = catalog.catalog().activations
    if value.lower() in known:
        return value.lower()
    if value in keras.saving.get_custom_objects():
        return value
    near = difflib.get_close_matches(value.lower(), known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else "such as relu or softmax"
    raise FieldError(f"{parameter['name']}: no activation is called {value!r}; {hint}")


def _check_dtype(parameter: Parameter, value: Value) -> Value:
    if isinstance(value, ObjectSpec):
        return value
    if not isinstance(value, str):
        raise _error(parameter, value)
    if value in parameter.get("choices", ()):
        return value
    for known in (keras.backend.standardize_dtype, keras.dtype_policies.get):
        try:
            known(value)
        except (TypeError, ValueError):
            continue
        return value
    raise _error(parameter, value)


def _check_python(parameter: Parameter, value: Value) -> Value:
    try:
        return _plain(value)
    except TypeError:
        raise _error(parameter, value) from None


def _check_object(parameter: Parameter, value: Value) -> Value:
    section = parameter.get("section", "layers")
    if isinstance(value, str):
        return _object_of_text(parameter, value, section)
    if not isinstance(value, ObjectSpec):
        raise _error(parameter, value)
    known = catalog.catalog()
    entry = known.entry(value.class_name)
    if entry is None or entry["key"] not in known.sections[section]:
        near = catalog.near_keys(value.class_name, section)
        hint = f"; did you mean {' or '.join(near)}?" if near else f"; {_example(parameter)}"
        raise FieldError(
            f"{parameter['name']} is one of the {section}; {value.class_name} is not{hint}"
        )
    return check_arguments(value)


def _check_objects(parameter: Parameter, value: Value) -> Value:
    items = value if isinstance(value, (list, tuple)) else (value,)
    return tuple(
        item if isinstance(item, Reference) else _check_object(parameter, item) for item in items
    )


def _check_data(parameter: Parameter, value: Value) -> Value:
    if not isinstance(value, Variable):
        raise _error(parameter, value)
    return value


def _check_reference(parameter: Parameter, value: Value) -> Value:
    # A Reference was let through before; another value was there already, or comes from code.
    return _check_python(parameter, value)


def _object_of_text(parameter: Parameter, text: str, section: str) -> Value:
    key = catalog.resolve_identifier(text, section)
    if section == "metrics" and (key is not None or text in catalog.ACCURACY_TEXTS):
        # The logs call a metric by the text that stands here, so it stays.
        return text
    if key is not None:
        return ObjectSpec(key)
    if text in keras.saving.get_custom_objects():
        return text
    near = [catalog.short_name(one) for one in catalog.near_keys(text, section)]
    hint = f"did you mean {' or '.join(near)}?" if near else _example(parameter)
    raise FieldError(f"{parameter['name']}: none of the {section} is called {text!r}; {hint}")


# What readers share.


def split_outside_brackets(text: str) -> list[str]:
    """Split at the commas that stand in no brackets and no quotes."""
    parts, depth, quote, start = [], 0, "", 0
    for index, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(text[start:index])
            start = index + 1
    parts.append(text[start:])
    return [part.strip() for part in parts if part.strip()]


def _parts(text: str) -> tuple[list[str], bool]:
    """Split "3, 3", "(3, 3)", "3 3" or "3x3"; say whether it is a single one, as in "3"."""
    inner = text.strip()
    bracketed = inner[0] in "([" and inner[-1] in ")]"
    if bracketed:
        inner = inner[1:-1]
    inner = re.sub(r"(?<=[\d?e])\s*[x×*]\s*(?=[-\dN?])", ",", inner)
    parts = [part for part in re.split(r"[,;\s]+", inner) if part]
    single = len(parts) == 1 and not bracketed and "," not in inner
    return parts, single


def _whole(parameter: Parameter, text: str, shown: str | None = None) -> int:
    try:
        number = decimal.Decimal(text.replace("_", ""))
        if not number.is_finite() or abs(number) > LARGEST_INT or number != int(number):
            raise _error(parameter, shown or text)
    except ArithmeticError:
        raise _error(parameter, shown or text) from None
    return int(number)


def _number(text: str) -> int | float | None:
    """Return the number a text means: "1e-3", "1/255", "20%"; whole ones as int."""
    try:
        if text.endswith("%"):
            return float(text[:-1]) / 100
        if "/" in text:
            above, below = text.split("/")
            return float(above) / float(below)
        if re.fullmatch(r"[+-]?[\d_]+", text):
            whole = int(text)
            return whole if abs(whole) <= LARGEST_INT else None
        number = float(text)
    except (ValueError, ZeroDivisionError):
        return None
    return None if math.isnan(number) else number


def _in_range(parameter: Parameter, value: Any, shown: Any) -> Any:
    if "minimum" in parameter and value < parameter["minimum"]:
        raise _error(parameter, shown)
    return value


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


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


def _error(parameter: Parameter, got: Any) -> FieldError:
    shown = repr(got)
    if len(shown) > 60:
        shown = f"{shown[:59]}…"
    expected = _EXPECTED[parameter["field"]]
    if parameter["field"] in {"int", "ints", "float", "numbers"} and "minimum" in parameter:
        expected += _range(parameter["minimum"])
    listed = [str(choice) for choice in parameter.get("choices", ())]
    if listed:
        expected += ", ".join(listed[:-1]) + " or ".join(["", *listed[-1:]])
    empty = ", or empty" if parameter["nullable"] else ""
    return FieldError(
        f"{parameter['name']} is {expected}{empty}, {_example(parameter)}; got {shown}"
    )


def _range(minimum: float) -> str:
    return " above 0" if minimum == 1 else f" from {minimum:g} up"


def _example(parameter: Parameter) -> str:
    section = parameter.get("section")
    example = _SECTION_EXAMPLES.get(section or "", "") or _EXAMPLES.get(parameter["field"], "")
    if parameter["field"] in {"float", "numbers"}:
        example = "0.001"
    if parameter["field"] == "choice" and parameter.get("choices"):
        example = str(parameter["choices"][0])
    if parameter["field"] == "reference":
        return "a Python object: set it in code"
    return f"such as {example}"


_EXPECTED: Final = {
    "activation": "the name of an activation",
    "bool": "true or false",
    "choice": "one of these: ",
    "data": "the name of a variable",
    "dtype": "the name of a dtype: ",
    "float": "a number",
    "int": "a whole number",
    "ints": "a whole number, or several with commas,",
    "numbers": "a number, or several with commas,",
    "object": "one object",
    "objects": "a list of objects with commas",
    "python": "a Python literal",
    "reference": "not to be typed",
    "shape": "whole numbers or None with commas",
    "text": "a text",
    "texts": "texts with commas",
}
_EXAMPLES: Final = {
    "activation": "relu",
    "bool": "true",
    "data": "x_train",
    "dtype": "float32",
    "int": "128",
    "ints": "3 or 3, 3",
    "python": "(1, 2) or {'a': 0.5}",
    "shape": "28, 28, 1",
    "text": "head",
    "texts": "red, green, blue",
}
_SECTION_EXAMPLES: Final = {
    "callbacks": "EarlyStopping(patience=3)",
    "cells": "LSTMCell(64)",
    "constraints": "MaxNorm(2)",
    "initializers": "he_normal",
    "layers": "Dense(64)",
    "losses": "mse",
    "metrics": "accuracy",
    "optimizers": "Adam(0.001)",
    "regularizers": "L2(0.01)",
    "schedules": "CosineDecay(0.01, 1000)",
}

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
    "object": _read_object,
    "objects": _read_objects,
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
