"""Read protobuf messages without their schema: the wire format, with checked lengths.

Caffe, TensorFlow and ONNX write such files. Libraries generated from their schemas need one release
of protobuf each. Nothing is copied: fields are views of the file's bytes.
https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from kwidgets.formats.errors import FormatError
from kwidgets.language import t

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
# Of Protocol Buffers.
_MAX_VARINT_BYTES = 10


# A file with more fields is recognised by its first ones.
_MAX_OUTLINED = 10_000


class Outlined(NamedTuple):
    """Where the first field of a number is in a file; ``length`` is 0 for numbers."""

    wire_type: int
    place: int
    length: int


class Field(NamedTuple):
    """A field of a message: an int, or a view of its bytes."""

    number: int
    wire_type: int
    value: int | memoryview

    @property
    def integer(self) -> int:
        """The value of a field of a number type.

        Raises:
            FormatError: the field has bytes.
        """
        if isinstance(self.value, int):
            return self.value
        raise FormatError(
            t("Field %1 of the file should be a number. The file is damaged.", self.number)
        )

    @property
    def view(self) -> memoryview:
        """The bytes of a field: of a text, an array or a message.

        Raises:
            FormatError: the field has a number.
        """
        if isinstance(self.value, memoryview):
            return self.value
        raise FormatError(
            t("Field %1 of the file should not be a number. The file is damaged.", self.number)
        )

    @property
    def text(self) -> str:
        """The text in the field's bytes."""
        return bytes(self.view).decode("utf-8", errors="replace")


def fields(data: bytes | memoryview) -> Iterator[Field]:
    """Return the fields of a message, in the order of the file.

    Raises:
        FormatError: these bytes are no such message, or it ends early.
    """
    view = memoryview(data)
    place = 0
    while place < len(view):
        key, place = _varint(view, place)
        number, wire_type = key >> 3, key & 7
        if not number:
            raise _damaged(place)
        value: int | memoryview
        if wire_type == VARINT:
            value, place = _varint(view, place)
        elif wire_type == BYTES:
            length, place = _varint(view, place)
            value, place = _take(view, place, length)
        elif wire_type == FIXED64:
            chunk, place = _take(view, place, 8)
            value = struct.unpack("<Q", chunk)[0]
        elif wire_type == FIXED32:
            chunk, place = _take(view, place, 4)
            value = struct.unpack("<I", chunk)[0]
        else:
            raise _damaged(place)
        yield Field(number, wire_type, value)


def outline(file: BinaryIO, size: int) -> dict[int, Outlined]:
    """Return the fields of a file by their numbers, without reading what is in them.

    Empty if the file is no message. Of a file that ends too early, what there is: its reader says
    what is missing.
    """
    found: dict[int, Outlined] = {}
    place = 0
    for _ in range(_MAX_OUTLINED):
        if place >= size:
            break
        file.seek(place)
        head = memoryview(file.read(2 * _MAX_VARINT_BYTES))
        try:
            key, used = _varint(head, 0)
            length, begin = 0, used
            if key & 7 == VARINT:
                _, begin = _varint(head, used)
            elif key & 7 == BYTES:
                length, begin = _varint(head, used)
            elif key & 7 in (FIXED64, FIXED32):
                begin += 8 if key & 7 == FIXED64 else 4
            else:
                return {}
        except FormatError:
            # Cut within a number, or no message.
            return found if size - place < 2 * _MAX_VARINT_BYTES else {}
        if not key >> 3:
            return {}
        found.setdefault(key >> 3, Outlined(key & 7, place + begin, length))
        place += begin + length
    return found


def packed_varints(field: Field) -> list[int]:
    """Return the numbers of a repeated field, packed or one at a time; lists join over fields."""
    if isinstance(field.value, int):
        return [field.value]
    view, place, numbers = field.value, 0, []
    while place < len(view):
        number, place = _varint(view, place)
        numbers.append(number)
    return numbers


def signed(number: int) -> int:
    """Return a varint of a signed type, such as int64, as Python's number."""
    return number - (1 << 64) if number >> 63 else number


def _varint(view: memoryview, place: int) -> tuple[int, int]:
    number = 0
    for index in range(_MAX_VARINT_BYTES):
        if place >= len(view):
            raise _damaged(place)
        byte = view[place]
        place += 1
        number |= (byte & 0x7F) << (7 * index)
        if not byte & 0x80:
            return number & ((1 << 64) - 1), place
    raise _damaged(place)


def _take(view: memoryview, place: int, length: int) -> tuple[memoryview, int]:
    if length > len(view) - place:
        raise FormatError(
            t(
                "The file ends too early: %1 bytes are missing. Download or copy it again.",
                length - (len(view) - place),
            )
        )
    return view[place : place + length], place + length


def _damaged(place: int) -> FormatError:
    return FormatError(t("The file is damaged: byte %1 cannot be read.", place))
