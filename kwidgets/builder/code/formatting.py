"""Formats Python expressions as Black does."""

from __future__ import annotations

import dataclasses
import json
import keyword
from typing import Any

from kwidgets.builder.spec import Value

WIDTH = 88


@dataclasses.dataclass(frozen=True)
class Call:
    """A call, list, tuple or dict, to be written on one line or several."""

    opening: str
    items: tuple[tuple[str, Any], ...]  # (keyword or "", expression)
    closing: str
    always_broken: bool = False


Expression = str | Call


def format_expression(expression: Expression, indent: int, column: int, after: int = 0) -> str:
    """Return the source of an expression, formatted as Black does.

    Args:
        expression: to format.
        indent: of the line in which it begins.
        column: at which it begins in that line.
        after: the number of characters that must fit after it.
    """
    if isinstance(expression, str):
        return expression
    line = _format_on_one_line(expression)
    if line is not None and column + len(line) + after <= WIDTH:
        return line
    items = expression.items
    if not items:
        return expression.opening + expression.closing
    inside = indent + 4
    closing = f"{' ' * indent}{expression.closing.lstrip(',')}"
    is_call = expression.opening.endswith("(") and expression.opening != "("
    body = line[len(expression.opening) : -len(expression.closing)] if line else ""
    if is_call and body and inside + len(body) <= WIDTH:
        return "\n".join([expression.opening, " " * inside + body, closing])
    comma = "" if is_call and len(items) == 1 else ","
    lines = []
    for name, item in items:
        head = _keyword_prefix(name)
        text = format_expression(item, inside, inside + len(head), len(comma))
        lines.append(f"{' ' * inside}{head}{text}{comma}")
    return "\n".join([expression.opening, *lines, closing])


def _format_on_one_line(expression: Expression) -> str | None:
    if isinstance(expression, str):
        return expression
    if expression.always_broken:
        return None
    parts = []
    for name, item in expression.items:
        part = _format_on_one_line(item)
        if part is None or "\n" in part:
            return None
        parts.append(_keyword_prefix(name) + part)
    return expression.opening + ", ".join(parts) + expression.closing


def _keyword_prefix(name: str) -> str:
    if not name or name.endswith(": "):
        return name
    if not name.isidentifier() or keyword.iskeyword(name):
        raise ValueError(f"{name!r} is not a valid argument name")
    return f"{name}="


def format_literal(value: Value) -> str:
    """Return the literal of a plain value."""
    if isinstance(value, str):
        quoted = '"' in value and "'" not in value
        if quoted or not (value.isascii() or value.isprintable()):
            return repr(value)
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, float) and value != value:
        return 'float("nan")'
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return f'float("{value}")'
    if isinstance(value, float):
        return _format_fraction(value) or repr(value)
    if isinstance(value, tuple):
        inner = ", ".join(format_literal(item) for item in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    return repr(value)


def _format_fraction(value: float) -> str:
    """Return a factor as a fraction, "1 / 255" for 0.00392156862745098; "" if it is none."""
    if len(repr(value)) < 15 or not 1e-4 < abs(value) < 1:
        return ""
    below = round(2 / value) / 2
    if 1 / below != value or abs(below) > 1000:
        return ""
    return f"1 / {int(below) if below.is_integer() else below}"
