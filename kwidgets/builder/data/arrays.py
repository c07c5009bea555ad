"""What the user's namespace offers to ``fit``, as plain data.

Looking is cheap and harmless: kinds are told by the classes' names, so that nothing is imported
and no property of the user's own objects runs; no dataset is started, no array is copied whole.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import weakref
from collections.abc import Mapping
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from kwidgets.builder import protocol

Shape = tuple[int | None, ...]
Role = Literal["x", "y", "dataset"]

# How much of an array is looked at. Minimum and maximum of a million numbers take about a
# millisecond; of more, so many are picked all over the array.
EXACT_ELEMENTS: Final = 1_000_000
SAMPLED_ELEMENTS: Final = 4_096
# On disk each picked element may cost a read.
SAMPLED_ON_DISK: Final = 256
SAMPLED_LABELS: Final = 100_000
# More different values than this are no classes.
MAX_DISTINCT: Final = 1_000
# Enough to notice that an array was changed in place.
FINGERPRINT_ELEMENTS: Final = 64

# By what a class says of itself: the first part of its module, and its name.
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
# They give inputs and targets together.
DATASETS: Final = ("tf.data.Dataset", "PyTorch DataLoader", "keras PyDataset")
_SKIPPED_NAMES: Final = frozenset({"In", "Out"})


@dataclasses.dataclass(frozen=True)
class Statistics:
    """What the values of an array are like, as far as was looked.

    Args:
        minimum, maximum, mean: of the numbers, NaN and infinity left out; None where there are
            none.
        has_nan: a NaN was seen.
        has_infinity: an infinite value was seen.
        is_integer: every value seen is a whole number, of whatever dtype.
        distinct: how many different values there are, in an array of one value a sample; None
            where there are more than ``MAX_DISTINCT`` of them or the array is wider.
        distinct_seen: how many different values there are among some whole numbers of an array of
            any width; there may be more.
        is_one_hot: two-dimensional, each row with a single 1 among 0s.
        has_several_ones: two-dimensional 0s and 1s, some row with more than one 1.
        sorted_labels: the classes come one after the other: all of the first, all of the second.
        exact: minimum, maximum, has_nan and has_infinity are of all values, not of a sample.
    """

    minimum: float | None = None
    maximum: float | None = None
    mean: float | None = None
    has_nan: bool = False
    has_infinity: bool = False
    is_integer: bool = False
    distinct: int | None = None
    distinct_seen: int | None = None
    is_one_hot: bool = False
    has_several_ones: bool = False
    sorted_labels: bool = False
    exact: bool = False


@dataclasses.dataclass(frozen=True)
class DataInfo:
    """A variable that fit could take.

    Args:
        name: of the variable.
        kind: "NumPy array", "tf.data.Dataset" …
        shape: of the whole array, samples first; of a dataset, of what one step of it gives as
            inputs, the batch first where it is batched. None when unknown.
        dtype: "float32"; "" when unknown.
        samples: how many; None of a dataset.
        statistics: None when not asked for, or when looking would cost too much.
        object_kind: what the objects are where the dtype says only that: "numbers", also of a
            table with numbers in pandas's own dtypes, or "texts"; "" when unknown or mixed.
        y_shape, y_dtype: the targets that a dataset gives.
        batched: of a dataset; None when unknown.
    """

    name: str
    kind: str
    shape: Shape | None = None
    dtype: str = ""
    samples: int | None = None
    statistics: Statistics | None = None
    object_kind: Literal["numbers", "texts", ""] = ""
    y_shape: Shape | None = None
    y_dtype: str = ""
    batched: bool | None = None

    @property
    def is_dataset(self) -> bool:
        return self.kind in DATASETS

    @property
    def is_text(self) -> bool:
        """Whether its values are words."""
        return self.dtype.startswith(("str", "bytes", "category"))

    @property
    def is_number(self) -> bool:
        """Whether Keras can compute with its values; not so of texts, categories and objects."""
        return self.dtype.startswith(("int", "uint", "float", "bfloat", "bool"))

    @property
    def is_float(self) -> bool:
        return self.dtype.startswith(("float", "bfloat"))


def scan(namespace: Mapping[str, object], statistics: bool = False) -> list[DataInfo]:
    """Return what of a namespace fit could take, in the namespace's order.

    Args:
        namespace: the user's variables.
        statistics: look into the values too; without, 10,000 names take a few milliseconds.
    """
    found: list[DataInfo] = []
    # By the class's id: the namespace keeps the classes alive meanwhile.
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
            info = _describe(name, value, kind, statistics)
            if info is not None:
                found.append(info)
    return found


def describe(name: str, value: object, statistics: bool = True) -> DataInfo | None:
    """Return what a variable offers to fit, or None where it is no data."""
    kind = _kind(type(value))
    return None if kind is None else _describe(name, value, kind, statistics)


def roles(info: DataInfo) -> list[Role]:
    """What a variable can be to fit."""
    if info.is_dataset:
        return ["dataset"]
    return ["x"] if info.is_text else ["x", "y"]


def as_wire(info: DataInfo) -> protocol.DataState:
    return {
        "name": info.name,
        "kind": info.kind,
        "shape": "" if info.shape is None else str(info.shape),
        "dtype": info.dtype,
        "roles": roles(info),
    }


def element_shape(info: DataInfo) -> Shape | None:
    """Return the shape of one sample, which is what ``keras.Input`` wants; None when unknown."""
    if info.shape is None:
        return None
    if not info.is_dataset:
        # A column of numbers has samples of one number; Keras adds the dimension itself.
        return info.shape[1:] or (1,)
    if info.batched is None:
        return None
    return info.shape[1:] or (1,) if info.batched else info.shape


def target_shape(info: DataInfo) -> Shape | None:
    """Return the shape of one sample's target in a dataset; ``()`` is a single number."""
    if info.y_shape is None or info.batched is None:
        return None
    return info.y_shape[1:] if info.batched else info.y_shape


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
        return None  # a metaclass of the user's that does not like being looked at
    return None


