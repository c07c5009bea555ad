"""Compare two nested settings, and return what differs as flat lines."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np


@dataclasses.dataclass(frozen=True)
class Change:
    """A setting that differs, as text; None on the side that does not have it.

    Attributes:
        name: of the setting, with dots between the names around it: ``optimizer.learning_rate``.
    """

    name: str
    before: str | None
    after: str | None


#: Keras numbers the layers of a kernel, such as ``dense_1``, and its optimizers.
AUTOMATIC_NUMBER = re.compile(r"_\d+$")
_NUMBERS = re.compile(r"_\d+(?=[.\[]|$)")
# Keys that Keras's serialisation puts around the settings of an object.
_ENVELOPE = frozenset({"module", "class_name", "config", "registered_name", "build_config"})


def compare_values(before: Any, after: Any) -> list[Change]:
    """Return the differences of two values made of dicts, lists and plain values."""
    old, new = flatten(before), flatten(after)
    old, new = _with_equal_names(_with_items(old, new), _with_items(new, old))
    changes = [
        Change(name, old.get(name), new.get(name))
        for name in dict.fromkeys([*old, *new])
        if old.get(name) != new.get(name)
    ]
    return [change for change in changes if not _is_renumbered(change)]


def _with_items(texts: dict[str, str], other: dict[str, str]) -> dict[str, str]:
    """Give each item of a list a name of its own where the other side has such names."""
    itemised = {name.partition("[")[0] for name in other if "[" in name}
    found: dict[str, str] = {}
    for name, text in texts.items():
        if name in itemised and text.startswith("["):
            found |= _items(name, json.loads(text))
        else:
            found[name] = text
    return found


def _items(name: str, items: Iterable[Any]) -> dict[str, str]:
    """Return the texts of a list's items by the names of the items."""
    return {
        path: text
        for i, item in enumerate(items)
        for path, text in flatten(item, f"{name}[{i}]").items()
    }


def _with_equal_names(
    old: dict[str, str], new: dict[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Give settings that are named after an automatically named layer the same name on both sides.

    Such as the loss of an output: ``loss.dense_3`` and ``loss.dense_7``.
    """

    def by_bare_name(names: Iterable[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name in names:
            found.setdefault(_NUMBERS.sub("", name), []).append(name)
        return found

    only_new = by_bare_name(new.keys() - old.keys())
    renamed = {
        names[0]: only_new[bare][0]
        for bare, names in by_bare_name(old.keys() - new.keys()).items()
        if len(names) == 1 and len(only_new.get(bare, ())) == 1
    }
    return {renamed.get(name, name): text for name, text in old.items()}, new


def flatten(value: Any, name: str = "") -> dict[str, str]:
    """Return a value made of dicts, lists and plain values as texts by their dotted names.

    An object that Keras has serialised is its class and its settings. None has no texts at the top.
    """
    value = _unwrapped(value)
    # Of a function, such as a metric, Keras may serialise the name alone, or an object with it.
    items = [_unwrapped(item) for item in value] if isinstance(value, list) else []
    if value is None and not name:
        return {}
    if isinstance(value, Mapping) and value:
        pairs = [(f"{name}.{key}" if name else str(key), item) for key, item in value.items()]
    elif isinstance(value, list) and any(isinstance(item, Mapping | list) for item in items):
        pairs = [(f"{name}[{i}]", item) for i, item in enumerate(items)]
    elif isinstance(value, list):
        return {name: json.dumps(_short(items), ensure_ascii=False)}
    else:
        text = value if isinstance(value, str) else json.dumps(_short(value), ensure_ascii=False)
        return {name: text}
    return {path: text for key, item in pairs for path, text in flatten(item, key).items()}


def _short(value: Any) -> Any:
    """Return a number that went through float32 as a user would write it: 0.1, not 0.10000000149.

    The same for the items of a list.
    """
    if isinstance(value, list):
        return [_short(item) for item in value]
    if isinstance(value, float) and math.isfinite(value):
        with np.errstate(over="ignore"):
            single = np.float32(value)
        if float(single) == value:
            return float(str(single))
    return value


def _is_renumbered(change: Change) -> bool:
    """Return whether Keras has only counted on: the second Adam of a kernel is ``adam_1``."""
    if change.name.rpartition(".")[2] != "name" or change.before is None or change.after is None:
        return False
    before, after = (AUTOMATIC_NUMBER.sub("", name) for name in (change.before, change.after))
    return before == after


def _unwrapped(value: Any) -> Any:
    """Return a serialised Keras object as its class and its settings."""
    if isinstance(value, Mapping) and "class_name" in value and set(value) <= _ENVELOPE:
        config = value.get("config")
        if not config:
            return value["class_name"]
        return {"class": value["class_name"], **config} if isinstance(config, Mapping) else config
    return value
