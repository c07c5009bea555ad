"""Note what a test step computes, while Keras traces or runs it."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Iterator
from typing import Any, Final

_SPIED: Final = ("compute_loss", "compute_metrics", "call")


class Seen:
    """What a test step passes to the loss and the metrics; None if it calls neither."""

    def __init__(self) -> None:
        self.x: Any = None
        self.y: Any = None
        self.y_pred: Any = None
        self.sample_weight: Any = None
        #: Whether Keras's own ``compute_loss`` has had these targets and predictions.
        self.has_loss = False

    def note(self, arguments: dict[str, Any]) -> None:
        """Keep the first of each argument."""
        for name in ("x", "y", "y_pred", "sample_weight"):
            if getattr(self, name) is None:
                setattr(self, name, arguments.get(name))


@contextlib.contextmanager
def spies(model: Any) -> Iterator[Seen]:
    """Note the arguments of a model's methods in this block; afterwards they are Keras's own."""
    seen = Seen()
    attributes = model.__dict__
    before = {name: attributes[name] for name in _SPIED if name in attributes}
    for name in _SPIED:
        attributes[name] = _spy(getattr(model, name), name, seen)
    try:
        yield seen
    finally:
        for name in _SPIED:
            if name in before:
                attributes[name] = before[name]
            else:
                attributes.pop(name, None)


def _spy(method: Any, name: str, seen: Seen) -> Any:
    signature = inspect.signature(method)

    @functools.wraps(method)
    def spied(*args: Any, **kwargs: Any) -> Any:
        result = method(*args, **kwargs)
        with contextlib.suppress(Exception):
            if name == "call":
                # The last call is that of the model as a whole.
                seen.y_pred = result if seen.y is None else seen.y_pred
                if seen.x is None and args:
                    seen.x = args[0]
            else:
                arguments = signature.bind(*args, **kwargs).arguments
                seen.note(arguments)
                if name == "compute_loss" and _is_keras(method):
                    seen.has_loss |= seen.y_pred is arguments.get("y_pred")
        return result

    return spied


def _is_keras(method: Any) -> bool:
    return str(getattr(method, "__module__", "")).startswith("keras.")
