"""Draw the first batches of a dataset, without using up what can be drawn only once."""

from __future__ import annotations

import contextlib
import inspect
import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import numpy as np

from kwidgets.insight.random_states import random_states_kept
from kwidgets.language import t

#: Batches that are drawn of a dataset.
FIRST_BATCHES: Final = 8
# Rows and values that are kept of them.
_MOST_ROWS: Final = 4_096
_MOST_VALUES: Final = 50_000_000


class UndrawableError(Exception):
    """Nothing can be drawn of a dataset without changing what fit gets; the message says why."""


def is_dataset(value: Any) -> bool:
    """Return whether fit draws batches of it, instead of rows of an array."""
    if (
        value is None
        or hasattr(value, "shape")
        or isinstance(value, (list, tuple, Mapping, str, bytes))
    ):
        return False
    return (
        inspect.isgenerator(value)
        or _class_name(value, "DatasetV2", "PyDataset", "DataLoader", "DistributedDataset")
        or hasattr(value, "__next__")
        or (hasattr(value, "__getitem__") and hasattr(value, "__len__"))
        or hasattr(value, "__iter__")
    )


def dataset_kind(value: Any) -> str:
    """Return what to call a dataset: "tf.data.Dataset", "generator" …"""
    for name, kind in (
        ("DatasetV2", "tf.data.Dataset"),
        ("PyDataset", "PyDataset"),
        ("DataLoader", "DataLoader"),
    ):
        if _class_name(value, name):
            return kind
    return "generator" if hasattr(value, "__next__") else type(value).__name__


def _class_name(value: Any, *names: str) -> bool:
    return any(base.__name__ in names for base in type(value).__mro__)


def first_batches(value: Any, count: int = FIRST_BATCHES) -> list[tuple[Any, Any]]:
    """Return the inputs and targets of the first batches; targets may be None.

    The state of the random generators of Python, NumPy and PyTorch is the same afterwards.

    Raises:
        UndrawableError: it can be drawn only once, or drawing failed.
    """
    try:
        with random_states_kept():
            found = []
            rows = values = 0
            for batch in itertools.islice(_batches(value), count):
                x, y = _inputs_and_targets(batch)
                found.append((x, y))
                size, width = _size(x)
                rows, values = rows + size, values + width
                if rows >= _MOST_ROWS or values >= _MOST_VALUES:
                    break
            return found
    except UndrawableError:
        raise
    except Exception as error:  # the user's own code
        raise UndrawableError(
            t("The first batch could not be drawn: %1", f"{type(error).__name__}: {error}"[:300])
        ) from error


def _batches(value: Any) -> Iterable[Any]:
    if hasattr(value, "__next__"):
        raise UndrawableError(
            t(
                "A generator can be read only once, so looking at it would take batches from the "
                "training. Pass one batch instead: kw.look(x_batch, y_batch)."
            )
        )
    if _class_name(value, "DatasetV2"):
        if _comes_from_generator(value):
            raise UndrawableError(
                t(
                    "This dataset draws from a Python generator, which is not run a second time. "
                    "Pass one batch instead: kw.look(x_batch, y_batch)."
                )
            )
        first: Iterable[Any] = value.take(FIRST_BATCHES)
        return first
    if _class_name(value, "DataLoader"):
        return _of_loader(value)
    if hasattr(value, "__getitem__") and hasattr(value, "__len__"):
        return (value[index] for index in range(len(value)))
    if iter(value) is value:
        raise UndrawableError(t("It can be read only once."))
    batches: Iterable[Any] = value
    return batches


def _of_loader(loader: Any) -> Iterator[Any]:
    """Yield batches of a loader's own samples, in their order: an iterator of it draws numbers."""
    samples = loader.dataset
    if not hasattr(samples, "__getitem__") or not hasattr(samples, "__len__"):
        raise UndrawableError(t("This DataLoader reads a stream, which is not read a second time."))
    size = loader.batch_size or 32
    for start in range(0, len(samples), size):
        rows = [samples[index] for index in range(start, min(start + size, len(samples)))]
        yield loader.collate_fn(rows)


def _comes_from_generator(dataset: Any) -> bool:
    """Return whether a tf.data dataset runs a Python generator."""
    waiting, seen = [dataset], 0
    while waiting and seen < 1_000:
        each = waiting.pop()
        seen += 1
        function = getattr(each, "_map_func", None)
        names = f"{type(each).__name__} {getattr(function, '_func_name', '')}"
        if "Generator" in names or _maps_generator(function):
            return True
        with contextlib.suppress(Exception):
            waiting += list(each._inputs())
    return False


def _maps_generator(function: Any) -> bool:
    """Return whether the graph of a mapped function contains a generator."""
    try:
        nodes = function.function.graph.as_graph_def().node
    except Exception:
        return False
    return any(node.op == "GeneratorDataset" for node in nodes)


def _inputs_and_targets(batch: Any) -> tuple[Any, Any]:
    if isinstance(batch, (tuple, list)) and batch:
        return batch[0], batch[1] if len(batch) > 1 else None
    return batch, None


def _size(x: Any) -> tuple[int, int]:
    """Return the rows and the values of a batch."""
    if isinstance(x, Mapping):
        x = next(iter(x.values()), None)
    elif isinstance(x, (tuple, list)):
        x = x[0] if x else None
    shape = tuple(getattr(x, "shape", ()) or ())
    return (int(shape[0]), int(np.prod(shape, dtype=np.int64))) if shape else (1, 1)


def joined(batches: list[Any]) -> Any:
    """Return batches as one array, or as one dict or list of arrays."""
    first = batches[0]
    if first is None:
        return None
    if isinstance(first, Mapping):
        return {key: joined([batch[key] for batch in batches]) for key in first}
    if isinstance(first, (tuple, list)):
        return [joined([batch[index] for batch in batches]) for index in range(len(first))]
    arrays = [_as_numpy(batch) for batch in batches]
    if any(array.ndim == 0 for array in arrays):
        raise UndrawableError(t("Its elements are single samples, but fit needs batches."))
    # The last batch may be shorter, and sequences differ in length.
    same = [array for array in arrays if array.shape[1:] == arrays[0].shape[1:]]
    return np.concatenate(same)


def _as_numpy(value: Any) -> np.ndarray[Any, Any]:
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    elif hasattr(value, "numpy"):
        value = value.numpy()
    return np.asarray(value)
