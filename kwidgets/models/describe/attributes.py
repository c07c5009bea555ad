"""Reading what objects of others hold, without running code that is not Keras's own."""

from __future__ import annotations

from typing import Any

_MISSING: Any = object()
# PyTorch keeps a module's parts apart from its other attributes.
_PYTORCH_PARTS = "_modules"


def is_of_keras(kind: type) -> bool:
    """Return whether Keras itself defines this class."""
    return str(kind.__module__).partition(".")[0] == "keras"


def read(thing: Any, name: str, default: Any = None) -> Any:
    """Return the attribute ``name`` of ``thing``, or ``default`` where there is none.

    A property is evaluated if Keras defines it; one of the user's gives ``default``, because nobody
    knows what it does.
    """
    owner, value = _in_class(type(thing), name)
    if hasattr(type(value), "__set__"):
        # A property comes before what the instance holds.
        return getattr(thing, name, default) if is_of_keras(owner) else default
    own = own_dict(thing)
    if name in own:
        return own[name]
    parts = own.get(_PYTORCH_PARTS)
    if isinstance(parts, dict) and name in parts:
        return parts[name]
    # What has a `__get__` is a method, or worked out when first asked for.
    return default if value is _MISSING or hasattr(type(value), "__get__") else value


def held(thing: Any) -> dict[str, Any]:
    """Return the attributes that ``thing`` itself holds, in the order they were set."""
    own = own_dict(thing)
    parts = own.get(_PYTORCH_PARTS)
    return {**own, **parts} if isinstance(parts, dict) and parts else own


def own_dict(thing: Any) -> dict[str, Any]:
    """Return ``thing.__dict__``, whatever its class makes of attributes; {} where it has none."""
    try:
        found: dict[str, Any] = object.__getattribute__(thing, "__dict__")
    except AttributeError:
        return {}
    return found


def is_plain(thing: Any, name: str) -> bool:
    """Return whether ``thing.name`` is just what ``thing`` holds, and no property."""
    return not hasattr(type(_in_class(type(thing), name)[1]), "__set__")


def _in_class(kind: type, name: str) -> tuple[type, Any]:
    """Return the class that defines ``name``, and what it is there."""
    for owner in kind.__mro__:
        if name in vars(owner):
            return owner, vars(owner)[name]
    return kind, _MISSING
