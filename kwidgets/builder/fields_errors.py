"""What to say when a value does not fit its field: what fits, an example, and what came."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any, Final

from kwidgets.builder.protocol import Parameter

# What older code gave to the first layer.
_INPUT_ARGUMENTS: Final = {"batch_input_shape", "batch_shape", "input_dim", "input_shape"}


class FieldError(ValueError):
    """What was typed does not fit its field. The text says what does, with an example."""


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


def error(parameter: Parameter, got: Any) -> FieldError:
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
        f"{parameter['name']} is {expected}{empty}, {example(parameter)}; got {shown}"
    )


def _range(minimum: float) -> str:
    return " above 0" if minimum == 1 else f" from {minimum:g} up"


def example(parameter: Parameter) -> str:
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
