"""Collect the numbers of one pass over the validation data, batch by batch."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kwidgets.insight.predictions.packed_numbers import key_of_packed, unpack

#: Rows that are kept of a pass: the worst, and some of each confusion.
WORST_ROWS: Final = 24
#: The first rows of a pass, which are the same in each.
FIRST_ROWS: Final = 12
PAIR_ROWS: Final = 72
#: Rows of batches are kept on the device up to this size before most are dropped.
MAX_ROW_BYTES: Final = 32_000_000
#: Packed batches are kept on the device up to this size.
MAX_PACKED_BYTES: Final = 8_000_000
#: The most bytes of the columns; of further samples only the loss is kept.
MAX_COLUMN_BYTES: Final = 16_000_000

#: Stands for the numbers of the worst rows where a batch's parts have different sizes.
DIFFERENT_ROWS: Final = -1

Numbers = Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class PassNumbers:
    """The numbers of one output after a pass.

    Args:
        columns: (samples, n) float32; column 0 is the loss.
        losses: of all samples, those beyond the limit of ``columns`` included.
        sums: sums over all samples, by name.
        rows: by the number of the sample in the pass: ``y``, ``p``, and inputs ``x0``, ``x1`` …
        first: the number of rows at the beginning that are the same in each pass.
    """

    columns: NDArray[np.float32]
    losses: NDArray[np.float32]
    sums: Mapping[str, NDArray[np.float64]]
    rows: Mapping[int, Mapping[str, NDArray[Any]]]
    first: int


class PassCollector:
    """Collects the batches of one pass. Arrays stay on the device until :meth:`finish`.

    Args:
        to_numpy: copies an array of the backend to the host.
    """

    def __init__(self, to_numpy: Callable[[Any], NDArray[Any]]) -> None:
        self._to_numpy = to_numpy
        self._outputs: dict[str, _OutputCollector] = {}
        self.batches = 0
        #: Whether inputs, targets or predictions of a batch had different sizes; after finish.
        self.rows_differ = False

    def add(self, batch: Mapping[str, Numbers]) -> None:
        """Keep the numbers of a batch."""
        self.batches += 1
        for name, numbers in batch.items():
            if name not in self._outputs:
                self._outputs[name] = _OutputCollector(self._to_numpy)
            self._outputs[name].add(numbers)

    def finish(self) -> dict[str, PassNumbers]:
        """Return what was collected, by output."""
        found = {name: output.finish() for name, output in self._outputs.items()}
        self.rows_differ = any(output.rows_differ for output in self._outputs.values())
        return found


class _OutputCollector:
    def __init__(self, to_numpy: Callable[[Any], NDArray[Any]]) -> None:
        self._to_numpy = to_numpy
        self._columns: list[Any] = []
        self._samples = 0
        self._sums: dict[str, NDArray[np.float64]] = {}
        self._pending_sums: list[tuple[str, Any]] = []
        # (number of the first sample, samples, rows by name)
        self._worst: list[tuple[int, int, dict[str, Any]]] = []
        self._worst_bytes = 0
        self._first: dict[str, Any] = {}
        self.rows_differ = False
        #: Batches whose small arrays are packed, and the size of these.
        self._packed: list[tuple[str, Numbers]] = []
        self._packed_bytes = 0

    def add(self, numbers: Numbers) -> None:
        key = key_of_packed(numbers)
        if key is None:
            self._add(numbers)
            return
        # Not at once: the batch may still be computed.
        self._packed.append((key, numbers))
        self._packed_bytes += sum(_bytes(value) for value in numbers.values())
        if self._packed_bytes > MAX_PACKED_BYTES:
            self._unpack()

    def _unpack(self) -> None:
        for key, numbers in self._packed:
            arrays = unpack(key, self._to_numpy(numbers[key]))
            self._add({**numbers, **arrays})
        self._packed.clear()
        self._packed_bytes = 0

    def _add(self, numbers: Numbers) -> None:
        columns = numbers["columns"]
        count = int(columns.shape[0])
        is_full = 4 * int(columns.shape[1]) * self._samples > MAX_COLUMN_BYTES
        self._columns.append(columns[:, :1] if is_full else columns)
        if not self._samples:
            self._first = {
                name[6:]: rows for name, rows in numbers.items() if name.startswith("first_")
            }
        worst = {name[6:]: rows for name, rows in numbers.items() if name.startswith("worst_")}
        worst["at"] = numbers["worst"]
        self._worst.append((self._samples, count, worst))
        self._worst_bytes += sum(_bytes(rows) for rows in worst.values())
        for name, value in numbers.items():
            if name in ("scores", "sums", "confusion", "places"):
                self._pending_sums.append((name, value))
        if len(self._pending_sums) > 256:
            self._add_up()
        self._samples += count
        if self._worst_bytes > MAX_ROW_BYTES:
            self._drop_rows()

    def _add_up(self) -> None:
        for name, value in self._pending_sums:
            total = self._to_numpy(value).astype(np.float64).sum(axis=0)
            self._sums[name] = self._sums[name] + total if name in self._sums else total
        self._pending_sums.clear()

    def _drop_rows(self) -> None:
        """Keep the rows of the batches that have the worst samples so far."""
        self._columns = [self._to_numpy(columns) for columns in self._columns]
        losses = np.concatenate([columns[:, 0] for columns in self._columns])
        worst = set(worst_first(losses)[:WORST_ROWS].tolist())
        for _, _, names in self._worst:
            self._places(names)
        self._worst = [
            batch for batch in self._worst if worst & set(range(batch[0], batch[0] + batch[1]))
        ]
        self._worst_bytes = sum(
            _bytes(rows) for _, _, names in self._worst for rows in names.values()
        )

    def finish(self) -> PassNumbers:
        self._unpack()
        columns = [self._to_numpy(part) for part in self._columns]
        losses = np.concatenate([part[:, 0] for part in columns])
        width = columns[0].shape[1]
        kept = np.concatenate([part for part in columns if part.shape[1] == width])
        self._add_up()
        return PassNumbers(
            columns=np.asarray(kept, np.float32),
            losses=np.asarray(losses, np.float32),
            sums=self._sums,
            rows=self._chosen_rows(losses, kept),
            first=self._first_count(),
        )

    def _first_count(self) -> int:
        # Of several replicas, each has its first rows.
        counts = [int(rows.shape[0]) for rows in self._first.values()]
        return min([FIRST_ROWS, *counts]) if counts else 0

    def _places(self, names: dict[str, Any]) -> NDArray[np.intp]:
        """Return which rows of a batch are kept, and note whether its parts were of equal size."""
        at = self._to_numpy(names["at"]).astype(np.intp)
        self.rows_differ |= bool((at == DIFFERENT_ROWS).any())
        return at

    def _chosen_rows(
        self, losses: NDArray[np.float32], columns: NDArray[np.float32]
    ) -> dict[int, dict[str, NDArray[Any]]]:
        """Return the rows of the first samples, of the worst, and of some of each confusion."""
        chosen: dict[int, dict[str, NDArray[Any]]] = {}
        first = {name: self._to_numpy(rows) for name, rows in self._first.items()}
        for i in range(self._first_count()):
            chosen[i] = {name: rows[i] for name, rows in first.items()}
        worst = set(worst_first(losses)[:WORST_ROWS].tolist())
        pairs: dict[tuple[float, float], int] = {}
        budget = PAIR_ROWS
        for start, count, names in self._worst:
            at = self._places(names)
            wanted = []
            for row, local in enumerate(at.tolist()):
                position = start + local
                if not 0 <= local < count or position in chosen:
                    continue
                if position not in worst:
                    if budget <= 0 or columns.shape[1] < 3 or position >= len(columns):
                        continue
                    pair = float(columns[position, 1]), float(columns[position, 2])
                    if pairs.get(pair, 0) >= 4:
                        continue
                    pairs[pair] = pairs.get(pair, 0) + 1
                    budget -= 1
                wanted.append((row, position))
            if wanted:
                arrays = {
                    name: self._to_numpy(rows) for name, rows in names.items() if name != "at"
                }
                for row, position in wanted:
                    chosen[position] = {name: rows[row] for name, rows in arrays.items()}
        return chosen


def worst_first(losses: NDArray[Any]) -> NDArray[np.intp]:
    """Return the numbers of the samples, those with the largest loss first; NaN is the largest."""
    known = np.where(np.isnan(losses), np.inf, losses)
    return np.argsort(-known, kind="stable")


def _bytes(rows: Any) -> int:
    size = 4
    for side in rows.shape:
        size *= int(side)
    return size
