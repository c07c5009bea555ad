"""Find which layers of a configuration are one layer that stands in several models."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kwidgets.language import Message, message

_ID = "shared_object_id"


def shared_id(*places: Mapping[str, Any]) -> str:
    """Return what the file calls a layer that stands in several models, or ""."""
    for each in places:
        found = each.get(_ID)
        if isinstance(found, (int, str)) and not isinstance(found, bool):
            return str(found)
    return ""


def second_place() -> Message:
    """Return what becomes of a layer at the second place where it stands."""
    return message(
        "The file uses this layer in several models. Keras 3 cannot load a saved model with such "
        "a layer, so each model has a copy with the same weights; training changes them apart."
    )


def with_ids_on_all(model_config: Any) -> Any:
    """Return a configuration where each place of a shared layer has its identity.

    tf_keras writes it at the second place only, where the first is in a model inside.
    """
    ids: dict[tuple[str, str], set[str]] = {}
    for key, entry in _layers(model_config):
        ids.setdefault(key, set()).add(shared_id(entry))
    shared = {
        key: next(filter(None, found))
        for key, found in ids.items()
        if len(found) == 2 and "" in found
    }
    return marked(model_config, shared.get) if shared else model_config


def marked(value: Any, id_of: Callable[[tuple[str, str]], str | None]) -> Any:
    """Return a configuration with the identities of layers.

    Args:
        value: the configuration; it is not changed.
        id_of: takes class and name of a layer; returns its identity, or None to leave it.
    """
    if isinstance(value, list):
        return [marked(each, id_of) for each in value]
    if not isinstance(value, Mapping):
        return value
    found = {key: marked(each, id_of) for key, each in value.items()}
    identity = id_of(_key(value))
    if identity is not None:
        found[_ID] = identity
    return found


def _key(entry: Mapping[str, Any]) -> tuple[str, str]:
    inner = entry.get("config")
    name = entry.get("name") or (inner.get("name") if isinstance(inner, Mapping) else None)
    return str(entry.get("class_name")).rpartition(">")[2], str(name)


def _layers(model_config: Any) -> Iterator[tuple[tuple[str, str], Mapping[str, Any]]]:
    """Return class and name, and the configuration, of all layers in lists of layers."""
    waiting = [model_config]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Mapping):
            waiting += each.values()
        elif isinstance(each, (list, tuple)):
            waiting += each
            for entry in each:
                if isinstance(entry, Mapping) and isinstance(entry.get("class_name"), str):
                    yield _key(entry), entry
