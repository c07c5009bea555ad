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
    of_class = _in_class(type(thing), name)
    if of_class is not _MISSING and hasattr(type(of_class[1]), "__get__"):
        owner, value = of_class
        if hasattr(type(value), "__set__"):
            # A data descriptor: it comes before the instance's own value.
            return getattr(thing, name, default) if is_of_keras(owner) else default
    own = own_dict(thing)
    if name in own:
        return own[name]
    parts = own.get(_PYTORCH_PARTS)
    if isinstance(parts, dict) and name in parts:
        return parts[name]
    return default if of_class is _MISSING or callable(of_class[1]) else of_class[1]


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
    of_class = _in_class(type(thing), name)
    return of_class is _MISSING or not hasattr(type(of_class[1]), "__set__")


def _in_class(kind: type, name: str) -> Any:
    for owner in kind.__mro__:
        if name in vars(owner):
            return owner, vars(owner)[name]
    return _MISSING