def _describe(name: str, value: Any, kind: str, statistics: bool) -> DataInfo | None:
    try:
        if kind == "tf.data.Dataset":
            return _tensorflow_dataset(name, value)
        if kind in DATASETS:
            return DataInfo(name, kind, batched=True)
        if kind == "list":
            return _list(name, value)
        if kind == "pandas DataFrame":
            shape, dtype = value.shape, _common_dtype(value)
        else:
            shape, dtype = tuple(value.shape), _dtype_name(value.dtype)
    except Exception:
        return None  # a subclass of the user's, a tensor being deleted: nothing to offer
    if not shape:
        return None
    found = _statistics(value, kind) if statistics else None
    objects = _object_kind(value, kind, dtype) if statistics else ""
    return DataInfo(name, kind, shape, dtype, shape[0], found, objects)


def _dtype_name(dtype: Any) -> str:
    """ "float32", of whatever library the dtype is."""
    if isinstance(dtype, np.dtype) and dtype.kind in "SU":
        return "str" if dtype.kind == "U" else "bytes"
    name = getattr(dtype, "name", None)
    return name if isinstance(name, str) else str(dtype).removeprefix("torch.")


def _common_dtype(frame: Any) -> str:
    """The dtype that a table's columns have together: "object" where some are not numbers."""
    dtypes = set(frame.dtypes)
    if len(dtypes) == 1:
        return _dtype_name(dtypes.pop())
    if not all(isinstance(dtype, np.dtype) and dtype.kind in "biuf" for dtype in dtypes):
        return "object"
    return str(np.result_type(*dtypes))


# The dtypes of pandas that have gaps, and that Keras does not know.
_NULLABLE: Final = ("Int", "UInt", "Float", "boolean")


def _object_kind(value: Any, kind: str, dtype: str) -> Literal["numbers", "texts", ""]:
    """What the values are that NumPy has no dtype for. Only their classes are looked at."""
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
    dtype = _dtype_name(column.dtype)
    if dtype.startswith(_NULLABLE) or (
        isinstance(column.dtype, np.dtype) and column.dtype.kind in "biuf"
    ):
        return "numbers"
    if dtype.startswith(("str", "category")):
        return "texts"
    if dtype != "object":
        return ""
    values = np.asarray(column) if kind == "NumPy array" else column.to_numpy()
    classes = {type(one) for one in _pick(values, SAMPLED_ON_DISK)} - {type(None)}
    if classes and all(issubclass(one, (int, float, np.number, np.bool_)) for one in classes):
        return "numbers"
    return "texts" if classes and all(issubclass(one, (str, bytes)) for one in classes) else ""


def _list(name: str, value: list[Any]) -> DataInfo | None:
    """A list of numbers, of texts, or of lists of numbers; Keras wants them as arrays."""
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


def _tensorflow_dataset(name: str, dataset: Any) -> DataInfo:
    """Only what the dataset says of its elements: running it may take minutes."""
    spec = dataset.element_spec
    inputs, targets = spec, None
    if isinstance(spec, tuple) and spec:
        inputs, targets = spec[0], spec[1] if len(spec) > 1 else None
    shape, dtype = _spec(inputs)
    y_shape, y_dtype = _spec(targets)
    return DataInfo(
        name,
        "tf.data.Dataset",
        shape,
        dtype,
        y_shape=y_shape,
        y_dtype=y_dtype,
        batched=_batched(shape, y_shape),
    )


