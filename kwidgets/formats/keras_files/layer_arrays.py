"""Read the arrays of each layer from an HDF5 file of any Keras."""

from __future__ import annotations

from typing import Any

import numpy as np

from kwidgets.formats.errors import FormatError
from kwidgets.formats.keras_files.hdf5 import WeightsFile
from kwidgets.language import t

_MOST_LISTED = 12


def weights_group(file: WeightsFile) -> Any:
    """Return the group with the layers: of a whole model, or the file itself."""
    if file.has(file.root, "model_weights"):
        return file.member(file.root, "model_weights")
    return file.root


def layer_arrays(file: WeightsFile, group: Any) -> dict[str, list[np.ndarray]]:
    """Return the arrays of each layer, by its name, in their order.

    Raises:
        FormatError: the file is damaged, or has no such arrays.
    """
    count = file.attribute(group, "nb_layers")
    if count is not None:
        return _numbered(file, group, count)
    names = file.texts(group, "layer_names")
    if not names:
        raise FormatError(
            t(
                "“%1” is an HDF5 file, but not of a Keras model: it names no layers. If it holds "
                "data, read it with h5py.",
                file.path,
            )
        )
    arrays = {}
    for name in names:
        layer = file.member(group, name)
        arrays[name] = [file.array(layer, each) for each in file.texts(layer, "weight_names")]
    return arrays


def _numbered(file: WeightsFile, group: Any, count: Any) -> dict[str, list[np.ndarray]]:
    """Return the arrays of a file of Keras 0.3, which numbers the layers."""
    arrays: dict[str, list[np.ndarray]] = {}
    index = 0
    while index < int(count) and file.has(group, f"layer_{index}"):
        layer = file.member(group, f"layer_{index}")
        own: list[np.ndarray] = []
        while file.has(layer, f"param_{len(own)}"):
            own.append(file.array(layer, f"param_{len(own)}"))
        arrays[f"layer_{index}"] = own
        index += 1
    return arrays


def listed(arrays: dict[str, list[np.ndarray]]) -> str:
    """Return names and shapes as text, for a message."""
    with_weights = [(name, each) for name, each in arrays.items() if each]
    shown = [
        f"{name}: {', '.join(str(tuple(one.shape)) for one in each)}"
        for name, each in with_weights[:_MOST_LISTED]
    ]
    more = len(with_weights) - len(shown)
    return "; ".join(shown) + (t("; and %1 more layers", more) if more else "")
