"""Write caffemodel and binaryproto files: the wire format of Protocol Buffers, without a schema."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]
Version = Literal[0, 1, 2]
# How the numbers of an array are written.
Numbers = Literal["float", "double", "half", "unpacked"]


def varint(number: int) -> bytes:
    """Return a number, seven bits a byte."""
    number &= (1 << 64) - 1
    parts = bytearray()
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


def field(number: int, value: bytes | str | int) -> bytes:
    """Return a field: a varint, or bytes with their length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def array_bytes(array: Array, numbers: Numbers = "float", legacy: bool = False) -> bytes:
    """Return a BlobProto; ``legacy`` is the shape of four axes of 2014."""
    if legacy:
        four = (*[1] * (4 - array.ndim), *array.shape)
        shape = b"".join(field(index + 1, size) for index, size in enumerate(four))
    else:
        shape = field(7, field(1, b"".join(varint(size) for size in array.shape)))
    if numbers == "double":
        return shape + field(8, array.astype("<f8").tobytes())
    if numbers == "half":
        return shape + field(10, 2) + field(12, array.astype("<f2").tobytes())
    if numbers == "unpacked":
        one = varint(5 << 3 | 5)
        return shape + b"".join(one + struct.pack("<f", each) for each in array.ravel())
    return shape + field(5, array.astype("<f4").tobytes())


def caffemodel_bytes(
    arrays: Mapping[str, Sequence[Array]],
    version: Version = 2,
    numbers: Numbers = "float",
    name: str = "net",
    legacy: bool | None = None,
) -> bytes:
    """Return a caffemodel with the arrays of each layer."""
    legacy = version < 2 if legacy is None else legacy
    parts = [field(1, name)]
    for layer, values in arrays.items():
        blobs = [array_bytes(value, numbers, legacy) for value in values]
        if version == 2:
            inside = field(1, layer) + field(2, "Convolution") + _repeated(7, blobs)
            parts.append(field(100, inside))
        elif version == 1:
            parts.append(field(2, field(4, layer) + field(5, 4) + _repeated(6, blobs)))
        else:
            parts.append(field(2, field(1, field(1, layer) + _repeated(50, blobs))))
    return b"".join(parts)


def write_caffemodel(
    path: Path,
    arrays: Mapping[str, Sequence[Array]],
    version: Version = 2,
    numbers: Numbers = "float",
    legacy: bool | None = None,
) -> Path:
    """Write a caffemodel, and return its path."""
    path.write_bytes(caffemodel_bytes(arrays, version, numbers, legacy=legacy))
    return path


def _repeated(number: int, values: Iterable[bytes]) -> bytes:
    return b"".join(field(number, value) for value in values)
