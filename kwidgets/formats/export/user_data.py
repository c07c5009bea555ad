"""Turn data of the user into arrays by the names of a model's inputs, or find them."""

from __future__ import annotations

import itertools
import reprlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import keras
import numpy as np
from numpy.typing import NDArray

from kwidgets.builder.data import DataInfo, scan
from kwidgets.formats.errors import FormatError
from kwidgets.formats.export.prepared import Arrays, Signature, TensorSpec
from kwidgets.language import t

#: Most rows, and bytes, that are taken of the user's data.
MAX_BYTES: Final = 64_000_000
# Variables of these names are used before others: held-out data first.
_FIRST: Final = ("test", "val", "valid", "validation", "eval", "dev", "holdout")
# As they are written together with x and y: xtest, xte, xv.
_SHORT: Final = {"te": "test", "tst": "test", "v": "val", "va": "val"}
_PAIRS: Final = (
    *(("x", "y"), ("X", "y"), ("X", "Y"), ("images", "labels"), ("inputs", "targets")),
    *(("features", "labels"), ("features", "targets"), ("features", "target"), ("data", "labels")),
    *(("data", "targets"), ("data", "target"), ("texts", "labels"), ("x", "labels")),
)


@dataclass(frozen=True)
class Found:
    """Variables of the notebook that a model can be compared with.

    Attributes:
        x: the name of the inputs.
        y: the name of the targets; None if none was found.
    """

    x: str
    y: str | None = None


def take_inputs(data: Any, signature: Signature, rows: int, start: int = 0) -> Arrays:
    """Return the first rows of data by the names of the inputs.

    Args:
        data: an array, a list of arrays, a dict by name, a table, or what yields batches, of which
            the inputs are taken.
        signature: of the model.
        rows: the most that are taken.
        start: the first row, of data that are arrays.

    Raises:
        FormatError: they do not fit the model.
    """
    return take_pair(data, None, signature, rows, start)[0]


def num_rows(data: Any, signature: Signature) -> int:
    """Return how many rows data have that yield no batches."""
    return max(len(leaf) for leaf in _in_order(data, signature))


def take_pair(
    x: Any, y: Any, signature: Signature, rows: int, start: int = 0
) -> tuple[Arrays, Any]:
    """Return the first rows of inputs by name, and of targets.

    Args:
        x: as for :func:`take_inputs`.
        y: the targets; None if ``x`` yields them or there are none.
        signature: of the model.
        rows: the most that are taken.
        start: the first row, of data that are arrays.

    Raises:
        FormatError: they do not fit the model.
    """
    arrays, targets, _ = take_weighted(x, y, None, signature, rows, start)
    return arrays, targets


def take_weighted(
    x: Any, y: Any, weights: Any, signature: Signature, rows: int, start: int = 0
) -> tuple[Arrays, Any, Any]:
    """Return the first rows of inputs by name, of targets, and of the weights of samples.

    Args:
        x, y, signature, rows, start: as for :func:`take_pair`.
        weights: of the samples; None if ``x`` yields them or there are none.

    Raises:
        FormatError: they do not fit the model.
    """
    if yields_batches(x):
        x, y, weights = _first_batches(x, rows)
    leaves = _in_order(x, signature)
    arrays = {
        spec.name: _fitting(_rows(leaf, rows, start), spec)
        for spec, leaf in zip(signature.inputs, leaves, strict=True)
    }
    counts = {len(each) for each in arrays.values()}
    if len(counts) > 1 or counts == {0}:
        raise FormatError(
            t("The samples should have the same number of rows, at least 1, not %1.", counts)
        )
    count = min(counts.pop(), _rows_within_bytes(arrays))
    arrays = {name: each[:count] for name, each in arrays.items()}
    targets = None
    if y is not None:
        targets = keras.tree.map_structure(lambda leaf: _rows(leaf, count), y)
    if weights is not None:
        weights = keras.tree.map_structure(lambda leaf: _rows(leaf, count), weights)
    return arrays, targets, weights


