"""Keep Keras from importing TensorFlow on other backends, which takes seconds, to save a model."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def without_importing_tensorflow() -> Iterator[None]:
    """Keep Keras's serialization from importing TensorFlow to look for a shape of its own.

    Where TensorFlow is not imported yet, no object can be one of TensorFlow's.
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
