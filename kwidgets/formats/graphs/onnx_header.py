"""Read what an ONNX file says about itself, without the onnx package.

https://github.com/onnx/onnx/blob/main/onnx/onnx.proto has the numbers of the fields.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from kwidgets.formats import protobuf
from kwidgets.formats.errors import FormatError
from kwidgets.language import t

# Of ModelProto, GraphProto, NodeProto and TensorProto.
_PRODUCER, _PRODUCER_VERSION, _GRAPH = 2, 3, 7
_NODE, _INITIALIZER = 1, 5
_OP_TYPE = 4
_DIMS, _DATA_TYPE, _DATA_LOCATION = 1, 2, 14
_EXTERNAL = 1
# float, float16, double, bfloat16 of TensorProto.DataType.
_FLOATS = {1, 10, 11, 16}


@dataclass(frozen=True)
class OnnxHeader:
    """What an ONNX file says about itself.

    Attributes:
        producer: the program that wrote it, and its version; "" where it does not say.
        operations: how often each operation occurs, by its name.
        num_parameters: numbers in the arrays of float types.
        has_external_data: whether arrays are in other files.
    """

    producer: str
    operations: Counter[str]
    num_parameters: int
    has_external_data: bool


def read_header(data: bytes | memoryview) -> OnnxHeader:
    """Return what an ONNX file says about itself.

    Raises:
        FormatError: the file is damaged, or has no graph.
    """
    producer: list[str] = []
    operations: Counter[str] = Counter()
    num_parameters, has_external_data, has_graph = 0, False, False
    for field in protobuf.fields(data):
        if field.number in (_PRODUCER, _PRODUCER_VERSION):
            producer.append(field.text)
        if field.number != _GRAPH:
            continue
        has_graph = True
        for part in protobuf.fields(field.view):
            if part.number == _NODE:
                names = [
                    each.text for each in protobuf.fields(part.view) if each.number == _OP_TYPE
                ]
                operations.update(names[-1:])
            elif part.number == _INITIALIZER:
                count, is_external = _initializer(part.view)
                num_parameters += count
                has_external_data |= is_external
    if not has_graph:
        raise FormatError(t("The file has no graph: it is not an ONNX model, or is damaged."))
    return OnnxHeader(
        " ".join(filter(None, producer))[:100], operations, num_parameters, has_external_data
    )


def _initializer(view: memoryview) -> tuple[int, bool]:
    """Return how many parameters an array has, and whether it is in another file."""
    sizes: list[int] = []
    data_type, location = 0, 0
    for field in protobuf.fields(view):
        if field.number == _DIMS:
            sizes += protobuf.packed_varints(field)
        elif field.number == _DATA_TYPE:
            data_type = field.integer
        elif field.number == _DATA_LOCATION:
            location = field.integer
    return math.prod(sizes) if data_type in _FLOATS else 0, location == _EXTERNAL
