"""Find what the user calls the model and the data: the code of the arguments of a call."""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping
from types import FrameType
from typing import Any

from kwidgets.builder.fit.call_site import argument_expressions, call_at

# Longer expressions are hardly names.
_MAX_LENGTH = 60
# What gives the same value each time, at no cost.
_NAMES = (
    ast.Name,
    ast.Attribute,
    ast.Subscript,
    ast.Slice,
    ast.Constant,
    ast.BinOp,
    ast.UnaryOp,
    ast.operator,
    ast.unaryop,
    ast.Tuple,
    ast.expr_context,
)


def argument_names(
    frame: FrameType | None, parameters: list[str], values: Mapping[str, Any]
) -> dict[str, str]:
    """Return the code of each argument: of the call itself, or a variable with the same value.

    Args:
        frame: that makes the call.
        parameters: of the called function, in order.
        values: the arguments.
    """
    found: dict[str, str] = {}
    variables = _variables(frame)
    try:
        expressions = argument_expressions(call_at(frame), parameters)
    except Exception:
        expressions = {}
    for name, value in values.items():
        code = _code(expressions.get(name)) or variables.get(id(value), "")
        if code and value is not None:
            found[name] = code
    validation = values.get("validation_data")
    if isinstance(validation, (tuple, list)):
        expression = expressions.get("validation_data")
        pair = expression.elts if isinstance(expression, (ast.Tuple, ast.List)) else ()
        for index, name in enumerate(("validation_x", "validation_y")):
            if index < len(validation):
                code = _code(pair[index]) if index < len(pair) else ""
                code = code or variables.get(id(validation[index]), "")
                if code:
                    found[name] = code
    return found


def caller(depth: int = 2) -> FrameType | None:
    """Return the frame that called the function that calls this."""
    try:
        return sys._getframe(depth)
    except ValueError:
        return None


def _code(expression: ast.expr | None) -> str:
    """Return an expression of names, such as ``x_train / 255``; "" for calls and longer ones."""
    if expression is None or isinstance(expression, (ast.Constant, ast.Tuple)):
        return ""
    if not all(isinstance(node, _NAMES) for node in ast.walk(expression)):
        return ""
    text = ast.unparse(expression)
    return text if len(text) <= _MAX_LENGTH and "\n" not in text else ""


def _variables(frame: FrameType | None) -> dict[int, str]:
    if frame is None:
        return {}
    found: dict[int, str] = {}
    for space in (frame.f_globals, frame.f_locals):
        for name, value in list(space.items()):
            if not name.startswith("_"):
                found[id(value)] = name
    return found