def yields_batches(data: Any) -> bool:
    """Return whether data yield batches: a dataset, a loader, or a generator."""
    if isinstance(data, (np.ndarray, list, tuple, dict, str, bytes)) or hasattr(data, "iloc"):
        return False
    return not hasattr(data, "shape") and (
        hasattr(data, "__iter__") or hasattr(data, "__getitem__")
    )


def find(namespace: Mapping[str, Any], signature: Signature) -> Found | None:
    """Return the variables that fit the model best; None if there are none.

    Args:
        namespace: the user's variables.
        signature: of the model; with several inputs, each needs a variable of its name.
    """
    if len(signature.inputs) != 1:
        return None
    infos = {info.name: info for info in scan(namespace) if info.samples}
    spec = signature.inputs[0]
    fitting = [name for name, info in infos.items() if fits(info, spec)]
    if not fitting:
        return None
    ranked = sorted(fitting, key=held_out_first)
    for name in ranked:
        partner = _partner(name, infos)
        if partner is not None:
            return Found(name, partner)
    return Found(ranked[0])


def fits(info: DataInfo, spec: TensorSpec) -> bool:
    """Return whether a variable has the shape and kind of numbers of an input."""
    if info.shape is None or len(info.shape) != len(spec.shape):
        return False
    if any(
        want is not None and have is not None and want != have
        for have, want in zip(info.shape[1:], spec.shape[1:], strict=True)
    ):
        return False
    is_text = info.dtype.startswith(("str", "<U", "object")) or info.object_kind == "texts"
    return is_text == (spec.dtype == "string")


def held_out_first(name: str) -> tuple[int, int, str]:
    """Return a key that sorts names of variables: held-out data first, then inputs."""
    words = [each for part in name.lower().split("_") for each in _split(part)]
    held_out = next((place for place, word in enumerate(_FIRST) if word in words), len(_FIRST))
    is_input = any(word in ("x", "images", "inputs", "features", "data", "texts") for word in words)
    return held_out, not is_input, name


def _partner(name: str, infos: Mapping[str, DataInfo]) -> str | None:
    """Return the name of the targets of inputs, such as y_test of x_test."""
    parts = name.split("_")
    for place, (x, y) in itertools.product(range(len(parts)), _PAIRS):
        first, *rest = _split(parts[place])
        if first == x:
            ending = parts[place][len(x) :] if rest else ""
            other = "_".join((*parts[:place], y + ending, *parts[place + 1 :]))
            if other in infos and infos[other].samples == infos[name].samples:
                return other
    return None


def _split(word: str) -> list[str]:
    """Return the words of which one is written: x and val of xval or xv; else the word alone."""
    name, ending = word[:1], word[1:].lower()
    ending = _SHORT.get(ending, ending)
    return [name, ending] if name in ("x", "X", "y", "Y") and ending in _FIRST else [word]


def _in_order(x: Any, signature: Signature) -> list[Any]:
    count = len(signature.inputs)
    names = [spec.name for spec in signature.inputs]
    if isinstance(x, Mapping):
        missing = [name for name in names if name not in x]
        if missing:
            raise FormatError(
                t("The samples have no input “%1”. The inputs are: %2.", missing[0], _listed(names))
            )
        return [x[name] for name in names]
    if count == 1:
        if (
            isinstance(x, (list, tuple))
            and len(x) == 1
            and _depth(x[0]) == len(signature.inputs[0].shape)
        ):
            return [x[0]]
        return [x]
    if isinstance(x, (list, tuple)) and len(x) == count:
        return list(x)
    raise FormatError(
        t(
            "The model has %1 inputs: pass a list of %1 arrays, or a dict of: %2.",
            count,
            _listed(names),
        )
    )


