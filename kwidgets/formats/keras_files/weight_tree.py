"""Read the weights that Keras 2 saved as a tree of objects, in ``.keras`` and ``.weights.h5``.

Such a tree names layers by their classes in the order of the model: ``layers/dense_1/vars/0``. The
configuration tells which layer each one is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np
from keras.src.utils.naming import to_snake_case

from kwidgets.formats.errors import FormatError
from kwidgets.formats.keras_files.hdf5 import WeightsFile
from kwidgets.formats.keras_files.shared_layers import marked
from kwidgets.language import t

# Where releases of Keras 2 keep the layers of a model.
_CONTAINERS = ("layers", "_layer_checkpoint_dependencies", "_self_tracked_trackables")
_VARS = "vars"
_MODELS = {"Sequential", "Functional", "Model"}
# Parts of layers in the order of their weights, where that is not the order of their names.
_PARTS: dict[str, tuple[str, ...]] = {
    "Bidirectional": ("forward_layer", "layer", "backward_layer"),
    "MultiHeadAttention": ("_query_dense", "_key_dense", "_value_dense", "_output_dense"),
}
# How many of the last weights of a layer training does not change.
_NUM_FIXED = {"BatchNormalization": 2, "SyncBatchNormalization": 2, "Normalization": 3}
# Of one layer, or of one model in the model; groups within groups count too.
_MAX_PARTS = 5_000
_MAX_DEPTH = 50
# Those that are trained, and the others.
_Arrays: TypeAlias = tuple[list[np.ndarray], list[np.ndarray]]
_Shared: TypeAlias = dict[tuple[str, str], _Arrays]


def arrays_by_layer(
    file: WeightsFile, model_config: Mapping[str, Any]
) -> dict[str, list[np.ndarray]]:
    """Return the arrays of each layer, trainable ones first, as HDF5 files of Keras 2 have them.

    Args:
        file: the tree.
        model_config: ``{"class_name": ..., "config": ...}`` of the model.

    Raises:
        FormatError: the tree is damaged, or is not one of this model.
    """
    found = {}
    shared: _Shared = {}
    # A layer that stands in several models has its arrays in the first of them; the first pass
    # finds them.
    for _ in range(2):
        for name, class_name, config, group in _layers(file, file.root, model_config):
            trainable, fixed = _split(file, class_name, config, group, _Limit(shared), 0)
            if class_name not in _MODELS:
                trainable, fixed = _known(shared, name, class_name, (trainable, fixed))
            found[name] = trainable + fixed
    return found


def with_shared_ids(model_config: Mapping[str, Any], file: WeightsFile) -> dict[str, Any]:
    """Return a configuration in which layers that stand in several models have an identity.

    HDF5 files say it by "shared_object_id"; in a tree such a layer has arrays in one model only.

    Args:
        model_config: as for :func:`arrays_by_layer`.
        file: the tree.
    """
    empty: set[tuple[str, str]] = set()
    full: set[tuple[str, str]] = set()
    waiting = [(file.root, model_config, 0)]
    limit = _Limit({})
    while waiting:
        group, config, depth = waiting.pop()
        for name, class_name, entry, own in _layers(file, group, config):
            limit.count(depth)
            if class_name in _MODELS and own is not None:
                waiting.append((own, entry, depth + 1))
            elif class_name not in _MODELS:
                has_arrays = own is not None and bool(file.has(own, _VARS) and _own(file, own))
                (full if has_arrays else empty).add((class_name, name))
    shared = empty & full
    result: dict[str, Any] = marked(
        model_config, lambda key: "/".join(key) if key in shared else None
    )
    return result


def _known(shared: _Shared, name: str, class_name: str, own: _Arrays) -> _Arrays:
    """Return a layer's arrays, or those of the same layer in another model if it has none here."""
    if own[0] or own[1]:
        return shared.setdefault((name, class_name), own)
    return shared.get((name, class_name), own)


class _Limit:
    """Ends the reading of groups that contain themselves, which HDF5 allows."""

    def __init__(self, shared: _Shared) -> None:
        self.shared = shared
        self._left = _MAX_PARTS

    def count(self, depth: int) -> None:
        """Count a part of a layer.

        Raises:
            FormatError: these are more than any layer has.
        """
        self._left -= 1
        if self._left < 0 or depth > _MAX_DEPTH:
            raise FormatError(t("The weights of a layer have more than %1 parts.", _MAX_PARTS))


