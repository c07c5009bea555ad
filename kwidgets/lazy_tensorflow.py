"""Keep Keras from importing TensorFlow on another backend, where kwidgets reads its objects."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def without_importing_tensorflow() -> Iterator[None]:
    """Keep ``get_config`` and serialization from importing TensorFlow to look for its classes.

    On the other backends that import takes seconds, in which a fit does not begin. Without it no
    object can be one of TensorFlow's. Not for code that makes layers: those for texts need it.
    """
    module = sys.modules.get("keras.src.utils.module_utils")
    lazy = getattr(module, "tensorflow", None)
    if "tensorflow" in sys.modules or getattr(lazy, "_available", False) is not None:
        yield
        return
    lazy._available = False  # type: ignore[union-attr]
    try:
        yield
    finally:
        lazy._available = None  # type: ignore[union-attr]


def config_of(instance: Any) -> dict[str, Any]:
    """Return ``instance.get_config()``."""
    with without_importing_tensorflow():
        return instance.get_config()  # type: ignore[no-any-return]
