"""Errors about values that do not fit a form field: what was expected, an example, what came."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Iterable, Sequence
from typing import Any, Final

from kwidgets.builder.protocol import Parameter
from kwidgets.language import t

# Older code passes these to the first layer.
_INPUT_ARGUMENTS: Final = {"batch_input_shape", "batch_shape", "input_dim", "input_shape"}


class FieldError(ValueError):
    """A value is invalid for its field. The message says what is valid, with an example."""


def unknown_argument(title: str, name: str, known: Iterable[str]) -> str:
    """Return the message that a class has no such argument, with similar names."""
    if name in _INPUT_ARGUMENTS:
        return t("%1: the input shape is set in the input card. Remove %2.", title, name)
    names = list(known)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    if near:
        return t("%1 has no argument %2. Did you mean %3?", title, repr(name), any_of(near))
    listed = ", ".join(names[:8]) or t("none")
    return t("%1 has no argument %2. Its arguments are %3.", title, repr(name), listed)


def unknown_class(key: str, near: Sequence[str]) -> str:
    """Return the message that no class has this key, with similar keys."""
    if near:
        return t("No class %1. Did you mean %2?", repr(key), any_of(near))
    return t("No class %1. Define and register it first.", repr(key))


def unknown_name(text: str, section: str) -> str:
    """Return the message that a section has nothing of this name."""
    messages = {
        "callbacks": t("No callback “%1”.", text),
        "cells": t("No cell “%1”.", text),
        "constraints": t("No constraint “%1”.", text),
        "initializers": t("No initializer “%1”.", text),
        "layers": t("No layer “%1”.", text),
        "losses": t("No loss “%1”.", text),
        "metrics": t("No metric “%1”.", text),
        "optimizers": t("No optimizer “%1”.", text),
        "regularizers": t("No regularizer “%1”.", text),
        "schedules": t("No schedule “%1”.", text),
    }
    return messages[section]


def did_you_mean(near: Sequence[str]) -> str:
    """Return the question whether one of these names was meant."""
    return t("Did you mean %1?", any_of(near))


def suggestion(near: Sequence[str], section: str) -> str:
    """Return which object of a section to try: similar names, or else an example."""
    return did_you_mean(near) if near else t("Try %1.", _SECTION_EXAMPLES[section])


def any_of(names: Sequence[str]) -> str:
    """Return "a or b or c"."""
    return functools.reduce(lambda before, name: t("%1 or %2", before, name), names)


def wrong_value(parameter: Parameter, got: Any) -> FieldError:
    """Return the error that a field cannot have a value, with what it expects."""
    shown = repr(got)
    if len(shown) > 60:
        shown = f"{shown[:59]}…"
    name, expected = parameter["name"], _expected(parameter)
    if parameter["nullable"]:
        text = t("%1 must be %2, or empty, %3, not %4.", name, expected, example(parameter), shown)
    else:
        text = t("%1 must be %2, %3, not %4.", name, expected, example(parameter), shown)
    return FieldError(text)


def _expected(parameter: Parameter) -> str:
    """Return what a field expects."""
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
    expected = {
        "activation": t("the name of an activation"),
        "bool": t("true or false"),
        "data": t("the name of a variable"),
        "object": t("one object"),
        "objects": t("objects separated by commas"),
        "python": t("a Python literal"),
        "reference": t("a Python object"),
        "shape": t("integers or None, separated by commas"),
        "text": t("text"),
        "texts": t("text, or several separated by commas"),
    }
    if len(listed) == 1:
        return t("%1 or %2", expected[field], listed[0])
    return expected[field] + choices


def _number(field: str, minimum: float | None) -> str:
    """Return what a field for numbers expects; "" for another field."""
    least = "" if minimum is None else f"{minimum:g}"
    if minimum is None:
        expected = {
            "float": t("a number"),
            "int": t("an integer"),
            "ints": t("an integer, or several separated by commas,"),
            "numbers": t("a number, or several separated by commas,"),
        }
    elif minimum == 1:
        expected = {
            "float": t("a number above 0"),
            "int": t("an integer above 0"),
            "ints": t("an integer, or several separated by commas, above 0"),
            "numbers": t("a number, or several separated by commas, above 0"),
        }
    else:
        expected = {
            "float": t("a number of at least %1", least),
            "int": t("an integer of at least %1", least),
            "ints": t("an integer, or several separated by commas, of at least %1", least),
            "numbers": t("a number, or several separated by commas, of at least %1", least),
        }
    return expected.get(field, "")


def example(parameter: Parameter) -> str:
    """Return an example of what a field expects."""
    section = parameter.get("section")
    example = _SECTION_EXAMPLES.get(section or "", "") or _EXAMPLES.get(parameter["field"], "")
    if parameter["field"] in {"float", "numbers"}:
        example = "0.001"
    if parameter["field"] == "choice" and parameter.get("choices"):
        example = str(parameter["choices"][0])
    if parameter["field"] == "reference":
        return t("set in code")
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