def _layers(
    file: WeightsFile, group: Any, model_config: Mapping[str, Any]
) -> Iterator[tuple[str, str, Mapping[str, Any], Any]]:
    """Return name, class, configuration and group of each layer of a model.

    The group is None for a layer whose arrays stand where another model contains it.
    """
    config = model_config.get("config")
    entries = config.get("layers") if isinstance(config, Mapping) else config
    if not isinstance(entries, list):
        raise FormatError(t("The configuration of the model has no list of layers."))
    name = next((each for each in _CONTAINERS if file.has(group, each)), None)
    container = None if name is None else file.member(group, name)
    used: dict[str, int] = {}
    for entry in entries:
        if not isinstance(entry, Mapping) or not isinstance(entry.get("config"), (Mapping, list)):
            raise FormatError(t("The configuration of the model has a layer without settings."))
        class_name = str(entry.get("class_name")).rpartition(">")[2]
        inner = entry["config"]
        name = entry.get("name") or (inner.get("name") if isinstance(inner, Mapping) else None)
        key = to_snake_case(class_name)
        number = used[key] = used.get(key, -1) + 1
        if number:
            key = f"{key}_{number}"
        is_there = container is not None and file.has(container, key)
        yield str(name), class_name, entry, file.member(container, key) if is_there else None


def _split(
    file: WeightsFile,
    class_name: str,
    entry: Mapping[str, Any],
    group: Any,
    limit: _Limit,
    depth: int,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the arrays of a layer that are trained, and those that are not."""
    limit.count(depth)
    trainable: list[np.ndarray] = []
    fixed: list[np.ndarray] = []
    if group is None:
        return trainable, fixed
    if class_name in _MODELS:
        for name, inner_class, inner_entry, inner_group in _layers(file, group, entry):
            more, others = _split(file, inner_class, inner_entry, inner_group, limit, depth + 1)
            if inner_class not in _MODELS:
                more, others = _known(limit.shared, name, inner_class, (more, others))
            trainable += more
            fixed += others
        return trainable, fixed
    own = _own(file, group)
    num_fixed = min(_NUM_FIXED.get(class_name, 0), len(own))
    trainable += own[: len(own) - num_fixed]
    fixed += own[len(own) - num_fixed :]
    for name, inner in _part_names(file, class_name, entry, group):
        inner_class = str(inner.get("class_name", "")).rpartition(">")[2]
        part = file.member(group, name)
        more, others = _split(file, inner_class, inner, part, limit, depth + 1)
        trainable += more
        fixed += others
    config = entry.get("config")
    if isinstance(config, Mapping) and config.get("trainable") is False:
        return [], trainable + fixed
    return trainable, fixed


def _own(file: WeightsFile, group: Any) -> list[np.ndarray]:
    """Return a layer's own arrays, in the order of their numbers."""
    names = _names(file.member(group, _VARS)) if file.has(group, _VARS) else []
    numbers = sorted(filter(str.isdecimal, names), key=int)
    return [file.array(group, f"{_VARS}/{name}") for name in numbers]


def _part_names(
    file: WeightsFile, class_name: str, entry: Mapping[str, Any], group: Any
) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the groups in that of a layer in the order of the weights, and what stands in each."""
    cells = _cells(entry)
    if class_name == "StackedRNNCells" and cells and file.has(group, "cells"):
        # Named by class and number, as the layers of a model are; the file sorts them as texts.
        inside = set(_names(file.member(group, "cells")))
        named = zip(_keys(str(each.get("class_name")) for each in cells), cells, strict=True)
        return [(f"cells/{key}", each) for key, each in named if key in inside]
    order = _PARTS.get(class_name, ())
    names = [name for name in _names(group) if name != _VARS]
    names.sort(key=lambda name: (order.index(name) if name in order else 99, _natural(name)))
    return [(name, _inner_entry(entry, name)) for name in names]


def _cells(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    config = entry.get("config")
    cells = config.get("cells") if isinstance(config, Mapping) else None
    return [each for each in cells if isinstance(each, Mapping)] if isinstance(cells, list) else []


def _keys(class_names: Iterable[str]) -> Iterator[str]:
    """Return the groups' names of layers in a list: class names, numbered from the second on."""
    used: dict[str, int] = {}
    for class_name in class_names:
        key = to_snake_case(class_name.rpartition(">")[2])
        number = used[key] = used.get(key, -1) + 1
        yield f"{key}_{number}" if number else key


def _natural(name: str) -> tuple[str, int]:
    """Return a key that sorts "cell", "cell_2" and "cell_10" by their numbers."""
    stem, _, number = name.rpartition("_")
    return (stem, int(number)) if stem and number.isdecimal() else (name, 0)


def _names(group: Any) -> list[str]:
    """Return the names in a group; none for an array."""
    try:
        return [str(name) for name in getattr(group, "keys", list)()]
    except (RuntimeError, ValueError, OSError) as error:
        raise FormatError(t("The weights are damaged: %1.", str(error)[:200])) from error


def _inner_entry(entry: Mapping[str, Any], part: str) -> Mapping[str, Any]:
    """Return the configuration of a layer in a layer, such as that in TimeDistributed."""
    config = entry.get("config")
    if not isinstance(config, Mapping):
        return {}
    for name in (part, "layer"):
        inner = config.get(name)
        if isinstance(inner, Mapping) and "class_name" in inner:
            return inner
    return {}
