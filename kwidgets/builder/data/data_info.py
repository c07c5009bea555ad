"""Plain data about a variable that fit can take: kind, shape, dtype, statistics."""

from __future__ import annotations

import dataclasses
from typing import Final, Literal

from kwidgets.builder import protocol

Shape = tuple[int | None, ...]
Role = Literal["x", "y", "dataset"]

# These kinds yield inputs and targets together.
DATASETS: Final = ("tf.data.Dataset", "PyTorch DataLoader", "keras PyDataset")


@dataclasses.dataclass(frozen=True)
class Statistics:
    """Statistics of the values of an array, or of a sample of them.

    Args:
        minimum, maximum, mean: of the finite numbers; None if there are none.
        has_nan: a sampled value is NaN.
        has_infinity: a sampled value is infinite.
        is_integer: every sampled value is a whole number, of whatever dtype.
        distinct: the number of different values in an array of one value per sample; None if there
            are more than ``array_statistics.MAX_DISTINCT`` or the array is wider.
        distinct_seen: the number of different values among sampled whole numbers of an array of any
            width; there may be more.
        is_one_hot: two-dimensional, each row with a single 1 among 0s.
        has_several_ones: two-dimensional 0s and 1s, some row with more than one 1.
        sorted_labels: the samples are sorted by class: all of one class, then all of the next.
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
    """A variable that fit can take.

    Args:
        name: of the variable.
        kind: "NumPy array", "tf.data.Dataset" …
        shape: of the whole array, samples first; of a dataset, of the inputs that one step of it
            yields, the batch first if it is batched. None when unknown.
        dtype: "float32"; "" when unknown.
        samples: the number of samples; None of a dataset.
        statistics: None when not requested, or when reading the values would cost too much.
        object_kind: "numbers" or "texts" where the dtype does not say it, as in a table of objects
            or with pandas's nullable dtypes; "" when unknown or mixed.
        y_shape, y_dtype, y_statistics: of the targets that a dataset yields; the statistics are
            those of its first batches, None where none were drawn.
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
    y_statistics: Statistics | None = None
    batched: bool | None = None

    @property
    def is_dataset(self) -> bool:
        return self.kind in DATASETS

    @property
    def is_text(self) -> bool:
        """Whether its values are texts."""
        return self.dtype.startswith(("str", "bytes", "category"))

    @property
    def is_number(self) -> bool:
        """Whether Keras can compute with its values; it cannot with texts, categories, objects."""
        return self.dtype.startswith(("int", "uint", "float", "bfloat", "bool"))

    @property
    def is_float(self) -> bool:
        return self.dtype.startswith(("float", "bfloat"))


def roles(info: DataInfo) -> list[Role]:
    """Return the arguments of fit that a variable can be given for."""
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
    """Return the shape of one sample, which ``keras.Input`` takes; None when unknown."""
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
