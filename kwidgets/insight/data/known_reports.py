"""Keep what was found in the arrays of the last fits, for the next fit of the same arrays.

Of the data, only weak references and checksums are kept, and the few rows that the report shows.
"""

from __future__ import annotations

import collections
import dataclasses
import hashlib
import threading
import weakref
from collections.abc import Hashable, Iterator, Mapping
from typing import Any, Final

import numpy as np

from kwidgets import language
from kwidgets.insight.data.array_view import Array
from kwidgets.insight.data.looked_at import LookedAt
from kwidgets.insight.data.measure import Deadline
from kwidgets.insight.data.report import Data, Report, report_on

_MOST_REPORTS: Final = 8
#: Larger data is looked at each time: its checksum takes as long as most of a look.
_MOST_BYTES: Final = 1_000_000_000
#: Rows that are shown have fewer values in all; others are read again.
_MOST_SHOWN_VALUES: Final = 500_000
# 64-bit words of a block: their sum is checked, and the order of the sums.
_BLOCK: Final = 4_096


class _NotPlainError(Exception):
    """Some of the data is not a plain array, or is too large."""


@dataclasses.dataclass(frozen=True)
class _Known:
    owners: tuple[weakref.ref[Array], ...]
    sums: bytes
    report: Report

    def is_of(self, owners: list[Array], sums: bytes) -> bool:
        pairs = zip(self.owners, owners, strict=True)
        return self.sums == sums and all(ref() is owner for ref, owner in pairs)


class KnownReports:
    """The reports on the arrays of the last fits. From any thread."""

    def __init__(self) -> None:
        self._reports: collections.OrderedDict[Hashable, _Known] = collections.OrderedDict()
        self._lock = threading.Lock()

    def report_on(self, data: Data, limit: Deadline) -> Report:
        """Return the report on data: a known one if neither the arrays nor the rest has changed.

        Args:
            data: the data of the fit. Other data than NumPy arrays is looked at each time.
            limit: of the search for NaN and equal rows.
        """
        try:
            arrays = list(_arrays(data))
            owners = [_owner(array) for array in arrays]
            sums = _sums(arrays)
        except _NotPlainError:
            return report_on(data, limit)
        key = _settings(data, limit), _layout(data)
        with self._lock:
            known = self._reports.get(key)
            if known is not None and known.is_of(owners, sums):
                self._reports.move_to_end(key)
                return known.report
        report = report_on(data, limit)
        if not limit.is_over:
            self._keep(key, owners, sums, report)
        return report

    def _keep(self, key: Hashable, owners: list[Array], sums: bytes, report: Report) -> None:
        values = [each.value for each in report.samples if each.value is not None]
        if sum(value.size for value in values) > _MOST_SHOWN_VALUES:
            return
        samples = tuple(
            dataclasses.replace(each, value=None if each.value is None else np.array(each.value))
            for each in report.samples
        )
        kept = dataclasses.replace(report, samples=samples, looked_at=LookedAt(()))
        with self._lock:
            self._reports[key] = _Known(tuple(map(weakref.ref, owners)), sums, kept)
            self._reports.move_to_end(key)
            while len(self._reports) > _MOST_REPORTS:
                self._reports.popitem(last=False)


#: Of the fits of this kernel.
known_reports = KnownReports()


def _settings(data: Data, limit: Deadline) -> Hashable:
    """Return what a report depends on besides the arrays."""
    others = [
        (field.name, getattr(data, field.name))
        for field in dataclasses.fields(Data)
        if field.name not in ("x", "y", "validation_data", "names")
    ]
    names = tuple(sorted(data.names.items()))
    return tuple(others), names, limit.compared_values, language.current()


def _leaves(value: Any, path: tuple[object, ...] = ()) -> Iterator[tuple[object, Array]]:
    if value is None:
        return
    if type(value) is np.ndarray:
        yield path, value
    elif type(value) is dict and all(isinstance(key, str) for key in value):
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif type(value) in (list, tuple) and len(value) <= 100:
        for number, item in enumerate(value):
            yield from _leaves(item, (*path, type(value).__name__, number))
    else:
        raise _NotPlainError


def _parts(data: Data) -> Mapping[str, Any]:
    return {"x": data.x, "y": data.y, "validation_data": data.validation_data}


def _arrays(data: Data) -> Iterator[Array]:
    size = 0
    for _, array in _leaves(_parts(data)):
        size += array.nbytes
        if array.dtype.kind not in "biuf" or not array.flags.c_contiguous or size > _MOST_BYTES:
            raise _NotPlainError
        yield array


def _layout(data: Data) -> Hashable:
    """Return where the arrays are, and how they are read."""
    return tuple(
        (path, array.ctypes.data, array.shape, array.dtype.str)
        for path, array in _leaves(_parts(data))
    )


def _owner(array: Array) -> Array:
    """Return the array that owns the memory: fit makes new views on it each time."""
    while array.base is not None:
        if type(array.base) is not np.ndarray:
            raise _NotPlainError  # a file on disk, or memory of another library
        array = array.base
    return array


def _sums(arrays: list[Array]) -> bytes:
    """Return a checksum of all values. NumPy lets other threads run meanwhile."""
    digest = hashlib.blake2b(digest_size=16)
    for array in arrays:
        values = array.reshape(-1).view(np.uint8)
        whole = len(values) // (8 * _BLOCK) * 8 * _BLOCK
        words = values[:whole].view(np.uint64).reshape(-1, _BLOCK)
        digest.update(words.sum(axis=1, dtype=np.uint64).tobytes())
        digest.update(values[whole:].tobytes())
    return digest.digest()
