"""Finds the variables of a namespace that fit can take, and describes them as plain data.

This is cheap and has no effects: kinds are recognized by the names of classes, so that nothing is
imported; no dataset is iterated, no array is copied whole. No code of the user's own classes runs:
of a subclass of ``ndarray`` what NumPy stores is read, and a subclass of another library's class is
data of unknown shape.
"""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from typing import Any, Final, Literal

import numpy as np

from kwidgets.builder.data.array_statistics import (
    SAMPLED_ON_DISK,
    pick_elements,
    plain_array,
    statistics_of,
)
from kwidgets.builder.data.data_info import DATASETS, DataInfo
from kwidgets.builder.data.dtypes import common_dtype, dtype_name
from kwidgets.builder.data.tensorflow_datasets import describe_tensorflow

# By the first part of a class's module, and the class's name.
_KINDS: Final = {
    ("numpy", "ndarray"): "NumPy array",
    ("pandas", "DataFrame"): "pandas DataFrame",
    ("pandas", "Series"): "pandas Series",
    ("tensorflow", "EagerTensor"): "TensorFlow tensor",
    ("tensorflow", "DatasetV2"): "tf.data.Dataset",
    ("torch", "Tensor"): "PyTorch tensor",
    ("torch", "DataLoader"): "PyTorch DataLoader",
    ("jaxlib", "ArrayImpl"): "JAX array",
    ("jax", "ArrayImpl"): "JAX array",
    ("keras", "PyDataset"): "keras PyDataset",
}

# Kinds whose facts are read by code of their class, in which only these packages are trusted.
_LIBRARIES: Final = frozenset(("jax", "jaxlib", "keras", "pandas", "tensorflow", "torch"))
_MRO: Final = type.__dict__["__mro__"]
_NAME: Final = type.__dict__["__name__"]
_MODULE: Final = type.__dict__["__module__"]

# By the id of the class: to look a class up among others may call its metaclass.
_DTYPE_OF_ITEMS: Final = {id(int): "int64", id(float): "float64", id(bool): "bool", id(str): "str"}

_SKIPPED_NAMES: Final = frozenset({"In", "Out"})

# Beginnings of the names of pandas's nullable dtypes, which Keras does not know.
_NULLABLE: Final = ("Int", "UInt", "Float", "boolean")


def scan(namespace: Mapping[str, object], statistics: bool = False) -> list[DataInfo]:
    """Return the variables of a namespace that fit can take, in the namespace's order.

    Args:
        namespace: the user's variables.
        statistics: also read the values; without this, 10,000 names take a few milliseconds.
    """
    found: list[DataInfo] = []
    # By the id of the class: the namespace keeps the classes alive meanwhile.
    kinds: dict[int, str | None] = {}
    for name, value in dict(namespace).items():
        # The name is written in programs; globals() may hold others.
        if type(name) is not str or not name.isidentifier() or keyword.iskeyword(name):
            continue
        if name.startswith("_") or name in _SKIPPED_NAMES:
            continue
        cls = type(value)
        try:
            kind = kinds[id(cls)]
        except KeyError:
            kind = kinds[id(cls)] = _kind(cls)
        if kind is not None:
            info = _info_of(name, value, kind, statistics)
            if info is not None:
                found.append(info)
    return found


def describe(name: str, value: object, statistics: bool = True) -> DataInfo | None:
    """Return the description of a variable, or None if it is no data."""
    kind = _kind(type(value))
    return None if kind is None else _info_of(name, value, kind, statistics)


def _kind(cls: type) -> str | None:
    if cls is list:
        return "list"
    for base in _MRO.__get__(cls):
        kind = _KINDS.get((_package(base), _NAME.__get__(base)))
        if kind is not None:
            return kind
    return None


def _package(cls: type) -> str:
    """Return the first part of the name of the class's module, without asking its metaclass."""
    module = _MODULE.__get__(cls)
    return module.partition(".")[0] if type(module) is str else ""


def _info_of(name: str, value: Any, kind: str, statistics: bool) -> DataInfo | None:
    if kind == "list":
        return _info_of_list(name, value)
    if kind in DATASETS and kind != "tf.data.Dataset":
        return DataInfo(name, kind, batched=True)
    read = value
    if kind == "NumPy array":
        read = plain_array(value)
    elif _package(type(value)) not in _LIBRARIES:
        return DataInfo(name, kind)
    try:
        if kind == "tf.data.Dataset":
            return describe_tensorflow(name, value)
        if kind == "pandas DataFrame":
            shape, dtype = value.shape, common_dtype(value)
        else:
            shape, dtype = tuple(read.shape), dtype_name(read.dtype)
    except Exception:
        return None  # a deleted tensor
    if not shape:
        return None
    found = statistics_of(value, kind) if statistics else None
    objects = _object_kind(read, kind, dtype) if statistics else ""
    return DataInfo(name, kind, shape, dtype, shape[0], found, objects)


def _object_kind(value: Any, kind: str, dtype: str) -> Literal["numbers", "texts", ""]:
    """Return the kind of values without a dtype in NumPy, by their classes alone."""
    try:
        columns: list[Any]
        if kind == "pandas DataFrame":
            columns = [value.iloc[:, index] for index in range(value.shape[1])]
        elif dtype.startswith(("object", *_NULLABLE)):
            columns = [value]
        else:
            return ""
        kinds = {_column_kind(column, kind) for column in columns}
    except Exception:
        return ""
    return kinds.pop() if len(kinds) == 1 else ""


def _column_kind(column: Any, kind: str) -> Literal["numbers", "texts", ""]:
    dtype = dtype_name(column.dtype)
    if dtype.startswith(_NULLABLE) or (
        isinstance(column.dtype, np.dtype) and column.dtype.kind in "biuf"
    ):
        return "numbers"
    if dtype.startswith(("str", "category")):
        return "texts"
    if dtype != "object":
        return ""
    values = np.asarray(column) if kind == "NumPy array" else column.to_numpy()
    types = [type(one) for one in pick_elements(values, SAMPLED_ON_DISK) if one is not None]
    if types and all(issubclass(one, (int, float, np.number, np.bool_)) for one in types):
        return "numbers"
    return "texts" if types and all(issubclass(one, (str, bytes)) for one in types) else ""


def _info_of_list(name: str, value: list[Any]) -> DataInfo | None:
    """Describe a list of numbers, of texts, or of lists of numbers, which Keras takes as arrays."""
    if len(value) < 2:
        return None
    first = value[0]
    dtype = _DTYPE_OF_ITEMS.get(id(type(first)))
    if dtype is not None:
        return DataInfo(name, "list", (len(value),), dtype, len(value))
    if type(first) is not list or not first:
        return None
    dtype = _DTYPE_OF_ITEMS.get(id(type(first[0])))
    if dtype is None or dtype == "str":
        return None
    # Rows may differ in length: sentences as lists of tokens do.
    lengths = {len(row) if type(row) is list else None for row in value[:64]}
    width = lengths.pop() if len(lengths) == 1 else None
    return DataInfo(name, "list", (len(value), width), dtype, len(value))
