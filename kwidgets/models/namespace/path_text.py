"""Writes variables, attributes and keys as the user would type them in code."""

from __future__ import annotations

import keyword

# Keys of these classes are written; ``repr`` of others could run the user's code. By id: to look up
# a class among classes may call its metaclass.
_PLAIN = frozenset(map(id, (str, int, float, bool, bytes, type(None))))
_MAX_LENGTH = 60
_MAX_PARTS = 4
# Python refuses to write integers of more than some thousand digits.
_MAX_BITS = 200


def variable_text(name: str) -> str:
    """Return the expression for a variable of the notebook: ``net``, ``globals()['my net']``."""
    return name if _is_identifier(name) else f"globals()[{_key_text(name)}]"


def attribute_text(name: str) -> str:
    """Return what follows an object to reach an attribute: ``.net``, ``.__dict__['my net']``."""
    return f".{name}" if _is_identifier(name) else f".__dict__[{_key_text(name)}]"


def index_text(key: object) -> str:
    """Return what follows a dict to reach a value: ``['a']``; ``[…]`` for keys of other classes."""
    return f"[{_key_text(key)}]"


def _is_identifier(name: str) -> bool:
    return len(name) <= _MAX_LENGTH and name.isidentifier() and not keyword.iskeyword(name)


def _key_text(key: object, depth: int = 0) -> str:
    if id(type(key)) in _PLAIN:
        if isinstance(key, (str, bytes)) and len(key) > _MAX_LENGTH:
            return f"{key[: _MAX_LENGTH - 3]!r}…"
        if isinstance(key, int) and key.bit_length() > _MAX_BITS:
            return "…"
        return repr(key)
    if type(key) is tuple and len(key) <= _MAX_PARTS and depth < 2:
        parts = ", ".join(_key_text(part, depth + 1) for part in key)
        return f"({parts}{',' if len(key) == 1 else ''})"
    return "…"
