"""Read an array of numbers from a Caffe file: a BlobProto, checked against the bytes it has."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from kwidgets.formats import protobuf
from kwidgets.formats.errors import FormatError
from kwidgets.language import t

_LEGACY_SHAPE = (1, 2, 3, 4)
_DATA, _SHAPE, _DOUBLE_DATA, _RAW_TYPE, _RAW_DATA = 5, 7, 8, 10, 12
# OpenCV's tool `shrinkCaffeModel` writes half floats as bytes; the numbers of their types.
_RAW_TYPES = {0: "<f8", 1: "<f4", 2: "<f2"}
# Numbers that are written one at a time, not packed, take a step of Python each.
_MAX_FIELDS = 2_000_000


@dataclass(frozen=True)
class StoredArray:
    """An array in a file: its shape, and views of its bytes, which are not copied.

    Attributes:
        shape: as it is in the file; files from before 2015 have always four axes.
        dtype: of the bytes: "<f4", "<f8" or "<f2".
    """

    shape: tuple[int, ...]
    dtype: str
    _pieces: tuple[Any, ...] = field(repr=False)

    @property
    def size(self) -> int:
        """The number of numbers."""
        return math.prod(self.shape)

    def to_numpy(self) -> npt.NDArray[np.float32]:
        """Return the numbers; a view of the file where that is possible."""
        arrays = [np.frombuffer(piece, self.dtype) for piece in self._pieces]
        if not arrays:
            return np.zeros(self.shape, np.float32)
        joined = arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
        return joined.astype(np.float32, copy=False).reshape(self.shape)


def read_array(view: memoryview) -> StoredArray:
    """Return the array in a message.

    Raises:
        FormatError: it does not have as many numbers as its shape says.
    """
    legacy: dict[int, int] = {}
    shape: list[int] | None = None
    pieces: dict[int, list[Any]] = {_DATA: [], _DOUBLE_DATA: [], _RAW_DATA: []}
    single: dict[int, bytearray] = {_DATA: bytearray(), _DOUBLE_DATA: bytearray()}
    raw_type = 1
    for count, each in enumerate(protobuf.fields(view)):
        if count > _MAX_FIELDS:
            raise FormatError(t("The file is damaged: it has too many parts."))
        if each.number in _LEGACY_SHAPE:
            legacy[each.number] = protobuf.signed(each.integer)
        elif each.number == _SHAPE:
            shape = _read_shape(each.view)
        elif each.number == _RAW_TYPE:
            raw_type = each.integer
        elif each.number in single and isinstance(each.value, int):
            width = 4 if each.wire_type == protobuf.FIXED32 else 8
            single[each.number] += each.integer.to_bytes(width, "little")
        elif each.number in pieces:
            pieces[each.number].append(each.view)
    for number, data in single.items():
        if data:
            pieces[number].append(data)
    if shape is None:
        shape = [legacy.get(number, 1 if legacy else 0) for number in _LEGACY_SHAPE]
    dtype, found = "<f4", pieces[_DATA]
    if pieces[_DOUBLE_DATA]:
        dtype, found = "<f8", pieces[_DOUBLE_DATA]
    if pieces[_RAW_DATA]:
        if raw_type not in _RAW_TYPES:
            raise FormatError(
                t("An array has numbers of type %1. Valid: float, double, half float.", raw_type)
            )
        dtype, found = _RAW_TYPES[raw_type], pieces[_RAW_DATA]
    return _checked(tuple(shape), dtype, found)


def _checked(shape: tuple[int, ...], dtype: str, pieces: list[Any]) -> StoredArray:
    width = np.dtype(dtype).itemsize
    num_bytes = sum(len(piece) for piece in pieces)
    if any(len(piece) % width for piece in pieces) or any(size < 0 for size in shape):
        raise FormatError(t("The file is damaged: an array ends within a number."))
    if len(shape) > 32 or math.prod(shape) * width != num_bytes:
        raise FormatError(
            t(
                "An array of shape %1 has %2 numbers. The file is damaged: "
                "download or copy it again.",
                " × ".join(map(str, shape[:8])),
                num_bytes // width,
            )
        )
    return StoredArray(shape, dtype, tuple(pieces))


def _read_shape(view: memoryview) -> list[int]:
    dimensions: list[int] = []
    for each in protobuf.fields(view):
        if each.number == 1:
            dimensions += map(protobuf.signed, protobuf.packed_varints(each))
        if len(dimensions) > 32:
            raise FormatError(t("The file is damaged: it has too many parts."))
    return dimensions
