"""Keep large values, such as a vocabulary of a million words, from travelling to the page."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from kwidgets.builder.spec import ObjectSpec, Reference, Value
from kwidgets.language import t

# Larger values are shown by what they are; the page can keep or replace them, but not edit them.
_MAX_CHARACTERS = 10_000
# The program of a model is shown up to this length.
_MAX_PROGRAM_CHARACTERS = 200_000


def without_large_parts(value: Value) -> Value:
    """Return ``value`` with a Reference in place of each part that is too large for a page."""
    if isinstance(value, ObjectSpec):
        if value.live is not None:
            return value
        arguments = {name: without_large_parts(part) for name, part in value.arguments.items()}
        return dataclasses.replace(value, arguments=arguments)
    if _size(value, _MAX_CHARACTERS) <= _MAX_CHARACTERS:
        return value
    if isinstance(value, (list, tuple)) and any(isinstance(part, ObjectSpec) for part in value):
        return type(value)(without_large_parts(part) for part in value)
    return Reference(value, t("%1 of %2 entries", type(value).__name__, f"{len(value):,}"))


def program_for_page(program: str) -> str:
    """Return a program as a page shows it: whole, or a comment that says how to get it."""
    if len(program) <= _MAX_PROGRAM_CHARACTERS:
        return program
    size = f"{len(program) / 1e6:,.1f}"
    return t("# The code is %1 MB long. Use builder.to_code() to get it.", size) + "\n"


def _size(value: Value, limit: int) -> int:
    """Return about how many characters a value takes; counting ends above ``limit``."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, ObjectSpec):
        return _size(value.arguments, limit)
    if isinstance(value, Mapping):
        parts = [part for pair in value.items() for part in pair] if len(value) <= limit else None
    elif isinstance(value, (list, tuple)):
        parts = list(value) if len(value) <= limit else None
    else:
        return 8
    if parts is None:
        return limit + 1
    total = 0
    for part in parts:
        total += _size(part, limit)
        if total > limit:
            break
    return total