def _spec(spec: Any) -> tuple[Shape | None, str]:
    """Shape and dtype of one tensor; several inputs are nothing for a Sequential."""
    shape = getattr(spec, "shape", None)
    rank = getattr(shape, "rank", None)
    if shape is None or rank is None:
        return None, ""
    return tuple(shape), _dtype_name(spec.dtype)


def _batched(shape: Shape | None, y_shape: Shape | None) -> bool | None:
    """Batches have one open first dimension, or the same fixed one for inputs and targets.

    None where both are alike in all: a batch of vectors, or one image for an autoencoder.
    """
    if shape is None:
        return None
    if not shape or y_shape == ():
        return False
    if shape[0] is None:
        # Sentences of any length look alike; with targets the two can be told apart.
        return True if y_shape is None else y_shape[0] is None
    if shape == y_shape and len(shape) > 1:
        return None
    return y_shape is not None and y_shape[0] == shape[0]


def as_samples_of(info: DataInfo, sample: Shape | None) -> DataInfo:
    """Settle whether a dataset is batched, where the shape that the model takes tells.

    Args:
        info: of the dataset; of anything else it stays as it is.
        sample: the shape of the model's input, without the batch.
    """
    shape = info.shape
    # Where the first size is open, it is a batch's already.
    if sample is None or not shape or not info.is_dataset or shape[0] is None or not info.y_shape:
        return info
    whole, rest = (_is_sample(part, sample) for part in (shape, shape[1:]))
    if whole != rest and (whole or info.batched is None):
        return dataclasses.replace(info, batched=rest)
    return info


def _is_sample(shape: Shape, sample: Shape) -> bool:
    """Whether a model for one shape takes the other; Keras adds a last dimension by itself."""
    return any(
        len(one) == len(sample)
        and all(None in pair or pair[0] == pair[1] for pair in zip(one, sample, strict=True))
        for one in (shape, (*shape, 1))
    )


# Statistics

# By the object's id: a weak reference to it, what it looked like, and what was found.
_known: dict[int, tuple[weakref.ref[Any], bytes, Statistics]] = {}


def _statistics(value: Any, kind: str) -> Statistics | None:
    """Return the statistics of an array, from the last time if it is still the same."""
    try:
        array, whole = _as_numpy(value, kind)
        if array is None or array.size == 0 or array.dtype.kind not in "biufSU":
            return None
        look = _fingerprint(array)
        key = id(value)
        known = _known.get(key)
        if known is not None and known[0]() is value and known[1] == look:
            return known[2]
        found = _compute(array, whole)
        # Not every tensor can be referred to weakly; such a one is looked at again.
        with contextlib.suppress(TypeError):
            _known[key] = weakref.ref(value, lambda _: _known.pop(key, None)), look, found
        return found
    except Exception:
        return None  # a deleted tensor, a file gone: nothing is known


def _as_numpy(value: Any, kind: str) -> tuple[npt.NDArray[Any] | None, bool]:
    """The values without a copy of all of them, and whether those are all.

    None where they are not at hand: a JAX array may still be being computed, a tensor on a GPU
    would have to be fetched.
    """
    if kind == "NumPy array":
        return value, True
    if kind == "pandas Series" or (kind == "pandas DataFrame" and _common_dtype(value) != "object"):
        return _rows(value)
    if kind == "TensorFlow tensor" and "CPU" in str(value.device):
        return np.asarray(value.numpy()), True
    if kind == "PyTorch tensor" and value.device.type == "cpu" and not value.is_sparse:
        return np.asarray(value.detach().numpy()), True
    return None, False


