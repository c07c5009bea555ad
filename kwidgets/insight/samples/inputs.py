"""Fetch the inputs of single samples: from the user's arrays, or from rows that a pass kept."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kwidgets.insight.samples.references import Reference

#: The most bytes of inputs that are kept.
MAX_BYTES: Final = 32_000_000
#: Samples that are looked at for the span of their values.
LOOKED_AT: Final = 256

Inputs = tuple[NDArray[Any], ...]


@dataclasses.dataclass(frozen=True)
class InputColumns:
    """One of a model's inputs: its array, its expression, and the names of its columns."""

    array: Any
    reference: Reference | None = None
    columns: tuple[str, ...] = ()


class SampleInputs:
    """The inputs of the samples of a pass, by their number in it.

    Arrays are referenced weakly; what was shown is kept, up to MAX_BYTES.

    Args:
        inputs: the model's inputs, if they are arrays whose rows are the samples, in order; empty
            where the data come from an iterator.
    """

    def __init__(self, inputs: Sequence[InputColumns] = ()) -> None:
        self.are_arrays = bool(inputs)
        self._arrays = [_weak(column.array) for column in inputs]
        self._references = [column.reference for column in inputs]
        self.columns = [column.columns for column in inputs]
        #: The step between two samples in the arrays.
        self.rows = 1
        self._kept: collections.OrderedDict[int, Inputs] = collections.OrderedDict()
        self._bytes = 0

    def index(self, position: int) -> int | None:
        """Return the row of a sample in the user's data; None where it is not known."""
        return position * self.rows if self.are_arrays else None

    def code(self, position: int) -> str:
        """Return the code that fetches a sample; "" where it is not known."""
        found = next((reference for reference in self._references if reference), None)
        return "" if found is None else found.code(position * self.rows)

    def get(self, position: int, row: Mapping[str, NDArray[Any]] | None = None) -> Inputs | None:
        """Return the inputs of a sample; None if they are gone.

        Args:
            position: its number in the pass.
            row: what the pass kept of it, with inputs ``x0``, ``x1`` …
        """
        if row is not None and "x0" in row:
            names = sorted(name for name in row if name[0] == "x")
            return tuple(row[name] for name in names)
        if position in self._kept:
            return self._kept[position]
        found: Inputs | None = None
        if self.are_arrays:
            arrays = [reference() for reference in self._arrays]
            if all(array is not None for array in arrays):
                with contextlib.suppress(Exception):
                    found = tuple(_row(array, position * self.rows) for array in arrays)
        return found

    def remember(
        self, positions: Iterable[int], rows: Mapping[int, Mapping[str, NDArray[Any]]]
    ) -> None:
        """Keep the inputs of samples: the user may change or delete the arrays.

        Args:
            positions: their numbers in the pass.
            rows: what the pass kept, by number.
        """
        for position in positions:
            if position in self._kept:
                if self.are_arrays:
                    continue
                # Another pass may have another sample there.
                self._bytes -= sum(array.nbytes for array in self._kept.pop(position))
            found = self.get(position, rows.get(position))
            if found is not None:
                self._keep(position, found)

    def first(self) -> Inputs | None:
        """Return the first samples of each input, (samples, …); None if there are no arrays."""
        arrays = [reference() for reference in self._arrays]
        if not arrays or any(array is None for array in arrays):
            return None
        with contextlib.suppress(Exception):
            return tuple(_rows(array, LOOKED_AT) for array in arrays)
        return None

    def _keep(self, position: int, inputs: Inputs) -> None:
        size = sum(array.nbytes for array in inputs)
        if size > MAX_BYTES // 8:
            return
        # Without a copy, a view would keep the whole array.
        self._kept[position] = tuple(np.array(array) for array in inputs)
        self._bytes += size
        while self._bytes > MAX_BYTES:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= sum(array.nbytes for array in dropped)


def _weak(array: Any) -> Callable[[], Any]:
    try:
        return weakref.ref(array)
    except TypeError:
        return lambda: None


def _row(array: Any, position: int) -> NDArray[Any]:
    if hasattr(array, "iloc"):
        return np.asarray(array.iloc[position])
    return _on_host(array[position])


def _rows(array: Any, count: int) -> NDArray[Any]:
    if hasattr(array, "iloc"):
        return np.asarray(array.iloc[:count])
    return _on_host(array[:count])


def _on_host(values: Any) -> NDArray[Any]:
    if hasattr(values, "detach"):
        values = values.detach().cpu()
    return np.asarray(values)
