"""Reads attributes of Keras objects without running the user's code."""

from __future__ import annotations

from typing import Any

_MISSING: Any = object()
# PyTorch keeps a module's submodules apart from its other attributes.
_PYTORCH_MODULES = "_modules"


def is_keras_class(kind: type) -> bool:
    """Return whether Keras itself defines this class."""
    return str(kind.__module__).partition(".")[0] == "keras"


def read_attribute(thing: Any, name: str, default: Any = None) -> Any:
    """Return the attribute ``name`` of ``thing``, or ``default`` where there is none.

    A property is evaluated if Keras defines it; one of the user's gives ``default``, because its
    code may do anything.
    """
    owner, value = _in_class(type(thing), name)
    if hasattr(type(value), "__set__"):
        # A property takes precedence over an attribute of the instance.
        return getattr(thing, name, default) if is_keras_class(owner) else default
    own = instance_dict(thing)
    if name in own:
        return own[name]
    parts = own.get(_PYTORCH_MODULES)
    if isinstance(parts, dict) and name in parts:
        return parts[name]
    # What has a `__get__` is a method or a cached property.
    return default if value is _MISSING or hasattr(type(value), "__get__") else value


def instance_attributes(thing: Any) -> dict[str, Any]:
    """Return the attributes of the instance itself, in the order they were set."""
    own = instance_dict(thing)
    parts = own.get(_PYTORCH_MODULES)
    return {**own, **parts} if isinstance(parts, dict) and parts else own


def instance_dict(thing: Any) -> dict[str, Any]:
    """Return ``thing.__dict__``, past its class's ``__getattribute__``; {} where there is none."""
    try:
        found: dict[str, Any] = object.__getattribute__(thing, "__dict__")
    except AttributeError:
        return {}
    return found


def is_stored_attribute(thing: Any, name: str) -> bool:
    """Return whether ``thing.name`` is a stored value, and no property."""
    return not hasattr(type(_in_class(type(thing), name)[1]), "__set__")


def _in_class(kind: type, name: str) -> tuple[type, Any]:
    """Return the class that defines ``name``, and its value there."""
    for owner in kind.__mro__:
        if name in vars(owner):
            return owner, vars(owner)[name]
    return kind, _MISSING
