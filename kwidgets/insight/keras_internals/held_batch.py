"""Take a batch out of the data of a fit, without evaluating an iterator a second time."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Final

import keras
import numpy as np

from kwidgets.insight.keras_internals.validation_data import is_array
from kwidgets.language import Message, message

#: The most rows and bytes of a batch that is held.
MAX_ROWS: Final = 128
MAX_BYTES: Final = 8_000_000


@dataclasses.dataclass(frozen=True)
class HeldBatch:
    """Some rows of the data, on the host.

    Args:
        x: the inputs, in the structure that was passed to fit.
        y: the targets; None without any.
        sample_weight: of the rows; None without any.
        samples: the number of rows.
    """

    x: Any
    y: Any
    sample_weight: Any
    samples: int


@dataclasses.dataclass(frozen=True)
class FitArrays:
    """The training data of a fit, if they are arrays.

    Args:
        x: a structure of arrays.
        y: a structure of arrays; None without targets.
        sample_weight: an array, or a structure of them; None without any.
        samples: the number of rows.
        batch_size: of the fit.
    """

    x: Any
    y: Any
    sample_weight: Any
    samples: int
    batch_size: int

    def rows(self, start: int, stop: int, step: int = 1) -> HeldBatch:
        """Return some rows, on the host."""

        def part(leaf: Any) -> Any:
            if leaf is None:
                return None
            rows = leaf.iloc if hasattr(leaf, "iloc") else leaf
            found = rows[start:stop:step]
            return np.array(found.detach().cpu() if hasattr(found, "detach") else found)

        def parts(structure: Any) -> Any:
            return None if structure is None else keras.tree.map_structure(part, structure)

        count = len(range(start, min(stop, self.samples), step))
        return HeldBatch(parts(self.x), parts(self.y), parts(self.sample_weight), count)

    def batch(self, number: int) -> HeldBatch:
        """Return a batch in the order of the rows."""
        start = number * self.batch_size
        return self.rows(start, start + self.batch_size)

    @property
    def batches(self) -> int:
        return -(-self.samples // self.batch_size)


def read_arrays(values: Mapping[str, Any]) -> FitArrays | Message:
    """Return the training data of a fit; or why they cannot be read.

    Args:
        values: the local variables of Keras's ``fit``.
    """
    x, y, weight = (values.get(name) for name in ("x", "y", "sample_weight"))
    leaves = [leaf for leaf in keras.tree.flatten([x, y, weight]) if leaf is not None]
    if x is None or not leaves or not all(map(is_array, leaves)):
        return message(
            "The training data come from an iterator, and reading a batch would change it."
        )
    samples = min(len(leaf) for leaf in leaves)
    if not samples:
        return message("There are no training data.")
    return FitArrays(x, y, weight, samples, int(values.get("batch_size") or 32))


def hold_batch(arrays: FitArrays) -> HeldBatch:
    """Return some rows, spread over all of them, so that sorted classes are all there."""
    row_bytes = sum(
        _bytes_of_row(leaf) for leaf in keras.tree.flatten(arrays.x) if leaf is not None
    )
    most = min(MAX_ROWS, max(32, arrays.batch_size), max(1, MAX_BYTES // max(1, row_bytes)))
    count = min(arrays.samples, most)
    step = arrays.samples // count
    return arrays.rows(0, step * count, step)


def _bytes_of_row(leaf: Any) -> int:
    size = 8
    for side in leaf.shape[1:]:
        size *= int(side)
    return size
