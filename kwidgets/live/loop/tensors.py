"""Tell numbers from the tensors of a backend, and convert many scalars with one transfer.

No backend is imported here: a tensor comes from one that is.
"""

from __future__ import annotations

import numbers
import sys
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from kwidgets.language import t
from kwidgets.live.numbers.as_number import as_number

Kind = Literal["number", "tensor", "torch", "other"]


def kind_of(cls: type) -> Kind:
    """Return how values of ``cls`` are collected.

    ``number`` is added at once; ``tensor`` never changes and may be kept; ``torch`` has a graph to
    be detached from; ``other`` may change later, such as a variable, and is converted at once.
    """
    if issubclass(cls, numbers.Real | np.number | np.bool_):
        # NumPy converts a complex number by leaving out its imaginary part.
        return "other" if issubclass(cls, np.complexfloating) else "number"
    package = cls.__module__.partition(".")[0]
    if cls.__name__ == "EagerTensor" or (cls.__name__ == "ArrayImpl" and package[:3] == "jax"):
        return "tensor"
    return "torch" if package == "torch" and hasattr(cls, "detach") else "other"


def to_floats(values: Sequence[Any]) -> list[float]:
    """Return scalars of one kind as floats.

    Raises:
        TypeError, ValueError: one of them is no scalar; the message says what it is.
    """
    for value in values:
        shape = tuple(getattr(value, "shape", ()))
        if any(size != 1 for size in shape):
            raise ValueError(t("its shape is %1. Log a single number, such as the mean.", shape))
    first = values[0]
    if len(values) > 1 and len({(type(value), str(value.dtype)) for value in values}) == 1:
        package = type(first).__module__.partition(".")[0]
        if package[:3] == "jax":
            # A CPU has nothing to copy, and the calls would take longer than the rest.
            if sys.modules["jax"].default_backend() != "cpu":
                for value in values:
                    value.copy_to_host_async()
            return [float(np.asarray(value).item()) for value in values]
        elif package == "torch" and len({value.device for value in values}) == 1:
            flat = [value.reshape(()) for value in values]
            return [float(value) for value in sys.modules["torch"].stack(flat).tolist()]
        elif package == "tensorflow" and "CPU" not in first.device:
            tensorflow = sys.modules["tensorflow"]
            flat = [tensorflow.reshape(value, ()) for value in values]
            return [float(value) for value in tensorflow.stack(flat).numpy()]
    return [_to_float(value) for value in values]


def _to_float(value: Any) -> float:
    if getattr(value, "shape", None):
        value = value.item() if hasattr(value, "item") else np.asarray(value).item()
    number = as_number(value)
    if number is None:
        raise TypeError(t("its type is %1. Log a single number.", type(value).__name__))
    return number
