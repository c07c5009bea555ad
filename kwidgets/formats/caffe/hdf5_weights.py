"""Read the weights that Caffe has written as HDF5: ``.caffemodel.h5``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np

from kwidgets.formats.caffe.caffemodel import Caffemodel
from kwidgets.formats.caffe.stored_array import StoredArray
from kwidgets.formats.errors import FormatError
from kwidgets.language import t

# Of an array's bytes to those in the file: compressed weights hardly become smaller.
_MAX_COMPRESSION = 4


def read_hdf5_weights(path: Path) -> Caffemodel:
    """Return the weights: a group "data" has one group a layer, and in it arrays "0", "1" …

    Raises:
        FormatError: it is another HDF5 file, or damaged.
    """
    try:
        with h5py.File(path, "r") as file:
            data = _member(file, "data")
            if not isinstance(data, h5py.Group):
                raise FormatError(
                    t("“%1” has no weights of Caffe: the group “data” is missing.", path)
                )
            arrays = {}
            for name in data:
                group = _member(data, name)
                if isinstance(group, h5py.Group):
                    places = sorted((key for key in group if key.isdigit()), key=int)
                    if found := tuple(_array(_member(group, place)) for place in places):
                        arrays[str(name)] = found
    except (OSError, KeyError, RuntimeError, TypeError) as error:
        raise FormatError(t("%1 cannot be read: %2", f"“{path}”", str(error)[:200])) from error
    return Caffemodel(path, "", arrays, tuple(arrays))


def _member(group: Any, name: str) -> Any:
    # A link may lead to another file of this machine.
    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        return None
    return group[name]


def _array(dataset: Any) -> StoredArray:
    if not isinstance(dataset, h5py.Dataset) or dataset.dtype.kind != "f":
        raise FormatError(t("An array in the file does not have numbers. The file is damaged."))
    if dataset.nbytes > _MAX_COMPRESSION * dataset.id.get_storage_size() or dataset.external:
        raise FormatError(
            t(
                "An array of shape %1 has %2 numbers. The file is damaged: "
                "download or copy it again.",
                " × ".join(map(str, dataset.shape)),
                dataset.id.get_storage_size() // dataset.dtype.itemsize,
            )
        )
    values = np.asarray(dataset[()], "<f4")
    return StoredArray(values.shape, "<f4", (values.tobytes(),) if values.size else ())
