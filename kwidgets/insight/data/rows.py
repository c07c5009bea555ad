"""Find equal rows: duplicates in the training data, and rows of validation in it."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from typing import Final

import numpy as np

from kwidgets.insight.data.array_view import Array
from kwidgets.insight.data.finding import MAX_ROWS
from kwidgets.insight.data.measure import Deadline
from kwidgets.insight.data.parts import Part

# Rows that are compared, and their bytes: a second for each.
_MOST_ROWS: Final = 200_000
_MOST_BYTES: Final = 1_000_000_000
_SLICE_BYTES: Final = 16_000_000


@dataclasses.dataclass(frozen=True)
class EqualRows:
    """Rows that are equal, byte by byte.

    Args:
        training, validation: how many rows were compared.
        duplicates: rows of training that an earlier one equals.
        duplicate_count: of all such rows.
        overlap: rows of validation that are in training, too.
        overlap_count: of all such rows.
        complete: whether all rows were compared.
    """

    training: int
    validation: int
    duplicates: tuple[int, ...]
    duplicate_count: int
    overlap: tuple[int, ...]
    overlap_count: int
    complete: bool


def equal_rows(
    training: Sequence[Part], validation: Sequence[Part], deadline: Deadline
) -> EqualRows | None:
    """Compare the rows of all inputs together; None where they cannot be compared."""
    if not training or any(part.view is None for part in (*training, *validation)):
        return None
    if any(part.view is not None and not _comparable(part) for part in (*training, *validation)):
        return None
    known = _hashes(training, deadline)
    if known is None or len(known) == 0:
        return None
    _, first, inverse = np.unique(known, return_index=True, return_inverse=True)
    again = np.flatnonzero(first[inverse] != np.arange(len(known)))
    overlap = np.zeros(0, np.int64)
    others = None
    if validation and len(validation) == len(training):
        others = _hashes(validation, deadline)
        if others is not None:
            overlap = np.flatnonzero(np.isin(others, known))
    compared = 0 if others is None else len(others)
    complete = len(known) == training[0].rows and (not validation or compared == validation[0].rows)
    return EqualRows(
        len(known),
        compared,
        tuple((again[:MAX_ROWS] + training[0].start).tolist()),
        len(again),
        tuple((overlap[:MAX_ROWS] + (validation[0].start if validation else 0)).tolist()),
        len(overlap),
        complete,
    )


def _comparable(part: Part) -> bool:
    view = part.view
    return view is not None and view.is_number and view.row_size > 0 and not view.text_columns


def _hashes(parts: Sequence[Part], deadline: Deadline) -> Array | None:
    """Return a 64-bit hash of the bytes of each of the first rows; None if there is no time."""
    views = [part.view for part in parts if part.view is not None]
    row_bytes = sum(8 * view.row_size for view in views)
    count = min(min(part.rows for part in parts), _MOST_ROWS, max(1, _MOST_BYTES // row_bytes))
    step = max(1, _SLICE_BYTES // row_bytes)
    found = np.empty(count, np.uint64)
    for at in range(0, count, step):
        if deadline.is_over:
            return None
        stop = min(at + step, count)
        columns = [
            # Training and validation may differ in dtype, and still be equal.
            np.ascontiguousarray(
                view.read(slice(part.start + at, part.start + stop)).reshape(stop - at, -1),
                np.float32,
            )
            for part, view in zip(parts, views, strict=True)
        ]
        rows = columns[0] if len(columns) == 1 else np.concatenate(columns, axis=1)
        width = rows.shape[1] * 4
        data = memoryview(rows.tobytes())
        for row in range(stop - at):
            digest = hashlib.blake2b(data[row * width : (row + 1) * width], digest_size=8).digest()
            found[at + row] = int.from_bytes(digest, "little")
    return found
