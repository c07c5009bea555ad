"""What to say when a value does not fit its field: what fits, an example, and what came."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Iterable, Sequence
from typing import Any, Final

from kwidgets.builder.protocol import Parameter
from kwidgets.language import t

# What older code gave to the first layer.
_INPUT_ARGUMENTS: Final = {"batch_input_shape", "batch_shape", "input_dim", "input_shape"}


class FieldError(ValueError):
    """What was typed does not fit its field. The text says what does, with an example."""


def unknown_argument(title: str, name: str, known: Iterable[str]) -> str:
    """Say that a class has no such argument, and which are near."""
    if name in _INPUT_ARGUMENTS:
        return t("%1: the input card sets the shape of the input; leave out %2", title, name)
    names = list(known)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    if near:
        return t("%1 has no argument %2; did you mean %3?", title, repr(name), any_of(near))
    listed = ", ".join(names[:8]) or t("none")
    return t("%1 has no argument %2; it has %3", title, repr(name), listed)


def unknown_class(key: str, near: Sequence[str]) -> str:
    """Say that nothing has this key, and which are near."""
    if near:
        return t("no class %1 is known; did you mean %2?", repr(key), any_of(near))
    return t("no class %1 is known; is it defined and registered?", repr(key))


def none_called(text: str, section: str) -> str:
    """Say that a section has nothing of this name."""
    said = {
        "callbacks": t("none of the callbacks is called %1", repr(text)),
        "cells": t("none of the cells is called %1", repr(text)),
        "constraints": t("none of the constraints is called %1", repr(text)),
        "initializers": t("none of the initializers is called %1", repr(text)),
        "layers": t("none of the layers is called %1", repr(text)),
        "losses": t("none of the losses is called %1", repr(text)),
        "metrics": t("none of the metrics is called %1", repr(text)),
        "optimizers": t("none of the optimizers is called %1", repr(text)),
        "regularizers": t("none of the regularizers is called %1", repr(text)),
        "schedules": t("none of the schedules is called %1", repr(text)),
    }
    return said[section]


def did_you_mean(near: Sequence[str]) -> str:
    return t("did you mean %1?", any_of(near))


def any_of(names: Sequence[str]) -> str:
    """ "a or b or c"."""
    return functools.reduce(lambda before, name: t("%1 or %2", before, name), names)


def error(parameter: Parameter, got: Any) -> FieldError:
    shown = repr(got)
    if len(shown) > 60:
        shown = f"{shown[:59]}…"
    name, expected = parameter["name"], _expected(parameter)
    if parameter["nullable"]:
        text = t("%1 is %2, or empty, %3; got %4", name, expected, example(parameter), shown)
    else:
        text = t("%1 is %2, %3; got %4", name, expected, example(parameter), shown)
    return FieldError(text)


def _expected(parameter: Parameter) -> str:
    """What a field takes."""
    field = parameter["field"]
    listed = [str(choice) for choice in parameter.get("choices", ())]
    choices = t("%1 or %2", ", ".join(listed[:-1]), listed[-1]) if listed else ""
    if field == "choice":
        return t("one of these: %1", choices)
    if field == "dtype":
        return t("the name of a dtype: %1", choices)
    number = _number(field, parameter.get("minimum"))
    if number:
        return number
    said = {
        "activation": t("the name of an activation"),
        "bool": t("true or false"),
        "data": t("the name of a variable"),
        "object": t("one object"),
        "objects": t("a list of objects with commas"),
        "python": t("a Python literal"),
        "reference": t("not to be typed"),
        "shape": t("whole numbers or None with commas"),
        "text": t("a text"),
        "texts": t("texts with commas"),
    }
    if len(listed) == 1:
        return t("%1 or %2", said[field], listed[0])
    return said[field] + choices


def _number(field: str, minimum: float | None) -> str:
    """What a field for numbers takes; "" of another field."""
    least = "" if minimum is None else f"{minimum:g}"
    if minimum is None:
        said = {
            "float": t("a number"),
            "int": t("a whole number"),
            "ints": t("a whole number, or several with commas,"),
            "numbers": t("a number, or several with commas,"),
        }
    elif minimum == 1:
        said = {
            "float": t("a number above 0"),
            "int": t("a whole number above 0"),
            "ints": t("a whole number, or several with commas, above 0"),
            "numbers": t("a number, or several with commas, above 0"),
        }
    else:
        said = {
            "float": t("a number from %1 up", least),
            "int": t("a whole number from %1 up", least),
            "ints": t("a whole number, or several with commas, from %1 up", least),
            "numbers": t("a number, or several with commas, from %1 up", least),
        }
    return said.get(field, "")


def example(parameter: Parameter) -> str:
    section = parameter.get("section")
    example = _SECTION_EXAMPLES.get(section or "", "") or _EXAMPLES.get(parameter["field"], "")
    if parameter["field"] in {"float", "numbers"}:
        example = "0.001"
    if parameter["field"] == "choice" and parameter.get("choices"):
        example = str(parameter["choices"][0])
    if parameter["field"] == "reference":
        return t("a Python object: set it in code")
    return t("such as %1", example)


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
