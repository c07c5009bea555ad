"""The call in the user's source that is being made: what was written for each argument."""

from __future__ import annotations

import ast
import linecache
from types import FrameType


def call_at(frame: FrameType | None) -> ast.Call | None:
    """Return the call that the code of a cell is at, or None.

    Only at the top of a cell or a script: in a function the names would be the function's own.
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


def written(call: ast.Call | None, parameters: list[str]) -> dict[str, ast.expr]:
    """Return the expressions of a call's arguments by the names of the function's parameters.

    What stands behind ``*`` and ``**`` is not told.
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
    """Return the names that an expression reads, in order."""
    nodes = ast.walk(ast.parse(expression, mode="eval"))
    return list(dict.fromkeys(node.id for node in nodes if isinstance(node, ast.Name)))
