"""Compare the configs that ``get_config`` of Keras objects returns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

# The dtype in a config where none was chosen: the global policy of a fresh process.
DEFAULT_DTYPE = "float32"
# Entries that depend on the history of an object; adapt sets the last one of a text layer.
VOLATILE_ENTRIES = {
    "build_config",
    "build_input_shape",
    "compile_config",
    "shared_object_id",
    "vocabulary_size",
}


def same_config(one: object, other: object) -> bool:
    """Return whether two configs are equal, ignoring whether each object is built."""
    return bool(comparable(one) == comparable(other))


def contains_config(config: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Return whether a config has all entries of ``wanted``."""
    return all(
        key in config and comparable(config[key]) == comparable(value)
        for key, value in wanted.items()
        if key not in VOLATILE_ENTRIES
    )


def comparable(item: Any) -> Any:
    """Return a config in plain types that can be compared, without volatile entries."""
    if isinstance(item, Mapping):
        return {str(k): comparable(v) for k, v in item.items() if k not in VOLATILE_ENTRIES}
    if isinstance(item, (list, tuple)):
        return [comparable(entry) for entry in item]
    if isinstance(item, np.ndarray):
        return comparable(item.tolist())
    if isinstance(item, np.generic):
        return item.item()
    if isinstance(item, str) and len(item) > 2000:
        return hash(item)
    return item
