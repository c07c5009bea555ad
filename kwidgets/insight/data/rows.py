"""Find equal rows: duplicates in the training data, and rows of validation in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Final

import numpy as np

from kwidgets.insight.data.array_view import Array
from kwidgets.insight.data.finding import MAX_ROWS
from kwidgets.insight.data.measure import Deadline
from kwidgets.insight.data.parts import Part

# Rows that are compared.
_MOST_ROWS: Final = 200_000
_SLICE_BYTES: Final = 16_000_000
# 64-bit words that are mixed at a time: 256 kB.
_CACHED_WORDS: Final = 32_768


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
    again = _repeated(known)
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
        tuple((again[:MAX_ROWS] + training[0].first).tolist()),
        len(again),
        tuple((overlap[:MAX_ROWS] + (validation[0].first if validation else 0)).tolist()),
        len(overlap),
        complete,
    )


def _repeated(hashes: Array) -> Array:
    """Return the places of the hashes that an earlier one equals."""
    ordered = np.sort(hashes)
    # To sort is a small part of the work that the places take, and most data has no equal rows.
    if not (ordered[1:] == ordered[:-1]).any():
        return np.zeros(0, np.int64)
    _, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
    return np.flatnonzero(first[inverse] != np.arange(len(hashes)))


def _comparable(part: Part) -> bool:
    view = part.view
    return view is not None and view.is_number and view.row_size > 0 and not view.text_columns


def _hashes(parts: Sequence[Part], deadline: Deadline) -> Array | None:
    """Return a 64-bit hash of the bytes of each of the first rows; None if there is no time."""
    views = [part.view for part in parts if part.view is not None]
    values = sum(view.row_size for view in views)
    most = max(1, deadline.compared_values // values)
    count = min(min(part.rows for part in parts), _MOST_ROWS, most)
    step = max(1, _SLICE_BYTES // (8 * values))
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
        found[at:stop] = _hash(rows.view(np.uint32))
    return found


def _hash(words: Array) -> Array:
    """Return a 64-bit hash of each row of 32-bit words; NumPy lets other threads run meanwhile.

    Two words are mixed at a time, and as many rows as stay in the cache of a processor.
    """
    pairs = -(-words.shape[1] // 2)
    random = np.random.Generator(np.random.PCG64(0))
    factors = random.integers(0, 2**63, pairs, np.uint64) * np.uint64(2) + np.uint64(1)
    rows = max(1, _CACHED_WORDS // pairs)
    # A last word without a partner is mixed with 0.
    padded = np.zeros((min(rows, len(words)), 2 * pairs), np.uint32)
    mixed = padded.view(np.uint64)
    shifted = np.empty_like(mixed)
    found = np.empty(len(words), np.uint64)
    for at in range(0, len(words), rows):
        some = words[at : at + rows]
        count = len(some)
        padded[:count, : words.shape[1]] = some
        part, other = mixed[:count], shifted[:count]
        part *= np.uint64(0x9E3779B97F4A7C15)
        # The low bits of a float are often 0.
        part ^= np.right_shift(part, np.uint64(32), out=other)
        part *= factors
        part ^= np.right_shift(part, np.uint64(29), out=other)
        np.add.reduce(part, axis=1, out=found[at : at + count])
        if words.shape[1] % 2:
            padded[:count, -1] = 0
    return found