def _rows(table: Any) -> tuple[npt.NDArray[Any], bool]:
    """A table's numbers, whose columns may lie apart: all of a small one, else some rows."""
    columns = table.shape[1] if table.ndim == 2 else 1
    limit = max(1, SAMPLED_LABELS // max(columns, 1))
    whole = len(table) <= limit
    return np.asarray(
        (table if whole else table.iloc[_spread(len(table), limit)]).to_numpy()
    ), whole


def _spread(length: int, count: int) -> npt.NDArray[np.int64]:
    """``count`` indices from the first to the last, in order."""
    return np.linspace(0, length - 1, min(length, count)).astype(np.int64)


def _pick(array: npt.NDArray[Any], count: int) -> npt.NDArray[Any]:
    """``count`` elements from all over an array; the same ones each time.

    Steps of the golden ratio never fall into step with the columns, as equal steps could.
    """
    if array.size <= count:
        return array.reshape(-1)
    places = (np.arange(count) * ((math.sqrt(5) - 1) / 2) % 1 * array.size).astype(np.int64)
    return np.asarray(array[np.unravel_index(places, array.shape)])


def _fingerprint(array: npt.NDArray[Any]) -> bytes:
    sample = _pick(array, FINGERPRINT_ELEMENTS)
    return repr((array.shape, array.dtype.str)).encode() + sample.tobytes()


def _compute(array: npt.NDArray[Any], whole: bool) -> Statistics:
    on_disk = isinstance(array, np.memmap) or isinstance(array.base, np.memmap)
    labels = array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array
    label_count = SAMPLED_ON_DISK if on_disk else SAMPLED_LABELS
    if array.dtype.kind in "SU":
        if labels.ndim > 1:
            return Statistics()
        return Statistics(distinct=_distinct(labels[_spread(len(labels), SAMPLED_ELEMENTS)]))

    exact = whole and array.size <= EXACT_ELEMENTS and not on_disk
    sample = _pick(array, SAMPLED_ON_DISK if on_disk else SAMPLED_ELEMENTS)
    values = array if exact else sample
    minimum, maximum = float(np.min(values)), float(np.max(values))
    # Both are NaN where one value is.
    has_nan = math.isnan(minimum)
    has_infinity = math.isinf(minimum) or math.isinf(maximum)
    if has_nan or has_infinity:
        finite = np.isfinite(values)
        numbers = values[finite]
        # Beside a NaN, infinity does not show in the minimum.
        has_infinity = bool((~finite & ~np.isnan(values)).any())
        if numbers.size == 0:
            return Statistics(has_nan=has_nan, has_infinity=has_infinity, exact=exact)
        minimum, maximum = float(numbers.min()), float(numbers.max())
        mean = float(numbers.mean(dtype=np.float64))
    else:
        mean = float(np.mean(sample, dtype=np.float64))
    gaps = has_nan or has_infinity
    is_integer = not gaps and _whole(sample)

    classes: npt.NDArray[Any] | None = None
    distinct: int | None = None
    is_one_hot = has_several_ones = False
    if labels.ndim == 1:
        chosen = labels[_spread(len(labels), label_count)]
        is_integer = is_integer and _whole(chosen)
        if not gaps:
            distinct = _distinct(chosen)
            minimum, maximum = min(minimum, float(chosen.min())), max(maximum, float(chosen.max()))
        classes = chosen if is_integer else None
    elif array.ndim == 2 and is_integer and minimum >= 0 and maximum == 1:
        rows = max(64, label_count // array.shape[1])
        chosen = array[_spread(len(array), rows)]
        ones = chosen.sum(axis=1)
        flags = bool(((chosen == 0) | (chosen == 1)).all())
        is_one_hot = flags and bool((ones == 1).all())
        has_several_ones = flags and bool((ones > 1).any())
        classes = np.argmax(chosen, axis=1) if is_one_hot else None
    return Statistics(
        minimum,
        maximum,
        mean,
        has_nan=has_nan,
        has_infinity=has_infinity,
        is_integer=is_integer,
        distinct=distinct,
        distinct_seen=len(np.unique(sample)) if is_integer else None,
        is_one_hot=is_one_hot,
        has_several_ones=has_several_ones,
        sorted_labels=classes is not None and _sorted(classes),
        exact=exact,
    )


def _whole(values: npt.NDArray[Any]) -> bool:
    return values.dtype.kind in "biu" or bool((values == np.floor(values)).all())


def _distinct(values: npt.NDArray[Any]) -> int | None:
    # A look at the first ones spares sorting a column of measurements.
    if len(values) > 4 * MAX_DISTINCT and len(np.unique(values[: 2 * MAX_DISTINCT])) > MAX_DISTINCT:
        return None
    count = len(np.unique(values))
    return count if count <= MAX_DISTINCT else None


def _sorted(classes: npt.NDArray[Any]) -> bool:
    """Whether each class comes in one piece; of few samples that may be chance."""
    if len(classes) < 20:
        return False
    changes = int(np.count_nonzero(classes[1:] != classes[:-1]))
    distinct = len(np.unique(classes))
    # As many classes as samples is a numbering, or a count: no classes.
    return 1 < distinct <= len(classes) // 2 and changes == distinct - 1


def forget() -> None:
    """Drop all remembered statistics; for tests."""
    _known.clear()
