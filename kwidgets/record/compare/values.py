"""Compare two nested settings, and return what differs as flat lines."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, Final


@dataclasses.dataclass(frozen=True)
class Change:
    """A setting that differs, as text; None on the side that does not have it.

    Attributes:
        name: of the setting, with dots between the names around it: ``optimizer.learning_rate``.
    """

    name: str
    before: str | None
    after: str | None


_MISSING: Final = object()
# Keys that Keras's serialisation puts around the settings of an object.
_ENVELOPE = frozenset({"module", "class_name", "config", "registered_name", "build_config"})


def compare_values(before: Any, after: Any, name: str = "") -> list[Change]:
    """Return the differences of two values made of dicts, lists and plain values."""
    before, after = _unwrapped(before), _unwrapped(after)
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        keys = list(dict.fromkeys([*before, *after]))
        return [
            change
            for key in keys
            for change in compare_values(
                before.get(key, _MISSING),
                after.get(key, _MISSING),
                f"{name}.{key}" if name else str(key),
            )
        ]
    if isinstance(before, list) and isinstance(after, list) and _is_nested([*before, *after]):
        longer = max(len(before), len(after))
        return [
            change
            for i in range(longer)
            for change in compare_values(
                before[i] if i < len(before) else _MISSING,
                after[i] if i < len(after) else _MISSING,
                f"{name}[{i}]",
            )
        ]
    texts = _text(before), _text(after)
    return [] if texts[0] == texts[1] else [Change(name, *texts)]


def _unwrapped(value: Any) -> Any:
    """Return a serialised Keras object as its class and its settings."""
    if isinstance(value, Mapping) and "class_name" in value and set(value) <= _ENVELOPE:
        config = value.get("config")
        settings = config if isinstance(config, Mapping) else {} if config is None else {"": config}
        return {"class": value["class_name"], **settings}
    return value


def _is_nested(items: list[Any]) -> bool:
    return any(isinstance(item, Mapping | list) for item in items)


def _text(value: Any) -> str | None:
    if value is _MISSING:
        return None
    value = _unwrapped(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
