"""The reader of protobuf's wire format reads what protobuf writes, and refuses all else."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorflow.core.framework import graph_pb2, node_def_pb2

from kwidgets.formats import protobuf
from kwidgets.formats.errors import FormatError


def test_the_fields_of_a_message_that_protobuf_wrote() -> None:
    node = node_def_pb2.NodeDef(name="a", op="Const", input=["b", "ü"])
    node.attr["n"].i = -3
    node.attr["f"].f = 0.5
    found = list(protobuf.fields(node.SerializeToString()))
    assert [field.text for field in found if field.number in (1, 2, 3)] == ["a", "Const", "b", "ü"]
    values = {}
    for field in found:
        if field.number == 5:
            key, value = protobuf.fields(field.view)
            (inner,) = protobuf.fields(value.view)
            values[key.text] = inner.integer
    assert protobuf.signed(values["n"]) == -3
    assert struct.unpack("<f", struct.pack("<I", values["f"])) == (0.5,)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_a_format_error(data: bytes) -> None:
    try:
        total = sum(
            len(field.view) if field.wire_type == protobuf.BYTES else 1
            for field in protobuf.fields(data)
        )
    except FormatError:
        return
    assert total <= len(data)


@given(st.binary(max_size=200))
def test_the_outline_has_the_fields_that_are_read(data: bytes) -> None:
    outline = protobuf.outline(io.BytesIO(data), len(data))
    try:
        numbers = {field.number: field.wire_type for field in reversed([*protobuf.fields(data)])}
    except FormatError:
        return
    assert {number: part.wire_type for number, part in outline.items()} == numbers


def test_a_length_beyond_the_file_allocates_nothing_and_is_told() -> None:
    with pytest.raises(FormatError, match=r"1099511627775 bytes are missing"):
        list(protobuf.fields(b"\x0a\xff\xff\xff\xff\xff\x1f"))


def test_a_file_that_ends_within_a_field_is_outlined_so_far() -> None:
    data = graph_pb2.GraphDef(node=[node_def_pb2.NodeDef(name="a" * 100, op="Const")])
    cut = data.SerializeToString()[:50]
    assert protobuf.outline(io.BytesIO(cut), 50)[1].length > 100


def test_a_number_where_bytes_belong_is_told() -> None:
    (number,) = protobuf.fields(b"\x08\x01")
    (text,) = protobuf.fields(b"\x0a\x01a")
    with pytest.raises(FormatError, match="Field 1 of the file should not be a number"):
        _ = number.view
    with pytest.raises(FormatError, match="Field 1 of the file should be a number"):
        _ = text.integer


def test_packed_and_single_numbers_are_the_same_list() -> None:
    single = [
        n
        for field in protobuf.fields(b"\x08\x01\x08\x96\x01")
        for n in protobuf.packed_varints(field)
    ]
    packed = [
        n
        for field in protobuf.fields(b"\x0a\x03\x01\x96\x01")
        for n in protobuf.packed_varints(field)
    ]
    assert single == packed == [1, 150]
