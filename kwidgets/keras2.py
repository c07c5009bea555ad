"""Recognize objects of Keras 2: the package ``tf_keras``, which is installed beside Keras 3."""

from __future__ import annotations

PACKAGE = "tf_keras"


def is_keras2(thing: object) -> bool:
    """Return whether an object is of a class of Keras 2, or of one derived from it."""
    return any(cls.__module__.partition(".")[0] == PACKAGE for cls in type(thing).__mro__)
