"""Finds the variables of a namespace that fit can take, and describes them as plain data.

This is cheap and has no effects: kinds are recognized by the names of classes, so that nothing is
imported and no property of the user's own objects runs; no dataset is iterated, no array is copied
whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

import numpy as np

from kwidgets.builder.data.array_statistics import SAMPLED_ON_DISK, pick_elements, statistics_of
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
    for name, value in list(namespace.items()):
        if name[:1] == "_" or name in _SKIPPED_NAMES:
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
    try:
        for base in type.__dict__["__mro__"].__get__(cls):
            module = base.__module__
            if isinstance(module, str):
                kind = _KINDS.get((module.partition(".")[0], base.__name__))
                if kind is not None:
                    return kind
    except Exception:
        return None  # a metaclass of the user's that raises
    return None


def _info_of(name: str, value: Any, kind: str, statistics: bool) -> DataInfo | None:
    try:
        if kind == "tf.data.Dataset":
            return describe_tensorflow(name, value)
        if kind in DATASETS:
            return DataInfo(name, kind, batched=True)
        if kind == "list":
            return _info_of_list(name, value)
        if kind == "pandas DataFrame":
            shape, dtype = value.shape, common_dtype(value)
        else:
            shape, dtype = tuple(value.shape), dtype_name(value.dtype)
    except Exception:
        return None  # a subclass of the user's that raises, or a deleted tensor
    if not shape:
        return None
    found = statistics_of(value, kind) if statistics else None
    objects = _object_kind(value, kind, dtype) if statistics else ""
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
    classes = {type(one) for one in pick_elements(values, SAMPLED_ON_DISK)} - {type(None)}
    if classes and all(issubclass(one, (int, float, np.number, np.bool_)) for one in classes):
        return "numbers"
    return "texts" if classes and all(issubclass(one, (str, bytes)) for one in classes) else ""


def _info_of_list(name: str, value: list[Any]) -> DataInfo | None:
    """Describe a list of numbers, of texts, or of lists of numbers, which Keras takes as arrays."""
    if len(value) < 2:
        return None
    first = value[0]
    if type(first) in (int, float, bool, str):
        dtype = {int: "int64", float: "float64", bool: "bool", str: "str"}[type(first)]
        return DataInfo(name, "list", (len(value),), dtype, len(value))
    if type(first) is list and first and type(first[0]) in (int, float, bool):
        # Rows may differ in length: sentences as lists of tokens do.
        lengths = {len(row) if type(row) is list else None for row in value[:64]}
        width = lengths.pop() if len(lengths) == 1 else None
        dtype = {int: "int64", float: "float64", bool: "bool"}[type(first[0])]
        return DataInfo(name, "list", (len(value), width), dtype, len(value))
    return None
