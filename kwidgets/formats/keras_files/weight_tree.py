"""Read the weights that Keras 2 saved as a tree of objects, in ``.keras`` and ``.weights.h5``.

Such a tree names layers by their classes in the order of the model: ``layers/dense_1/vars/0``. The
configuration tells which layer each one is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from keras.src.utils.naming import to_snake_case

from kwidgets.formats.errors import FormatError
from kwidgets.formats.keras_files.hdf5 import WeightsFile
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
    for name, class_name, config, group in _layers(file, file.root, model_config):
        trainable, fixed = _split(file, class_name, config, group, _Limit(), 0)
        found[name] = trainable + fixed
    return found


class _Limit:
    """Ends the reading of groups that contain themselves, which HDF5 allows."""

    def __init__(self) -> None:
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
    """Return name, class, configuration and group of each layer of a model."""
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
        if container is not None and file.has(container, key):
            yield str(name), class_name, entry, file.member(container, key)


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
    if class_name in _MODELS:
        for _, inner_class, inner_entry, inner_group in _layers(file, group, entry):
            more, others = _split(file, inner_class, inner_entry, inner_group, limit, depth + 1)
            trainable += more
            fixed += others
        return trainable, fixed
    own = _own(file, group)
    num_fixed = min(_NUM_FIXED.get(class_name, 0), len(own))
    trainable += own[: len(own) - num_fixed]
    fixed += own[len(own) - num_fixed :]
    for name in _part_names(class_name, group):
        inner = _inner_entry(entry, name)
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


def _part_names(class_name: str, group: Any) -> list[str]:
    order = _PARTS.get(class_name, ())
    names = [name for name in _names(group) if name != _VARS]
    return sorted(names, key=lambda name: (order.index(name) if name in order else 99, name))


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
