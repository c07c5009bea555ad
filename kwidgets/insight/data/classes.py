"""Recognize targets that are classes, and count how often each occurs."""

from __future__ import annotations

import dataclasses
from typing import Final

import numpy as np

from kwidgets.insight.data.array_view import Array
from kwidgets.insight.data.measure import Measured
from kwidgets.insight.data.parts import Part

# Whole numbers with more different values are amounts, not classes.
_MOST_CLASSES: Final = 100
# Rows of which the classes are counted.
_MOST_ROWS: Final = 5_000_000
# Whole numbers are counted instead of sorted if they span no more than this.
_COUNTED: Final = 65_536
#: Of more classes only the first ones are listed.
LISTED_CLASSES: Final = 1_000


@dataclasses.dataclass(frozen=True)
class ClassCount:
    """How often a class occurs.

    Args:
        name: of the class.
        training: rows of training that have it.
        validation: rows of validation that have it; None without validation data.
    """

    name: str
    training: int
    validation: int | None


@dataclasses.dataclass(frozen=True)
class Labels:
    """The classes of a part's rows.

    Args:
        part: the targets.
        numbers: (rows,) the number of each row's class, into ``names``.
        names: of the classes, in their order.
        values: (classes,) the label of each class in the data; of one-hot rows its column.
        one_hot: whether the rows are one-hot.
    """

    part: Part
    numbers: Array
    names: tuple[str, ...]
    values: tuple[float, ...]
    one_hot: bool = False

    @property
    def of_rows(self) -> Array:
        """(rows,) the label of each row in the data."""
        return np.asarray(self.values)[self.numbers]


def labels_of(measured: Measured, expected: bool | None = None) -> Labels | None:
    """Return the classes of targets, or None if they are no classes.

    Args:
        measured: of the targets.
        expected: whether the loss is one for classes; None if it is unknown.
    """
    part, view = measured.part, measured.part.view
    if view is None or expected is False or part.rows == 0 or part.rows > _MOST_ROWS:
        return None
    everything = slice(part.start, part.stop)
    if view.dtype == "category":
        codes = view.read(everything).astype(np.int64)
        return Labels(part, codes, view.class_names, tuple(range(len(view.class_names))))
    if view.dtype in ("text", "number strings"):
        if view.row_size != 1:
            return None
        found, numbers = np.unique(
            view.read(everything).reshape(-1).astype(str), return_inverse=True
        )
        if len(found) > max(_MOST_CLASSES, 1) or 2 * len(found) > part.rows:
            return None
        return Labels(part, numbers, tuple(map(str, found)), tuple(range(len(found))))
    if not view.is_number or not (measured.is_finite and measured.whole):
        return None
    if view.row_size == 1:
        return _of_numbers(measured, view.read(everything).reshape(-1), expected)
    if len(view.shape) == 2 and measured.low == 0 and measured.high == 1:
        rows = view.read(everything)
        if not bool((rows.sum(axis=1) == 1).all()):
            return None
        width = rows.shape[1]
        names = view.columns or tuple(map(str, range(width)))
        return Labels(part, np.argmax(rows, axis=1), names, tuple(range(width)), one_hot=True)
    return None


def _of_numbers(measured: Measured, values: Array, expected: bool | None) -> Labels | None:
    found, numbers = _distinct(values)
    if len(found) > LISTED_CLASSES:
        return None
    if expected is None:
        # Class numbers begin near zero and have few gaps; prices and years do not.
        span = float(found[-1]) - float(found[0]) + 1
        near_zero = abs(float(found[0])) <= 1
        if len(found) > _MOST_CLASSES or 2 * len(found) > max(len(values), 4):
            return None
        if not near_zero or span > 2 * len(found):
            return None
    return Labels(
        measured.part,
        numbers.reshape(-1),
        tuple(f"{value:g}" for value in found.tolist()),
        tuple(float(value) for value in found.tolist()),
    )


def _distinct(values: Array) -> tuple[Array, Array]:
    """Return the different values in order, and the number of each value among them."""
    if values.dtype.kind in "iu" and values.size:
        low, high = int(values.min()), int(values.max())
        if high - low < _COUNTED and high < 2**62:
            # Class numbers lie close together: to count them is faster than to sort.
            places = values.astype(np.int64) - low
            occurs = np.bincount(places, minlength=high - low + 1) > 0
            numbers = np.cumsum(occurs) - 1
            return np.flatnonzero(occurs) + low, numbers[places]
    found, numbers = np.unique(values, return_inverse=True)
    return found, numbers.reshape(-1)


def count_classes(training: Labels, validation: Labels | None) -> tuple[ClassCount, ...]:
    """Return the rows of each class in training and validation."""
    counts: dict[float, list[int | None]] = {}
    names: dict[float, str] = {}
    for column, labels in enumerate((training, validation)):
        if labels is None:
            continue
        numbers = labels.numbers[labels.numbers >= 0]  # -1 is a missing category
        found = np.bincount(numbers, minlength=len(labels.names))
        for name, value, count in zip(labels.names, labels.values, found.tolist(), strict=True):
            counts.setdefault(value, [0, None if validation is None else 0])[column] = count
            names[value] = name
    return tuple(
        ClassCount(names[value], counts[value][0] or 0, counts[value][1])
        for value in sorted(counts)
    )
