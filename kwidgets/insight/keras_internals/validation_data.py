"""Read what a fit, or ``evaluate``, validates on: arrays, targets, batch size. Iterates nothing."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Mapping
from typing import Any, Final

import keras
import numpy as np

from kwidgets.insight.samples.inputs import InputColumns, SampleInputs
from kwidgets.insight.samples.references import find_reference

#: Targets that are looked at, to recognize the task.
LOOKED_AT: Final = 10_000
#: By the first part of a class's module, and its name: arrays whose rows are samples.
_ARRAYS: Final = {
    ("numpy", "ndarray"),
    ("numpy", "memmap"),
    ("pandas", "DataFrame"),
    ("pandas", "Series"),
    ("tensorflow", "EagerTensor"),
    ("jaxlib", "ArrayImpl"),
    ("jax", "ArrayImpl"),
    ("torch", "Tensor"),
}


@dataclasses.dataclass(frozen=True)
class TargetFacts:
    """What the values of targets say; None is unknown."""

    zero_one: bool | None = None
    one_hot: bool | None = None
    is_x: bool | None = None


@dataclasses.dataclass(frozen=True)
class ValidationData:
    """The data of a validation.

    Args:
        inputs: fetches the samples.
        targets: facts about the targets, in the order of the outputs, and by name.
        first_target: the first of the targets, for the names of classes.
        batch_size: the most samples of a batch; None if unknown.
    """

    inputs: SampleInputs
    targets: Mapping[int | str, TargetFacts]
    first_target: Any
    batch_size: int | None

    def facts_of(self, order: int, name: str) -> TargetFacts:
        """Return the facts about the targets of an output."""
        found = self.targets.get(name, self.targets.get(order))
        return TargetFacts() if found is None else found


def read_validation_data(
    x: Any, y: Any, batch_size: int | None, namespace: Mapping[str, Any], in_order: bool = True
) -> ValidationData:
    """Return the data of a validation.

    Args:
        x: the inputs: arrays, or what yields batches.
        y: the targets; None if ``x`` yields them.
        batch_size: as the user has set it.
        namespace: the user's variables, for the code that fetches a sample.
        in_order: whether the samples arrive in the order of the rows.
    """
    leaves = [leaf for leaf in keras.tree.flatten(x) if leaf is not None]
    arrays = leaves if leaves and all(map(is_array, leaves)) else []
    columns = [
        InputColumns(array, find_reference(array, namespace), _column_names(array))
        for array in arrays
    ]
    targets: dict[int | str, TargetFacts] = {}
    flat = keras.tree.flatten(y)
    for order, target in enumerate(flat):
        if is_array(target):
            with contextlib.suppress(Exception):
                targets[order] = _target_facts(target, arrays)
    if isinstance(y, dict):
        for name, target in y.items():
            if is_array(target):
                with contextlib.suppress(Exception):
                    targets[str(name)] = _target_facts(target, arrays)
    return ValidationData(
        inputs=SampleInputs(columns if in_order else ()),
        targets=targets,
        first_target=flat[0] if flat else None,
        batch_size=(batch_size or 32) if arrays else _dataset_batch_size(x),
    )


def is_array(value: Any) -> bool:
    """Return whether rows of ``value`` are samples: by its class, without running its code."""
    cls = type(value)
    return (cls.__module__.split(".")[0], cls.__name__) in _ARRAYS


def _column_names(array: Any) -> tuple[str, ...]:
    if type(array).__name__ == "DataFrame":
        return tuple(map(str, array.columns))
    return ()


def _target_facts(target: Any, inputs: list[Any]) -> TargetFacts:
    part = target.iloc[:LOOKED_AT] if hasattr(target, "iloc") else target[:LOOKED_AT]
    if hasattr(part, "detach"):
        part = part.detach().cpu()
    values = np.asarray(part)
    if values.dtype.kind not in "biuf" or not values.size:
        return TargetFacts()
    if values.size > 5_000_000:
        values = values[: max(1, 5_000_000 // (values.size // len(values)))]
    zero_one = bool(np.isin(values, (0, 1)).all())
    rows = values.reshape(len(values), -1)
    one_hot = zero_one and rows.shape[1] > 1 and bool((rows.sum(axis=1) == 1).all())
    return TargetFacts(zero_one, one_hot, any(_is_same(target, array) for array in inputs))


def _is_same(first: Any, second: Any) -> bool:
    if first is second:
        return True
    if type(first) is not np.ndarray or type(second) is not np.ndarray:
        return False
    return first.shape == second.shape and np.shares_memory(first[:1], second[:1])


def _dataset_batch_size(dataset: Any) -> int | None:
    """Return the batch size of a ``tf.data.Dataset`` or a DataLoader; None if it is unknown."""
    with contextlib.suppress(Exception):
        for _ in range(10):
            size = getattr(dataset, "_batch_size", getattr(dataset, "batch_size", None))
            if size is not None:
                return int(size)
            dataset = dataset._input_dataset
    return None
