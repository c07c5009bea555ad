"""Names of Keras layers from names of Caffe's."""

from __future__ import annotations

import re
from typing import Any


class Names:
    """Gives each layer a name that no other layer of the model has."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def unique(self, wanted: str) -> str:
        """Return a name like ``wanted``: Keras's have no slash."""
        base = re.sub(r"[^\w.\-]", "_", wanted)[:200].strip("_") or "layer"
        name, count = base, 1
        while name.lower() in self._taken:
            count += 1
            name = f"{base}_{count}"
        self._taken.add(name.lower())
        return name


def rename_operation(tensor: Any, name: str) -> None:
    """Name the operation that made a tensor: functions of ``keras.ops`` take no name."""
    # The only private name of Keras in this folder; without it the names are Keras's own.
    history = getattr(tensor, "_keras_history", None)
    if history is not None:
        history.operation.name = name
