"""Find the call that a frame is running, and the source expressions of its arguments."""

from __future__ import annotations

import ast
import linecache
from types import FrameType


def call_at(frame: FrameType | None) -> ast.Call | None:
    """Return the syntax tree of the call that a cell or script is running, or None.

    Only for calls at module level: names in a function would be the function's locals.
    """
    if frame is None or frame.f_code.co_name != "<module>":
        return None
    place = list(frame.f_code.co_positions())[frame.f_lasti // 2]
    source = "".join(linecache.getlines(frame.f_code.co_filename, frame.f_globals))
    try:
        nodes = ast.walk(ast.parse(source))
    except SyntaxError:
        return None
    for node in nodes:
        if isinstance(node, ast.Call) and place == (
            node.lineno,
            node.end_lineno,
            node.col_offset,
            node.end_col_offset,
        ):
            return node
    return None


def argument_expressions(call: ast.Call | None, parameters: list[str]) -> dict[str, ast.expr]:
    """Return the expressions of a call's arguments by parameter.

    Arguments passed with ``*`` and ``**`` are left out.
    """
    if call is None:
        return {}
    found: dict[str, ast.expr] = {}
    for name, argument in zip(parameters, call.args, strict=False):
        if isinstance(argument, ast.Starred):
            break
        found[name] = argument
    return found | {each.arg: each.value for each in call.keywords if each.arg is not None}


def names_in(expression: str) -> list[str]:
    """Return the names that an expression uses, in order."""
    nodes = ast.walk(ast.parse(expression, mode="eval"))
    return list(dict.fromkeys(node.id for node in nodes if isinstance(node, ast.Name)))
