"""Write a config as JSON that a page can show, however large the config is."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from kwidgets.models.namespace.object_inspector import class_name

# More of a text, of a list or mapping, and of the whole config is replaced by how much there is.
_MAX_CHARACTERS = 1000
_MAX_ITEMS = 100
_MAX_VALUES = 5000
_MAX_DEPTH = 50
# A text of so many characters takes the room of one more value.
_CHARACTERS_PER_VALUE = 50


def short_json(config: Any) -> str:
    """Return ``config`` as JSON, indented; what is too long is cut, and says how long it is."""
    return json.dumps(_Shortener().short(config), indent=2)


class _Shortener:
    def __init__(self) -> None:
        self._values = 0

    def short(self, value: Any, depth: int = 0) -> Any:
        self._values += 1
        if isinstance(value, str):
            self._values += min(len(value), _MAX_CHARACTERS) // _CHARACTERS_PER_VALUE
            if len(value) <= _MAX_CHARACTERS:
                return str(value)
            return f"{value[:_MAX_CHARACTERS]}… ({len(value):,} characters)"
        if value is None or isinstance(value, (bool, int, float)):
            return value
        if isinstance(value, dict):
            return self._mapping(value, depth)
        if isinstance(value, (list, tuple)):
            return self._list(value, depth)
        # The object's own repr may be code of the user's.
        return f"<{class_name(type(value))}>"

    def _list(self, value: list[Any] | tuple[Any, ...], depth: int) -> list[Any]:
        found = [self.short(item, depth + 1) for item in self._first(value, depth)]
        if len(found) < len(value):
            found.append(_left_out(len(value) - len(found)))
        return found

    def _mapping(self, value: dict[Any, Any], depth: int) -> dict[str, Any]:
        found = {
            str(self.short(key)): self.short(item, depth + 1)
            for key, item in self._first(value.items(), depth)
        }
        if len(found) < len(value):
            found["…"] = _left_out(len(value) - len(found))
        return found

    def _first(self, items: Iterable[Any], depth: int) -> Iterable[Any]:
        """Yield the first items, as long as there is room for more values."""
        for number, item in enumerate(items):
            if number >= _MAX_ITEMS or self._values >= _MAX_VALUES or depth >= _MAX_DEPTH:
                return
            yield item


def _left_out(count: int) -> str:
    return f"… ({count:,} more)"
