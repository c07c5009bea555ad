"""Compare the layers of two models: which were added, removed or changed."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from kwidgets.record.compare.values import AUTOMATIC_NUMBER, Change, compare_values

# Above so many pairs, only the ends that are equal are matched; the rest in order.
_MAX_PAIRS = 1_000_000
_GAP = 1.0


@dataclasses.dataclass(frozen=True)
class LayerChange:
    """A layer that one of the models does not have, or has with other settings.

    Attributes:
        what: "added", "removed" or "changed".
        name: of the layer; within a nested model, with the names of the models before it.
        class_name: such as ``Dense``.
        settings: what differs, for a changed layer.
    """

    what: Literal["added", "removed", "changed"]
    name: str
    class_name: str
    settings: tuple[Change, ...] = ()


@dataclasses.dataclass(frozen=True)
class _Layer:
    name: str
    class_name: str
    config: Mapping[str, Any]
    key: str


def compare_layers(before: Any, after: Any) -> list[LayerChange]:
    """Return the differences of two models.

    Args:
        before: as ``model.to_json()`` describes it; None or another form has no layers.
        after: the other one.
    """
    changes: list[LayerChange] = []
    for old, new in _aligned(_layers(before), _layers(after)):
        if old is None and new is not None:
            changes.append(LayerChange("added", new.name, new.class_name))
        elif new is None and old is not None:
            changes.append(LayerChange("removed", old.name, old.class_name))
        elif old is not None and new is not None and old.key != new.key:
            settings = compare_values(_settings(old), _settings(new))
            if old.class_name != new.class_name:
                settings.insert(0, Change("class", old.class_name, new.class_name))
            if settings:
                changes.append(LayerChange("changed", new.name, new.class_name, tuple(settings)))
    return changes


def layer_names(model: Any) -> dict[str, str]:
    """Return the class of each layer of a model by its name; empty for another form."""
    return {layer.name: layer.class_name for layer in _layers(model)}


def _layers(model: Any, prefix: str = "") -> list[_Layer]:
    """Return the layers of a model, those of nested models in their place."""
    config = model.get("config") if isinstance(model, Mapping) else None
    if not isinstance(config, Mapping) or not isinstance(config.get("layers"), list):
        return []
    found: list[_Layer] = []
    for layer in config["layers"]:
        if not isinstance(layer, Mapping):
            continue
        settings = layer.get("config")
        settings = settings if isinstance(settings, Mapping) else {}
        name = prefix + str(settings.get("name", layer.get("name", "")))
        inner = _layers(layer, f"{name}/")
        if inner:
            found += inner
        else:
            class_name = str(layer.get("class_name", ""))
            plain = {key: value for key, value in settings.items() if key != "name"}
            key = json.dumps([class_name, _name_key(name, class_name), plain], default=str)
            found.append(_Layer(name, class_name, settings, key))
    return found


def _settings(layer: _Layer) -> dict[str, Any]:
    settings = dict(layer.config)
    settings["name"] = _name_key(layer.name, layer.class_name)
    return settings


def _name_key(name: str, class_name: str) -> str:
    """Return a name without the number that Keras has appended."""
    last = name.rpartition("/")[2]
    bare = AUTOMATIC_NUMBER.sub("", last)
    return bare if bare.replace("_", "") == class_name.lower() else last


def _aligned(
    before: Sequence[_Layer], after: Sequence[_Layer]
) -> list[tuple[_Layer | None, _Layer | None]]:
    """Pair the layers in order, so that as little as possible is added, removed or changed."""
    start = 0
    while start < min(len(before), len(after)) and before[start].key == after[start].key:
        start += 1
    end = 0
    while (
        end < min(len(before), len(after)) - start and before[-1 - end].key == after[-1 - end].key
    ):
        end += 1
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    middle = (
        _best_pairs(old, new) if len(old) * len(new) <= _MAX_PAIRS else _pairs_in_order(old, new)
    )
    tail = list(zip(before[len(before) - end :], after[len(after) - end :], strict=True))
    return [*zip(before[:start], after[:start], strict=True), *middle, *tail]


def _pairs_in_order(
    old: Sequence[_Layer], new: Sequence[_Layer]
) -> list[tuple[_Layer | None, _Layer | None]]:
    removed: list[tuple[_Layer | None, _Layer | None]] = [(layer, None) for layer in old]
    return [*removed, *((None, layer) for layer in new)]


def _best_pairs(
    old: Sequence[_Layer], new: Sequence[_Layer]
) -> list[tuple[_Layer | None, _Layer | None]]:
    """Return the alignment of least cost, by dynamic programming."""
    rows, columns = len(old) + 1, len(new) + 1
    cost = [[0.0] * columns for _ in range(rows)]
    for i in range(rows):
        for j in range(columns):
            if i == 0 or j == 0:
                cost[i][j] = _GAP * (i + j)
                continue
            cost[i][j] = min(
                cost[i - 1][j - 1] + _difference(old[i - 1], new[j - 1]),
                cost[i - 1][j] + _GAP,
                cost[i][j - 1] + _GAP,
            )
    pairs: list[tuple[_Layer | None, _Layer | None]] = []
    i, j = len(old), len(new)
    while i or j:
        if i and j and cost[i][j] == cost[i - 1][j - 1] + _difference(old[i - 1], new[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((old[i], new[j]))
        elif j and cost[i][j] == cost[i][j - 1] + _GAP:
            j -= 1
            pairs.append((None, new[j]))
        else:
            i -= 1
            pairs.append((old[i], None))
    return pairs[::-1]


def _difference(old: _Layer, new: _Layer) -> float:
    """Return the cost of saying that one layer became the other; 2 is as removed and added."""
    if old.key == new.key:
        return 0.0
    if old.class_name != new.class_name:
        # The same name, given by the user, says that it is the same layer.
        same_name = old.name == new.name and _name_key(old.name, old.class_name) == old.name
        return 1.5 if same_name else 2.5
    keys = set(old.config) | set(new.config)
    different = sum(old.config.get(key) != new.config.get(key) for key in keys - {"name"})
    other_name = _name_key(old.name, old.class_name) != _name_key(new.name, new.class_name)
    share: float = different / max(1, len(keys))
    return 0.25 + 0.75 * share + 0.5 * other_name
