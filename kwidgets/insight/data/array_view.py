"""Read rows of anything that fit takes as an array, without copying all of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kwidgets.language import t

Array = npt.NDArray[Any]
Index = slice | npt.NDArray[np.int64]

# Lists longer than this are not read: to turn one into an array takes seconds.
_MAX_LIST: Final = 1_000_000
# Objects that are read to decide what an array of objects contains.
_OBJECTS: Final = 1_000


@dataclasses.dataclass(frozen=True)
class ArrayView:
    """Rows of an array, a table or a tensor.

    Args:
        kind: "array", "table" (pandas), "list" or "tensor".
        shape: samples first.
        dtype: as NumPy names it; "text", "number strings", "objects" or "ragged" for what is no
            number.
        read: returns rows as a NumPy array; numbers of a table only.
        columns: names of a table's columns that ``read`` returns; else empty.
        text_columns: names of a table's columns that contain text or objects.
        number_string_columns: those of them whose texts are all numbers.
        class_names: of categories, whose numbers ``read`` returns; else empty.
        masked: whether it is a masked array, whose mask Keras ignores.
    """

    kind: str
    shape: tuple[int, ...]
    dtype: str
    read: Callable[[Index], Array]
    columns: tuple[str, ...] = ()
    text_columns: tuple[str, ...] = ()
    number_string_columns: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()
    masked: bool = False

    @property
    def rows(self) -> int:
        return self.shape[0]

    @property
    def row_size(self) -> int:
        """How many values ``read`` returns for a row."""
        if self.kind == "table" and len(self.shape) == 2:
            return len(self.columns)
        return int(np.prod(self.shape[1:], dtype=np.int64))

    @property
    def is_number(self) -> bool:
        """Whether ``read`` returns real numbers."""
        return self.dtype.startswith(("int", "uint", "float", "bfloat", "bool"))

    @property
    def is_float(self) -> bool:
        return self.dtype.startswith(("float", "bfloat"))


class UnreadableError(Exception):
    """A value cannot be read as an array; the message says why."""


def view_of(value: Any) -> ArrayView:
    """Return a view of an array, a table, a tensor or a list.

    Raises:
        UnreadableError: it is none of these, or its values are not in this machine's memory.
    """
    try:
        return _view_of(value)
    except UnreadableError:
        raise
    except Exception as error:  # code of other libraries: deleted tensors, closed files
        raise UnreadableError(
            t("%1 cannot be read: %2", type(value).__name__, str(error)[:200])
        ) from error


def _view_of(value: Any) -> ArrayView:
    package = type(value).__module__.partition(".")[0]
    if isinstance(value, np.ndarray):
        return _of_numpy(value)
    if package == "pandas" and hasattr(value, "iloc"):
        return _of_frame(value) if value.ndim == 2 else _of_series(value)
    if package == "torch":
        return _of_torch(value)
    if type(value).__name__ in ("RaggedTensor", "SparseTensor"):
        raise UnreadableError(
            t("%1 is not a dense array, so its values cannot be shown.", type(value).__name__)
        )
    if hasattr(value, "tocsr") and hasattr(value, "shape"):
        rows = value.tocsr()
        return _of_slices(rows, lambda index: np.asarray(rows[index].toarray()), "array")
    if isinstance(value, (list, tuple)):
        return _of_list(value)
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        if package == "tensorflow" and hasattr(value, "numpy"):
            if "CPU" not in str(getattr(value, "device", "CPU")):
                raise UnreadableError(t("The values are in the memory of another device."))
            return dataclasses.replace(_of_numpy(np.asarray(value.numpy())), kind="tensor")
        return _of_slices(value, lambda index: np.asarray(value[index]), "tensor")
    raise UnreadableError(
        t("%1 is not an array, so its values cannot be shown.", type(value).__name__)
    )


def _shape(value: Any) -> tuple[int, ...]:
    shape = tuple(int(size) for size in value.shape)
    if not shape:
        raise UnreadableError(t("A single number is not an array of samples."))
    return shape


def _of_slices(value: Any, read: Callable[[Index], Array], kind: str) -> ArrayView:
    shape = _shape(value)
    first = read(slice(0, 1))
    if first.dtype.kind in "OSU":
        return _of_numpy(read(slice(0, shape[0])))
    if first.dtype.kind == "V":  # bfloat16 of another library
        return ArrayView(kind, shape, "bfloat16", lambda index: read(index).astype(np.float32))
    return ArrayView(kind, shape, str(first.dtype), read)


def _of_numpy(value: Array) -> ArrayView:
    masked = isinstance(value, np.ma.MaskedArray)
    array = np.ndarray.view(value, np.ndarray)
    shape = _shape(array)
    if array.dtype.kind == "V":
        return ArrayView("array", shape, "objects", lambda index: array[index])
    if array.dtype.kind in "OSU":
        return ArrayView("array", shape, _kind_of_objects(array), lambda index: array[index])
    if array.dtype.kind in "mM":
        return ArrayView("array", shape, "dates", lambda index: array[index])
    return ArrayView("array", shape, str(array.dtype), lambda index: array[index], masked=masked)


def _of_torch(value: Any) -> ArrayView:
    if not hasattr(value, "detach") or value.is_sparse:
        raise UnreadableError(t("%1 cannot be read: %2", type(value).__name__, "sparse"))
    if value.device.type != "cpu":
        raise UnreadableError(t("The values are in the memory of another device."))
    tensor = value.detach()
    dtype = str(tensor.dtype).removeprefix("torch.")
    if dtype == "bfloat16":
        return ArrayView(
            "tensor", _shape(tensor), dtype, lambda index: np.asarray(tensor[index].float())
        )
    return dataclasses.replace(_of_numpy(tensor.numpy()), kind="tensor")


def _of_frame(frame: Any) -> ArrayView:
    names, texts, number_strings = [], [], []
    for place, name in enumerate(frame.columns):
        column = frame.iloc[:, place]
        kind = _kind_of_column(column)
        if kind in ("number", "bool"):
            names.append((str(name), place))
        else:
            texts.append(str(name))
            if kind == "number strings":
                number_strings.append(str(name))
    places = [place for _, place in names]

    def read(index: Index) -> Array:
        part = frame.iloc[index, places]
        try:
            return np.asarray(part.to_numpy(dtype=np.float64, na_value=np.nan))
        except (TypeError, ValueError):
            return np.asarray(part.to_numpy())

    dtypes = {str(frame.dtypes.iloc[place]) for place in places}
    dtype = dtypes.pop() if len(dtypes) == 1 else "float64"
    return ArrayView(
        "table",
        tuple(frame.shape),
        dtype.lower() if names else "text",
        read,
        tuple(name for name, _ in names),
        tuple(texts),
        tuple(number_strings),
    )


def _of_series(series: Any) -> ArrayView:
    kind = _kind_of_column(series)
    if kind == "category":
        codes, names = series.cat.codes, tuple(str(each) for each in series.cat.categories)
        return ArrayView(
            "table",
            (len(series),),
            "category",
            lambda i: codes.iloc[i].to_numpy(),
            class_names=names,
        )
    if kind in ("number", "bool"):

        def read(index: Index) -> Array:
            part = series.iloc[index]
            if str(series.dtype)[:1].isupper() or str(series.dtype) == "boolean":
                return np.asarray(part.to_numpy(dtype=np.float64, na_value=np.nan))
            return np.asarray(part.to_numpy())

        return ArrayView("table", (len(series),), str(series.dtype).lower(), read)
    dtype = kind if kind != "number objects" else "number objects"
    return ArrayView("table", (len(series),), dtype, lambda index: series.iloc[index].to_numpy())


def _kind_of_column(column: Any) -> str:
    dtype = str(column.dtype)
    if dtype == "category":
        return "category"
    if dtype in ("bool", "boolean"):
        return "bool"
    if dtype.lower().startswith(("int", "uint", "float")):
        return "number"
    if dtype.startswith(("datetime", "timedelta")):
        return "dates"
    return _kind_of_objects(column.iloc[:_OBJECTS].to_numpy())


def _of_list(value: Sequence[Any]) -> ArrayView:
    if len(value) > _MAX_LIST:
        raise UnreadableError(t("A list of %1 items is too long to be read.", f"{len(value):,}"))
    if not value:
        return ArrayView("list", (0,), "float64", lambda index: np.zeros(0))
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        array = np.empty(len(value), object)
        array[:] = list(value)
    return dataclasses.replace(_of_numpy(array), kind="list")


def _kind_of_objects(array: Array) -> str:
    """Return what an array of texts or objects contains, by its first values."""
    values = [each for each in array.reshape(-1)[:_OBJECTS].tolist() if each is not None]
    if not values:
        return "objects"
    if all(isinstance(each, (str, bytes)) for each in values):
        return "number strings" if all(_is_number_text(each) for each in values) else "text"
    if all(isinstance(each, (int, float, np.number, np.bool_)) for each in values):
        return "number objects"
    if all(isinstance(each, (list, tuple, np.ndarray)) for each in values):
        return "ragged"
    return "objects"


def _is_number_text(text: str | bytes) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
