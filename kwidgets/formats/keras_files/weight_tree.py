"""Read the weights that Keras 2 saved as a tree of objects, in ``.keras`` and ``.weights.h5``.

Such a tree names layers by their classes in the order of the model: ``layers/dense_1/vars/0``. The
configuration tells which layer each one is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import h5py
import numpy as np
from keras.src.utils.naming import to_snake_case

from kwidgets.formats.errors import FormatError
from kwidgets.formats.keras_files import safe_hdf5
from kwidgets.language import t

# Where releases of Keras 2 keep the layers of a model.
_CONTAINERS = ("layers", "_layer_checkpoint_dependencies", "_self_tracked_trackables")
_MODELS = {"Sequential", "Functional", "Model"}
# Parts of layers in the order of their weights, where that is not the order of their names.
_PARTS: dict[str, tuple[str, ...]] = {
    "Bidirectional": ("forward_layer", "layer", "backward_layer"),
    "MultiHeadAttention": ("_query_dense", "_key_dense", "_value_dense", "_output_dense"),
}
# How many of the last weights of a layer training does not change.
_NUM_FIXED = {"BatchNormalization": 2, "SyncBatchNormalization": 2, "Normalization": 3}
_MAX_DEPTH = 20


def arrays_by_layer(root: Any, model_config: Mapping[str, Any]) -> dict[str, list[np.ndarray]]:
    """Return the arrays of each layer, trainable ones first, as HDF5 files of Keras 2 have them.

    Args:
        root: the HDF5 file.
        model_config: ``{"class_name": ..., "config": ...}`` of the model.

    Raises:
        FormatError: the tree is damaged, or is not one of this model.
    """
    found = {}
    for name, class_name, config, group in _layers(root, model_config):
        trainable, fixed = _split(class_name, config, group, 0)
        found[name] = trainable + fixed
    return found


def _layers(
    group: Any, model_config: Mapping[str, Any]
) -> Iterator[tuple[str, str, Mapping[str, Any], Any]]:
    """Return name, class, configuration and group of each layer of a model."""
    config = model_config.get("config")
    entries = config.get("layers") if isinstance(config, Mapping) else config
    if not isinstance(entries, list):
        raise FormatError(t("The configuration of the model has no list of layers."))
    container = next(
        (each for name in _CONTAINERS if _is_group(each := safe_hdf5.child(group, name))), None
    )
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
        found = None if container is None else safe_hdf5.child(container, key)
        if _is_group(found):
            yield str(name), class_name, entry, found


def _split(
    class_name: str, entry: Mapping[str, Any], group: Any, depth: int
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the arrays of a layer that are trained, and those that are not."""
    if depth > _MAX_DEPTH:
        raise FormatError(t("The weights are nested deeper than %1 levels.", _MAX_DEPTH))
    trainable: list[np.ndarray] = []
    fixed: list[np.ndarray] = []
    if class_name in _MODELS:
        for _, inner_class, inner_entry, inner_group in _layers(group, entry):
            more, others = _split(inner_class, inner_entry, inner_group, depth + 1)
            trainable += more
            fixed += others
        return trainable, fixed
    own = _own(group)
    num_fixed = min(_NUM_FIXED.get(class_name, 0), len(own))
    trainable += own[: len(own) - num_fixed]
    fixed += own[len(own) - num_fixed :]
    for name in _part_names(class_name, group):
        part = safe_hdf5.child(group, name)
        if not _is_group(part):
            continue
        inner = _inner_entry(entry, name)
        inner_class = str(inner.get("class_name", "")).rpartition(">")[2]
        more, others = _split(inner_class, inner, part, depth + 1)
        trainable += more
        fixed += others
    config = entry.get("config")
    if isinstance(config, Mapping) and config.get("trainable") is False:
        return [], trainable + fixed
    return trainable, fixed


def _own(group: Any) -> list[np.ndarray]:
    """Return a layer's own arrays, in the order of their numbers."""
    holder = safe_hdf5.child(group, "vars")
    if not _is_group(holder):
        return []
    names = sorted((name for name in holder if name.isdecimal()), key=int)
    return [
        safe_hdf5.array(safe_hdf5.child(holder, name), f"{holder.name}/{name}") for name in names
    ]


def _part_names(class_name: str, group: Any) -> list[str]:
    order = _PARTS.get(class_name, ())
    names = [name for name in group if name != "vars"]
    return sorted(names, key=lambda name: (order.index(name) if name in order else 99, name))


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


def _is_group(value: Any) -> bool:
    return isinstance(value, h5py.Group)
