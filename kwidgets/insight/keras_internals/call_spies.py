"""Note what the layers of a model return while it is called."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from kwidgets.insight.keras_internals.layer_units import LayerUnit

#: Called with a layer and what it returns; returns what goes on to the next layer.
OnOutput = Callable[[LayerUnit, Any], Any]


@contextlib.contextmanager
def call_spies(units: Sequence[LayerUnit], on_output: OnOutput) -> Iterator[None]:
    """Call ``on_output`` for each call of the layers in this block; afterwards nothing is left."""
    before = []
    try:
        for unit in units:
            attributes = vars(unit.layer)
            before.append((attributes, "call" in attributes, attributes.get("call")))
            # Past Keras's __setattr__, which would track it.
            attributes["call"] = _spy(unit, unit.layer.call, on_output)
        yield
    finally:
        for attributes, had, own in before:
            if had:
                attributes["call"] = own
            else:
                attributes.pop("call", None)


def _spy(unit: LayerUnit, call: Any, on_output: OnOutput) -> Any:
    def spied(*args: Any, **kwargs: Any) -> Any:
        return on_output(unit, call(*args, **kwargs))

    return spied
