"""Reads attributes of Keras objects without running the user's code."""

from __future__ import annotations

from typing import Any

from kwidgets.models.namespace.object_inspector import class_dict, class_name, module_of, mro_of

_MISSING: Any = object()
# PyTorch keeps a module's submodules apart from its other attributes.
_PYTORCH_MODULES = "_modules"


def is_keras_class(kind: type) -> bool:
    """Return whether Keras itself defines this class."""
    return module_of(kind).partition(".")[0] == "keras"


def is_a(thing: object, *kinds: type) -> bool:
    """Return whether ``thing`` is of one of these classes by its real class.

    ``isinstance`` would also read ``thing.__class__``, which may be a property of the user's.
    """
    return any(base is kind for base in mro_of(type(thing)) for kind in kinds)


def read_attribute(thing: Any, name: str, default: Any = None) -> Any:
    """Return the attribute ``name`` of ``thing``, or ``default`` where there is none.

    A property is evaluated if Keras defines it; one of the user's gives ``default``, because its
    code may do anything.
    """
    owner, value = _in_class(type(thing), name)
    if _class_has(value, "__set__"):
        # A property takes precedence over an attribute of the instance.
        return getattr(thing, name, default) if is_keras_class(owner) else default
    own = instance_dict(thing)
    if name in own:
        return own[name]
    parts = own.get(_PYTORCH_MODULES)
    if isinstance(parts, dict) and name in parts:
        return parts[name]
    # What has a `__get__` is a method or a cached property.
    return default if value is _MISSING or _class_has(value, "__get__") else value


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
    return not _class_has(_in_class(type(thing), name)[1], "__set__")


def _in_class(kind: type, name: str) -> tuple[type, Any]:
    """Return the class that defines ``name``, and its value there."""
    for owner in mro_of(kind):
        own = class_dict(owner)
        if name in own:
            return owner, own[name]
    return kind, _MISSING


def _class_has(value: object, name: str) -> bool:
    return _in_class(type(value), name)[1] is not _MISSING


def error_text(error: BaseException) -> str:
    """Return the class and the first line of an error, even if its ``str`` raises another."""
    name = class_name(type(error))
    try:
        lines = str(error).strip().splitlines()
    except BaseException:
        return name
    return f"{name}: {lines[0][:200]}" if lines else name
