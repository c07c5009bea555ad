"""Configs, as Keras's objects tell them: what two of them have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

# How a dtype stands in a config when nobody chose one; a fresh process has no other policy.
PLAIN_POLICY = "float32"
# What depends on history; the last is what a text layer has learned by adapt.
VOLATILE = {
    "build_config",
    "build_input_shape",
    "compile_config",
    "shared_object_id",
    "vocabulary_size",
}


def same_config(one: object, other: object) -> bool:
    """Whether two configs say the same, leaving out how built each object is."""
    return bool(plain(one) == plain(other))


def says(config: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether a config says all that is wanted."""
    return all(
        key in config and plain(config[key]) == plain(value)
        for key, value in wanted.items()
        if key not in VOLATILE
    )


def plain(item: Any) -> Any:
    """A config without what depends on history, in plain and comparable types."""
    if isinstance(item, Mapping):
        return {str(k): plain(v) for k, v in item.items() if k not in VOLATILE}
    if isinstance(item, (list, tuple)):
        return [plain(entry) for entry in item]
    if isinstance(item, np.ndarray):
        return plain(item.tolist())
    if isinstance(item, np.generic):
        return item.item()
    if isinstance(item, str) and len(item) > 2000:
        return hash(item)
    return item