def _depth(value: Any) -> int:
    try:
        return int(np.ndim(value))
    # Rows of several shapes.
    except ValueError:
        return 0


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _rows(leaf: Any, rows: int, start: int = 0) -> NDArray[Any]:
    try:
        part = (
            leaf.iloc[start : start + rows] if hasattr(leaf, "iloc") else leaf[start : start + rows]
        )
        if hasattr(part, "detach"):
            part = part.detach().cpu()
    except (TypeError, IndexError, KeyError) as error:
        raise FormatError(_no_rows(leaf)) from error
    return as_rows(part)


def _no_rows(leaf: Any) -> str:
    return t(
        "Data should be an array of rows with the same shape, a list or dict of such arrays, or "
        "what yields batches of them, not %1.",
        f"{reprlib.repr(leaf)} ({type(leaf).__name__})",
    )


def as_rows(leaf: Any) -> NDArray[Any]:
    """Return an array with at least one axis.

    Raises:
        FormatError: it is a single value, or its rows have several shapes.
    """
    try:
        array = np.asarray(leaf)
    except (TypeError, ValueError) as error:
        raise FormatError(_no_rows(leaf)) from error
    if array.ndim == 0:
        raise FormatError(_no_rows(leaf))
    return array


def _fitting(array: NDArray[Any], spec: TensorSpec) -> NDArray[Any]:
    if spec.dtype == "string":
        return np.asarray(array, dtype=object)
    if array.dtype.kind not in "biufV":
        raise FormatError(
            t("Input “%1” takes numbers of type %2, not %3.", spec.name, spec.dtype, array.dtype)
        )
    # Keras adds a last axis of one to flat targets and inputs likewise.
    if array.ndim == len(spec.shape) - 1 and spec.shape[-1] == 1:
        array = array[..., np.newaxis]
    if array.ndim != len(spec.shape) or any(
        want is not None and want != have
        for have, want in zip(array.shape[1:], spec.shape[1:], strict=True)
    ):
        raise FormatError(
            t("Input “%1” takes shape %2, not %3.", spec.name, _shape(spec.shape), array.shape)
        )
    return array.astype("float32" if spec.dtype in ("bfloat16", "float16") else spec.dtype)


def _shape(shape: tuple[int | None, ...]) -> str:
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


def _rows_within_bytes(arrays: Arrays) -> int:
    row = sum(each[:1].nbytes for each in arrays.values())
    return max(1, MAX_BYTES // max(1, row))


def _first_batches(data: Any, rows: int) -> tuple[Any, Any, Any]:
    """Return inputs, targets and weights of the first batches; a generator loses these."""
    xs: list[Any] = []
    ys: list[Any] = []
    ws: list[Any] = []
    count = 0
    batches = (
        (data[index] for index in range(len(data))) if not hasattr(data, "__iter__") else iter(data)
    )
    for batch in batches:
        x, y = (
            (batch[0], batch[1])
            if isinstance(batch, (tuple, list)) and len(batch) > 1
            else (
                batch[0] if isinstance(batch, tuple) else batch,
                None,
            )
        )
        xs.append(keras.tree.map_structure(_host, x))
        ys.append(None if y is None else keras.tree.map_structure(_host, y))
        weights = batch[2] if isinstance(batch, (tuple, list)) and len(batch) > 2 else None
        ws.append(None if weights is None else keras.tree.map_structure(_host, weights))
        count += len(keras.tree.flatten(xs[-1])[0])
        if count >= rows:
            break
    if not xs:
        raise FormatError(t("The samples are empty: pass at least one row."))
    return _joined(xs), _joined(ys), _joined(ws)


def _joined(batches: list[Any]) -> Any:
    if any(each is None for each in batches):
        return None
    return keras.tree.map_structure(lambda *parts: np.concatenate(parts), *batches)


def _host(leaf: Any) -> NDArray[Any]:
    return np.asarray(leaf.detach().cpu() if hasattr(leaf, "detach") else leaf)
