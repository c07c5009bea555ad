"""Compare two nested settings, and return what differs as flat lines."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any


@dataclasses.dataclass(frozen=True)
class Change:
    """A setting that differs, as text; None on the side that does not have it.

    Attributes:
        name: of the setting, with dots between the names around it: ``optimizer.learning_rate``.
    """

    name: str
    before: str | None
    after: str | None


# Keys that Keras's serialisation puts around the settings of an object.
_ENVELOPE = frozenset({"module", "class_name", "config", "registered_name", "build_config"})


def compare_values(before: Any, after: Any) -> list[Change]:
    """Return the differences of two values made of dicts, lists and plain values."""
    old, new = flatten(before), flatten(after)
    return [
        Change(name, old.get(name), new.get(name))
        for name in dict.fromkeys([*old, *new])
        if old.get(name) != new.get(name)
    ]


def flatten(value: Any, name: str = "") -> dict[str, str]:
    """Return a value made of dicts, lists and plain values as texts by their dotted names.

    An object that Keras has serialised is its class and its settings. None has no texts at the top.
    """
    value = _unwrapped(value)
    if value is None and not name:
        return {}
    if isinstance(value, Mapping) and value:
        pairs = [(f"{name}.{key}" if name else str(key), item) for key, item in value.items()]
    elif isinstance(value, list) and any(isinstance(item, Mapping | list) for item in value):
        pairs = [(f"{name}[{i}]", item) for i, item in enumerate(value)]
    else:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        return {name: text}
    return {path: text for key, item in pairs for path, text in flatten(item, key).items()}


def _unwrapped(value: Any) -> Any:
    """Return a serialised Keras object as its class and its settings."""
    if isinstance(value, Mapping) and "class_name" in value and set(value) <= _ENVELOPE:
        config = value.get("config")
        if not config:
            return value["class_name"]
        return {"class": value["class_name"], **config} if isinstance(config, Mapping) else config
    return value
